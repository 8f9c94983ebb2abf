"""Every window test runs without a display and leaves nothing behind: what it leaks fails it, by name."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QThread, QTimer, Signal
from PySide6.QtWidgets import QApplication

from cnnviz.gui.action_wiring import ActionWiring
from cnnviz.gui.controller import Controller
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import Session
from cnnviz.gui.theme import Theme

QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- where Linux shows shared memory; elsewhere the check finds nothing
WAIT_SECONDS = 2.0


class Leaks:
    """What is alive now, kept to compare with what is alive later. Kinds are the words of the failure message."""

    def __init__(self) -> None:
        self._before = {kind: set(found) for kind, found in self._alive().items()}

    def found(self) -> list[str]:
        """One line per thing that is alive and was not when this was made; things on their way out are waited for."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        left = self._new()
        if left:
            self._let_go()
            left = self._new()
        return left

    def _new(self) -> list[str]:
        now = self._alive()
        return [f"{kind}: {name}" for kind in now for key, name in now[kind].items() if key not in self._before[kind]]

    def _let_go(self) -> None:
        for thread in _python_threads().values():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(WAIT_SECONDS)
        gc.collect()  # widgets in reference cycles
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    @staticmethod
    def _alive() -> dict[str, dict[object, str]]:
        threads_and_timers = _threads_and_timers()
        threads = [one for one in threads_and_timers if isinstance(one, QThread) and one.isRunning()]
        timers = [one for one in threads_and_timers if isinstance(one, QTimer) and one.isActive()]
        return {
            "top-level widget": {id_of(one): describe(one) for one in QApplication.topLevelWidgets()},
            "running QThread": {id_of(one): describe(one) for one in threads},
            "active QTimer": {id_of(one): describe(one) for one in timers},
            "python thread": {key: thread.name for key, thread in _python_threads().items()},
            "child process": {one.pid: one.name for one in multiprocessing.active_children()},
            "shared memory": {path.name: path.name for path in SHARED_MEMORY.glob(f"cnnviz-{os.getpid()}-*")},
        }


def id_of(thing: Any) -> int:
    """The C++ object's address: the Python object around it may be made anew at any time."""
    return shiboken6.getCppPointer(thing)[0]


def describe(thing: Any) -> str:
    """Class and object name, and the parent's class: enough to find who made it."""
    parent = thing.parent()
    inside = f" in {type(parent).__name__}" if parent is not None else ""
    return f"{type(thing).__name__} {thing.objectName()!r}{inside}"


def _threads_and_timers() -> list[Any]:
    # Qt keeps no list of these; the collector knows every one that Python made.
    kinds = (QThread, QTimer)
    return [one for one in gc.get_objects() if issubclass(type(one), kinds) and shiboken6.isValid(one)]


def pytest_collection_finish() -> None:
    """What the imports left is set aside: every test looks for leaks in all that the collector knows."""
    gc.collect()
    gc.freeze()


def _python_threads() -> dict[object, threading.Thread]:
    return {thread.ident: thread for thread in threading.enumerate()}


@pytest.fixture(name="leaks")
def leaks_class() -> type[Leaks]:
    """For the tests that plant leaks."""
    return Leaks


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:  # noqa: ARG001 -- the application must be there first
    """Fails a test that leaves a window, a timer, a thread, a process or shared memory behind."""
    before = Leaks()
    yield
    left = before.found()
    assert not left, "the test leaked\n  " + "\n  ".join(left)


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Writes a run's folder as a trainer would: ``make_run(name, lines, status, **settings)``."""
    from cnnviz.core.training.configuration import LECTURE
    from cnnviz.core.training.metrics import MetricsWriter
    from cnnviz.core.training.run_folder import RunFolder

    def make(name: str, lines: Sequence[Any] = (), status: Any = None, **settings: Any) -> Path:
        folder = RunFolder(tmp_path / name)
        folder.create(replace(LECTURE, **settings))
        with MetricsWriter(folder.metrics, folder.columns) as writer:
            for line in lines:
                writer.write(line)
        if status is not None:
            folder.write_status(status)
        return folder.path

    return make


def pytest_configure(config: pytest.Config) -> None:
    """What the display-less platform says of itself, whenever a window opens, is no warning about our windows."""
    config.addinivalue_line("qt_log_ignore", "This plugin does not support (propagateSizeHints|raise|grabbing)")


# --------------------------------------------------------------------- the window and its controller, without an engine


class Link(QObject):
    """Remembers commands; tests emit the events."""

    event_received = Signal(object)

    def __init__(self):
        super().__init__()
        self.sent = []

    def listen(self):
        """There is nothing to hear."""

    def send(self, command):
        self.sent.append(command)

    def of(self, kind):
        return [command for command in self.sent if isinstance(command, kind)]


class Program:
    def __init__(self, application: QApplication) -> None:
        self.link = Link()
        self.theme = Theme(application)
        self.window = MainWindow(self.theme)
        self.controller = Controller(self.window, self.link)
        ActionWiring(self.window, self.controller)
        self.training = self.controller.subject(TrainingSubject)
        self.controller.restore(Session())
        self.window.show()

    def gets(self, *events):
        for event in events:
            self.link.event_received.emit(event)

    def open(self, name):
        dock = self.window.open_dock(name)
        QApplication.processEvents()
        return dock

    def close(self):
        self.training.runs.close()
        self.window.close()
        self.window.deleteLater()
        self.theme.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def program(qapp, monkeypatch, tmp_path) -> Iterator[Program]:
    """Runs and cached data go to the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("cnnviz.gui.run_places.runs_folder", lambda: tmp_path / "runs")
    before = qapp.font(), qapp.palette()
    made = Program(qapp)
    yield made
    made.close()
    qapp.setFont(before[0])
    qapp.setPalette(before[1])
