"""The window and its controller, with an engine that only remembers."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QApplication

from cnnviz.gui.action_wiring import ActionWiring
from cnnviz.gui.controller import Controller
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import Session
from cnnviz.gui.theme import Theme


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
        self.window.restore(Session())
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
