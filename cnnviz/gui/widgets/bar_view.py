"""A vector as bars: thousands of values in one cheap paint, with zoom along the row and the value under the mouse."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.rendering.colormaps import NOT_FINITE_COLOR
from cnnviz.core.views import VectorPicture
from cnnviz.gui.widgets.bar_raster import column_values, covered, not_finite_columns
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.images import color_table, indexed_image
from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.picture_view import RGB
from cnnviz.gui.widgets.plot_widget import PlotWidget

POSITIVE: RGB = (217, 105, 30)
NEGATIVE: RGB = (46, 134, 222)
"""As in the colour maps around zero: warm is positive, blue negative."""

FEWEST_BARS = 4
MARGIN = 6


class BarView(PlotWidget):
    """``hovered`` and ``clicked``: the channel, by its index in the vector. Setters emit nothing."""

    hovered = Signal(int)
    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, keys: Collection[Qt.Key] = ()) -> None:
        super().__init__(parent, keys=keys)
        self._values: NDArray[np.float32] = np.zeros(0, np.float32)
        self._order: NDArray[np.int32] = np.zeros(0, np.int32)
        self._range = (0.0, 1.0)
        self._first, self._shown = 0, 0
        self._panned = 0.0
        self._selected: int | None = None
        self._selection_color: RGB = (255, 94, 0)

    # -------------------------------------------------------------------------------------------------------- setters

    @property
    def range(self) -> tuple[float, float]:
        """The values at the lower and the upper edge."""
        return self._range

    @property
    def channels(self) -> NDArray[np.int32]:
        """Those on view, from the left."""
        return self._order[self._first : self._first + self._shown]

    def set_vector(self, vector: VectorPicture, value_range: tuple[float, float] | None = None) -> None:
        """``value_range``: at the lower and upper edge; from the values, with zero, if None."""
        same_count = len(vector.order) == len(self._order)
        self._values, self._order = vector.values, vector.order
        self._range = value_range or _range_with_zero(vector.values[vector.order])
        if not same_count:
            self.reset_zoom()
        self.update()

    def set_selected(self, channel: int | None, color: RGB) -> None:
        if (channel, color) != (self._selected, self._selection_color):
            self._selected, self._selection_color = channel, color
            self.update()

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._first, self._shown = 0, len(self._order)
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Fewer, wider bars about a place."""
        fraction = (about.x() - self._plot().left()) / self._plot().width() if about is not None else 0.5
        shown = min(max(round(self._shown / factor), FEWEST_BARS), len(self._order))
        self._scroll_to(round(self._first + fraction * (self._shown - shown)), shown)

    def save_csv(self, path: Path) -> None:
        """All shown channels in their order, on view or not."""
        rows = ((int(channel), float(self._values[channel])) for channel in self._order)
        self._report(save_csv(path, ("channel", "value"), rows))

    # --------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> int | None:
        plot = QRectF(self._plot())
        if not plot.contains(place) or not self._shown:
            return None
        return int(self._order[self._first + int((place.x() - plot.left()) / plot.width() * self._shown)])

    def _pan(self, moved: QPointF) -> None:
        self._panned -= moved.x() / self._plot().width() * self._shown
        bars = round(self._panned)
        self._panned -= bars
        self._scroll_to(self._first + bars, self._shown)

    def _announce_hover(self, target: int) -> None:
        self.hovered.emit(target)

    def _announce_click(self, target: int) -> None:
        self.clicked.emit(target)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    def _scroll_to(self, first: int, shown: int) -> None:
        self._first = min(max(0, first), len(self._order) - shown)
        self._shown = shown
        self.update()

    # -------------------------------------------------------------------------------------------------------- drawing

    def _plot(self) -> QRect:
        line = self.fontMetrics().height() + 2
        return self.rect().adjusted(MARGIN, line, -MARGIN, -line)

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        plot = self._plot()
        if self._shown and plot.width() > 0 and plot.height() > 0:
            self._paint_bars(painter, plot)
            self._paint_zero(painter, plot)
            self._paint_selection(painter, plot)
            self._paint_texts(painter, plot)

    def _paint_bars(self, painter: QPainter, plot: QRect) -> None:
        ratio = self.devicePixelRatioF()
        values, width = self._values[self.channels], round(plot.width() * ratio)
        columns = column_values(values, width)
        inked = covered(columns, round(plot.height() * ratio), *self._range)
        drawn = np.where(inked, np.where(columns >= 0, 1, 2), 0).astype(np.uint8)
        drawn[:, not_finite_columns(values, width)] = 3
        base = self.palette().color(QPalette.ColorRole.Base).getRgb()[:3]
        colors = color_table(np.array((base, POSITIVE, NEGATIVE, NOT_FINITE_COLOR), np.uint8))
        painter.drawImage(QRectF(plot), indexed_image(drawn, colors))

    def _paint_zero(self, painter: QPainter, plot: QRect) -> None:
        low, high = self._range
        if low <= 0 <= high and high > low:
            y = plot.top() + high / (high - low) * plot.height()
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right() + 1, y))

    def _paint_selection(self, painter: QPainter, plot: QRect) -> None:
        places = np.flatnonzero(self.channels == self._selected) if self._selected is not None else ()
        if len(places):
            width = plot.width() / self._shown
            left = plot.left() + int(places[0]) * width
            painter.setPen(QPen(QColor(*self._selection_color), 2))
            painter.drawRect(QRectF(left, plot.top() - 1, max(2.0, width), plot.height() + 2))

    def _paint_texts(self, painter: QPainter, plot: QRect) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        low, high = (value_text(value) for value in self._range)
        above, below = plot.top() - 4, plot.bottom() + self.fontMetrics().ascent() + 1
        painter.drawText(QPointF(plot.left(), above), high)
        painter.drawText(QPointF(plot.left(), below), low)
        if self._shown < len(self._order):
            on_view = self.tr("{} of {} values").format(self._shown, len(self._order))
            right = plot.right() - self.fontMetrics().horizontalAdvance(on_view)
            painter.drawText(QPointF(right, above), on_view)


def _range_with_zero(values: NDArray[np.float32]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return float(finite.min(initial=0)), float(finite.max(initial=0))
