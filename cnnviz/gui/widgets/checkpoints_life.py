"""What became of a layer's channels: how strong each is on one picture, checkpoint by checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.rendering.colormaps import DEAD, NOT_FINITE, SEQUENTIAL, palette, shade
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.checkpoints_words import life_text
from cnnviz.gui.widgets.images import color_table, indexed_image
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.x_plot import MARGIN, XPlot


def life_indices(highest: Floats) -> Bytes:
    """Colour indices of steps × channels: from 0 to the layer's strongest, one that does not fire as dead."""
    finite = np.isfinite(highest)
    strongest = float(np.max(highest, where=finite, initial=0.0)) or 1.0
    found = shade(np.asarray(highest, np.float32), 0.0, strongest)
    found[finite & (highest <= 0)] = DEAD
    found[~finite] = NOT_FINITE
    return found


class ChannelLife(XPlot):
    """A row a checkpoint, the first on top; a column a channel. ``channel_clicked``; ``told``: about what is under the
    mouse, empty for nothing.
    """

    channel_clicked = Signal(int)
    told = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[int, ...] = ()
        self._highest: Floats = np.zeros((0, 0), np.float32)
        self._image = QImage()
        self._step: int | None = None
        self._channel: int | None = None
        self._words = ""
        self.hovered.connect(lambda channel: self.told.emit(life_text(channel, self._steps, self._highest[:, channel])))
        self.hover_left.connect(lambda: self.told.emit(""))
        self.clicked.connect(self.channel_clicked)

    # --------------------------------------------------------------------------------------------------------- setters

    def set_life(self, steps: tuple[int, ...], highest: Floats) -> None:
        """``highest``: steps × channels. Emits nothing."""
        self._steps, self._highest, self._words = steps, highest, ""
        self.set_count(highest.shape[1] if len(steps) else 0)
        self._draw()

    def show_words(self, text: str) -> None:
        """In place of a picture."""
        self._steps, self._highest, self._words = (), np.zeros((0, 0), np.float32), text
        self.set_count(0)
        self._draw()

    def set_step(self, step: int | None) -> None:
        """The checkpoint on view."""
        if step != self._step:
            self._step = step
            self.update()

    def set_channel(self, channel: int | None) -> None:
        """The one every dock follows."""
        if channel != self._channel:
            self._channel = channel
            self.update()

    # ---------------------------------------------------------------------------------------------------------- events

    def sizeHint(self) -> QSize:
        return QSize(260, 160)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        if len(self._steps):
            colors = map_colors(self.palette())
            table = color_table(palette(SEQUENTIAL[0], gap=colors.gap, dead=colors.dead))
            self._image = indexed_image(life_indices(self._highest), table)
        self.update()

    # --------------------------------------------------------------------------------------------------------- drawing

    def _plot(self) -> QRectF:
        """Room for the steps at the left and for the counts at the right."""
        metrics = self.fontMetrics()
        left = max((metrics.horizontalAdvance(f"{step:,}") for step in self._steps), default=0) + 6
        right = metrics.horizontalAdvance(f"{self._count} ") + 6
        line = metrics.height() + 2
        return QRectF(self.rect()).adjusted(MARGIN + left, line, -MARGIN - right, -MARGIN)

    def _paint(self, painter: QPainter) -> None:
        super()._paint(painter)
        if not self._count:
            painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 4, -12, -4), flags, self._words)

    def _paint_plot(self, painter: QPainter, plot: QRectF) -> None:
        first, end = self.on_view
        painter.drawImage(plot, self._image, QRectF(first, 0, end - first, len(self._steps)))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_titles(painter, plot)
        self._paint_labels(painter, plot)
        self._mark_step(painter, plot)
        self._mark_channel(painter, plot)

    def _row(self, plot: QRectF, row: int) -> QRectF:
        height = plot.height() / len(self._steps)
        return QRectF(plot.left(), plot.top() + row * height, plot.width(), height)

    def _paint_titles(self, painter: QPainter, plot: QRectF) -> None:
        line = float(self.fontMetrics().height())
        above = QRectF(plot.left(), plot.top() - line - 2, plot.width(), line)
        first, end = self.on_view
        channels = filled(self.tr("channels %1 … %2"), int(first), int(np.ceil(end)) - 1)
        self._write(painter, above, channels, Qt.AlignmentFlag.AlignLeft, muted=True)
        right = QRectF(MARGIN, above.top(), self.width() - 2 * MARGIN, line)
        self._write(painter, right, self.tr("dead"), Qt.AlignmentFlag.AlignRight, muted=True)

    def _paint_labels(self, painter: QPainter, plot: QRectF) -> None:
        """Steps and numbers of dead channels; where rows are narrow, of some rows only."""
        dead = (self._highest <= 0).sum(1)
        every = max(1, int(np.ceil(self.fontMetrics().height() * len(self._steps) / plot.height())))
        for row in range(0, len(self._steps), every):
            box = self._row(plot, row)
            height = max(box.height(), float(self.fontMetrics().height()))
            box.setTop(box.center().y() - height / 2)
            box.setHeight(height)
            left, right = QRectF(box), QRectF(box)
            left.setLeft(MARGIN)
            left.setRight(plot.left() - 5)
            right.setLeft(plot.right() + 5)
            right.setRight(self.width() - MARGIN)
            muted = self._steps[row] != self._step
            self._write(painter, left, f"{self._steps[row]:,}", Qt.AlignmentFlag.AlignRight, muted=muted)
            self._write(painter, right, str(dead[row]), Qt.AlignmentFlag.AlignRight, muted=muted)

    def _mark_step(self, painter: QPainter, plot: QRectF) -> None:
        if self._step in self._steps:
            self._frame(painter, self._row(plot, self._steps.index(self._step)))

    def _mark_channel(self, painter: QPainter, plot: QRectF) -> None:
        for channel in {self._channel, self.pointed} - {None}:
            left, right = self._x(plot, channel), self._x(plot, channel + 1)
            if channel < self._count and left >= plot.left() - 1 and right <= plot.right() + 1:
                self._frame(painter, QRectF(left, plot.top(), right - left, plot.height()))

    def _frame(self, painter: QPainter, box: QRectF) -> None:
        colors = map_colors(self.palette())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((colors.selection_edge, 3.0), (colors.selection, 1.5)):
            painter.setPen(QPen(QColor(*color), width))
            painter.drawRect(box)

    # -------------------------------------------------------------------------------------------------------- exporting

    def _table(self) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        header = ["step", *(f"channel {channel}" for channel in range(self._count))]
        return header, ([step, *row.tolist()] for step, row in zip(self._steps, self._highest, strict=True))
