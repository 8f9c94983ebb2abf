"""A small picture of the learning rate through the whole run, before it begins."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from cnnviz.core.training.schedules import rate_factor
from cnnviz.core.training.values import RunConfiguration
from cnnviz.gui.widgets.number_text import short_value_text
from cnnviz.gui.widgets.series_colors import SERIES

STEPS_AN_EPOCH = 100
"""Of the drawing: the shape is the same with any other number."""

_POINTS = 240
_MARGIN = 6


class SchedulePicture(QWidget):
    """The curve with its highest rate and the number of epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = RunConfiguration()
        self.setAccessibleName(self.tr("The learning rate through the run"))

    def sizeHint(self) -> QSize:
        return QSize(200, 3 * self.fontMetrics().height() + 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def show_settings(self, settings: RunConfiguration) -> None:
        if settings != self._settings:
            self._settings = settings
            self.update()

    def factors(self) -> list[float]:
        """From the first to the last step, evenly chosen: parts of the learning rate."""
        settings = self._settings
        total = settings.epochs * STEPS_AN_EPOCH
        steps = (round(number * (total - 1) / (_POINTS - 1)) for number in range(_POINTS))
        return [rate_factor(settings.schedule, step, total, STEPS_AN_EPOCH) for step in steps]

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        plot = QRectF(self.rect()).adjusted(1, line + 2, -1, -line - 2)
        painter.fillRect(plot, self.palette().color(QPalette.ColorRole.Base))
        self._paint_curve(painter, plot.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN))
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        highest = self.tr("up to %1").replace("%1", short_value_text(self._settings.optimizer.learning_rate))
        count = self._settings.epochs
        epochs = self.tr("1 epoch") if count == 1 else self.tr("%1 epochs").replace("%1", f"{count:,}")
        painter.drawText(QRectF(0, 0, self.width(), line), Qt.AlignmentFlag.AlignLeft, highest)
        below = QRectF(0, plot.bottom() + 2, self.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, epochs)
        painter.end()

    def _paint_curve(self, painter: QPainter, plot: QRectF) -> None:
        painter.setPen(QPen(QColor(*SERIES[0]), 2))
        factors = self.factors()
        width = plot.width() / (len(factors) - 1)
        places = [QPointF(plot.left() + n * width, plot.bottom() - f * plot.height()) for n, f in enumerate(factors)]
        painter.drawPolyline(QPolygonF(places))
