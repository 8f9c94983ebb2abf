"""What plots along one row of things (bins, layers) have in common: zoom and pan along the row, copies, files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QWidget

from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.plot_widget import PlotWidget

FEWEST = 4
"""Things on view at the largest zoom."""

MARGIN = 6


class XPlot(PlotWidget):
    """``count`` things side by side, numbered from 0. ``hovered`` and ``clicked``: a thing's number."""

    hovered = Signal(int)
    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, keys: Collection[Qt.Key] = ()) -> None:
        super().__init__(parent, keys=keys)
        self._count = 0
        self._first, self._shown = 0.0, 0.0
        self._pointed: int | None = None
        self.hover_left.connect(lambda: self._point_at(None))

    # ------------------------------------------------------------------------------------------- for the derived class

    def _plot(self) -> QRectF:
        """Where the things are drawn; beside and below it is room for texts."""
        line = self.fontMetrics().height() + 2
        return QRectF(self.rect()).adjusted(MARGIN, line, -MARGIN, -line)

    def _paint_plot(self, painter: QPainter, plot: QRectF) -> None:
        """Everything but the background; there is at least one thing and one pixel."""
        raise NotImplementedError

    def _table(self) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        """Header and rows of the CSV file: all things, on view or not."""
        raise NotImplementedError

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def pointed(self) -> int | None:
        """The thing under the mouse."""
        return self._pointed if self._pointed is not None and self._pointed < self._count else None

    @property
    def on_view(self) -> tuple[float, float]:
        """The first thing and the end of the last one on view; parts of a thing count."""
        return self._first, self._first + self._shown

    def set_count(self, count: int) -> None:
        """Zoom and pan stay while it stays."""
        if count != self._count:
            self._count = count
            self.reset_zoom()

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._first, self._shown = 0.0, float(self._count)
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Fewer, wider things about a place."""
        plot = self._plot()
        share = (about.x() - plot.left()) / plot.width() if about is not None else 0.5
        shown = min(max(self._shown / factor, float(FEWEST)), float(self._count))
        self._move_to(self._first + share * (self._shown - shown), shown)

    def save_csv(self, path: Path) -> None:
        self._report(save_csv(path, *self._table()))

    # --------------------------------------------------------------------------------------------------------- events

    def sizeHint(self) -> QSize:
        return QSize(260, 120)

    def target_at(self, place: QPointF) -> int | None:
        plot = self._plot()
        if not self._count or not plot.contains(place):
            return None
        number = int(self._first + (place.x() - plot.left()) / plot.width() * self._shown)
        return min(number, self._count - 1)

    def _pan(self, moved: QPointF) -> None:
        self._move_to(self._first - moved.x() / max(1.0, self._plot().width()) * self._shown, self._shown)

    def _move_to(self, first: float, shown: float) -> None:
        self._first, self._shown = min(max(0.0, first), self._count - shown), shown
        self.update()

    def _point_at(self, number: int | None) -> None:
        self._pointed = number
        self.update()

    def _announce_hover(self, target: int) -> None:
        self._point_at(target)
        self.hovered.emit(target)

    def _announce_click(self, target: int) -> None:
        self.clicked.emit(target)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    # -------------------------------------------------------------------------------------------------------- drawing

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._color(QPalette.ColorRole.Base))
        plot = self._plot()
        if self._count and plot.width() >= 1 and plot.height() >= 1:
            self._paint_plot(painter, plot)

    def _color(self, role: QPalette.ColorRole) -> object:
        return self.palette().color(role)

    def _x(self, plot: QRectF, number: float) -> float:
        """Where the thing of this number begins."""
        return plot.left() + (number - self._first) / self._shown * plot.width()

    def _write(self, painter: QPainter, box: QRectF, text: str, alignment: Qt.AlignmentFlag, *, muted: bool) -> None:
        """One line, cut where the box ends."""
        painter.setPen(self._color(QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.WindowText))
        line = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, alignment | Qt.AlignmentFlag.AlignVCenter, line)
