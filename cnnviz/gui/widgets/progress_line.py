"""What takes time, on one line."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QWidget

from cnnviz.core.reports import Progress
from cnnviz.gui.widgets.elided_label import ElidedLabel

PER_MILLE = 1000


class ProgressLine(QWidget):
    """The latest task under way: what it does, how far it is, and Cancel where that is possible. Hidden without one."""

    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks: dict[str, Progress] = {}
        self.text = ElidedLabel(parent=self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(110, 8)
        self.cancel_button = QToolButton(self)
        self.cancel_button.setText(self.tr("Cancel"))
        self.cancel_button.setAutoRaise(True)
        self.cancel_button.clicked.connect(lambda: self.cancel_requested.emit(next(reversed(self._tasks), "")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.cancel_button)
        self.hide()

    @property
    def is_busy(self) -> bool:
        """There is a task under way."""
        return bool(self._tasks)

    def show_progress(self, progress: Progress) -> None:
        """A task that is done makes room for the one begun before it."""
        self._tasks.pop(progress.task, None)
        if not progress.done:
            self._tasks[progress.task] = progress
        self._show_latest()

    def clear(self) -> None:
        """Forgets every task: the engine that ran them is gone."""
        self._tasks.clear()
        self._show_latest()

    def _show_latest(self) -> None:
        self.setVisible(self.is_busy)
        if not self.is_busy:
            return
        progress = next(reversed(self._tasks.values()))
        self.text.set_text(progress.text)
        self.cancel_button.setVisible(progress.cancellable)
        self.bar.setMaximum(0 if progress.fraction is None else PER_MILLE)
        self.bar.setValue(round((progress.fraction or 0.0) * PER_MILLE))
