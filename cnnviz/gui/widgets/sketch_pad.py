"""A square to draw on: white strokes on black, as the digits of MNIST are."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QTabletEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

CANVAS = 280
"""Pixels along each side: ten for each of a digit network's 28."""

MOST_UNDOS = 50
EMIT_MS = 33
BRUSH_RANGE = (6, 60)
FIRST_BRUSH = 24


class SketchPad(QWidget):
    """``changed``: the drawing, CANVAS×CANVAS uint8, black to white; at most every 33 ms, always the last state."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = _blank()
        self._undos: list[QImage] = []
        self._brush = FIRST_BRUSH
        self._erasing = False
        self._last: QPointF | None = None
        self._unsent = False
        self._pause = QTimer(self, singleShot=True, interval=EMIT_MS)
        self._pause.timeout.connect(self._send_unsent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # --------------------------------------------------------------------------------------------------------- setters

    def set_brush(self, diameter: int) -> None:
        """In canvas pixels."""
        self._brush = diameter

    def set_erasing(self, *, erasing: bool) -> None:
        self._erasing = erasing

    def pixels(self) -> NDArray[np.uint8]:
        """A copy of the drawing, CANVAS×CANVAS."""
        rows = np.frombuffer(self._image.constBits(), np.uint8).reshape(CANVAS, self._image.bytesPerLine())
        return rows[:, :CANVAS].copy()

    @property
    def can_undo(self) -> bool:
        return bool(self._undos)

    @property
    def is_blank(self) -> bool:
        return not self.pixels().any()

    # --------------------------------------------------------------------------------------------------------- actions

    def clear(self) -> None:
        """An empty canvas; undo brings the drawing back."""
        if not self.is_blank:
            self._remember()
            self._image = _blank()
            self._note_change()

    def undo(self) -> None:
        """Takes back the last stroke, or the last clearing."""
        if self._undos:
            self._image = self._undos.pop()
            self._note_change()

    # --------------------------------------------------------------------------------------------------------- drawing

    def _square(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _to_canvas(self, place: QPointF) -> QPointF:
        square = self._square()
        return (place - square.topLeft()) * (CANVAS / max(square.width(), 1.0))

    def _begin(self, place: QPointF, *, erasing: bool, pressure: float = 1.0) -> None:
        self._remember()
        self._last = self._to_canvas(place)
        self._stroke_to(place, erasing=erasing, pressure=pressure)

    def _stroke_to(self, place: QPointF, *, erasing: bool, pressure: float = 1.0) -> None:
        if self._last is None:
            return
        start, self._last = self._last, self._to_canvas(place)
        width = max(1.0, self._brush * math.sqrt(pressure))
        color = Qt.GlobalColor.black if erasing else Qt.GlobalColor.white
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        if start == self._last:
            painter.drawPoint(start)
        else:
            painter.drawLine(start, self._last)
        painter.end()
        self._note_change()

    def _remember(self) -> None:
        self._undos = [*self._undos, self._image.copy()][-MOST_UNDOS:]

    def _note_change(self) -> None:
        self.update()
        self._unsent = True
        if not self._pause.isActive():
            self._send_unsent()

    def _send_unsent(self) -> None:
        if self._unsent:
            self._unsent = False
            self._pause.start()
            self.changed.emit(self.pixels())

    # ---------------------------------------------------------------------------------------------------------- events

    def sizeHint(self) -> QSize:
        return QSize(CANVAS, CANVAS)

    def minimumSizeHint(self) -> QSize:
        return QSize(112, 112)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._begin(event.position(), erasing=self._erases(event.button()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._stroke_to(event.position(), erasing=self._erases(event.buttons()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        self._last = None

    def tabletEvent(self, event: QTabletEvent) -> None:
        erasing = self._erasing or event.pointerType() == event.pointingDevice().PointerType.Eraser
        if event.type() == QEvent.Type.TabletPress:
            self._begin(event.position(), erasing=erasing, pressure=event.pressure())
        elif event.type() == QEvent.Type.TabletRelease:
            self._last = None
        else:
            self._stroke_to(event.position(), erasing=erasing, pressure=event.pressure())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._square(), self._image)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(self._square().adjusted(0.5, 0.5, -0.5, -0.5))

    def _erases(self, buttons: Qt.MouseButton) -> bool:
        return self._erasing or bool(buttons & Qt.MouseButton.RightButton)


def _blank() -> QImage:
    image = QImage(CANVAS, CANVAS, QImage.Format.Format_Grayscale8)
    image.fill(0)
    return image
