"""Plays what has frames by number: a video file, a folder of pictures."""

import math
import time
from dataclasses import replace
from typing import Protocol

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange, ThreadedSource
from cnnviz.core.sources.values import SourceCommand, SourceSpec, SourceState

SPEEDS = (0.05, 32.0)
_STANDSTILL_SECONDS = 1.0


class Reel(Protocol):
    """Frames by number. ``count``: as far as known (0: unknown). Reading may change ``title`` and ``notice``."""

    title: str
    notice: str
    count: int
    rate: float

    def read(self, index: int, step: int) -> tuple[int, Bytes] | None:
        """Frame ``index`` or, if that cannot be read, the next that can in the direction of ``step``, and its number.
        None: there is none any more.
        """

    def close(self) -> None:
        """Releases the file."""


class PlayerSource(ThreadedSource):
    """Shows a reel at its own rate times the speed; frames that come too late are skipped and counted."""

    def __init__(self, spec: SourceSpec, reel: Reel, on_change: OnChange, *, playing: bool) -> None:
        """Reads the first frame. Raises SourceError if there is none; the reel is closed then."""
        seekable = reel.count > 1
        state = SourceState(spec, reel.title, playing=playing, seekable=seekable, rate=reel.rate)
        super().__init__(spec, state, on_change)
        self._reel = reel
        self._index = 0
        self._due = 0.0
        try:
            found = self._show(0, 1)
        except SourceError:
            reel.close()
            raise
        if not found:
            reel.close()
            raise SourceError(f"{reel.title} holds no picture that can be read: open another file")
        self._thread.start()

    def control(self, command: SourceCommand) -> None:
        """Raises SourceError for a value that makes no sense; what is asked is done by the reader thread."""
        _check(command)
        with self._condition:
            if command.action == "seek" and self._commands and self._commands[-1].action == "seek":
                self._commands.pop()  # a dragged slider: only its last place counts
            self._commands.append(command)
            self._condition.notify_all()

    def _run(self) -> None:
        self._restart_clock()
        try:
            while not self._closed:
                command = self._next_command(self._due if self.state.playing else None)
                if command is not None:
                    self._obey(command)
                elif self.state.playing and not self._closed:
                    self._play_on()
        except (SourceError, MemoryError) as error:
            self._stop(getattr(error, "message", "there is no memory left to read on"))
        finally:
            self._reel.close()

    # -------------------------------------------------------------------------------------------------------- commands

    def _obey(self, command: SourceCommand) -> None:
        match command.action:
            case "play":
                self._play()
            case "pause":
                self._change(replace(self.state, playing=False))
            case "step" | "step-back":
                self._change(replace(self.state, playing=False))
                self._step(1 if command.action == "step" else -1)
            case "seek":
                self._seek(int(command.value))
            case "speed":
                self._change(replace(self.state, speed=min(max(command.value, SPEEDS[0]), SPEEDS[1])))
            case "loop":
                self._change(replace(self.state, looping=bool(command.value)))
        if command.action != "loop":
            self._restart_clock()

    def _play(self) -> None:
        at_end = 0 < self._reel.count <= self._index + 1
        if at_end and not self.state.looping:
            self._show(0, 1)
        self._change(replace(self.state, playing=True))

    def _step(self, step: int) -> None:
        if self._index + step < 0:
            if self.state.looping and self._reel.count:
                self._show(self._reel.count - 1, -1)
        elif not self._show(self._index + step, step) and self.state.looping:
            self._show(0, 1)

    def _seek(self, index: int) -> None:
        last = max(0, self._reel.count - 1)
        index = min(max(index, 0), last)
        if not self._show(index, 1) and not self._show(index, -1):
            self._show(0, 1)  # behind the end of a file that ends early

    # --------------------------------------------------------------------------------------------------------- playing

    def _period(self) -> float:
        return 1 / (self._reel.rate * self.state.speed)

    def _restart_clock(self) -> None:
        self._due = time.monotonic() + self._period()

    def _play_on(self) -> None:
        late = self._frames_late()
        self._due += (late + 1) * self._period()
        if self._show(self._index + 1 + late, 1, skipped=late):
            return
        if not self.state.looping:
            self._stop(self._reel.notice)
        elif not self._show(0, 1):
            raise SourceError(f"{self._reel.title} cannot be read any more: open it again")

    def _frames_late(self) -> int:
        """Whole frames behind; 0 after a standstill (a sleeping machine), which is not made up for."""
        behind = time.monotonic() - self._due
        if behind > _STANDSTILL_SECONDS:
            self._due += behind
            return 0
        late = max(0, int(behind / self._period()))
        if self._reel.count:
            late = min(late, max(0, self._reel.count - self._index - 2))  # the last frame is shown
        return late

    def _show(self, index: int, step: int, skipped: int = 0) -> bool:
        started = time.perf_counter()
        found = self._reel.read(index, step)
        if found is None:
            return False
        self._index, pixels = found
        self._publish(pixels, self._state_now(), (time.perf_counter() - started) * 1e3, skipped=skipped)
        return True

    def _state_now(self) -> SourceState:
        reel = self._reel
        return replace(
            self.state, title=reel.title, notice=reel.notice, frame_index=self._index, frame_count=reel.count
        )

    def _stop(self, notice: str) -> None:
        self._change(replace(self._state_now(), playing=False, notice=notice))


def _check(command: SourceCommand) -> None:
    if not math.isfinite(command.value) or (command.action == "speed" and command.value <= 0):
        raise SourceError(f"{command.value} is no value for {command.action}: give a number above zero")
