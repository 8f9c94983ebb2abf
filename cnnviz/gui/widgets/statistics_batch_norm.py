"""A batch norm layer's running statistics against those of the present input, channel by channel."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Floats
from cnnviz.core.inside.layer_numbers import BatchNormNumbers
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.bar_view import POSITIVE
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.number_text import short_value_text
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.plot_widget import PlotWidget

POINT = 4.0
NEAR = 9.0
"""Pixels within which a point is under the mouse."""

MOST_NAMED = 4
MARGIN = 6.0
AIR = 0.06
"""Share of the range that is left free beside the outermost points."""

LARGEST_ZOOM = 64.0


class BatchNormPlot(PlotWidget):
    """Two panels: means and deviations, running across and present up; on the diagonal both are the same.
    ``channel_clicked``. Setters emit nothing.
    """

    channel_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: BatchNormNumbers | None = None
        self._selected: int | None = None
        self._pointed: int | None = None
        self._zoom, self._shift = 1.0, QPointF(0, 0)
        self.hover_left.connect(lambda: self._announce_hover(None))

    def sizeHint(self) -> QSize:
        return QSize(300, 190)

    def set_numbers(self, numbers: BatchNormNumbers | None) -> None:
        self._numbers = numbers
        self.update()

    def set_selected(self, channel: int | None) -> None:
        if channel != self._selected:
            self._selected = channel
            self.update()

    def most_shifted(self) -> list[int]:
        """The channels whose input is farthest from the running mean, in running deviations."""
        if self._numbers is None:
            return []
        shift = np.abs(self._numbers.shift)
        order = np.argsort(-shift, kind="stable")  # NaN last
        return [channel for channel in order[:MOST_NAMED].tolist() if not np.isnan(shift[channel])]

    def readout(self) -> str:
        """The channel under the mouse, or the selected, or those farthest off."""
        numbers = self._numbers
        if numbers is None:
            return ""
        channel = self._pointed if self._pointed is not None else self._selected
        if channel is not None and channel < len(numbers.mean):
            values = (numbers.running_mean, numbers.mean, numbers.shift, numbers.spread)
            texts = (short_value_text(float(each[channel])) for each in values)
            words = self.tr("channel %1 · mean %2 → %3 · %4 running deviations off · deviation × %5")
            return filled(words, channel, *texts)
        shifted = ", ".join(
            f"{each} ({float(numbers.shift[each]):+.1f} σ)".replace("-", "−") for each in self.most_shifted()
        )
        return filled(self.tr("most shifted: %1"), shifted)

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._zoom, self._shift = 1.0, QPointF(0, 0)
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:  # noqa: ARG002 -- both panels at once
        self._zoom = min(max(1.0, self._zoom * factor), LARGEST_ZOOM)
        self._shift = self._shift * factor if self._zoom > 1 else QPointF(0, 0)
        self.update()

    def save_csv(self, path: Path) -> None:
        """All channels."""
        header = "channel", "running mean", "running variance", "mean", "variance", "shift", "spread"
        numbers = self._numbers
        columns = (
            (
                numbers.running_mean,
                numbers.running_variance,
                numbers.mean,
                numbers.variance,
                numbers.shift,
                numbers.spread,
            )
            if numbers is not None
            else ()
        )
        rows = (
            (channel, *values) for channel, values in enumerate(zip(*(each.tolist() for each in columns), strict=True))
        )
        self._report(save_csv(path, header, rows))

    # --------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> int | None:
        """The channel whose point is nearest, if it is near."""
        for panel in self._panels():
            if not panel.box.contains(place):
                continue
            distance = np.hypot(panel.x - place.x(), panel.y - place.y())
            if np.isfinite(distance).any():
                nearest = int(np.nanargmin(distance))
                return nearest if distance[nearest] <= NEAR else None
        return None

    def _pan(self, moved: QPointF) -> None:
        if self._zoom > 1:
            self._shift += moved
            self.update()

    def _announce_hover(self, target: int | None) -> None:
        self._pointed = target
        self.update()

    def _announce_click(self, target: int) -> None:
        self.channel_clicked.emit(target)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    # -------------------------------------------------------------------------------------------------------- drawing

    def _panels(self) -> tuple[_Panel, ...]:
        numbers = self._numbers
        line = self.fontMetrics().height() + 2
        width = (self.width() - 3 * MARGIN) / 2
        height = self.height() - 3 * line - MARGIN
        if numbers is None or width < 1 or height < 1:
            return ()
        with np.errstate(invalid="ignore"):
            deviations = np.sqrt(numbers.running_variance), np.sqrt(numbers.variance)
        pairs = ((self.tr("mean"), numbers.running_mean, numbers.mean), (self.tr("deviation"), *deviations))
        return tuple(
            _Panel(
                QRectF(MARGIN + place * (width + MARGIN), line + MARGIN / 2, width, height),
                title,
                running,
                present,
                self._zoom,
                self._shift,
            )
            for place, (title, running, present) in enumerate(pairs)
        )

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, panel in enumerate(self._panels()):
            self._paint_panel(painter, panel, self.most_shifted() if place == 0 else [])
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        above = QRectF(MARGIN, 0, self.width() - 2 * MARGIN, self.fontMetrics().height() + 2)
        line = self.fontMetrics().elidedText(self.readout(), Qt.TextElideMode.ElideRight, int(above.width()))
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)

    def _paint_panel(self, painter: QPainter, panel: _Panel, named: list[int]) -> None:
        box = panel.box
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.save()
        painter.setClipRect(box)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.PlaceholderText), 1, Qt.PenStyle.DashLine))
        painter.drawLine(panel.diagonal())
        for channel in range(len(panel.x)):
            self._paint_point(painter, panel, channel)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        for channel, place in self._names(panel, named).items():
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(channel))
        painter.restore()
        self._paint_caption(painter, panel)

    def _paint_caption(self, painter: QPainter, panel: _Panel) -> None:
        """Two lines: side by side in a narrow dock the panels are too narrow for one. Beside the title the ends of the
        axis across, which are those of the other axis, too, unless it is zoomed.
        """
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        metrics = self.fontMetrics()
        below = QRectF(panel.box.left(), panel.box.bottom() + 1, panel.box.width(), metrics.height())
        low, high = map(short_value_text, panel.ends())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, high)
        for words in (panel.title, self.tr("running →, now ↑")):
            line = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, line)
            below.translate(0, metrics.height())

    def _paint_point(self, painter: QPainter, panel: _Panel, channel: int) -> None:
        if not np.isfinite(panel.x[channel] + panel.y[channel]):
            return
        chosen = channel in (self._selected, self._pointed)
        color = QColor(*(map_colors(self.palette()).selection if chosen else POSITIVE))
        size = POINT * (1.8 if chosen else 1.0)
        painter.fillRect(QRectF(panel.x[channel] - size / 2, panel.y[channel] - size / 2, size, size), color)

    def _names(self, panel: _Panel, channels: list[int]) -> dict[int, QRectF]:
        """Where the numbers of these channels stand beside their points; one without room is only in the readout."""
        taken: dict[int, QRectF] = {}
        for channel in channels:
            if not np.isfinite(panel.x[channel] + panel.y[channel]):
                continue
            places = self._name_places(panel, channel)
            free = (each for each in places if not any(each.intersects(other) for other in taken.values()))
            place = next(free, None)
            if place is not None:
                taken[channel] = place
        return taken

    def _name_places(self, panel: _Panel, channel: int) -> list[QRectF]:
        """Right above the point, left above, right below and left below, as far as they are within the panel."""
        metrics = self.fontMetrics()
        width, height = metrics.horizontalAdvance(str(channel)), metrics.ascent()
        x, y = panel.x[channel], panel.y[channel]
        corners = itertools.product((y - POINT - height, y + POINT), (x + POINT, x - POINT - width))
        places = (QRectF(left, top, width, height) for top, left in corners)
        return [each for each in places if panel.box.contains(each)]


class _Panel:
    """Points of one pair of statistics in ``box``, both axes from the least to the largest of all values."""

    def __init__(self, box: QRectF, title: str, running: Floats, present: Floats, zoom: float, shift: QPointF) -> None:
        self.box, self.title = box, title
        values = np.concatenate([running, present]).astype(np.float64)
        finite = values[np.isfinite(values)]
        low, high = float(finite.min(initial=0.0)), float(finite.max(initial=1e-6))
        air = AIR * (high - low)
        self._low, self._span = low - air, high - low + 2 * air
        self._zoom, self._shift = zoom, shift
        self.x = self._across(running.astype(np.float64))
        self.y = self._up(present.astype(np.float64))

    def ends(self) -> tuple[float, float]:
        """The values at the left and the right edge of the box."""
        middle = self._low + (0.5 - self._shift.x() / (self.box.width() * self._zoom)) * self._span
        return middle - self._span / self._zoom / 2, middle + self._span / self._zoom / 2

    def diagonal(self) -> QLineF:
        """Where the present is as it was in training."""
        ends = np.array([self._low, self._low + self._span])
        x, y = self._across(ends), self._up(ends)
        return QLineF(x[0], y[0], x[1], y[1])

    def _across(self, values: np.ndarray) -> np.ndarray:
        share = (values - self._low) / self._span - 0.5
        return self.box.center().x() + share * self.box.width() * self._zoom + self._shift.x()

    def _up(self, values: np.ndarray) -> np.ndarray:
        share = (values - self._low) / self._span - 0.5
        return self.box.center().y() - share * self.box.height() * self._zoom + self._shift.y()
