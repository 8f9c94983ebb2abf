"""A list of colour maps, each with its shades, which are drawn when first seen: all of them would delay the start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import QComboBox, QWidget

from cnnviz.core.rendering.colormaps import SHADES, palette
from cnnviz.gui.widgets.images import color_table, indexed_image

SWATCH = QSize(48, 12)
BLACK = (0, 0, 0)


class ColorMapCombo(QComboBox):
    """``color_map_chosen``: by hand. Setters emit nothing."""

    color_map_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIconSize(SWATCH)
        self.activated.connect(self._note_choice)

    def set_color_maps(self, names: Sequence[str], chosen: str) -> None:
        """Offers these."""
        with QSignalBlocker(self):
            self.clear()
            for name in names:
                self.addItem(QIcon(), name, name)
            self.setCurrentText(chosen)
        if self.isVisible():
            self._draw(self.currentIndex())

    def showEvent(self, event: QShowEvent) -> None:
        self._draw(self.currentIndex())
        super().showEvent(event)

    def showPopup(self) -> None:
        for row in range(self.count()):
            self._draw(row)
        super().showPopup()

    def _note_choice(self, row: int) -> None:
        self._draw(row)
        self.color_map_chosen.emit(self.itemText(row))

    def _draw(self, row: int) -> None:
        if row >= 0 and self.itemIcon(row).isNull():
            self.setItemIcon(row, _swatch(self.itemText(row)))


def _swatch(name: str) -> QIcon:
    shades = np.linspace(0, SHADES - 1, SWATCH.width()).astype(np.uint8)
    image = indexed_image(np.tile(shades, (SWATCH.height(), 1)), color_table(palette(name, gap=BLACK, dead=BLACK)))
    return QIcon(QPixmap.fromImage(image))
