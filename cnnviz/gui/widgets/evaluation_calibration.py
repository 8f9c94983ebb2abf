"""Calibration: of the answers given with some confidence, how many are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.training.evaluation_values import ReliabilityBin
from cnnviz.gui.widgets.evaluation_colors import HIT, MISS
from cnnviz.gui.widgets.number_text import percent_text
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.x_plot import MARGIN, XPlot

_COUNTS_SHARE = 0.2
"""Of the height, for how many answers each bin has."""


class CalibrationPlot(XPlot):
    """Bars of accuracy; a calibrated network's end at the diagonal. ``told``: about the bin under the mouse."""

    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bins: tuple[ReliabilityBin, ...] = ()
        self.hovered.connect(lambda number: self.told.emit(bin_text(self._bins[number], self)))
        self.hover_left.connect(lambda: self.told.emit(""))

    def show_bins(self, bins: Sequence[ReliabilityBin]) -> None:
        """Emits nothing."""
        self._bins = tuple(bins)
        self.set_count(len(self._bins))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 220)

    # --------------------------------------------------------------------------------------------------------- drawing

    def _plot(self) -> QRectF:
        """Room for percentages at the left and below."""
        line = self.fontMetrics().height() + 4
        left = self.fontMetrics().horizontalAdvance("100 %") + 6
        return QRectF(self.rect()).adjusted(MARGIN + left, line, -MARGIN - 8, -2 * line)

    def _paint_plot(self, painter: QPainter, plot: QRectF) -> None:
        counts = QRectF(plot)
        counts.setHeight(plot.height() * _COUNTS_SHARE)
        bars = QRectF(plot)
        bars.setTop(counts.bottom() + 6)
        self._paint_grid(painter, bars)
        painter.save()
        painter.setClipRect(plot)
        self._paint_counts(painter, counts)
        for number, each in enumerate(self._bins):
            self._paint_bar(painter, bars, number, each)
        self._paint_diagonal(painter, bars)
        painter.restore()
        self._paint_titles(painter, plot)

    def _paint_grid(self, painter: QPainter, bars: QRectF) -> None:
        for share in (0.0, 0.5, 1.0):
            y = bars.bottom() - share * bars.height()
            painter.setPen(self._color(QPalette.ColorRole.Mid))
            painter.drawLine(QLineF(bars.left(), y, bars.right(), y))
            box = QRectF(MARGIN, y - 9, bars.left() - MARGIN - 5, 18)
            self._write(painter, box, f"{share:.0%}".replace("%", " %"), Qt.AlignmentFlag.AlignRight, muted=True)

    def _paint_counts(self, painter: QPainter, box: QRectF) -> None:
        largest = max((each.count for each in self._bins), default=0) or 1
        color = QColor(self._color(QPalette.ColorRole.PlaceholderText))
        color.setAlphaF(0.45)
        for number, each in enumerate(self._bins):
            height = box.height() * each.count / largest
            left, right = self._x(box, number), self._x(box, number + 1)
            painter.fillRect(QRectF(left, box.bottom() - height, right - left - 1, height), color)

    def _paint_bar(self, painter: QPainter, bars: QRectF, number: int, each: ReliabilityBin) -> None:
        """The accuracy, and the gap to the confidence: a surplus of confidence is what misleads."""
        if each.accuracy is None or each.confidence is None:
            return
        left, width = self._x(bars, number), self._x(bars, number + 1) - self._x(bars, number) - 1
        top = bars.bottom() - each.accuracy * bars.height()
        painter.fillRect(QRectF(left, top, width, bars.bottom() - top), HIT)
        meant = bars.bottom() - each.confidence * bars.height()
        gap = QColor(MISS)
        gap.setAlphaF(0.55)
        painter.fillRect(QRectF(left, min(top, meant), width, abs(top - meant)), gap)
        if number == self.pointed:
            painter.setPen(QPen(self._color(QPalette.ColorRole.WindowText), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(left, bars.top(), width, bars.height()))

    def _paint_diagonal(self, painter: QPainter, bars: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color(QPalette.ColorRole.WindowText), 1.2, Qt.PenStyle.DashLine))
        start, end = QPointF(self._x(bars, 0), bars.bottom()), QPointF(self._x(bars, len(self._bins)), bars.top())
        painter.drawLine(start, end)

    def _paint_titles(self, painter: QPainter, plot: QRectF) -> None:
        line = float(self.fontMetrics().height() + 2)
        flags = Qt.AlignmentFlag
        above = QRectF(plot.left(), plot.top() - line - 2, plot.width(), line)
        self._write(painter, above, self.tr("answers, and how many are right"), flags.AlignLeft, muted=True)
        ticks = QRectF(plot.left() - 20, plot.bottom() + 1, plot.width() + 28, line)
        first, end = (place / max(1, len(self._bins)) for place in self.on_view)
        self._write(
            painter, ticks.adjusted(20, 0, 0, 0), f"{first:.0%}".replace("%", " %"), flags.AlignLeft, muted=True
        )
        self._write(painter, ticks, f"{end:.0%}".replace("%", " %"), flags.AlignRight, muted=True)
        below = QRectF(plot.left(), ticks.bottom() - 2, plot.width(), line)
        self._write(painter, below, self.tr("confidence: probability of the answer"), flags.AlignHCenter, muted=True)

    def _table(self) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        header = ("from", "to", "answers", "confidence", "accuracy")
        return header, ((each.low, each.high, each.count, each.confidence, each.accuracy) for each in self._bins)


def bin_text(each: ReliabilityBin, widget: QWidget) -> str:
    """What one bar says."""
    place = f"{percent_text(each.low)} – {percent_text(each.high)}"
    if each.accuracy is None or each.confidence is None:
        return filled(widget.tr("%1: no answers"), place)
    words = widget.tr("%1: %2 answers, %3 confident on average, %4 right")
    return filled(words, place, f"{each.count:,}", percent_text(each.confidence), percent_text(each.accuracy))
