"""The confusion matrix: what was taken for what, and how often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Floats
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.color_mixing import mixed
from cnnviz.gui.widgets.evaluation_colors import HIT, MISS, ink_on
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.plot_widget import PlotWidget

Counts = NDArray[np.int64]
Order = Literal["class", "error"]

MARGIN = 6
_FEWEST_ON_VIEW = 4
_LEAST_CELL_FOR_NAME = 0.9
_SMALLEST_TEXT = 0.72
_HIT_STRENGTH = 0.75
_LEAST_STRONG = 0.02
"""Of a row: a mistake that is rarer never has the full colour, even where there is no commoner one."""

_MOVES = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


def class_order(counts: Counts, order: Order) -> NDArray[np.intp]:
    """Classes as they stand, or those with most wrong answers (given for them, or instead of them) first."""
    if order == "class":
        return np.arange(len(counts))
    wrong = counts.sum(0) + counts.sum(1) - 2 * np.diag(counts)
    return np.argsort(-wrong, kind="stable")


class ConfusionView(PlotWidget):
    """Rows are true classes, columns predicted ones. ``cell_hovered`` and ``cell_chosen``: both. Setters emit nothing.

    Hits (the diagonal) have one colour and mistakes another, the stronger the larger their share of the row.
    """

    cell_hovered = Signal(int, int)
    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Counts = np.zeros((0, 0), np.int64)
        self._names: tuple[str, ...] = ()
        self._order_kind: Order = "class"
        self._order: NDArray[np.intp] = np.arange(0)
        self._chosen: tuple[int, int] | None = None
        self._pointed: tuple[int, int] | None = None
        self._shown = 1.0
        self._top_left = QPointF()
        self._words = ""
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.hover_left.connect(lambda: self._point_at(None))

    # --------------------------------------------------------------------------------------------------------- setters

    def show_confusion(self, counts: Counts, names: Sequence[str]) -> None:
        """``counts``: classes × classes."""
        another = tuple(names) != self._names
        self._counts, self._names, self._words = counts, tuple(names), ""
        self._order = class_order(counts, self._order_kind)
        if another:
            self._chosen = None
            self.reset_zoom()
        self.update()

    def show_words(self, text: str) -> None:
        """In place of a matrix."""
        self._counts, self._names, self._words = np.zeros((0, 0), np.int64), (), text
        self._chosen = self._pointed = None
        self.update()

    def set_order(self, order: Order) -> None:
        self._order_kind = order
        self._order = class_order(self._counts, order)
        self.update()

    def set_chosen(self, cell: tuple[int, int] | None) -> None:
        """True and predicted class."""
        self._chosen = cell
        self.update()

    @property
    def chosen(self) -> tuple[int, int] | None:
        return self._chosen

    # --------------------------------------------------------------------------------------------------------- gestures

    def sizeHint(self) -> QSize:
        return QSize(360, 340)

    def reset_zoom(self) -> None:
        self._shown, self._top_left = float(max(1, len(self._names))), QPointF()
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        plot = self._plot()
        place = plot.center() if about is None else about
        across, down = (place.x() - plot.left()) / plot.width(), (place.y() - plot.top()) / plot.height()
        shown = min(max(self._shown / factor, min(_FEWEST_ON_VIEW, len(self._names))), float(max(1, len(self._names))))
        moved = QPointF(across * (self._shown - shown), down * (self._shown - shown))
        self._shown = shown
        self._move_to(self._top_left + moved)

    def _pan(self, moved: QPointF) -> None:
        side = self._side(self._plot())
        self._move_to(self._top_left - moved / side)

    def _move_to(self, corner: QPointF) -> None:
        most = max(0.0, len(self._names) - self._shown)
        self._top_left = QPointF(min(max(0.0, corner.x()), most), min(max(0.0, corner.y()), most))
        self.update()

    def target_at(self, place: QPointF) -> tuple[int, int] | None:
        """True and predicted class."""
        plot = self._plot()
        if not self._names or not plot.contains(place):
            return None
        side, last = self._side(plot), len(self._names) - 1
        row = min(int(self._top_left.y() + (place.y() - plot.top()) / side), last)
        column = min(int(self._top_left.x() + (place.x() - plot.left()) / side), last)
        return int(self._order[row]), int(self._order[column])

    def _announce_hover(self, target: tuple[int, int]) -> None:
        self._point_at(target)
        self.cell_hovered.emit(*target)

    def _announce_click(self, target: tuple[int, int]) -> None:
        self._choose(target)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _MOVES and self._names:
            self._step(*_MOVES[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _step(self, down: int, right: int) -> None:
        if self._chosen is None:
            self._choose((int(self._order[0]), int(self._order[0])))
            return
        places = [int(np.flatnonzero(self._order == each)[0]) for each in self._chosen]
        last = len(self._order) - 1
        row, column = min(max(places[0] + down, 0), last), min(max(places[1] + right, 0), last)
        self._choose((int(self._order[row]), int(self._order[column])))

    def _choose(self, cell: tuple[int, int]) -> None:
        self.set_chosen(cell)
        self.cell_chosen.emit(*cell)

    def _point_at(self, cell: tuple[int, int] | None) -> None:
        self._pointed = cell
        self.update()

    # --------------------------------------------------------------------------------------------------------- geometry

    def _names_width(self) -> float:
        widest = max((self.fontMetrics().horizontalAdvance(name) for name in self._names), default=0)
        return min(widest + 6.0, 0.28 * self.width())

    def _plot(self) -> QRectF:
        """A square, with room for the names of true classes at its left and of predicted ones below it."""
        line = self.fontMetrics().height()
        left, bottom = MARGIN + line + self._names_width(), MARGIN + 2 * line + 4
        side = max(1.0, min(self.width() - left - MARGIN, self.height() - MARGIN - bottom))
        spare = max(0.0, self.width() - left - MARGIN - side)
        return QRectF(left + spare / 2, MARGIN, side, side)

    def _side(self, plot: QRectF) -> float:
        return plot.width() / self._shown

    def _cell(self, plot: QRectF, row: int, column: int) -> QRectF:
        side = self._side(plot)
        return QRectF(
            plot.left() + (column - self._top_left.x()) * side,
            plot.top() + (row - self._top_left.y()) * side,
            side,
            side,
        )

    def _on_view(self, start: float) -> range:
        return range(int(start), min(len(self._names), int(np.ceil(start + self._shown))))

    # --------------------------------------------------------------------------------------------------------- painting

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._color(QPalette.ColorRole.Base))
        if not self._names:
            painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(16, 8, -16, -8), flags, self._words)
            return
        plot = self._plot()
        painter.setClipRect(plot)
        self._paint_cells(painter, plot)
        self._paint_marks(painter, plot)
        painter.setClipping(False)
        self._paint_names(painter, plot)

    def _paint_cells(self, painter: QPainter, plot: QRectF) -> None:
        base, strengths = self._color(QPalette.ColorRole.Base), cell_strengths(self._counts)
        painter.setFont(self._count_font(plot))
        for row in self._on_view(self._top_left.y()):
            for column in self._on_view(self._top_left.x()):
                label, predicted = int(self._order[row]), int(self._order[column])
                color = mixed(base, HIT if label == predicted else MISS, float(strengths[label, predicted]))
                box = self._cell(plot, row, column)
                painter.fillRect(box.adjusted(0, 0, -1, -1), color)
                self._paint_count(painter, box, int(self._counts[label, predicted]), color)
        painter.setFont(self.font())

    def _count_font(self, plot: QRectF) -> QFont:
        """Smaller where the largest count would not fit, as far as it can be read."""
        font, side = QFont(self.font()), self._side(plot)
        widest = self.fontMetrics().horizontalAdvance(str(self._counts.max())) + 6
        font.setPointSizeF(font.pointSizeF() * min(1.0, max(_SMALLEST_TEXT, side / widest)))
        return font

    def _paint_count(self, painter: QPainter, box: QRectF, count: int, color: QColor) -> None:
        text, metrics = str(count), painter.fontMetrics()
        if count and metrics.horizontalAdvance(text) + 2 <= box.width() and metrics.height() <= box.height():
            painter.setPen(ink_on(color))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_marks(self, painter: QPainter, plot: QRectF) -> None:
        colors = map_colors(self.palette())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, width in ((self._pointed, 1.0), (self._chosen, 2.0)):
            if cell is None:
                continue
            row, column = (int(np.flatnonzero(self._order == each)[0]) for each in cell)
            box = self._cell(plot, row, column).adjusted(0.5, 0.5, -1.5, -1.5)
            for color, extra in ((colors.selection_edge, 2), (colors.selection, 0)):
                painter.setPen(QPen(QColor(*color), width + extra))
                painter.drawRect(box)

    def _paint_names(self, painter: QPainter, plot: QRectF) -> None:
        line, side = self.fontMetrics().height(), self._side(plot)
        self._paint_titles(painter, plot)
        every = max(1, int(np.ceil(line * _LEAST_CELL_FOR_NAME / side)))
        painter.setPen(self._color(QPalette.ColorRole.WindowText))
        for row in list(self._on_view(self._top_left.y()))[::every]:
            box = self._cell(plot, row, 0)
            box = QRectF(plot.left() - self._names_width(), box.center().y() - line / 2, self._names_width() - 4, line)
            if plot.top() - line / 2 <= box.center().y() <= plot.bottom() + 1:
                self._write(painter, box, self._names[self._order[row]], Qt.AlignmentFlag.AlignRight)
        every = self._columns_a_name(side)
        for column in list(self._on_view(self._top_left.x()))[::every]:
            left = self._cell(plot, 0, column).center().x() - every * side / 2
            box = QRectF(left, plot.bottom() + 2, every * side - 2, line)
            if plot.left() - 1 <= box.center().x() <= plot.right() + 1:
                self._write(painter, box, self._names[self._order[column]], Qt.AlignmentFlag.AlignHCenter)

    def _columns_a_name(self, side: float) -> int:
        """One where each has room for some letters, else as many as one name needs."""
        letters = 5 * self.fontMetrics().averageCharWidth()
        needed = min(max(map(self.fontMetrics().horizontalAdvance, self._names)), letters)
        return max(1, int(np.ceil((needed + 2) / side)))

    def _paint_titles(self, painter: QPainter, plot: QRectF) -> None:
        line = self.fontMetrics().height()
        painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
        below = QRectF(plot.left(), plot.bottom() + line + 2, plot.width(), line + 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.tr("predicted"))
        painter.save()
        painter.translate(plot.left() - self._names_width() - line, plot.center().y())
        painter.rotate(-90)
        painter.drawText(
            QRectF(-plot.height() / 2, 0, plot.height(), line), Qt.AlignmentFlag.AlignHCenter, self.tr("true")
        )
        painter.restore()

    def _write(self, painter: QPainter, box: QRectF, text: str, alignment: Qt.AlignmentFlag) -> None:
        line = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, alignment | Qt.AlignmentFlag.AlignVCenter, line)

    def _color(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(role)

    # -------------------------------------------------------------------------------------------------------- exporting

    def save_csv(self, path: Path) -> None:
        self._report(save_csv(path, ("true \\ predicted", *self._names), self._rows()))

    def _rows(self) -> Iterable[Sequence[object]]:
        for name, row in zip(self._names, self._counts.tolist(), strict=True):
            yield name, *row


def cell_strengths(counts: Counts) -> Floats:
    """0 … 1, of the row's share: square roots, so that rare mistakes can be seen; the commonest mistake is strongest.

    Hits, which are most, stay paler.
    """
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    beside = shares * (1 - np.eye(len(counts)))
    commonest = max(float(beside.max(initial=0.0)), _LEAST_STRONG)
    strengths = np.sqrt(np.minimum(1.0, beside / commonest))
    np.fill_diagonal(strengths, _HIT_STRENGTH * np.sqrt(np.diag(shares)))
    return strengths.astype(np.float32)
