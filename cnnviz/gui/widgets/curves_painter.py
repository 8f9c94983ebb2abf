"""Paints a panel of the curves view: axes, raw and smoothed lines, validation, best points, events."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen, QPolygonF

from cnnviz.core.training.values import Split
from cnnviz.gui.widgets.curves_axis import Axis
from cnnviz.gui.widgets.curves_scene import Scene
from cnnviz.gui.widgets.curves_series import Quantity, RunCurves
from cnnviz.gui.widgets.curves_shape import Columns, Points, covered, middles, shape_of
from cnnviz.gui.widgets.curves_thinning import Extremes
from cnnviz.gui.widgets.line_painting import draw_line
from cnnviz.gui.widgets.series_colors import RGB

PALE = 120
"""Opacity, of 255, of what lies behind a smoothed line."""

DOT = 2.6
_FEW = 40
"""Validations up to which each has a dot."""
_TICK_HEIGHT = 26
_TICK_WIDTH = 90
_BEST = 5.0


class PanelPainter:
    """For one painting; ``ratio``: device pixels to one of the widget's."""

    def __init__(self, painter: QPainter, palette: QPalette, scene: Scene, ratio: float) -> None:
        self._painter, self._palette, self._scene, self._ratio = painter, palette, scene, ratio
        self._across = scene.across_axis()

    # ------------------------------------------------------------------------------------------------------------ axes

    def paint_frame(self, area: QRectF, title: str, *, labelled: bool, kept: float = 0.0) -> None:
        """Ground, name and the lines along the x-axis; their texts below the last panel (``labelled``).

        ``kept``: pixels beside the name that are something else's.
        """
        painter, metrics, grid = self._painter, self._painter.fontMetrics(), self._grid_color()
        painter.fillRect(area, self._color(QPalette.ColorRole.Base))
        painter.setPen(self._color(QPalette.ColorRole.WindowText))
        above = QRectF(area.left(), area.top() - metrics.height() - 2, area.width() - kept, metrics.height())
        words = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(above.width()))
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        for value, text in self._across.ticks(int(area.width() // _TICK_WIDTH)):
            x = area.left() + self._across.fraction(value) * area.width()
            painter.fillRect(QRectF(round(x), area.top(), 1, area.height()), grid)
            if labelled:
                painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
                width = metrics.horizontalAdvance(text) + 2
                left = min(max(x - width / 2, 0), area.right() - width)
                box = QRectF(left, area.bottom() + 3, width, metrics.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paint_values(self, area: QRectF, upwards: Axis) -> None:
        """The lines of the y-axis and their texts, left of the plot."""
        painter, height, grid = self._painter, self._painter.fontMetrics().height(), self._grid_color()
        for value, text in upwards.ticks(int(area.height() // _TICK_HEIGHT)):
            y = area.bottom() - upwards.fraction(value) * area.height()
            painter.fillRect(QRectF(area.left(), round(y), area.width(), 1), grid)
            painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
            box = QRectF(0, y - height / 2, area.left() - 5, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _grid_color(self) -> QColor:
        """Between ground and borders. Opaque and in whole pixels: other lines take ten times as long."""
        ground, border = (self._color(role) for role in (QPalette.ColorRole.Base, QPalette.ColorRole.Mid))
        return QColor(*(round((one + other) / 2) for one, other in zip(ground.getRgb(), border.getRgb(), strict=True)))

    def _color(self, role: QPalette.ColorRole) -> QColor:
        return self._palette.color(role)

    # ---------------------------------------------------------------------------------------------------------- curves

    def paint_curves(self, area: QRectF, quantity: Quantity, upwards: Axis) -> None:
        """Of every run: what was logged pale, its average strong, validation dashed with dots, the best ringed."""
        self._painter.save()
        self._painter.setClipRect(area.adjusted(0, -1, 0, 1))
        for run in self._scene.runs:
            self._paint_events(area, run)
        for run in reversed(self._scene.runs):
            self._paint_training(area, run, quantity, upwards)
        for run in reversed(self._scene.runs):
            for split in ("validation", "test"):
                self._paint_evaluation(area, run, quantity, split, upwards)
        self._painter.restore()
        for run in reversed(self._scene.runs):
            self._paint_best(area, run, quantity, upwards)

    def _paint_training(self, area: QRectF, run: RunCurves, quantity: Quantity, upwards: Axis) -> None:
        curve = run.curve(quantity, "train")
        if curve is None:
            return
        places, strong = run.places("train", self._scene.choices.across), QColor(*run.color)
        if len(curve.smooth):
            pale = QColor(*run.color)
            pale.setAlpha(PALE)
            self._paint_row(area, places, curve.raw, upwards, pale, thin=True)
        self._paint_row(area, places, curve.shown, upwards, strong, thin=not len(curve.smooth))

    def _paint_row(
        self, area: QRectF, places: np.ndarray, row: Extremes, upwards: Axis, color: QColor, *, thin: bool
    ) -> None:
        columns = max(1, round(area.width() * self._ratio))
        shape = shape_of(places, row, self._across, upwards, columns)
        if isinstance(shape, Columns):
            self._paint_columns(area, shape, color)
            if thin:
                return
            shape = middles(shape)
        self._paint_line(area, shape, QPen(color, 1.0 if thin else 1.6))

    def _paint_columns(self, area: QRectF, columns: Columns, color: QColor) -> None:
        """A picture of one colour: lines would take fifty times as long."""
        mask = covered(columns, max(1, round(area.height() * self._ratio)))
        self._painter.drawImage(area, _mask_image(mask, color))

    def _paint_line(self, area: QRectF, points: Points, pen: QPen) -> None:
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        line = polygon_of(points, area)
        if line.size() == 1:
            painter.setBrush(pen.color())
            painter.drawEllipse(line.first(), DOT, DOT)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        draw_line(painter, line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_evaluation(self, area: QRectF, run: RunCurves, quantity: Quantity, split: Split, upwards: Axis) -> None:
        curve = run.curve(quantity, split)
        if curve is None or quantity not in {"loss", "accuracy"}:
            return
        places, color = run.places(split, self._scene.choices.across), QColor(*run.color)
        shape = shape_of(places, curve.raw, self._across, upwards, max(1, round(area.width() * self._ratio)))
        points = middles(shape) if isinstance(shape, Columns) else shape
        self._paint_line(area, points, QPen(color, 1.4, Qt.PenStyle.DashLine))
        if len(points.x) <= _FEW:
            self._paint_dots(polygon_of(points, area), color)

    def _paint_dots(self, places: QPolygonF, color: QColor) -> None:
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color(QPalette.ColorRole.Base), 1))
        painter.setBrush(color)
        for number in range(places.size()):
            painter.drawEllipse(places.at(number), DOT + 0.6, DOT + 0.6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    # ----------------------------------------------------------------------------------------------------------- marks

    def _paint_events(self, area: QRectF, run: RunCurves) -> None:
        color = QColor(*run.color)
        for place, _ in run.events(self._scene.choices.across):
            x = area.left() + self._across.fraction(place) * area.width()
            if area.left() <= x <= area.right():
                self._painter.setPen(QPen(color, 1, Qt.PenStyle.DotLine))
                self._painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
                self._paint_flag(QPointF(x, area.bottom()), color)

    def _paint_flag(self, foot: QPointF, color: QColor) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(color)
        self._painter.drawPolygon(QPolygonF([foot, foot + QPointF(-4, 0), foot + QPointF(0, -7), foot + QPointF(4, 0)]))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_best(self, area: QRectF, run: RunCurves, quantity: Quantity, upwards: Axis) -> None:
        best = run.best(quantity)
        if best is None:
            return
        place = float(run.places("validation", self._scene.choices.across)[best.index])
        spot = spot_in(area, self._across.fraction(place), upwards.fraction(best.value))
        if not area.adjusted(-1, -1, 1, 1).contains(spot):
            return
        painter = self._painter
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for color, width in ((self._color(QPalette.ColorRole.Base), 4.0), (QColor(*run.color), 1.8)):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(spot, _BEST, _BEST)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def paint_cursor(self, area: QRectF, place: float, dots: Iterable[tuple[float, RGB]]) -> None:
        """A line at a place of the x-axis, and dots on the curves there: fractions of the height, and colours."""
        x = area.left() + self._across.fraction(place) * area.width()
        painter = self._painter
        painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color(QPalette.ColorRole.Base), 1))
        for height, color in dots:
            if 0 <= height <= 1:
                painter.setBrush(QColor(*color))
                painter.drawEllipse(QPointF(x, area.bottom() - height * area.height()), DOT + 1, DOT + 1)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _mask_image(mask: NDArray[np.bool_], color: QColor) -> QImage:
    """The colour where the mask is set, else nothing; the image owns its pixels."""
    rows, columns = mask.shape
    pixels = np.where(mask, np.uint32(color.rgba()), np.uint32(0))
    image = QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def spot_in(area: QRectF, right: float, up: float) -> QPointF:
    """Fractions from the left and from the bottom."""
    return QPointF(area.left() + right * area.width(), area.bottom() - up * area.height())


def polygon_of(points: Points, area: QRectF) -> QPolygonF:
    """Read from one block of bytes: an object for each point takes twenty times as long."""
    places = np.empty((len(points.x), 2), ">f8")
    places[:, 0] = area.left() + points.x * area.width()
    places[:, 1] = area.bottom() - np.clip(points.y, -10, 10) * area.height()
    polygon = QPolygonF()
    content = QByteArray(len(places).to_bytes(4, "big") + places.tobytes())
    stream = QDataStream(content, QIODevice.OpenModeFlag.ReadOnly)
    stream >> polygon
    return polygon
