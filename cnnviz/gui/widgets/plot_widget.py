"""What all plots have in common: they hand out what they draw, to the clipboard and as PNG, SVG and CSV."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cnnviz.gui.widgets.exporting import add_plot_actions, save_png, save_svg
from cnnviz.gui.widgets.gesture_widget import GestureWidget


class PlotWidget(GestureWidget):
    """Whoever derives paints with ``_paint`` and writes its numbers with ``save_csv``."""

    def __init__(self, parent: QWidget | None = None, *, keys: Collection[Qt.Key] = ()) -> None:
        super().__init__(parent, keys=keys)
        add_plot_actions(self)

    # ------------------------------------------------------------------------------------------- for the derived class

    def save_csv(self, path: Path) -> None:
        """All numbers, on view or not."""
        raise NotImplementedError

    def _paint(self, painter: QPainter) -> None:
        """The whole widget, on the screen or in a drawing."""
        raise NotImplementedError

    # -------------------------------------------------------------------------------------------------------- actions

    def copy(self) -> None:
        """To the clipboard, as a picture."""
        QGuiApplication.clipboard().setImage(self.grab().toImage())

    def save_png(self, path: Path) -> None:
        self._report(save_png(path, self.grab().toImage()))

    def save_svg(self, path: Path) -> None:
        self._report(save_svg(path, self.size(), self._paint))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        self._paint(painter)
        painter.end()
