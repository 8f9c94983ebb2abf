"""How the receptive field grows through the network: one step per layer, up to the whole picture and beyond."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.graph_words import field_text
from cnnviz.gui.widgets.plot_widget import PlotWidget

FEWEST = 4
"""Layers on view at the largest zoom."""

MARGIN = 6


@dataclass(frozen=True)
class FieldStep:
    """One layer's field: its longer side in pixels, None where it is the whole picture whatever that is."""

    layer: str
    side: int | None
    text: str


def field_steps(layers: Sequence[LayerInfo]) -> tuple[FieldStep, ...]:
    """Of all calls that have a field, in the order they run."""
    fields = ((layer, layer.receptive_field) for layer in layers)
    return tuple(
        FieldStep(layer.name, max(field.size) if field.size is not None else None, field_text(field))
        for layer, field in fields
        if field is not None
    )


class FieldPlot(PlotWidget):
    """``clicked``: a layer's name. Setters emit nothing."""

    clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[FieldStep, ...] = ()
        self._picture = 0
        self._marked = ""
        self._pointed: int | None = None
        self._first, self._shown = 0.0, 0.0
        self.hover_left.connect(lambda: self._announce_hover(None))

    def sizeHint(self) -> QSize:
        return QSize(260, 130)

    @property
    def steps(self) -> tuple[FieldStep, ...]:
        return self._steps

    def set_steps(self, steps: Sequence[FieldStep], picture: int) -> None:
        """``picture``: the longer side of the network's input."""
        self._steps, self._picture = tuple(steps), picture
        self.reset_zoom()

    def set_marked(self, layer: str) -> None:
        self._marked = layer
        self.update()

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._first, self._shown = 0.0, float(len(self._steps))
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Fewer layers about a place."""
        plot = self._plot()
        share = (about.x() - plot.left()) / plot.width() if about is not None else 0.5
        shown = min(max(self._shown / factor, FEWEST), float(len(self._steps)))
        self._move_to(self._first + share * (self._shown - shown), shown)

    def save_csv(self, path: Path) -> None:
        """All layers, on view or not."""
        self._report(save_csv(path, ("layer", "receptive field"), ((step.layer, step.text) for step in self._steps)))

    # --------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> int | None:
        plot = self._plot()
        if not self._steps or not plot.contains(place):
            return None
        number = int(self._first + (place.x() - plot.left()) / plot.width() * self._shown)
        return min(number, len(self._steps) - 1)

    def _pan(self, moved: QPointF) -> None:
        self._move_to(self._first - moved.x() / self._plot().width() * self._shown, self._shown)

    def _move_to(self, first: float, shown: float) -> None:
        self._first, self._shown = min(max(0.0, first), len(self._steps) - shown), shown
        self.update()

    def _announce_hover(self, target: int | None) -> None:
        self._pointed = target
        self.update()

    def _announce_click(self, target: int) -> None:
        self.clicked.emit(self._steps[target].layer)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    # -------------------------------------------------------------------------------------------------------- drawing

    def _plot(self) -> QRectF:
        line = self.fontMetrics().height() + 4
        left = self.fontMetrics().horizontalAdvance(str(self._top())) + 2 * MARGIN
        return QRectF(self.rect()).adjusted(left, line + MARGIN, -MARGIN, -line)

    def _top(self) -> int:
        return max([self._picture, 1, *(step.side or 0 for step in self._steps)])

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        plot = self._plot()
        if not self._steps or plot.width() < 1 or plot.height() < 1:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, plot)
        self._paint_growth(painter, plot)
        self._paint_marks(painter, plot)
        self._paint_readout(painter, plot)

    def _place(self, plot: QRectF, number: float, side: int | None) -> QPointF:
        """A field that is the whole picture lies as high as any."""
        side = self._top() if side is None else side
        x = plot.left() + (number - self._first) / self._shown * plot.width()
        return QPointF(x, plot.bottom() - side / self._top() * plot.height())

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        height = self._place(plot, 0, self._picture).y()
        painter.setPen(QPen(muted, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(plot.left(), height), QPointF(plot.right(), height))
        painter.setPen(muted)
        labels = {0: plot.bottom(), self._picture: height}
        if self._place(plot, 0, self._top()).y() < height - self.fontMetrics().height():
            labels[self._top()] = plot.top()
        for value, y in labels.items():
            box = QRectF(0, y - 20, plot.left() - MARGIN, 40)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value))

    def _paint_growth(self, painter: QPainter, plot: QRectF) -> None:
        first, last = math.floor(self._first), math.ceil(self._first + self._shown)
        line = QPolygonF()
        for number, step in enumerate(self._steps[first:last], first):
            line.append(self._place(plot, number, step.side))
            line.append(self._place(plot, number + 1, step.side))
        painter.save()
        painter.setClipRect(plot.adjusted(0, -2, 0, 2))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
        painter.drawPolyline(line)
        painter.restore()

    def _paint_marks(self, painter: QPainter, plot: QRectF) -> None:
        numbers = {number for number, step in enumerate(self._steps) if step.layer == self._marked}
        painter.setBrush(self.palette().color(QPalette.ColorRole.Highlight))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), 1.5))
        for number in numbers | ({self._pointed} if self._pointed is not None else set()):
            if number < len(self._steps):
                place = self._place(plot, number + 0.5, self._steps[number].side)
                if plot.left() <= place.x() <= plot.right():
                    painter.drawEllipse(place, 4.5, 4.5)

    def _paint_readout(self, painter: QPainter, plot: QRectF) -> None:
        pointed = self._pointed if self._pointed is not None and self._pointed < len(self._steps) else None
        marked = next((number for number, step in enumerate(self._steps) if step.layer == self._marked), None)
        number = pointed if pointed is not None else marked
        title = self.tr("Receptive field, in pixels")
        if number is not None:
            title = f"{self._steps[number].layer}: {self._steps[number].text}"
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        above = QRectF(MARGIN, 1, self.width() - 2 * MARGIN, plot.top() - 2 - MARGIN)
        text = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideLeft, int(above.width()))
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), self.height() - plot.bottom() - 2)
        words = self.tr("layers in running order")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        picture_words = self.tr("– – the picture")
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, picture_words)
