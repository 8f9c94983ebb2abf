"""Which frequencies a kernel lets through, as a small picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnviz.core.arrays import Floats
from cnnviz.core.filters import frequency_response
from cnnviz.core.rendering.colormaps import SEQUENTIAL, palette, shade
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.images import color_table, indexed_image
from cnnviz.gui.widgets.number_text import short_value_text
from cnnviz.gui.widgets.picture_view import PictureView
from cnnviz.gui.widgets.readout import Readout

SIDE = 32
"""Frequencies each way."""


class FiltersResponse(QWidget):
    """Setters emit nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._magnitude: Floats | None = None
        self._title = ""
        self.title = Readout(self)
        self.view = PictureView(self, enlarge=True)
        self.view.setToolTip(
            self.tr(
                "Frequency response: how much of each frequency the kernel lets through. The middle is no change at "
                "all, the edges are ½ cycle per cell: every other cell. Bright in the middle smooths; dark there finds "
                "edges."
            )
        )
        self.view.hovered.connect(self._note_hover)
        self.view.hover_left.connect(lambda: self.title.set_text(self._title))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self.view, 1)
        self.clear()

    @property
    def magnitude(self) -> Floats | None:
        """What is on view: SIDE×SIDE at least, frequency 0 in the middle."""
        return self._magnitude

    def show_kernel(self, planes: Floats, title: str) -> None:
        """``planes``: n×height×width; of several (red, green and blue) the mean response."""
        if planes.shape[1:] == (1, 1):
            self._show_words(self.tr("A single weight lets every frequency through alike."), title)
            return
        if not np.isfinite(planes).all():
            self._show_words(self.tr("NaN or ∞ among the weights: no response."), title)
            return
        magnitude = np.mean([frequency_response(plane, SIDE).magnitude for plane in planes], axis=0)
        self._magnitude = magnitude.astype(np.float32)
        self._set_title(title)
        self._draw()

    def clear(self) -> None:
        self._show_words(self.tr("Point at a filter"), self.tr("Frequency response"))

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange and self._magnitude is not None:
            self._draw()

    def _draw(self) -> None:
        colors = map_colors(self.palette())
        table = color_table(palette(SEQUENTIAL[0], gap=colors.gap, dead=colors.dead))
        largest = float(self._magnitude.max())
        self.view.set_image(indexed_image(shade(self._magnitude, 0.0, largest or 1.0), table))

    def _show_words(self, words: str, title: str) -> None:
        self._magnitude = None
        self._set_title(title)
        self.view.show_message(words)

    def _set_title(self, title: str) -> None:
        self._title = title
        self.title.set_text(title)

    def _note_hover(self, y: int, x: int) -> None:
        if self._magnitude is None:
            return
        rows, columns = ((place - side // 2) / side for place, side in zip((y, x), self._magnitude.shape, strict=True))
        value = short_value_text(float(self._magnitude[y, x]))
        words = self.tr("%1, %2 cycles per cell: %3").replace("%1", _signed(rows)).replace("%2", _signed(columns))
        self.title.set_text(words.replace("%3", value))


def _signed(frequency: float) -> str:
    return f"{frequency:.2f}".replace("-", "−")
