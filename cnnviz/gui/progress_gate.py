"""Lets progress through only of what takes longer than 0.3 s: a line that flashes up tells nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.core.reports import Progress

PATIENCE_MS = 300


class ProgressGate(QObject):
    """``passed`` emits what is worth showing: the latest of each slow task, and its end if it was shown."""

    passed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._held: dict[str, Progress] = {}
        self._shown: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PATIENCE_MS)
        self._timer.timeout.connect(self._let_through)

    def take(self, progress: Progress) -> None:
        """What the engine reports."""
        task = progress.task
        if progress.done:
            self._held.pop(task, None)
            if task in self._shown:
                self._shown.discard(task)
                self.passed.emit(progress)
        elif task in self._shown:
            self.passed.emit(progress)
        else:
            self._held[task] = progress
            if not self._timer.isActive():
                self._timer.start()

    def clear(self) -> None:
        """Whoever reported is gone: nothing will be done."""
        self._held.clear()
        self._shown.clear()
        self._timer.stop()

    def _let_through(self) -> None:
        for task, progress in self._held.items():
            self._shown.add(task)
            self.passed.emit(progress)
        self._held.clear()
