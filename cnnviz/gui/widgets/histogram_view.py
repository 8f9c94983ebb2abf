"""A histogram as bars, with its mean and deviation; what a bar counts is said under the mouse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.inside.histogram import Histogram
from cnnviz.gui.widgets.bar_view import NEGATIVE, POSITIVE
from cnnviz.gui.widgets.number_text import percent_text, short_value_text, value_text
from cnnviz.gui.widgets.x_plot import XPlot

WHISKER = 3
"""Half the height of the ends of the deviation's line."""


class HistogramView(XPlot):
    """Setters emit nothing."""

    def __init__(self, parent: QWidget | None = None, *, logarithmic: bool = False) -> None:
        """``logarithmic``: the bars' heights at first; a menu item changes it. Many zeros else hide all the rest."""
        super().__init__(parent)
        self._histogram: Histogram | None = None
        self._mean = self._deviation = math.nan
        self._title = ""
        self._logarithmic = QAction(self.tr("Logarithmic heights"), self)
        self._logarithmic.setCheckable(True)
        self._logarithmic.setChecked(logarithmic)
        self._logarithmic.toggled.connect(lambda _: self.update())
        self.addAction(self._logarithmic)

    def set_histogram(self, histogram: Histogram | None, mean: float, deviation: float, title: str) -> None:
        """``title``: what is counted; it makes room for what the mouse is over."""
        self._histogram, self._mean, self._deviation, self._title = histogram, mean, deviation, title
        self.set_count(len(histogram.counts) if histogram is not None else 0)
        self.update()

    def readout(self) -> str:
        """What stands above the bars."""
        histogram, place = self._histogram, self.pointed
        if histogram is None or place is None:
            return self._title
        low, high = histogram.edges[place : place + 2]
        count, total = int(histogram.counts[place]), int(histogram.counts.sum())
        share = percent_text(count / total) if total else percent_text(0)
        words = self.tr("%1 to %2: %3 values, %4")
        parts = short_value_text(float(low)), short_value_text(float(high)), f"{count:,}", share
        for number, part in enumerate(parts, 1):
            words = words.replace(f"%{number}", part)
        return words

    # -------------------------------------------------------------------------------------------------------- drawing

    def _table(self) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        histogram = self._histogram
        if histogram is None:
            return ("from", "to", "count"), ()
        edges = histogram.edges.tolist()
        return ("from", "to", "count"), zip(edges[:-1], edges[1:], histogram.counts.tolist(), strict=True)

    def _paint_plot(self, painter: QPainter, plot: QRectF) -> None:
        histogram = self._histogram
        painter.save()
        painter.setClipRect(plot)
        self._paint_bars(painter, plot, histogram)
        self._paint_moments(painter, plot, histogram)
        painter.restore()
        painter.setPen(self._color(QPalette.ColorRole.Mid))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        self._paint_texts(painter, plot, histogram)

    def _paint_bars(self, painter: QPainter, plot: QRectF, histogram: Histogram) -> None:
        counts = histogram.counts.astype(np.float64)
        heights = np.log1p(counts) if self._logarithmic.isChecked() else counts
        heights = heights / max(1e-9, float(heights.max())) * plot.height()
        heights = np.where(counts > 0, np.maximum(heights, 1.0), 0.0)
        centres = (histogram.edges[:-1] + histogram.edges[1:]) / 2
        width = plot.width() / self._shown
        gap = 1.0 if width >= 3 else 0.0
        for place in range(int(self._first), min(self._count, math.ceil(self._first + self._shown))):
            color = QColor(*(NEGATIVE if centres[place] < 0 else POSITIVE))
            if place == self.pointed:
                color = self._color(QPalette.ColorRole.WindowText)
            left = self._x(plot, place)
            painter.fillRect(QRectF(left, plot.bottom() - heights[place], width - gap, heights[place]), color)

    def _paint_moments(self, painter: QPainter, plot: QRectF, histogram: Histogram) -> None:
        """The mean as a line, the deviation to both sides of it as another across."""
        if not math.isfinite(self._mean):
            return
        x = self._x_of_value(plot, histogram, self._mean)
        painter.setPen(QPen(self._color(QPalette.ColorRole.WindowText), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        if not math.isfinite(self._deviation):
            return
        ends = [self._x_of_value(plot, histogram, self._mean + side * self._deviation) for side in (-1, 1)]
        y = plot.top() + WHISKER + 1
        painter.setPen(self._color(QPalette.ColorRole.WindowText))
        painter.drawLine(QLineF(ends[0], y, ends[1], y))
        for end in ends:
            painter.drawLine(QLineF(end, y - WHISKER, end, y + WHISKER))

    def _x_of_value(self, plot: QRectF, histogram: Histogram, value: float) -> float:
        return self._x(plot, (value - histogram.low) / (histogram.high - histogram.low) * self._count)

    def _paint_texts(self, painter: QPainter, plot: QRectF, histogram: Histogram) -> None:
        above = QRectF(plot.left(), 0, plot.width(), plot.top())
        self._write(painter, above, self.readout(), Qt.AlignmentFlag.AlignLeft, muted=False)
        below = QRectF(plot.left(), plot.bottom() + 1, plot.width(), self.height() - plot.bottom() - 1)
        width = (histogram.high - histogram.low) / self._count
        low, high = (histogram.low + end * width for end in self.on_view)
        self._write(painter, below, value_text(float(f"{low:.3g}")), Qt.AlignmentFlag.AlignLeft, muted=True)
        self._write(painter, below, value_text(float(f"{high:.3g}")), Qt.AlignmentFlag.AlignRight, muted=True)
        if self._logarithmic.isChecked():
            self._write(painter, below, self.tr("log counts"), Qt.AlignmentFlag.AlignHCenter, muted=True)
