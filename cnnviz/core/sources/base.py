"""What every source of pictures is to the engine: the newest frame, a state, commands, an end."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.values import Frame, SourceCommand, SourceSpec, SourceState

OnChange = Callable[[], None]

CLOSE_SECONDS = 1.0  # a device that blocks longer is left to its daemon thread, which ends when the device answers


class Source(ABC):
    """Holds the newest frame only. ``on_change`` is called, from any thread and without a lock held, when a frame
    arrives or the state changes; it must return at once and not call back into the source's ``close``.
    """

    def __init__(self, spec: SourceSpec, state: SourceState, on_change: OnChange) -> None:
        self.spec = spec
        self._state = state
        self._on_change = on_change
        self._condition = threading.Condition()
        self._newest: Frame | None = None
        self._taken = 0
        self._dropped = 0
        self._closed = False

    @property
    def state(self) -> SourceState:
        """As of now."""
        return self._state

    @property
    def dropped(self) -> int:
        """Frames that were never taken: replaced by newer ones, or skipped to keep pace."""
        return self._dropped

    def latest(self, after: int = 0) -> Frame | None:
        """The newest frame if its number is above ``after``; never waits."""
        with self._condition:
            return self._take(after)

    def wait(self, after: int = 0, timeout: float = 1.0) -> Frame | None:
        """Like ``latest``, but waits up to ``timeout`` seconds for it; None also when the source is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._closed or self._has(after), timeout)
            return self._take(after)

    def control(self, command: SourceCommand) -> None:
        """Raises SourceError where this source knows no such action. Players override it."""
        raise SourceError(f"{self.state.title} cannot {command.action}: only videos and folders are played")

    @abstractmethod
    def close(self) -> None:
        """Ends within about a second, whatever the device does; no frame or change is told afterwards."""

    def _has(self, after: int) -> bool:
        return self._newest is not None and self._newest.number > after

    def _take(self, after: int) -> Frame | None:
        if self._newest is None or self._newest.number <= after:
            return None
        self._taken = self._newest.number
        return self._newest

    def _publish(self, pixels: Bytes, state: SourceState, grab_ms: float = 0.0, *, skipped: int = 0) -> None:
        """The next frame and the state it comes with; ``skipped``: frames left out before it."""
        with self._condition:
            if self._closed:
                return
            number = self._newest.number + 1 if self._newest else 1
            self._dropped += skipped + (number - 1 > self._taken)
            self._newest = Frame(pixels, number, time.monotonic(), grab_ms)
            self._state = replace(state, size=(pixels.shape[0], pixels.shape[1]))
            self._condition.notify_all()
        self._on_change()

    def _change(self, state: SourceState) -> None:
        """Only the reader thread (or, without one, the owner) changes the state: none is lost between two threads."""
        with self._condition:
            if self._closed or state == self._state:
                return
            self._state = state
            self._condition.notify_all()
        self._on_change()


class ThreadedSource(Source):
    """A source with a reader thread, which alone touches the device or file and releases it when it ends."""

    def __init__(self, spec: SourceSpec, state: SourceState, on_change: OnChange) -> None:
        super().__init__(spec, state, on_change)
        self._commands: deque[SourceCommand] = deque()
        self._thread = threading.Thread(target=self._run, name=f"source {spec.kind}", daemon=True)

    @abstractmethod
    def _run(self) -> None:
        """The thread: until ``_closed``."""

    def close(self) -> None:
        """See Source.close."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)

    def _next_command(self, until: float | None) -> SourceCommand | None:
        """Waits for a command or the end, but no longer than ``until`` (monotonic seconds; None: for good)."""
        with self._condition:
            timeout = None if until is None else max(0.0, until - time.monotonic())
            self._condition.wait_for(lambda: self._closed or bool(self._commands), timeout)
            return self._commands.popleft() if self._commands and not self._closed else None
