"""A network's activations through depth: mean and deviation above, shares of zeros and dead channels below."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.core.inside.layer_numbers import LayerNumbers
from cnnviz.gui.widgets.line_painting import draw_line
from cnnviz.gui.widgets.number_text import percent_text, short_value_text
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.series_colors import SERIES
from cnnviz.gui.widgets.x_plot import MARGIN, XPlot

MEAN_COLOR, DEVIATION_COLOR, SPARSITY_COLOR, DEAD_COLOR = SERIES[0], SERIES[1], SERIES[2], SERIES[5]
POINT = 3.0
BETWEEN = 8.0
"""Pixels between the two panels."""

_Doubles = NDArray[np.float64]


class DepthPlot(XPlot):
    """``layer_clicked``: a layer's name. Setters emit nothing."""

    layer_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[str, ...] = ()
        self._numbers: dict[str, LayerNumbers] = {}
        self._marked = ""
        self.clicked.connect(lambda number: self.layer_clicked.emit(self._layers[number]))

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    def set_layers(self, layers: Sequence[str]) -> None:
        """In the order they run; their numbers are yet to come."""
        self._layers, self._numbers = tuple(layers), {}
        self.set_count(len(layers))
        self.update()

    def take(self, numbers: Mapping[str, LayerNumbers]) -> None:
        """Of the layers whose turn it was; the others stay as they are. To be seen after the next ``update``."""
        self._numbers |= {name: own for name, own in numbers.items() if name in self._layers}

    def set_marked(self, layer: str) -> None:
        """The selected layer."""
        if layer != self._marked:
            self._marked = layer
            self.update()

    def readout(self) -> str:
        """What stands above: the layer under the mouse, else the selected one."""
        name = self._layers[self.pointed] if self.pointed is not None else self._marked
        numbers = self._numbers.get(name)
        if numbers is None:
            return name if name in self._layers else self.tr("Layers in running order")
        deviation = math.sqrt(numbers.variance) if numbers.variance >= 0 else math.nan
        values = short_value_text(numbers.mean), short_value_text(deviation)
        shares = percent_text(numbers.sparsity), percent_text(numbers.dead_share)
        text = filled(self.tr("%1 ± %2 · zeros %3 · dead %4"), *values, *shares)
        estimate = self.tr(" · estimate") if numbers.estimate else ""
        return f"{text}{estimate} · {name}"  # which is what may be cut

    # -------------------------------------------------------------------------------------------------------- drawing

    def _table(self) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
        header = "layer", "mean", "variance", "near zero", "dead", "not finite", "cells", "measured"
        known = (self._numbers[name] for name in self._layers if name in self._numbers)
        return header, (
            (
                each.layer,
                each.mean,
                each.variance,
                each.sparsity,
                each.dead_share,
                each.not_finite,
                each.cells,
                each.measured,
            )
            for each in known
        )

    def _plot(self) -> QRectF:
        line = self.fontMetrics().height() + 2
        left = self.fontMetrics().horizontalAdvance("−0.000") + 2 * MARGIN
        return QRectF(self.rect()).adjusted(left, line + MARGIN, -MARGIN, -line)

    def _panels(self, plot: QRectF) -> tuple[QRectF, QRectF]:
        height = (plot.height() - BETWEEN) / 2
        return (
            QRectF(plot.left(), plot.top(), plot.width(), height),
            QRectF(plot.left(), plot.bottom() - height, plot.width(), height),
        )

    def _paint_plot(self, painter: QPainter, plot: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        upper, lower = self._panels(plot)
        means = self._values(lambda numbers: numbers.mean)
        deviations = self._values(lambda numbers: math.sqrt(numbers.variance) if numbers.variance >= 0 else math.nan)
        limits = _limits(means, deviations)
        self._paint_frame(painter, upper, tuple(map(short_value_text, limits)))
        self._paint_frame(painter, lower, ("0 %", "100 %"))
        self._paint_cursor(painter, plot)
        self._paint_line(painter, upper, means, limits, MEAN_COLOR)
        self._paint_line(painter, upper, deviations, limits, DEVIATION_COLOR)
        self._paint_line(painter, lower, self._values(lambda numbers: numbers.sparsity), (0.0, 1.0), SPARSITY_COLOR)
        self._paint_line(painter, lower, self._values(lambda numbers: numbers.dead_share), (0.0, 1.0), DEAD_COLOR)
        self._paint_texts(painter, plot)

    def _values(self, of: object) -> _Doubles:
        """One for each layer; NaN where it is not known."""
        return np.array([of(self._numbers[name]) if name in self._numbers else math.nan for name in self._layers])

    def _paint_frame(self, painter: QPainter, panel: QRectF, ends: tuple[str, ...]) -> None:
        painter.setPen(self._color(QPalette.ColorRole.Mid))
        for y in (panel.top(), panel.bottom()):
            painter.drawLine(QLineF(panel.left(), y, panel.right(), y))
        height = self.fontMetrics().height()
        for text, y in zip(ends, (panel.bottom() - height + 2, panel.top() - 2), strict=True):
            box = QRectF(0, y, panel.left() - MARGIN, height)
            self._write(painter, box, text, Qt.AlignmentFlag.AlignRight, muted=True)

    def _paint_cursor(self, painter: QPainter, plot: QRectF) -> None:
        marked = self._layers.index(self._marked) if self._marked in self._layers else None
        for number, role in (
            (marked, QPalette.ColorRole.Highlight),
            (self.pointed, QPalette.ColorRole.PlaceholderText),
        ):
            if number is not None:
                x = self._x(plot, number + 0.5)
                painter.setPen(QPen(self._color(role), 1))
                painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))

    def _paint_line(
        self, painter: QPainter, panel: QRectF, values: _Doubles, limits: tuple[float, float], color: tuple[int, ...]
    ) -> None:
        low, high = limits
        y = panel.bottom() - (values - low) / max(1e-12, high - low) * panel.height()
        points = [
            QPointF(self._x(panel, number + 0.5), y[number]) for number in np.flatnonzero(np.isfinite(y)).tolist()
        ]
        painter.save()
        painter.setClipRect(panel.adjusted(0, -POINT, 0, POINT))
        painter.setPen(QPen(QColor(*color), 1.2))
        draw_line(painter, points)
        if panel.width() / self._shown > 3 * POINT:
            for point in points:
                painter.fillRect(QRectF(point.x() - POINT / 2, point.y() - POINT / 2, POINT, POINT), QColor(*color))
        painter.restore()

    def _paint_texts(self, painter: QPainter, plot: QRectF) -> None:
        above = QRectF(MARGIN, 1, self.width() - 2 * MARGIN, self.fontMetrics().height())
        self._write(painter, above, self.readout(), Qt.AlignmentFlag.AlignLeft, muted=False)
        x = plot.left()
        legend = (
            (self.tr("mean"), MEAN_COLOR),
            (self.tr("deviation"), DEVIATION_COLOR),
            (self.tr("near zero"), SPARSITY_COLOR),
            (self.tr("dead"), DEAD_COLOR),
        )
        for words, color in legend:
            width = self.fontMetrics().horizontalAdvance(words)
            middle = plot.bottom() + 2 + self.fontMetrics().height() / 2
            painter.fillRect(QRectF(x, middle - 1.5, 10, 3), QColor(*color))
            box = QRectF(x + 13, plot.bottom() + 2, width + 4, self.fontMetrics().height())
            self._write(painter, box, words, Qt.AlignmentFlag.AlignLeft, muted=True)
            x += width + 26


def _limits(*series: _Doubles) -> tuple[float, float]:
    """Of all finite values, zero among them."""
    values = np.concatenate(series)
    finite = values[np.isfinite(values)]
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    return (low, high) if low < high else (0.0, 1.0)
