"""Chooses how a network runs on the CPU by measuring it at work: streams, threads, memory format.

Two OpenMP threads on two busy cores wait for each other at the end of every layer, and how long depends on what else
runs; so the candidates take turns on live frames beside the real window, and no frame is spent on measuring alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean

import torch

_WARM_UP_FRAMES = 3
_FRAMES = 24
_MILLISECONDS = 500.0
"""A slow network is measured on fewer frames."""

_ROUNDS = 2
"""Every candidate is tried so often, and its quicker trial counts: what disturbs one, as a window that is just being
laid out, has passed by the next.
"""

_HICCUP = 6.0
"""A frame that takes so many times the mean tells what else the machine did."""

LATENCY_ALLOWANCE_MS = 15.0
"""More frames a second are not worth a picture that comes later than this."""

REVIEW_FRAMES = 3000
"""After so many frames the rivals are measured again."""

_EQUAL = 1.05
"""Rates this close are equal; then the quicker answer wins."""


@dataclass(frozen=True)
class Configuration:
    """How a network runs: ``streams`` frames at once, each with ``threads`` threads."""

    streams: int
    threads: int
    channels_last: bool

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format


@dataclass(frozen=True)
class Cost:
    """Milliseconds of one frame: from one finished frame to the next, and from its beginning to its end.

    ``drawn``: somebody looks at it, so its latency is felt; frames that nobody looks at pass more quickly.
    """

    interval: float
    latency: float
    drawn: bool = True


def candidates(cores: int) -> tuple[Configuration, ...]:
    """Worth trying: all cores for one frame, half of them, and two frames at once; each in both memory formats."""
    half = max(1, cores // 2)
    shares = dict.fromkeys([(1, cores), (2, half), (1, half)] if cores > 1 else [(1, 1)])
    return tuple(
        Configuration(streams, threads, channels_last) for streams, threads in shares for channels_last in (True, False)
    )


def core_count() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Within it torch uses this thread alone: for many small operations, in which two would mostly wait for each
    other, the more so while the window paints. Costs less than a microsecond.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def best(costs: dict[Configuration, Cost]) -> Configuration:
    """Most frames a second among those that answer in time; of equal ones the one that answers first."""
    quickest = min(cost.latency for cost in costs.values())
    in_time = {each: cost for each, cost in costs.items() if cost.latency <= quickest + LATENCY_ALLOWANCE_MS}
    shortest = min(cost.interval for cost in in_time.values())
    equal = [each for each, cost in in_time.items() if cost.interval <= shortest * _EQUAL]
    return min(equal, key=lambda each: costs[each].latency)


@dataclass
class Tuner:
    """Hands out one configuration after the other, is told what each frame cost, and goes on with the best.

    From time to time the rivals in the same memory format are measured again: docks open and close, other programs come
    and go, and a hiccup during the first trial must not decide for ever.
    """

    candidates: tuple[Configuration, ...]
    results: dict[Configuration, Cost] = field(default_factory=dict)
    _queue: list[Configuration] = field(init=False)
    _trials: dict[Configuration, Cost] = field(default_factory=dict)
    _costs: list[Cost] = field(default_factory=list)
    _frames: int = 0
    _best: Configuration | None = None

    def __post_init__(self) -> None:
        self._queue = list(self.candidates) * _ROUNDS if len(self.candidates) > 1 else []

    @property
    def current(self) -> Configuration:
        """What the next frame is to run with."""
        if self._queue:
            return self._queue[0]
        return self._best or self.candidates[0]

    @property
    def trying(self) -> bool:
        """Candidates are being measured."""
        return bool(self._queue)

    def observe(self, cost: Cost) -> None:
        """One frame's cost under ``current``."""
        self._frames += 1
        if not self._queue:
            if self._frames >= REVIEW_FRAMES and len(self.candidates) > 1:
                self._review()
            return
        if self._frames > _WARM_UP_FRAMES:
            self._costs.append(cost)
        if len(self._costs) >= _FRAMES or sum(each.latency for each in self._costs) > _MILLISECONDS:
            self._conclude()

    def _conclude(self) -> None:
        candidate, trial = self._queue.pop(0), _typical(self._costs)
        before = self._trials.get(candidate, trial)
        self._trials[candidate] = min(before, trial, key=lambda cost: cost.interval)
        self._costs = []
        self._frames = 0
        if not self._queue:
            self.results.update(self._trials)
            self._best = best(self.results)

    def _review(self) -> None:
        self._frames = 0
        self._trials = {}
        self._queue = [each for each in self.candidates if each.channels_last == self.current.channels_last] * _ROUNDS


def _typical(costs: list[Cost]) -> Cost:
    """The mean of each number, without hiccups: the interval of all frames, the latency of those that were drawn."""
    drawn = [cost for cost in costs if cost.drawn] or costs
    return Cost(_mean([cost.interval for cost in costs]), _mean([cost.latency for cost in drawn]))


def _mean(numbers: list[float]) -> float:
    limit = _HICCUP * fmean(numbers)
    return fmean(number for number in numbers if number <= limit)
