"""Chooses the thread count and memory format for a network by measuring it at work.

Two OpenMP threads on two busy cores wait for each other, and how much is known only beside the real window on the
real machine; so the candidates take turns on live frames, and no frame is spent on measuring alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from statistics import fmean

_WARM_UP_FRAMES = 3
_FRAMES = 10
_MILLISECONDS = 200.0


@dataclass(frozen=True)
class Configuration:
    """How a network runs on the CPU."""

    threads: int
    channels_last: bool


def candidates(cores: int) -> tuple[Configuration, ...]:
    """Worth trying, the likely best first: all cores, half of them, one; each in both memory formats."""
    counts = dict.fromkeys(max(1, count) for count in (cores, cores // 2, 1))
    return tuple(Configuration(count, channels_last) for count in counts for channels_last in (True, False))


def core_count() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Tuner:
    """Hands out one configuration after the other, is told what each frame cost, and ends with the cheapest."""

    candidates: tuple[Configuration, ...]
    _costs: list[float] = field(default_factory=list)
    _results: dict[Configuration, float] = field(default_factory=dict)
    _frames: int = 0

    @property
    def done(self) -> bool:
        """All candidates are measured."""
        return len(self._results) == len(self.candidates)

    @property
    def current(self) -> Configuration:
        """What the next frame is to run with."""
        if self.done:
            return min(self._results, key=lambda candidate: self._results[candidate])
        return self.candidates[len(self._results)]

    def observe(self, milliseconds: float) -> None:
        """One frame's cost under ``current``."""
        if self.done:
            return
        self._frames += 1
        if self._frames > _WARM_UP_FRAMES:
            self._costs.append(milliseconds)
        if len(self._costs) >= _FRAMES or sum(self._costs) > _MILLISECONDS * 3:
            self._results[self.current] = fmean(self._costs)
            self._costs = []
            self._frames = 0
