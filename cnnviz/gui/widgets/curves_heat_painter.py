"""Paints the layers' panel: a row a layer, their names beside, and the colour bar with its ends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPalette

from cnnviz.core.arrays import Bytes
from cnnviz.core.rendering.colormaps import GAP, palette
from cnnviz.core.training.run_reader import LayerSeries
from cnnviz.gui.theme import tones_of
from cnnviz.gui.widgets.curves_axis import Axis
from cnnviz.gui.widgets.curves_heat import (
    SHARES,
    HeatRange,
    Measure,
    columns_on_view,
    heat_indices,
    heat_range,
    layer_values,
)
from cnnviz.gui.widgets.images import color_table, indexed_image
from cnnviz.gui.widgets.number_text import short_value_text

COLORMAP = "viridis"
BAR_WIDTH = 90.0
_LOWEST_ROW = 9
"""Pixels a layer's row needs to carry its name."""


class LayersHeat:
    """What is drawn of one run's layers; worked out once for each reading of them."""

    def __init__(self, layers: LayerSeries, measure: Measure) -> None:
        self.layers, self.measure = layers, measure
        self.values = layer_values(layers, measure)
        self.scale = SHARES if measure == "silent" else heat_range(self.values)
        self._indices = heat_indices(self.values, self.scale)

    def picture(self, places: np.ndarray, across: Axis, columns: int) -> Bytes:
        """Layers × columns palette places."""
        chosen = columns_on_view(places, across, columns)
        drawn = self._indices[:, chosen] if len(places) else np.full((len(self._indices), columns), GAP, np.uint8)
        drawn[:, chosen < 0] = GAP
        return drawn


def paint_heat(
    painter: QPainter, look: QPalette, area: QRectF, heat: LayersHeat, places: np.ndarray, across: Axis, ratio: float
) -> None:
    """The picture, and the layers' names in the margin on the left."""
    base = look.color(QPalette.ColorRole.Base).getRgb()[:3]
    colors = palette(COLORMAP, gap=base, dead=tones_of(look).maps.dead)
    picture = heat.picture(places, across, max(1, round(area.width() * ratio)))
    image = indexed_image(picture, color_table(colors))
    if image.height():
        painter.drawImage(area, image, QRectF(image.rect()))
    _paint_names(painter, look, area, heat.layers.names)
    _paint_bar(painter, look, area, heat.scale, colors)


def _paint_names(painter: QPainter, look: QPalette, area: QRectF, names: tuple[str, ...]) -> None:
    """As many as there is room for, evenly chosen."""
    metrics = painter.fontMetrics()
    painter.setPen(look.color(QPalette.ColorRole.PlaceholderText))
    row = area.height() / max(1, len(names))
    stride = max(1, int(np.ceil(max(_LOWEST_ROW, metrics.height() * 0.9) / row))) if row else 1
    for number in range(0, len(names), stride):
        middle = area.top() + (number + 0.5) * row
        box = QRectF(2, middle - metrics.height() / 2, area.left() - 7, metrics.height())
        text = metrics.elidedText(names[number], Qt.TextElideMode.ElideLeft, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


def bar_room(metrics: QFontMetrics) -> float:
    """Pixels that the colour bar and its ends take at most."""
    return BAR_WIDTH + 2 * metrics.horizontalAdvance("0.00e−00") + 15


def _paint_bar(painter: QPainter, look: QPalette, area: QRectF, scale: HeatRange, colors: Bytes) -> None:
    """At the right of the panel's title."""
    metrics = painter.fontMetrics()
    texts = short_value_text(scale.low), short_value_text(scale.high)
    right = area.right()
    for text, leads in ((texts[1], True), (texts[0], False)):
        width = metrics.horizontalAdvance(text)
        box = QRectF(right - width, area.top() - metrics.height() - 2, width, metrics.height())
        painter.setPen(look.color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        right -= width + 5
        if leads:
            bar = QRectF(right - BAR_WIDTH, box.center().y() - 4, BAR_WIDTH, 8)
            shades = indexed_image(np.arange(GAP, dtype=np.uint8)[None], color_table(colors))
            painter.drawImage(bar, shades, QRectF(shades.rect()))
            right -= BAR_WIDTH + 5
