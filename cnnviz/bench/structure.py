"""``cnnviz bench structure``: a network's structure beside its forward pass, every summary, the builder's edits."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypedDict, TypeVar

import torch

from cnnviz.core.errors import CnnvizError
from cnnviz.core.graph.folding import CallTree, first_open
from cnnviz.core.graph.layout import lay_out
from cnnviz.core.graph.measures import Measures
from cnnviz.core.networks.catalog import LoadedNetwork, load_network
from cnnviz.core.networks.structure import structure_of
from cnnviz.core.networks.summary import summarise
from cnnviz.core.networks.torchvision_family import TorchvisionFamily
from cnnviz.core.networks.values import NetworkChoice

NETWORK = "resnet152"
BUILDER_ROWS = 200
_T = TypeVar("_T")
_CHARACTER_PX = 7.0  # of the text on the graph's edges, where there is no window to measure it


class Report(TypedDict):
    """Times in the unit of their names; ``ratio``: structure and graph beside one forward pass, the median of all
    rounds. ``builder``: None where it was not asked for.
    """

    network: str
    forward_ms: float
    structure_ms: float
    graph_ms: float
    ratio: float
    summaries: int
    summaries_seconds: float
    slowest_summary: str
    builder: dict[str, float] | None
    rounds: int


def bench_structure(options: argparse.Namespace) -> int:
    """Runs the command and prints its result."""
    builder = None if options.no_window else _builder_times()
    report = _report(_rounds(max(1, options.rounds)), _summary_times(TorchvisionFamily().names()), builder)
    print(json.dumps(report, indent=2) if options.json else _words(report))
    return 0


def _report(
    rounds: Sequence[tuple[float, float, float]], summaries: dict[str, float], builder: dict[str, float] | None
) -> Report:
    forward, structure, graph = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {
        "network": NETWORK,
        "forward_ms": round(forward, 1),
        "structure_ms": round(structure, 1),
        "graph_ms": round(graph, 1),
        "ratio": round(statistics.median((each[1] + each[2]) / each[0] for each in rounds), 2),
        "summaries": len(summaries),
        "summaries_seconds": round(sum(summaries.values()), 1),
        "slowest_summary": max(summaries, key=lambda name: summaries[name]),
        "builder": builder,
        "rounds": len(rounds),
    }


# --------------------------------------------------------------------------------------------------------------- parts


def _rounds(count: int) -> list[tuple[float, float, float]]:
    """Milliseconds of the forward pass, the structure and the graph's first view, in turn; the first round warms up."""
    network = load_network(NetworkChoice(NETWORK, weights="none"), device="cpu")
    return [_round(network) for _ in range(count + 1)][1:]


def _round(network: LoadedNetwork) -> tuple[float, float, float]:
    forward_ms, _ = _timed(lambda: _forward(network))
    structure_ms, structure = _timed(lambda: structure_of(network.module, network.input_shape))

    def graph() -> None:
        tree = CallTree(structure.layers, network.input_shape)
        lay_out(tree, first_open(tree), Measures(), "down", lambda text: _CHARACTER_PX * len(text))

    return forward_ms, structure_ms, _timed(graph)[0]


def _forward(network: LoadedNetwork) -> None:
    with torch.inference_mode():
        network.module(torch.zeros(1, *network.input_shape))


def _summary_times(names: Sequence[str]) -> dict[str, float]:
    """Seconds of each network's summary, as ``cnnviz summary`` makes it."""
    return {name: _timed(partial(summarise, name))[0] / 1e3 for name in names}


def _builder_times() -> dict[str, float]:
    """Milliseconds of each kind of edit in the builder dock, until the rows are painted."""
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") and sys.platform.startswith("linux"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from cnnviz.gui.system_libraries import missing_for_window

    if problem := missing_for_window():
        raise CnnvizError(f"{problem} `--no-window` leaves the builder out.")
    from cnnviz.gui.app import make_application
    from cnnviz.gui.builder_timing import edit_times

    application = make_application()
    times = {each.edit: round(each.median_ms, 2) for each in edit_times(BUILDER_ROWS)}
    application.processEvents()
    return times


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    """Milliseconds, and what came out."""
    started = time.perf_counter()
    result = work()
    return 1e3 * (time.perf_counter() - started), result


def _words(report: Report) -> str:
    parts = [f"{name} {report[name]:.0f} ms" for name in ("forward_ms", "structure_ms", "graph_ms")]
    lines = [
        f"{report['network']}: {', '.join(parts).replace('_ms', '')}, ratio {report['ratio']:.2f}",
        f"{report['summaries']} summaries: {report['summaries_seconds']:.1f} s, slowest {report['slowest_summary']}",
    ]
    lines += [f"{BUILDER_ROWS} rows, {edit}: {taken:.1f} ms" for edit, taken in (report["builder"] or {}).items()]
    return "\n".join(lines)
