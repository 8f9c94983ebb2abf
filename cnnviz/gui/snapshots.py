"""Brings snapshots to the docks, and tells when they were on screen: only then is the next one asked for."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.core.views import Snapshot
from cnnviz.gui.main_window import MainWindow

PATIENCE_MS = 100
"""After this a snapshot counts as painted: nothing of it may be in the window, only in docks that float."""


class Snapshots(QObject):
    """``painted``: a snapshot and the monotonic time at which it was on screen. ``taken``: the next may come."""

    painted = Signal(object, float)
    taken = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._on_view: Snapshot | None = None
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self.skip)
        window.painted.connect(self._note_painted)

    def show(self, snapshot: Snapshot) -> None:
        """Hands each dock its part."""
        window = self._window
        for picture in snapshot.maps:
            if picture.view in window.maps:
                window.maps[picture.view].show_picture(picture)
        if snapshot.input is not None:
            window.input.show_picture(snapshot.input)
        if snapshot.logits is not None:
            window.predictions.show_before(snapshot.logits_before)
            window.predictions.show_logits(snapshot.logits, snapshot.history_times, snapshot.history_logits)
        self._on_view = snapshot
        if window.is_on_screen:
            self._patience.start()
        else:
            self.skip()

    def skip(self) -> None:
        """Nothing (more) is to be painted: the next may come."""
        self._on_view = None
        self._patience.stop()
        self.taken.emit()

    def _note_painted(self, milliseconds: float) -> None:
        snapshot = self._on_view
        if snapshot is None:
            return
        at = time.monotonic()
        self.skip()
        budget = replace(snapshot.budget, paint=milliseconds)
        self._window.status.show_frame(budget, snapshot.frames_per_second, snapshot.dropped)
        self.painted.emit(snapshot, at)
