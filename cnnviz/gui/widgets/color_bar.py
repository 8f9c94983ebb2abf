"""A colour map as a bar, with the values of its two ends."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.core.rendering.colormaps import SHADES
from cnnviz.gui.widgets.images import ColorTable, indexed_image
from cnnviz.gui.widgets.number_text import short_value_text

USUAL_WIDTH = 200
NARROWEST = 110
BAR_HEIGHT = 10
SPACING = 5


class ColorBar(QWidget):
    """What the first shade stands for, the shades, what the last one stands for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = ("", "")
        self._shades = QImage()
        self._colors: ColorTable = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # spares painting all widgets below

    @property
    def texts(self) -> tuple[str, str]:
        """What stands at the two ends."""
        return self._texts

    def set_colors(self, colors: ColorTable) -> None:
        if colors != self._colors:
            self._colors = colors
            self._shades = indexed_image(np.arange(SHADES, dtype=np.uint8)[None], colors)
            self.update()

    def set_range(self, low: float, high: float) -> None:
        """The values of the first and the last shade."""
        self.set_words(short_value_text(low), short_value_text(high))

    def set_words(self, low: str, high: str) -> None:
        """For ends that are no single values."""
        if (low, high) != self._texts:
            self._texts = (low, high)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(USUAL_WIDTH, self.fontMetrics().height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        low, high = self._texts
        before, after = self._room_for(low), self._room_for(high)
        bar = QRect(before, (self.height() - BAR_HEIGHT) // 2, self.width() - before - after, BAR_HEIGHT)
        painter.drawImage(bar, self._shades)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | middle, low)
        painter.drawText(bar.right() + 1 + SPACING, self.rect().center().y() + self._half_ascent(), high)
        painter.end()

    def _half_ascent(self) -> int:
        return self.fontMetrics().capHeight() // 2 + 1

    def _room_for(self, text: str) -> int:
        """In steps, so that the bar does not shake with every digit of live values."""
        step = 3 * self.fontMetrics().averageCharWidth()
        return -(-self.fontMetrics().horizontalAdvance(text) // step) * step + SPACING
