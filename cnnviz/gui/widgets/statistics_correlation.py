"""How alike a layer's maps are now: Pearson's correlation of every channel with every other."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnviz.core.inside.layer_numbers import ChannelCorrelation
from cnnviz.core.rendering.colormaps import DIVERGING, palette, shade
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.color_bar import ColorBar
from cnnviz.gui.widgets.images import color_table, indexed_image
from cnnviz.gui.widgets.picture_view import PictureView
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.readout import Readout


class CorrelationView(QWidget):
    """``channel_clicked``: the channel of the row under the mouse. Setters emit nothing."""

    channel_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._correlation: ChannelCorrelation | None = None
        self.view = PictureView(self, enlarge=True)
        self.readout = Readout(self)
        self.bar = ColorBar(self)
        self.bar.set_range(-1.0, 1.0)
        self.view.hovered.connect(self._show_pair)
        self.view.hover_left.connect(self._show_counts)
        self.view.clicked.connect(self._note_click)
        below = QHBoxLayout()
        below.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.readout)
        layout.addLayout(below)

    def show_correlation(self, correlation: ChannelCorrelation) -> None:
        same = self._correlation is not None and self._correlation.layer == correlation.layer
        self._correlation = correlation
        self._draw()
        if not same or not self.view.underMouse():
            self._show_counts()

    def show_words(self, text: str) -> None:
        """In place of a matrix."""
        self._correlation = None
        self.view.show_message(text)
        self.readout.set_text("")

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange and self._correlation is not None:
            self._draw()

    def _draw(self) -> None:
        colors = map_colors(self.palette())
        table = color_table(palette(DIVERGING[0], gap=colors.gap, dead=colors.dead, not_finite=colors.dead))
        self.bar.set_colors(table)
        self.view.set_image(indexed_image(shade(self._correlation.matrix, -1.0, 1.0), table))

    def _show_pair(self, y: int, x: int) -> None:
        correlation = self._correlation
        if correlation is None:
            return
        value = float(correlation.matrix[y, x])
        words = self.tr("no correlation: constant") if np.isnan(value) else f"r = {value:.3f}".replace("-", "−")
        pair = correlation.channels[y], correlation.channels[x]
        self.readout.set_text(filled(self.tr("channels %1 and %2 · %3"), *pair, words))

    def _show_counts(self) -> None:
        correlation = self._correlation
        if correlation is None:
            return
        text = filled(self.tr("%1 channels, each with each"), len(correlation.channels))
        if correlation.left_out:
            text += filled(self.tr(" · %1 weaker ones left out"), correlation.left_out)
        if correlation.estimate:
            text += filled(self.tr(" · an estimate from %1 of %2 cells"), correlation.measured, correlation.cells)
        self.readout.set_text(text)

    def _note_click(self, y: int, x: int) -> None:  # noqa: ARG002 -- the row is the channel
        if self._correlation is not None:
            self.channel_clicked.emit(int(self._correlation.channels[y]))
