"""The curve of the learning-rate finder: the loss over the learning rate, of which a click takes one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from cnnviz.core.training.rate_values import RateStep
from cnnviz.gui.widgets.curves_axis import Axis, Numbers, spanning
from cnnviz.gui.widgets.curves_painter import PALE, spot_in
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.line_painting import draw_line
from cnnviz.gui.widgets.number_text import short_value_text, value_text
from cnnviz.gui.widgets.plot_widget import PlotWidget
from cnnviz.gui.widgets.scrolled_past import ScrolledPast
from cnnviz.gui.widgets.series_colors import SERIES

CSV_HEADER = ("learning rate", "loss", "smoothed loss")
CURVE, SUGGESTED = SERIES[0], SERIES[1]

_ABOVE = 0.6
"""Of the fall, how much of the rise after it is on view: what diverges would press the fall flat."""

_LETTERS, _MARGIN, _TICK_WIDTH, _TICK_HEIGHT = 6, 4, 52, 28
_RING = 4.5
_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_TAKES = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})


class RatePlot(ScrolledPast, PlotWidget):
    """``rate_chosen``: by a click, or by Enter at the place that Left and Right move to; two digits of it.

    Setters emit nothing.
    """

    rate_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[RateStep, ...] = ()
        self._suggestion: float | None = None
        self._present = 0.0
        self._cursor: float | None = None
        self._zoomed: Axis | None = None
        self.setAccessibleName(self.tr("Loss over learning rate"))
        self.hover_left.connect(lambda: self._move_cursor(None))

    def sizeHint(self) -> QSize:
        return QSize(260, 11 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def steps(self) -> tuple[RateStep, ...]:
        return self._steps

    @property
    def suggestion(self) -> float | None:
        return self._suggestion

    def show_steps(self, steps: Sequence[RateStep], suggestion: float | None = None) -> None:
        """``suggestion``: a rate to be marked."""
        if not steps:
            self._zoomed = self._cursor = None
        self._steps, self._suggestion = tuple(steps), suggestion
        self.update()

    def show_present(self, rate: float) -> None:
        """The one that is set now, marked on the axis."""
        if rate != self._present:
            self._present = rate
            self.update()

    # --------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._zoomed = None
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Along the rates."""
        plot = self.plot()
        share = 0.5 if about is None else (about.x() - plot.left()) / plot.width()
        self._look_at(self.across().zoomed(factor, min(max(share, 0.0), 1.0)))

    def save_csv(self, path: Path) -> None:
        self._report(save_csv(path, CSV_HEADER, [(each.rate, each.loss, each.smoothed) for each in self._steps]))

    def _look_at(self, axis: Axis) -> None:
        """Never farther than what was tried."""
        whole = self._whole()
        axis = Axis(max(axis.low, whole.low), min(axis.high, whole.high), log=True)
        self._zoomed = None if axis == whole else axis
        self.update()

    # ---------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> float | None:
        """The rate there."""
        plot = self.plot()
        inside = self._steps and plot.left() <= place.x() <= plot.right() and place.y() <= plot.bottom()
        return self.across().value((place.x() - plot.left()) / plot.width()) if inside else None

    def _pan(self, moved: QPointF) -> None:
        self._look_at(self.across().moved(-moved.x() / self.plot().width()))

    def _announce_hover(self, target: float) -> None:
        self._move_cursor(target)

    def _announce_click(self, target: float) -> None:
        self.rate_chosen.emit(float(f"{target:.1e}"))

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._steps and event.key() in _MOVES:
            self._step_cursor(_MOVES[Qt.Key(event.key())])
        elif self._cursor is not None and event.key() in _TAKES:
            self._announce_click(self._cursor)
        else:
            super().keyPressEvent(event)

    def _step_cursor(self, by: int) -> None:
        """To the next rate that was tried; at first to the suggestion, or to the lowest loss."""
        rates = [each.rate for each in self._steps]
        lowest = min(self._steps, key=lambda each: each.smoothed).rate
        start = self._cursor if self._cursor is not None else self._suggestion or lowest
        index = int(np.abs(np.log(rates) - np.log(start)).argmin()) + (by if self._cursor is not None else 0)
        self._move_cursor(rates[min(max(index, 0), len(rates) - 1)])

    def _move_cursor(self, rate: float | None) -> None:
        self._cursor = rate
        self.update()

    # ------------------------------------------------------------------------------------------------------------ axes

    def plot(self) -> QRectF:
        """Where the curve is drawn: what the mouse is over stands above, the rates below, losses to the left."""
        metrics = self.fontMetrics()
        left = _LETTERS * metrics.averageCharWidth() + _MARGIN
        area = QRectF(self.rect()).adjusted(left, metrics.height() + 4, -_MARGIN - 2, -metrics.height() - 6)
        return QRectF(area.topLeft(), area.size().expandedTo(QSize(1, 1)))

    def across(self) -> Axis:
        """The rates on view: at first all that will be tried, however far the finder is."""
        return self._zoomed or self._whole()

    def _whole(self) -> Axis:
        if not self._steps:
            return Axis(1e-6, 1.0, log=True)
        first, last = self._steps[0], self._steps[-1]
        if first is last:
            return spanning(first.rate, first.rate, log=True, unit="number")
        decades = np.log10(last.rate / first.rate) / (last.step - first.step)
        return Axis(first.rate, float(first.rate * 10 ** (decades * (first.steps - 1))), log=True)

    def upwards(self) -> Axis:
        """From the lowest loss to a little above where the fall began."""
        losses = [each.smoothed for each in self._steps]
        low = min(losses)
        before = max(losses[: losses.index(low) + 1])
        high = min(max(losses), before + _ABOVE * (before - low)) if before > low else max(losses)
        return spanning(low, high, log=False, unit="number", margin=0.08)

    # --------------------------------------------------------------------------------------------------------- drawing

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._color(QPalette.ColorRole.Window))
        plot = self.plot()
        painter.fillRect(plot, self._color(QPalette.ColorRole.Base))
        if not self._steps:
            return
        across, upwards = self.across(), self.upwards()
        self._paint_axes(painter, plot, across, upwards)
        painter.save()
        painter.setClipRect(plot.adjusted(0, -1, 0, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_present(painter, plot, across)
        self._paint_curves(painter, plot, across, upwards)
        painter.restore()
        self._paint_suggestion(painter, plot, across, upwards)
        self._paint_cursor(painter, plot, across, upwards)

    def _paint_axes(self, painter: QPainter, plot: QRectF, across: Axis, upwards: Axis) -> None:
        height, grid = self.fontMetrics().height(), self._grid_color()
        muted = self._color(QPalette.ColorRole.PlaceholderText)
        for value, text in across.ticks(int(plot.width() // _TICK_WIDTH)):
            x = plot.left() + across.fraction(value) * plot.width()
            painter.fillRect(QRectF(round(x), plot.top(), 1, plot.height()), grid)
            painter.setPen(muted)
            width = self.fontMetrics().horizontalAdvance(text) + 2
            left = min(max(x - width / 2, 0), self.width() - width)
            painter.drawText(QRectF(left, plot.bottom() + 4, width, height), Qt.AlignmentFlag.AlignCenter, text)
        for value, text in upwards.ticks(int(plot.height() // _TICK_HEIGHT)):
            y = plot.bottom() - upwards.fraction(value) * plot.height()
            painter.fillRect(QRectF(plot.left(), round(y), plot.width(), 1), grid)
            painter.setPen(muted)
            box = QRectF(0, y - height / 2, plot.left() - _MARGIN, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_present(self, painter: QPainter, plot: QRectF, across: Axis) -> None:
        """A wedge at the foot."""
        if not across.low <= self._present <= across.high:
            return
        foot = spot_in(plot, across.fraction(self._present), 0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color(QPalette.ColorRole.WindowText))
        painter.drawPolygon(QPolygonF([foot + QPointF(0, -8), foot + QPointF(5, 0), foot + QPointF(-5, 0)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_curves(self, painter: QPainter, plot: QRectF, across: Axis, upwards: Axis) -> None:
        rates = across.fractions(np.array([each.rate for each in self._steps]))
        pale = QColor(*CURVE)
        pale.setAlpha(PALE)
        rows = (([each.loss for each in self._steps], QPen(pale, 1.0)), (self._smoothed(), QPen(QColor(*CURVE), 2.0)))
        for losses, pen in rows:
            painter.setPen(pen)
            draw_line(painter, _points(plot, rates, upwards.fractions(np.array(losses))))

    def _smoothed(self) -> list[float]:
        return [each.smoothed for each in self._steps]

    def _paint_suggestion(self, painter: QPainter, plot: QRectF, across: Axis, upwards: Axis) -> None:
        """A line from top to bottom, a ring where the curve is, and its number above unless the mouse reads there."""
        rate = self._suggestion
        if rate is None or not across.low <= rate <= across.high:
            return
        spot = spot_in(plot, across.fraction(rate), upwards.fraction(self._loss_at(rate)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(*SUGGESTED), 1.4))
        painter.drawLine(QLineF(spot.x(), plot.top(), spot.x(), plot.bottom()))
        if plot.contains(spot):
            painter.setBrush(self._color(QPalette.ColorRole.Base))
            painter.setPen(QPen(QColor(*SUGGESTED), 2))
            painter.drawEllipse(spot, _RING, _RING)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if self._cursor is None:
            self._write_above(painter, plot, spot.x(), short_value_text(one_digit(rate)))

    def _paint_cursor(self, painter: QPainter, plot: QRectF, across: Axis, upwards: Axis) -> None:
        if self._cursor is None:
            return
        x = plot.left() + across.fraction(self._cursor) * plot.width()
        if not plot.left() <= x <= plot.right():
            return
        loss = self._loss_at(self._cursor)
        painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        spot = QPointF(x, plot.bottom() - upwards.fraction(loss) * plot.height())
        if plot.contains(spot):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._color(QPalette.ColorRole.Base), 1))
            painter.setBrush(QColor(*CURVE))
            painter.drawEllipse(spot, 3.6, 3.6)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        words = self.tr("%1: loss %2").replace("%1", short_value_text(float(f"{self._cursor:.1e}")))
        self._write_above(painter, plot, x, words.replace("%2", value_text(loss)))

    def _write_above(self, painter: QPainter, plot: QRectF, x: float, text: str) -> None:
        """Centred over a place, moved inwards at the ends."""
        width = self.fontMetrics().horizontalAdvance(text) + 2.0
        left = min(max(x - width / 2, plot.left()), plot.right() - width)
        painter.setPen(self._color(QPalette.ColorRole.WindowText))
        box = QRectF(left, 1, width, self.fontMetrics().height())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _loss_at(self, rate: float) -> float:
        """Smoothed, at the nearest rate that was tried."""
        rates = np.log([each.rate for each in self._steps])
        return self._steps[int(np.abs(rates - np.log(rate)).argmin())].smoothed

    def _grid_color(self) -> QColor:
        """Between ground and borders."""
        ground, border = (self._color(role).getRgb() for role in (QPalette.ColorRole.Base, QPalette.ColorRole.Mid))
        return QColor(*(round((one + other) / 2) for one, other in zip(ground, border, strict=True)))

    def _color(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(role)


def _points(plot: QRectF, across: Numbers, upwards: Numbers) -> list[QPointF]:
    pairs = zip(across.tolist(), np.clip(upwards, -10, 10).tolist(), strict=True)
    return [spot_in(plot, right, up) for right, up in pairs]


def one_digit(rate: float) -> float:
    """As rates are usually given: nobody needs more of a suggestion."""
    return float(f"{rate:.0e}")
