"""``cnnviz bench memory``: what both processes hold while networks, sources and layers are switched for minutes."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from cnnviz.core.errors import CnnvizError
from cnnviz.core.networks.values import NetworkChoice

if TYPE_CHECKING:
    from cnnviz.bench.memory_side import SwitchedWindow

NETWORKS = (
    NetworkChoice("cifar10-small"),
    NetworkChoice("convnet-mnist"),
    NetworkChoice("squeezenet1_1", weights="none"),
    NetworkChoice("mobilenet_v3_small", weights="none"),
)
_WARM_UP = 2
"""Rotations before anything is measured: with the first all is loaded, with the second the allocator's heaps and Qt's
caches of text have found their size.
"""

_SHORTEST = 2
"""Rotations compared at least: the first and the last."""

_SETTLE_FRAMES = 200
"""Painted until the network runs in the way that it keeps: the engine tries several, with more or fewer threads."""


@dataclass(frozen=True)
class Sample:
    """After a switch. ``rotation``: which time everything is shown; 0 is the warm-up."""

    rotation: int
    seconds: float
    window_mb: float
    engine_mb: float


@dataclass(frozen=True)
class Counts:
    """With the first network and source shown. ``shared_memory``: None where the system does not list it."""

    window_threads: int
    engine_threads: int
    shared_memory: int | None


def bench_memory(options: argparse.Namespace) -> int:
    """Runs the command and prints its result."""
    from cnnviz.bench.memory_side import SwitchedWindow

    with _video(options.video) as video:
        side = SwitchedWindow(video)
        try:
            report = _Run(side, options.switch_seconds).measure(options.minutes)
        finally:
            side.close()
    from cnnviz.bench.hooks import hook_counts  # only now: the window's process must not load torch while measured

    report["hooks"] = hook_counts(NETWORKS)
    _print(report, as_json=options.json)
    return 0


class _Run:
    def __init__(self, side: SwitchedWindow, switch_seconds: float) -> None:
        self._side = side
        self._switch_seconds = switch_seconds
        self._samples: list[Sample] = []
        self._switches = 0
        self._started = 0.0

    def measure(self, minutes: float) -> dict[str, object]:
        """Everything is shown as often as the warm-up takes, and then again and again for so long."""
        for _ in range(_WARM_UP):
            self._rotate(0)
        before = self._at_rest()
        self._started = time.monotonic()
        self._samples, self._switches, rotation = [], 0, 1
        while rotation <= _SHORTEST or time.monotonic() - self._started < minutes * 60:
            self._rotate(rotation)
            rotation += 1
        measured = (time.monotonic() - self._started) / 60
        return {
            **summary(self._samples, before, self._at_rest()),
            "switches": self._switches,
            "minutes": round(measured, 2),
            "samples": [asdict(sample) for sample in self._samples],
        }

    def _rotate(self, rotation: int) -> None:
        """Every source with every network, and two sets of layers with each."""
        for choice in NETWORKS:
            self._side.open(choice)
            self._switches += 1
            for source in self._side.sources:
                self._side.show_source(source)
                self._switches += 1
                self._look(rotation)

    def _look(self, rotation: int) -> None:
        for half in range(2):
            self._side.show_layers(half)
            self._switches += 1
            self._side.run(self._switch_seconds / 2)
            window, engine = self._side.states()
            now = round(time.monotonic() - self._started, 1)
            self._samples.append(Sample(rotation, now, round(window.resident_mb, 1), round(engine.resident_mb, 1)))

    def _at_rest(self) -> Counts:
        self._side.open(NETWORKS[0])
        self._side.show_source(self._side.sources[0])
        self._side.paint(_SETTLE_FRAMES)
        window, engine = self._side.states()
        return Counts(window.threads, engine.threads, self._side.shared_memory())


def summary(samples: Sequence[Sample], before: Counts, after: Counts) -> dict[str, object]:
    """``start`` and ``end`` of the memory are means over a whole rotation, so that like is compared with like."""
    return {
        "window_mb": drift([(sample.rotation, sample.window_mb) for sample in samples]),
        "engine_mb": drift([(sample.rotation, sample.engine_mb) for sample in samples]),
        "threads": {
            "start": {"window": before.window_threads, "engine": before.engine_threads},
            "end": {"window": after.window_threads, "engine": after.engine_threads},
        },
        "shared_memory": {"start": before.shared_memory, "end": after.shared_memory},
    }


def drift(values: Sequence[tuple[int, float]]) -> dict[str, float]:
    """Of (rotation, megabytes): the mean of the first rotation and of the last, and how far they are apart."""
    first, last = values[0][0], values[-1][0]
    start, end = (fmean(value for rotation, value in values if rotation == which) for which in (first, last))
    return {
        "start": round(start, 1),
        "end": round(end, 1),
        "max": round(max(value for _, value in values), 1),
        "drift_percent": round((end / start - 1) * 100, 2),
    }


# -------------------------------------------------------------------------------------------------------------- video


@contextmanager
def _video(given: str | None) -> Iterator[str]:
    """The given file, or one made for this run by a process of its own: the window has no OpenCV."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "square.avi")
        process = multiprocessing.get_context("spawn").Process(target=_write_video, args=(path,))
        process.start()
        process.join()
        if process.exitcode != 0:
            raise CnnvizError("The video for the bench could not be made: give one with --video FILE.")
        yield path


def _write_video(path: str) -> None:
    """Three seconds of a bright square that wanders over a dark picture."""
    import numpy as np

    from cnnviz.core.sources.opencv import cv2

    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 30, (320, 240))
    for index in range(90):
        frame = np.full((240, 320, 3), 20, np.uint8)
        frame[80:160, 2 * index : 2 * index + 80] = (40, 160, 250)
        writer.write(frame)
    writer.release()


def _print(report: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, indent=2))
        return
    shown = {key: value for key, value in report.items() if key != "samples"}
    print("\n".join(f"{key:16} {value}" for key, value in shown.items()))
