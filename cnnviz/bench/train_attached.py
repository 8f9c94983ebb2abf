"""Images per second of a run while the window shows its curves, and its maps and filters at a picture that is held."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnviz.bench.train_throughput import BATCH, BareLoopAlone
from cnnviz.core.errors import CnnvizError
from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.controls import send_control
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.values import Control, DataChoice, NetworkPlan, RunConfiguration, RunState, RunStatus

if TYPE_CHECKING:  # Qt may be missing where the rest is measured
    from cnnviz.bench.window_side import WindowSide

_WATCHING = ("train", "curves", "checkpoints", "filters")
_SETTLE_SECONDS = 2.0
_START_SECONDS = 120.0
_BARE_STEPS = 90


@dataclass(frozen=True)
class Attached:
    """``refreshed``: paintings of maps a second. ``ui_gap_ms``: 50th and 99th percentile, and the longest."""

    ratio: float
    images_per_second: float
    refreshed: float
    ui_gap_ms: dict[str, float]


def measure_attached(network: str, rounds: int, seconds: float, folder: Path) -> Attached:
    """A trainer of its own process, paused while the bare loop runs and watched while it goes on, in turn."""
    from cnnviz.bench.window_side import WindowSide
    from cnnviz.gui.trainer_process import start_run

    run = folder / "attached"
    with ExitStack() as stack:
        trainer = start_run(run, _configuration(network))
        stack.callback(trainer.process.wait)
        stack.callback(trainer.process.terminate)
        _await_state(run, "running")
        side = WindowSide()
        stack.callback(side.close)
        side.watch(run, _WATCHING)
        send_control(run, Control("pause"))
        _await_state(run, "paused")
        bare = BareLoopAlone(network)
        stack.callback(bare.close)
        found = [_round(run, bare, side, seconds) for _ in range(max(1, rounds) + 1)][1:]
    gaps = [gap for part in found for gap in part.gaps_ms]
    return Attached(
        ratio=statistics.median(part.watched / part.bare for part in found),
        images_per_second=statistics.median(part.watched for part in found),
        refreshed=statistics.median(part.refreshed for part in found),
        ui_gap_ms={
            "p50": float(np.percentile(gaps, 50)),
            "p99": float(np.percentile(gaps, 99)),
            "max": max(gaps),
        },
    )


def _configuration(network: str) -> RunConfiguration:
    """Shapes need no download. Their epochs end often, so only steps within one epoch are compared."""
    return replace(LECTURE, network=NetworkPlan(network), data=DataChoice("shapes"), batch_size=BATCH, epochs=100_000)


@dataclass(frozen=True)
class _Round:
    bare: float
    watched: float
    refreshed: float
    gaps_ms: Sequence[float]


def _round(run: Path, bare: BareLoopAlone, side: WindowSide, seconds: float) -> _Round:
    _await_state(run, "paused")
    side.rest(_SETTLE_SECONDS)
    limit = bare.measure(_BARE_STEPS)
    send_control(run, Control("resume"))
    side.rest(_SETTLE_SECONDS)
    began = time.time()
    painted, gaps = side.rest(seconds)
    watched = _images_per_second(run, began, time.time())
    send_control(run, Control("pause"))
    return _Round(limit, watched, painted / seconds, gaps)


def _images_per_second(run: Path, began: float, ended: float) -> float:
    """By the metrics written in that time, between lines of the same epoch: validation is not training. The line at an
    epoch's end is written after it.
    """
    reader = RunReader(run)
    reader.refresh()
    series = reader.series("train")
    regular = (series.steps % LECTURE.recording.metrics == 0) & ~np.isnan(series.loss)
    inside = regular & (series.time >= began) & (series.time <= ended)
    steps, times, epochs = series.steps[inside], series.time[inside], np.ceil(series.epoch[inside] - 1e-9)
    together = np.diff(epochs) == 0
    if together.sum() < 2:
        raise CnnvizError("The run wrote too few steps meanwhile: measure for longer with --seconds.")
    return float(BATCH * np.diff(steps)[together].sum() / np.diff(times)[together].sum())


def _await_state(run: Path, state: RunState) -> RunStatus:
    reader, ends = RunReader(run), time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        status = reader.status()
        if status.state == state:
            return status
        if status.state in {"finished", "stopped", "failed"}:
            raise CnnvizError(f"The measured run is {status.state}: {status.message}")
        time.sleep(0.05)
    raise CnnvizError(f"The measured run was not {state} within {_START_SECONDS:.0f} seconds.")
