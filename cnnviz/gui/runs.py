"""Follows run folders for the window: reads them in a thread beside it and tells what changed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.core.training.controls import send_control
from cnnviz.core.training.values import Control, RunConfiguration
from cnnviz.gui.run_places import RunEntry, recent_runs
from cnnviz.gui.run_view import RunFollower, RunView
from cnnviz.gui.trainer_process import TrainerProcess, resume_run, start_run

INTERVAL_MS = 500
"""Between two looks; more where a look takes long."""

_POLL_MS = 20
_SHARE = 4  # of the time may go into looking: one part in so many


class Runs(QObject):
    """``changed``: the RunView of a followed run that is not what it was. ``left``: a path that is followed no more.
    ``listed``: RunEntry values, the newest first. ``refused``: why a trainer that was started did not begin to train.

    The thread is there only while a run is followed or a list was asked for.
    """

    changed = Signal(object)
    left = Signal(object)
    listed = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._followers: dict[Path, RunFollower] = {}
        self._views: dict[Path, RunView] = {}
        self._started: dict[Path, TrainerProcess] = {}
        self._processes: list[TrainerProcess] = []
        self._executor: ThreadPoolExecutor | None = None
        self._looking: Future[list[RunView]] | None = None
        self._listing: Future[tuple[RunEntry, ...]] | None = None
        self._began = 0.0
        self._layers_wanted = False
        self._in_haste = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._turn)

    # ------------------------------------------------------------------------------------------------------- following

    @property
    def views(self) -> tuple[RunView, ...]:
        """Of the followed runs that were read so far, in the order in which they were taken up."""
        return tuple(self._views[path] for path in self._followers if path in self._views)

    def view_of(self, path: Path) -> RunView | None:
        return self._views.get(path)

    @property
    def followed(self) -> tuple[Path, ...]:
        return tuple(self._followers)

    def follow(self, path: Path) -> None:
        """Also of a run that somebody else started, or that ended long ago."""
        path = path.absolute()
        if path not in self._followers:
            self._followers[path] = RunFollower(path)
        self._look_soon()

    def leave(self, path: Path) -> None:
        """It is followed no more; its trainer goes on."""
        if self._followers.pop(path, None) is not None:
            self._views.pop(path, None)
            self.left.emit(path)

    def set_layers_wanted(self, *, wanted: bool) -> None:
        """Whether anybody looks at the measurements of the layers: they cost most."""
        if wanted != self._layers_wanted:
            self._layers_wanted = wanted
            self._look_soon()

    def list_recent(self, others: Iterable[Path] = ()) -> None:
        """``listed`` will tell."""
        if self._listing is None:
            self._listing = self._thread().submit(recent_runs, (*self._followers, *others))
            self._poll()

    # -------------------------------------------------------------------------------------------------------- trainers

    def start(self, path: Path, configuration: RunConfiguration) -> None:
        """A new run, which is followed from now on. Raises a CnnvizError."""
        path = path.absolute()
        self._note(start_run(path, configuration))

    def resume(self, path: Path, learning_rate: float | None = None, *, gradient_clipping: float | None = None) -> None:
        """From its last checkpoint. Raises a CnnvizError."""
        self._note(resume_run(path, learning_rate, gradient_clipping=gradient_clipping))

    def _note(self, trainer: TrainerProcess) -> None:
        """Every process is asked after until it has ended, so that the system can forget it."""
        self._processes = [each for each in self._processes if each.exit_code is None] + [trainer]
        self._started[trainer.path] = trainer
        self.follow(trainer.path)

    def control(self, path: Path, control: Control) -> None:
        """An order to whoever trains there. Raises a CnnvizError."""
        send_control(path, control)
        self._look_soon()

    def close(self) -> None:
        """Follows nothing any more. Trainers go on."""
        self._timer.stop()
        self._followers.clear()
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    # ------------------------------------------------------------------------------------------------------ the thread

    def _thread(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="cnnviz-runs")
            self.destroyed.connect(partial(self._executor.shutdown, wait=False))
        return self._executor

    def _look_soon(self) -> None:
        self._in_haste = self._looking is not None
        if self._looking is None:
            self._timer.start(0)

    def _poll(self) -> None:
        if not self._timer.isActive() or self._timer.remainingTime() > _POLL_MS:
            self._timer.start(_POLL_MS)

    def _turn(self) -> None:
        """Takes what the thread has done, and lets it go on."""
        self._take_list()
        if self._looking is not None and self._looking.done():
            views, self._looking = self._looking.result(), None
            taken = time.monotonic() - self._began
            self._take(views)
            self._timer.start(0 if self._in_haste else round(max(INTERVAL_MS, taken * 1000 * _SHARE)))
            self._in_haste = False
        elif self._looking is None and self._followers:
            self._begin_to_look()
        if self._looking is not None or self._listing is not None:
            self._poll()
        elif not self._followers and self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None

    def _begin_to_look(self) -> None:
        followers, layers = tuple(self._followers.values()), self._layers_wanted
        self._began = time.monotonic()
        self._looking = self._thread().submit(lambda: [each.look(layers=layers) for each in followers])

    def _take_list(self) -> None:
        if self._listing is not None and self._listing.done():
            entries, self._listing = self._listing.result(), None
            self.listed.emit(entries)

    def _take(self, views: list[RunView]) -> None:
        self._processes = [each for each in self._processes if each.exit_code is None]
        for seen in views:
            if seen.path not in self._followers:
                continue
            view = self._with_trainer(seen)
            before = self._views.get(view.path)
            if before is None or _differs(before, view):
                self._views[view.path] = view
                self.changed.emit(view)

    def _with_trainer(self, view: RunView) -> RunView:
        """What is known of a trainer that this window started, until it has written its own status."""
        trainer = self._started.get(view.path)
        if trainer is None or view.problem:
            return view
        if view.status.pid == trainer.process.pid:
            del self._started[view.path]  # from now on its folder says it all
            return view
        if trainer.exit_code is None:
            return replace(view, status=replace(view.status, state="starting", message=""))
        del self._started[view.path]
        words = trainer.last_words() or self.tr("The trainer ended with code %1.").replace("%1", str(trainer.exit_code))
        self.refused.emit(words)
        return (
            replace(view, status=replace(view.status, state="failed", message=words)) if not view.status.pid else view
        )


def _differs(one: RunView, other: RunView) -> bool:
    return (
        one.version != other.version
        or one.layers is not other.layers
        or (one.status, one.checkpoints, one.data, one.problem, one.diagnoses)
        != (other.status, other.checkpoints, other.data, other.problem, other.diagnoses)
    )
