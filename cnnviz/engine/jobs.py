"""Work beside the live loop: loading a network, opening a source, looking for cameras.

A job ends in exactly one of finished, cancelled, failed, and says so once, in the mailbox of the loop.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from cnnviz.core.errors import CancelledError, CnnvizError
from cnnviz.core.reports import Problem, Progress

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class JobEnded:
    """``result`` of a finished job, ``problem`` of a failed one. ``error`` is what was raised. ``then``: what the
    result is for, to be called in the loop's thread.
    """

    task: str
    number: int
    outcome: Literal["finished", "cancelled", "failed"]
    result: object = None
    error: Exception | None = None
    then: Callable[[Any], None] | None = None

    @property
    def problem(self) -> Problem:
        """The error in words."""
        return problem_of(self.error) if self.error else Problem("")


@dataclass(frozen=True)
class JobHandle:
    """What the work may use: to report progress, and to see whether it is still wanted."""

    report: Callable[[str, float | None], None]
    cancelled: Callable[[], bool]


@dataclass(frozen=True, eq=False)
class _Job:
    task: str
    number: int
    text: str
    work: Callable[[JobHandle], Any]
    then: Callable[[Any], None] | None
    quiet: bool
    cancel: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """Starts jobs, a thread each; a new job replaces an unfinished one of the same task."""

    def __init__(self, end: Callable[[JobEnded], None], progress: Callable[[Progress], None]) -> None:
        self._end = end
        self._progress = progress
        self._running: dict[str, tuple[_Job, threading.Thread]] = {}
        self._count = 0

    def start(
        self,
        task: str,
        text: str,
        work: Callable[[JobHandle], _Result],
        then: Callable[[_Result], None] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        """Runs ``work`` in a thread; its progress line begins with ``text``. ``then`` travels with its result.

        ``quiet``: it is quick and often, and has no progress line.
        """
        self.cancel(task)
        self._count += 1
        job = _Job(task, self._count, text, work, then, quiet=quiet)
        thread = threading.Thread(target=self._run, args=(job,), name=f"cnnviz-{task}", daemon=True)
        self._running[task] = (job, thread)
        thread.start()

    def cancel(self, task: str) -> None:
        """Asks the job to end; it ends when it next looks."""
        if task in self._running:
            self._running[task][0].cancel.set()

    def is_current(self, ended: JobEnded) -> bool:
        """Whether this is the newest job of its task (an older one's answer comes too late); forgets it."""
        running = self._running.get(ended.task)
        if running is None or running[0].number != ended.number:
            return False
        del self._running[ended.task]
        return True

    def close(self, seconds: float = 1.0) -> None:
        """Cancels all and waits a moment for them."""
        for job, _ in self._running.values():
            job.cancel.set()
        for _, thread in list(self._running.values()):
            thread.join(seconds)

    def _run(self, job: _Job) -> None:
        def report(words: str, fraction: float | None = None) -> None:
            if not job.quiet:
                self._progress(Progress(job.task, words, fraction, cancellable=True))

        report(job.text)
        try:
            result = job.work(JobHandle(report, job.cancel.is_set))
            ended = JobEnded(job.task, job.number, "finished", result, then=job.then)
        except CancelledError:
            ended = JobEnded(job.task, job.number, "cancelled")
        except Exception as error:  # noqa: BLE001 - whatever it was, it is reported, with its traceback
            ended = JobEnded(job.task, job.number, "failed", error=error)
        if not job.quiet:
            self._progress(Progress(job.task, job.text, 1.0, done=True))
        self._end(ended)


def problem_of(error: Exception) -> Problem:
    """An error as the window shows it: ours in their own words, others with their kind and traceback as details."""
    if isinstance(error, CnnvizError):
        return Problem(error.message, error.details)
    words = str(error).strip().split("\n")[0] or "no further words"
    return Problem(
        f"Something unexpected failed ({type(error).__name__}): {words}", "".join(traceback.format_exception(error))
    )
