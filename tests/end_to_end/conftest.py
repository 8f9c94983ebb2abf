"""The real program: its window in this process, its engine in another."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from cnnviz.core.views import Snapshot
from cnnviz.engine.channel import EngineChannel
from cnnviz.gui.action_wiring import ActionWiring
from cnnviz.gui.controller import Controller
from cnnviz.gui.engine_link import EngineLink
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import Session
from cnnviz.gui.theme import Theme
from cnnviz.start import EventInbox

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PATIENCE = 90_000


class Program:
    """The program as ``cnnviz`` starts it, but for the session's file."""

    def __init__(self, qtbot, application) -> None:
        inbox = EventInbox()
        self.channel = EngineChannel(inbox.put)
        self.channel.start()
        self.qtbot = qtbot
        self.window = MainWindow(Theme(application))
        self.controller = Controller(self.window, EngineLink(self.channel, inbox))
        ActionWiring(self.window, self.controller)
        self.painted: list[Snapshot] = []
        self.controller.frame_painted.connect(lambda snapshot, _: self.painted.append(snapshot))
        self.controller.restore(Session())
        self.controller.start(None, None)
        self.window.show()

    def paints(self, condition) -> Snapshot:
        """Waits until a frame that fulfils the condition is on screen."""
        self.painted.clear()
        found: list[Snapshot] = []

        def met() -> bool:
            found.extend(filter(condition, self.painted))
            return bool(found)

        self.waits(met)
        return found[0]

    def waits(self, condition: Callable[[], bool]) -> None:
        """Lets the window go on until the condition holds."""
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def drop(self, path: Path) -> None:
        """As if the file were dropped on the window."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        self.window.take(data)

    def close(self) -> None:
        self.window.close()
        self.channel.close()
        self.window.deleteLater()


@pytest.fixture
def program(qtbot, qapp):
    palette, font, style = qapp.palette(), qapp.font(), qapp.style().name()
    program = Program(qtbot, qapp)
    yield program
    program.close()
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
