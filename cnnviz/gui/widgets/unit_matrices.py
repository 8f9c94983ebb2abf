"""Small matrices side by side, signed colours and numbers: patch × kernel = products."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QGuiApplication, QPainter, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Bytes
from cnnviz.core.rendering.colormaps import DIVERGING, palette, shade
from cnnviz.core.unit import Numbers
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.exporting import add_action, save_csv
from cnnviz.gui.widgets.images import rgb_image
from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.placement import Placement, fitted
from cnnviz.gui.widgets.plot_widget import PlotWidget
from cnnviz.gui.widgets.unit_words import matrix_text

LARGEST_CELL = 48
MOST_HEIGHT = 240
GAP = 0.9
"""Between matrices, in cells, and room for the sign there."""

NUMBER_WIDTH = 3.0
"""Of a number in a cell, in heights of its letters."""

SMALLEST_NUMBER = 9
"""Pixels that letters need to be read."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """``values`` h×w, coloured from −``limit`` to ``limit``. ``inside`` h×w: which are not padding. ``marked``: row and
    column of one that stands out.
    """

    title: str
    values: Numbers
    limit: float
    inside: Numbers | None = None
    marked: tuple[int, int] | None = None


def signed_colors(values: Numbers, limit: float) -> Bytes:
    """RGB in one more axis: neutral at 0; what is not finite in a colour of its own."""
    safe = limit if np.isfinite(limit) and limit > 0 else 1.0
    colours = palette(DIVERGING[0], gap=(0, 0, 0), dead=(0, 0, 0))
    return colours.take(shade(values.astype(np.float32), -safe, safe), axis=0)


class MatricesView(PlotWidget):
    """Numbers are written where a cell has room for one; hovering tells them anyway. Setters emit nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matrices: tuple[Matrix, ...] = ()
        self._signs: tuple[str, ...] = ()
        self._placement: Placement | None = None
        add_action(self, self.tr("Copy numbers"), self.copy_numbers)

    def sizeHint(self) -> QSize:
        return QSize(300, 130)

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        return self._matrices

    def set_matrices(self, matrices: Sequence[Matrix], signs: Sequence[str] = ()) -> None:
        """``signs``: between them."""
        shapes = [matrix.values.shape for matrix in self._matrices]
        self._matrices, self._signs = tuple(matrices), tuple(signs)
        if shapes != [matrix.values.shape for matrix in matrices] or self._placement is None:
            self._fit()
        self.update()

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._fit()
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        if self._placement is not None:
            about = QRectF(self.rect()).center() if about is None else about
            self._placement = self._placement.zoomed(factor, about.y() - self._line, about.x())
            self.update()

    def copy_numbers(self) -> None:
        """For a spreadsheet."""
        texts = (f"{matrix.title}\n{matrix_text(matrix.values)}" for matrix in self._matrices)
        QGuiApplication.clipboard().setText("\n\n".join(texts))

    def save_csv(self, path: Path) -> None:
        """One line per value."""
        rows = (
            (matrix.title, row, column, float(value))
            for matrix in self._matrices
            for (row, column), value in np.ndenumerate(matrix.values)
        )
        self._report(save_csv(path, ("matrix", "row", "column", "value"), rows))

    # --------------------------------------------------------------------------------------------------------- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def target_at(self, place: QPointF) -> tuple[int, int, int] | None:
        """Number of the matrix, row and column."""
        if self._placement is None:
            return None
        y, x = self._placement.to_picture(place.y() - self._line, place.x())
        for number, (left, matrix) in enumerate(self._placed()):
            row, column = int(np.floor(y)), int(np.floor(x - left))
            if 0 <= row < matrix.values.shape[0] and 0 <= column < matrix.values.shape[1]:
                return number, row, column
        return None

    def _pan(self, moved: QPointF) -> None:
        if self._placement is not None:
            self._placement = self._placement.moved(moved.y(), moved.x())
            self.update()

    def _announce_hover(self, target: tuple[int, int, int]) -> None:
        number, row, column = target
        matrix = self._matrices[number]
        words = self.tr("padding") if self._is_padding(matrix, row, column) else value_text(matrix.values[row, column])
        self.setToolTip(f"{matrix.title} [{row}, {column}]: {words}")

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    # -------------------------------------------------------------------------------------------------------- drawing

    @property
    def _line(self) -> int:
        """Height of the titles."""
        return self.fontMetrics().height() + 3

    def _placed(self) -> list[tuple[float, Matrix]]:
        """Each with its left edge, in cells."""
        left, placed = 0.0, []
        for matrix in self._matrices:
            placed.append((left, matrix))
            left += max(matrix.values.shape[1], 1) + self._gap
        return placed

    @property
    def _gap(self) -> float:
        return GAP * max(1.0, max((matrix.values.shape[0] for matrix in self._matrices), default=1) / 4)

    def _fit(self) -> None:
        """As large as the width allows; the height follows."""
        if not self._matrices or self.width() < self._line:
            self._placement = None
            return
        height = max(matrix.values.shape[0] for matrix in self._matrices)
        left, last = self._placed()[-1]
        width = left + last.values.shape[1]
        scale = min(LARGEST_CELL, MOST_HEIGHT / height, (self.width() - 2) / width)
        self._placement = fitted((scale * height, self.width()), (height, width), enlarge=True)
        self.setFixedHeight(self._line + math.ceil(scale * height) + 3)

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        if self._placement is None:
            return
        painter.translate(0, self._line)
        for number, (left, matrix) in enumerate(self._placed()):
            self._paint_title(painter, left, matrix)
            self._paint_matrix(painter, left, matrix)
            if number < len(self._signs):
                self._paint_sign(painter, left + matrix.values.shape[1], self._signs[number])

    def _paint_title(self, painter: QPainter, left: float, matrix: Matrix) -> None:
        y, x = self._placement.to_view(0, left)
        width = (matrix.values.shape[1] + 0.9 * self._gap) * self._placement.scale
        text = self.fontMetrics().elidedText(matrix.title, Qt.TextElideMode.ElideRight, int(width))
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(QPointF(x, y - 5), text)

    def _paint_sign(self, painter: QPainter, left: float, sign: str) -> None:
        y, x = self._placement.to_view(0, left)
        scale = self._placement.scale
        box = QRectF(x, y, self._gap * scale, self._placement.picture[0] * scale)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sign)

    def _paint_matrix(self, painter: QPainter, left: float, matrix: Matrix) -> None:
        colors, scale = signed_colors(matrix.values, matrix.limit), self._placement.scale
        rows, columns = matrix.values.shape
        y, x = self._placement.to_view(0, left)
        painter.drawImage(QRectF(x, y, columns * scale, rows * scale), rgb_image(colors))
        if matrix.inside is not None:
            for row, column in np.argwhere(~matrix.inside).tolist():
                self._paint_padding(painter, QRectF(x + column * scale, y + row * scale, scale, scale))
        small = self._number_font(scale)
        if small is not None:
            painter.setFont(small)
            self._paint_numbers(painter, QRectF(x, y, scale, scale), matrix, colors)
            painter.setFont(self.font())
        self._paint_frames(painter, left, matrix)

    def _paint_numbers(self, painter: QPainter, first: QRectF, matrix: Matrix, colors: Bytes) -> None:
        for (row, column), value in np.ndenumerate(matrix.values):
            if not self._is_padding(matrix, row, column):
                painter.setPen(_readable_on(colors[row, column]))
                cell = first.translated(column * first.width(), row * first.height())
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, _cell_text(value))

    def _paint_padding(self, painter: QPainter, cell: QRectF) -> None:
        painter.fillRect(cell, self.palette().color(QPalette.ColorRole.Base))
        painter.fillRect(cell, QBrush(self.palette().color(QPalette.ColorRole.Mid), Qt.BrushStyle.BDiagPattern))

    def _paint_frames(self, painter: QPainter, left: float, matrix: Matrix) -> None:
        scale = self._placement.scale
        y, x = self._placement.to_view(0, left)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(QRectF(x, y, matrix.values.shape[1] * scale, matrix.values.shape[0] * scale))
        if matrix.marked is not None:
            y, x = self._placement.to_view(matrix.marked[0], left + matrix.marked[1])
            painter.setPen(QPen(QColor(*map_colors(self.palette()).field), 2))
            painter.drawRect(QRectF(x + 1, y + 1, scale - 2, scale - 2))

    def _number_font(self, scale: float) -> QFont | None:
        """None where numbers do not fit."""
        font = QFont(self.font())
        size = min(self.fontMetrics().height() - 4, int(scale / NUMBER_WIDTH))
        font.setPixelSize(max(SMALLEST_NUMBER, size))
        return font if size >= SMALLEST_NUMBER else None

    @staticmethod
    def _is_padding(matrix: Matrix, row: int, column: int) -> bool:
        return matrix.inside is not None and not matrix.inside[row, column]


def _readable_on(color: Bytes) -> QColor:
    dark = float(color @ np.array((0.299, 0.587, 0.114))) < 128
    return QColor(Qt.GlobalColor.white if dark else Qt.GlobalColor.black)


def _cell_text(value: float) -> str:
    """In a few letters: ``0.31``, ``−1.27``, ``24.1``, ``2e5``; ``0`` only for nothing at all."""
    if value == 0 or not np.isfinite(value):
        return "0" if value == 0 else value_text(value)
    if abs(value) >= 1000:
        return f"{value:.0e}".replace("-", "−").replace("e+0", "e").replace("e+", "e")
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.3g}"
    return text.replace("-", "−")
