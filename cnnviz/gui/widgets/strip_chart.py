"""Values over the last seconds, one line each. Painted here: pyqtgraph takes twice the time per frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Floats
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.plot_widget import PlotWidget
from cnnviz.gui.widgets.series_colors import RGB

SHORTEST_SPAN = 0.5
MARGIN = 8
POINT = 5
LONE = 3


@dataclass(frozen=True, eq=False)
class StripLines:
    """``times`` (n) rising; ``values`` n×k, what is not finite being left out; a name and a colour for each of the k.

    ``dashed``: which lines are, none where it is empty.
    """

    times: NDArray[np.float64]
    values: Floats
    names: tuple[str, ...]
    colors: tuple[RGB, ...]
    dashed: tuple[bool, ...] = ()


NO_LINES = StripLines(np.zeros(0), np.zeros((0, 0), np.float32), (), ())


class StripChart(PlotWidget):
    """The wheel shows fewer seconds, dragging earlier ones. Setters emit nothing. ``hovered``: a row of the lines.

    A derived class says what stands at which height (``_shares``, ``_ticks``) and how values are written.
    """

    hovered = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, seconds: float, gap: float = np.inf) -> None:
        """``seconds`` on view at the most. ``gap``: lines break where nothing came for so many seconds."""
        super().__init__(parent)
        self._lines = NO_LINES
        self._longest = self._span = seconds
        self._gap = gap
        self._back = 0.0  # seconds from the newest time to the right edge
        self._cursor: int | None = None
        self._axes = QPixmap()
        self._axes_key: object = None
        self.hovered.connect(self._move_cursor)
        self.hover_left.connect(self._move_cursor)

    # ------------------------------------------------------------------------------------------- for the derived class

    def _shares(self, values: Floats) -> Floats:
        """How high each value stands, from 0 at the bottom to 1 at the top; n×k as ``values``."""
        raise NotImplementedError

    def _ticks(self) -> Sequence[tuple[float, str]]:
        """Heights as shares, with what is written at them."""
        raise NotImplementedError

    def _widest_tick(self) -> str:
        """The longest text of a tick there can be: the plot does not move for another one."""
        raise NotImplementedError

    def _value_text(self, value: float) -> str:
        """At the cursor; empty for nothing."""
        return value_text(value)

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def span(self) -> tuple[float, float]:
        """The seconds on view before the newest one: from, to."""
        return self._back + self._span, self._back

    @property
    def cursor(self) -> int | None:
        """The row under the mouse."""
        return self._cursor

    @property
    def lines(self) -> StripLines:
        return self._lines

    def set_lines(self, lines: StripLines) -> None:
        self._lines = lines
        self.update()

    def set_longest(self, seconds: float) -> None:
        """On view at the most, and now."""
        self._longest = seconds
        self.reset_zoom()

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._span, self._back = self._longest, 0.0
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        plot = self._plot()
        after = (plot.right() - about.x()) / plot.width() if about is not None else 0.5
        span = min(max(self._span / factor, SHORTEST_SPAN), self._longest)
        self._show(self._back + after * (self._span - span), span)

    def save_csv(self, path: Path) -> None:
        """Seconds before the newest, then a column per line."""
        lines = self._lines
        ages = lines.times - lines.times[-1] if len(lines.times) else lines.times
        rows = ([round(float(age), 4), *row.tolist()] for age, row in zip(ages, lines.values, strict=True))
        self._report(save_csv(path, ("seconds", *lines.names), rows))

    # --------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> int | None:
        """The row nearest in time."""
        plot, times = self._plot(), self._lines.times
        if not len(times) or not plot.contains(place):
            return None
        time = times[-1] - self._back - (plot.right() - place.x()) / plot.width() * self._span
        return int(np.abs(times - time).argmin())

    def _pan(self, moved: QPointF) -> None:
        self._show(self._back + moved.x() / self._plot().width() * self._span, self._span)

    def _show(self, back: float, span: float) -> None:
        self._span = span
        self._back = min(max(0.0, back), self._longest - span)
        self.update()

    def _announce_hover(self, target: int) -> None:
        self.hovered.emit(target)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    def _move_cursor(self, row: int | None = None) -> None:
        self._cursor = row
        self.update()

    # -------------------------------------------------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        self._draw_axes()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._axes)
        self._paint_values(painter, self._plot())
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._axes_key = None
        self.update()

    def _draw_axes(self) -> None:
        """Into a picture that is kept: their texts would take longer than all lines."""
        key = (self.size(), self.devicePixelRatioF(), self.span, tuple(self._ticks()))
        if key == self._axes_key:
            return
        self._axes_key = key
        self._axes = QPixmap(self.size() * self.devicePixelRatioF())
        self._axes.setDevicePixelRatio(self.devicePixelRatioF())
        painter = QPainter(self._axes)
        painter.setFont(self.font())
        self._paint_frame(painter, self._plot())
        painter.end()

    def _plot(self) -> QRectF:
        metrics = self.fontMetrics()
        left = MARGIN + metrics.horizontalAdvance(self._widest_tick()) + 4
        return QRectF(self.rect()).adjusted(left, metrics.height() / 2 + 2, -MARGIN, -metrics.height() - 3)

    def _paint(self, painter: QPainter) -> None:
        self._paint_frame(painter, self._plot())
        self._paint_values(painter, self._plot())

    def _paint_frame(self, painter: QPainter, plot: QRectF) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        if plot.width() >= 1 and plot.height() >= 1:
            painter.fillRect(plot, self.palette().color(QPalette.ColorRole.Base))
            self._paint_axes(painter, plot)

    def _paint_values(self, painter: QPainter, plot: QRectF) -> None:
        if len(self._lines.times) and plot.width() >= 1 and plot.height() >= 1:
            shares = self._shares(self._lines.values)
            self._paint_lines(painter, plot, shares)
            self._paint_cursor(painter, plot, shares)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        metrics = self.fontMetrics()
        text = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for share, words in self._ticks():
            y = plot.bottom() - share * plot.height()
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(text)
            scale = QRectF(0, y - metrics.height() / 2, plot.left() - 4, metrics.height())
            painter.drawText(scale, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        first, last = (self.tr("−{:.3g} s").format(age) if age else self.tr("now") for age in self.span)
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, first)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, last)

    def _paint_lines(self, painter: QPainter, plot: QRectF, shares: Floats) -> None:
        painter.save()
        painter.setClipRect(plot.adjusted(0, -1, 0, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = self._x(plot)
        dashed = self._lines.dashed or (False,) * len(self._lines.colors)
        for color, dashes, column in reversed(list(zip(self._lines.colors, dashed, shares.T, strict=True))):
            pen = QPen(QColor(*color), 1)  # wider lines take five times as long
            if dashes:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            y = plot.bottom() - column * plot.height()
            for run in self._runs(column):
                painter.drawPolyline(_polygon(x[run], y[run]))
                if run.stop - run.start == 1:  # a moment on its own, as on a slow machine, is no line
                    painter.fillRect(QRectF(x[run.start] - LONE / 2, y[run.start] - LONE / 2, LONE, LONE), pen.color())
            if np.isfinite(column[-1]):  # the newest value, for a still picture the only one
                painter.fillRect(QRectF(x[-1] - POINT, y[-1] - POINT / 2, POINT, POINT), QColor(*color))
        painter.restore()

    def _runs(self, column: Floats) -> Iterator[slice]:
        """The pieces of a line without a gap."""
        finite = np.isfinite(column)
        starts = finite & ~np.concatenate(([False], finite[:-1]))
        starts[1:] |= finite[1:] & (np.diff(self._lines.times) > self._gap)
        for first, following in pairwise((*np.flatnonzero(starts), len(column))):
            yield slice(first, first + int(np.count_nonzero(finite[first:following])))

    def _x(self, plot: QRectF) -> NDArray[np.float64]:
        ages = self._lines.times[-1] - self._lines.times
        return plot.right() - (ages - self._back) / self._span * plot.width()

    def _paint_cursor(self, painter: QPainter, plot: QRectF, shares: Floats) -> None:
        if self._cursor is None or self._cursor >= len(self._lines.times):
            return
        x = float(self._x(plot)[self._cursor])
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        values, heights = self._lines.values[self._cursor].tolist(), shares[self._cursor].tolist()
        for color, value, share in zip(self._lines.colors, values, heights, strict=True):
            text = self._value_text(value) if np.isfinite(share) else ""
            if text:
                self._paint_point(painter, QPointF(x, plot.bottom() - share * plot.height()), text, color)

    def _paint_point(self, painter: QPainter, place: QPointF, text: str, color: RGB) -> None:
        metrics, x, y = self.fontMetrics(), place.x(), place.y()
        width = metrics.horizontalAdvance(text)
        left = x + POINT if x + POINT + width < self._plot().right() else x - POINT - width
        box = QRectF(left, y - metrics.height() / 2, width, metrics.height())
        painter.fillRect(box, self.palette().color(QPalette.ColorRole.Base))
        painter.fillRect(QRectF(x - POINT / 2, y - POINT / 2, POINT, POINT), QColor(*color))
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _polygon(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    """Through Qt's stream format, in one step in place of a Python object per point."""
    points = np.stack((x, y), axis=1).astype(">f8")
    stream = QDataStream(QByteArray(np.array([len(points)], ">u4").tobytes() + points.tobytes()))
    polygon = QPolygonF()
    stream >> polygon
    return polygon
