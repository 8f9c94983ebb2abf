"""What a running trainer is told to do, by controls and signals; with several processes all do what the first hears."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import get_args

from cnnviz.core.training.controls import ControlReader
from cnnviz.core.training.distributed import World
from cnnviz.core.training.values import Control, ControlAction

_ACTIONS: tuple[ControlAction, ...] = get_args(ControlAction)
_MOST_AT_ONCE = 8
_CUDA_INTERVAL = 10  # steps: agreeing waits for the device


class StopSignal:
    """Which of SIGINT and SIGTERM came."""

    def __init__(self) -> None:
        self.name = ""

    @contextmanager
    def caught(self) -> Iterator[StopSignal]:
        """Until the end they only set ``name``; works in the main thread."""
        before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name


class Orders:
    """``controls`` None: not the process that reads them."""

    def __init__(self, world: World, controls: ControlReader | None, stop: StopSignal) -> None:
        self._world, self._controls, self._stop = world, controls, stop
        self._waiting: list[Control] = []
        self._interval = _CUDA_INTERVAL if world.size > 1 and world.device.type == "cuda" else 1

    def new(self, step: int) -> tuple[Control, ...]:
        """To be followed now, before the next step; a signal counts as "stop"."""
        if step % self._interval:
            return ()
        if self._controls is not None:
            self._waiting += self._controls.poll()
        heard, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
        if self._stop.name:
            heard = [*heard[: _MOST_AT_ONCE - 1], Control("stop")]
        return tuple(heard) if self._world.size == 1 else self._agreed(heard)

    def wait(self) -> None:
        """A moment of a pause; processes other than the first wait for its word anyway."""
        if self._world.leads:
            time.sleep(0.05)

    @property
    def signal_name(self) -> str:
        """Why it stops, where a signal said so."""
        return self._stop.name

    def _agreed(self, heard: list[Control]) -> tuple[Control, ...]:
        numbers = [0.0] * (1 + 2 * _MOST_AT_ONCE)
        numbers[0] = len(heard)
        for index, control in enumerate(heard):
            numbers[1 + 2 * index : 3 + 2 * index] = [_ACTIONS.index(control.action), control.value or 0.0]
        numbers = self._world.agreed(numbers)
        pairs = [numbers[1 + 2 * index : 3 + 2 * index] for index in range(int(numbers[0]))]
        return tuple(Control(_ACTIONS[int(action)], value) for action, value in pairs)
