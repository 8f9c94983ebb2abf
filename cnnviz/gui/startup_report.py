"""For ``cnnviz bench startup``: notes when the window was on screen and when it had painted maps, then closes it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from PySide6.QtCore import QObject

from cnnviz.core.views import Snapshot
from cnnviz.gui.controller import Controller
from cnnviz.gui.main_window import MainWindow

REPORT_VARIABLE = "CNNVIZ_STARTUP_REPORT"
"""The environment variable that names the file to write."""


class StartupReport(QObject):
    """Writes ``{"window_at", "maps_at"}`` in seconds of ``time.monotonic``."""

    def __init__(self, window: MainWindow, controller: Controller, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._window_at: float | None = None
        window.painted.connect(self._note_window)
        controller.frame_painted.connect(self._note_maps)

    def _note_window(self, _: float) -> None:
        self._window_at = self._window_at or time.monotonic()

    def _note_maps(self, snapshot: Snapshot, at: float) -> None:
        if snapshot.maps and not self._path.exists():
            self._path.write_text(json.dumps({"window_at": self._window_at, "maps_at": at}))
            self._window.close()


def report_if_asked(window: MainWindow, controller: Controller) -> None:
    """Only where the environment variable is set."""
    if path := os.environ.get(REPORT_VARIABLE):
        StartupReport(window, controller, Path(path))
