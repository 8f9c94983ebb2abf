"""Some pictures of each class, a row a class."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from cnnviz.core.training.samples import DataSamples
from cnnviz.gui.widgets.images import rgb_image

GAP = 3
_SMALLEST, _LARGEST = 24, 72
_NAMES = 13
"""Letters of a class's name beside its pictures."""


class SampleGrid(QWidget):
    """As high as its rows need: it is meant to be scrolled. ``picture_chosen``: its number, by a double click."""

    picture_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[list[tuple[int, QImage]]] = []
        self._names: tuple[str, ...] = ()
        self._ratio = 1.0

    def show_samples(self, samples: DataSamples | None, classes: tuple[str, ...]) -> None:
        """Emits nothing."""
        self._names = classes
        self._images = [[] for _ in classes]
        if samples is not None:
            for number, (picture, label) in enumerate(zip(samples.pictures, samples.labels, strict=True)):
                self._images[label].append((number, rgb_image(np.ascontiguousarray(picture))))
            height, width = samples.pictures.shape[1:3]
            self._ratio = width / height
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, self._wanted_height())

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def picture_at(self, place: QPointF) -> int | None:
        """Its number in the samples."""
        for number, area in self._areas():
            if area.contains(place):
                return number
        return None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        number = self.picture_at(event.position())
        if number is not None:
            self.picture_chosen.emit(number)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._side() < _SMALLEST * 2)
        exposed = QRectF(event.rect())
        images = {number: image for row in self._images for number, image in row}
        for number, area in self._areas():
            if area.intersects(exposed):
                painter.drawImage(area, images[number])
        self._paint_names(painter)
        painter.end()

    def _paint_names(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        step = self._side() + GAP
        for row, name in enumerate(self._names):
            box = QRectF(GAP + 2, GAP + row * step, self._name_width() - 6, self._side())
            text = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    # ---------------------------------------------------------------------------------------------------------- places

    def _areas(self) -> list[tuple[int, QRectF]]:
        side, left = self._side(), self._name_width() + GAP
        width = side * self._ratio
        return [
            (number, QRectF(left + column * (width + GAP), GAP + row * (side + GAP), width, side))
            for row, images in enumerate(self._images)
            for column, (number, _) in enumerate(images)
        ]

    def _name_width(self) -> float:
        longest = max((len(name) for name in self._names), default=0)
        return min(_NAMES, longest) * self.fontMetrics().averageCharWidth() + 12

    def _side(self) -> float:
        """So that the longest row just fits."""
        most = max((len(row) for row in self._images), default=0) or 1
        room = self.width() - self._name_width() - GAP
        return min(max((room / most - GAP) / self._ratio, _SMALLEST), _LARGEST)

    def _wanted_height(self) -> int:
        return round(len(self._names) * (self._side() + GAP) + GAP) if self._names else 60

    def _fit(self) -> None:
        self.setMinimumHeight(self._wanted_height())
        self.updateGeometry()
