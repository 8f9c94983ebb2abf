"""A moving picture drawn by arithmetic: a source that needs no file and no device, as fast as anyone asks."""

import math
import time
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.sources.base import OnChange, ThreadedSource
from cnnviz.core.sources.values import Frame, SourceSpec, SourceState

HEIGHT, WIDTH = 480, 640
LOOP = 32  # frames, drawn once: 29 MB


class CardSource(ThreadedSource):
    """Without a rate, each ``latest`` and ``wait`` gives a new frame at once, and ``on_change`` is called for the
    first only; with one, frames come at that rate by a thread of its own.
    """

    def __init__(self, spec: SourceSpec, on_change: OnChange) -> None:
        super().__init__(spec, SourceState(spec, "test card", rate=spec.rate), on_change)
        self._frames = card_frames()
        self._publish(self._frames[0], self.state)
        if spec.rate:
            self._thread.start()

    def _has(self, after: int) -> bool:
        return not self.spec.rate or super()._has(after)

    def _take(self, after: int) -> Frame | None:
        if not self.spec.rate and not self._closed:
            number = max(after, self._taken) + 1
            self._newest = Frame(self._frames[number % LOOP], number, time.monotonic())
        return super()._take(after)

    def _run(self) -> None:
        period = 1 / (self.spec.rate or 1.0)
        due, number = time.monotonic(), 0
        while not self._closed:
            due = max(due + period, time.monotonic())
            self._next_command(due)
            number += 1
            index = number % LOOP
            self._publish(self._frames[index], replace(self.state, frame_index=index))


@cache
def card_frames() -> tuple[Bytes, ...]:
    """The loop: read-only H×W×3 RGB."""
    return tuple(_draw(2 * math.pi * index / LOOP) for index in range(LOOP))


def _draw(phase: float) -> Bytes:
    """A colour gradient, a grating that turns in its middle, and a disc and a square on their way round it."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -4 / 3 : 4 / 3 : WIDTH * 1j].astype(np.float32)
    colours = np.stack([0.5 + 0.35 * x, 0.5 - 0.45 * y, 0.5 + 0.3 * np.sin(3 * x * y + phase)], axis=-1)
    stripes = np.sin(24 * (x * math.cos(phase) + y * math.sin(phase))) > 0
    colours[_disc(y, x, 0.45) & stripes] *= 0.4
    down, right = math.sin(phase), math.cos(phase)
    colours[_disc(y - 0.6 * down, x - 0.95 * right, 0.22)] = (0.95, 0.25, 0.15)
    colours[np.maximum(abs(y + 0.6 * down), abs(x + 0.95 * right)) < 0.18] = (0.1, 0.75, 0.9)
    pixels = np.asarray(colours.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    pixels.flags.writeable = False
    return pixels


def _disc(y: Floats, x: Floats, radius: float) -> NDArray[np.bool_]:
    return np.asarray(y**2 + x**2 < radius**2)
