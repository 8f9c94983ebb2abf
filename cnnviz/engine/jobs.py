"""Work beside the live loop: loading a network, opening a source, looking for cameras.

A job ends in exactly one of finished, cancelled, failed, and says so once, in the mailbox of the loop.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cnnviz.core.errors import CancelledError, CnnvizError
from cnnviz.core.values import Problem, Progress


@dataclass(frozen=True, eq=False)
class JobEnded:
    """``result`` of a finished job, ``problem`` of a failed one. ``error`` is what was raised."""

    task: str
    number: int
    outcome: Literal["finished", "cancelled", "failed"]
    result: object = None
    error: Exception | None = None

    @property
    def problem(self) -> Problem:
        """The error in words."""
        return problem_of(self.error) if self.error else Problem("")


@dataclass(frozen=True)
class JobHandle:
    """What the work may use: to report progress, and to see whether it is still wanted."""

    report: Callable[[str, float | None], None]
    cancelled: Callable[[], bool]


class Jobs:
    """Starts jobs, a thread each; a new job replaces an unfinished one of the same task."""

    def __init__(self, end: Callable[[JobEnded], None], progress: Callable[[Progress], None]) -> None:
        self._end = end
        self._progress = progress
        self._running: dict[str, tuple[int, threading.Event, threading.Thread]] = {}
        self._count = 0

    def start(self, task: str, text: str, work: Callable[[JobHandle], object]) -> None:
        """Runs ``work`` in a thread; its progress line begins with ``text``."""
        self.cancel(task)
        self._count += 1
        cancel = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(task, self._count, text, work, cancel), name=f"cnnviz-{task}", daemon=True
        )
        self._running[task] = (self._count, cancel, thread)
        thread.start()

    def cancel(self, task: str) -> None:
        """Asks the job to end; it ends when it next looks."""
        if task in self._running:
            self._running[task][1].set()

    def is_current(self, ended: JobEnded) -> bool:
        """Whether this is the newest job of its task (an older one's answer comes too late); forgets it."""
        running = self._running.get(ended.task)
        if running is None or running[0] != ended.number:
            return False
        del self._running[ended.task]
        return True

    def close(self, seconds: float = 1.0) -> None:
        """Cancels all and waits a moment for them."""
        for _, cancel, _ in self._running.values():
            cancel.set()
        for _, _, thread in list(self._running.values()):
            thread.join(seconds)

    def _run(
        self, task: str, number: int, text: str, work: Callable[[JobHandle], object], cancel: threading.Event
    ) -> None:
        def report(words: str, fraction: float | None = None) -> None:
            self._progress(Progress(task, words, fraction, cancellable=True))

        report(text)
        try:
            ended = JobEnded(task, number, "finished", work(JobHandle(report, cancel.is_set)))
        except CancelledError:
            ended = JobEnded(task, number, "cancelled")
        except Exception as error:  # noqa: BLE001 - whatever it was, it is reported, with its traceback
            ended = JobEnded(task, number, "failed", error=error)
        self._progress(Progress(task, text, 1.0, done=True))
        self._end(ended)


def problem_of(error: Exception) -> Problem:
    """An error as the window shows it: ours in their own words, others with their kind and traceback as details."""
    if isinstance(error, CnnvizError):
        return Problem(error.message, error.details)
    words = str(error).strip().split("\n")[0] or "no further words"
    return Problem(
        f"Something unexpected failed ({type(error).__name__}): {words}", "".join(traceback.format_exception(error))
    )
