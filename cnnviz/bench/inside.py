"""``cnnviz bench inside``: what looking inside costs beside a forward pass, and beside maps alone in the window."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import TypedDict

import torch
from torch import Tensor, nn

from cnnviz.bench.live import WARM_UP_SECONDS
from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.catalog import LoadedNetwork, load_network
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import LayerInfo, NetworkChoice
from cnnviz.core.probing import receptive_fields
from cnnviz.core.probing.capture import Capture
from cnnviz.core.probing.effective_field import effective_field
from cnnviz.core.probing.interventions import Intervening

FIELDS_NETWORK = "densenet201"
UNIT_NETWORK = "resnet18"
WINDOW_NETWORK = "squeezenet1_1"
DOCKS = ("unit", "filters", "statistics")
_PAIRS, _PASSES = 10, 5
"""Passes without and with an intervention in a round, in turns of so many: one alone is lost in the noise."""


class Report(TypedDict):
    """Medians of rounds. ``receptive_fields`` and ``effective_field``: times a forward pass (of the latter to the
    unit's layer). ``intervention_share``: of a forward pass. ``docks_ratio``: frames inferred with the docks open over
    those with maps alone; None without a window, as is ``hover_ms``.
    """

    device: str
    receptive_fields: float
    effective_field: float
    intervention_share: float
    docks_ratio: float | None
    live_fps: float | None
    live_fps_with_docks: float | None
    hover_ms: float | None
    rounds: int


def bench_inside(options: argparse.Namespace) -> int:
    """Runs the command and prints its result."""
    rounds = max(1, options.rounds)
    report: Report = {
        "device": "cpu",
        "receptive_fields": round(_fields_ratio(rounds), 2),
        "effective_field": round(_effective_ratio(rounds), 2),
        "intervention_share": round(_intervention_share(rounds), 4),
        "docks_ratio": None,
        "live_fps": None,
        "live_fps_with_docks": None,
        "hover_ms": None,
        "rounds": rounds,
    }
    if not options.no_window:
        _measure_window(report, rounds, options.seconds)
    print(json.dumps(report, indent=2) if options.json else _words(report))
    return 0


# ----------------------------------------------------------------------------------------------------- beside a pass


def _fields_ratio(rounds: int) -> float:
    network = _loaded(FIELDS_NETWORK)
    return _ratio(rounds, lambda: _forward(network), lambda: receptive_fields(network.module, network.input_shape))


def _effective_ratio(rounds: int) -> float:
    network = _loaded(UNIT_NETWORK)
    layer = _middle(network)
    picture = torch.rand(1, *network.input_shape)
    cell = (layer.shape[1] // 2, layer.shape[2] // 2) if layer.shape is not None else (0, 0)
    return _ratio(
        rounds,
        lambda: _forward_to(network.module, picture, layer.name),
        lambda: effective_field(network.module, picture, layer.name, cell, 0, layer.map_axes),
    )


def _intervention_share(rounds: int) -> float:
    network = _loaded(WINDOW_NETWORK)
    layer = _middle(network)
    mute = (Intervention(layer.name, "mute", (1, 3)),)
    with Intervening(network.module, layers_of(network.module, network.input_shape)) as intervening:

        def seconds(interventions: tuple[Intervention, ...]) -> float:
            intervening.use(interventions)  # once for many frames: not part of a pass
            _forward(network)
            return statistics.median(_seconds(lambda: _forward(network)) for _ in range(_PASSES))

        return _median_ratio(rounds * _PAIRS, lambda: seconds(()), lambda: seconds(mute)) - 1


class _ReachedError(Exception):
    """Ends a forward pass at the layer that is measured."""


def _forward_to(module: nn.Module, picture: Tensor, layer: str) -> None:
    def stop(_name: str, _output: Tensor) -> None:
        raise _ReachedError

    with Capture(module, stop) as capture, torch.inference_mode():
        capture.watch([layer])
        try:
            module(picture)
        except _ReachedError:
            return


def _loaded(name: str) -> LoadedNetwork:
    return load_network(NetworkChoice(name, weights="none"), device="cpu")


def _forward(network: LoadedNetwork) -> None:
    with torch.inference_mode():
        network.module(torch.zeros(1, *network.input_shape))


def _middle(network: LoadedNetwork) -> LayerInfo:
    """The convolution in the middle of the network."""
    layers = [each for each in layers_of(network.module, network.input_shape) if each.kind == "Conv2d"]
    return layers[len(layers) // 2]


def _ratio(rounds: int, limit: Callable[[], object], work: Callable[[], object]) -> float:
    return _median_ratio(rounds, lambda: _seconds(limit), lambda: _seconds(work))


def _median_ratio(rounds: int, limit: Callable[[], float], work: Callable[[], float]) -> float:
    """The median of the seconds of ``work`` beside those of ``limit``, measured in turn; the first round warms up."""
    pairs = [(limit(), work()) for _ in range(rounds + 1)][1:]
    return statistics.median(worked / limited for limited, worked in pairs)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# ------------------------------------------------------------------------------------------------------ in the window


def _measure_window(report: Report, rounds: int, seconds: float) -> None:
    from cnnviz.bench.window_side import WindowSide

    side = WindowSide()
    try:
        side.open(NetworkChoice(WINDOW_NETWORK, weights="none"))
        side.measure(WARM_UP_SECONDS)
        pairs = []
        for _ in range(rounds):
            side.close_docks(DOCKS)
            alone = side.measure(seconds).live_fps
            side.open_docks(DOCKS)
            pairs.append((alone, side.measure(seconds).live_fps))
        report["live_fps"] = round(statistics.median(alone for alone, _ in pairs), 1)
        report["live_fps_with_docks"] = round(statistics.median(beside for _, beside in pairs), 1)
        report["docks_ratio"] = round(statistics.median(beside / alone for alone, beside in pairs), 3)
        report["hover_ms"] = round(statistics.median(side.hover_times()), 2)
    finally:
        side.close()


def _words(report: Report) -> str:
    lines = [
        f"receptive fields of {FIELDS_NETWORK}: {report['receptive_fields']:.2f} × its forward pass",
        f"effective field of one unit of {UNIT_NETWORK}: {report['effective_field']:.2f} × the pass to its layer",
        f"an intervention: {report['intervention_share']:.1%} of a forward pass of {WINDOW_NETWORK}",
    ]
    if report["docks_ratio"] is not None:
        lines.append(
            f"with {', '.join(DOCKS)} open: {report['live_fps_with_docks']} of {report['live_fps']} frames a second, "
            f"ratio {report['docks_ratio']:.2f}; hover to box {report['hover_ms']} ms"
        )
    return "\n".join(lines)
