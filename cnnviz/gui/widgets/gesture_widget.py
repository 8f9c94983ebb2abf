"""What pictures and plots have in common: wheel to zoom, drag to pan, click, what the mouse is over, and a few keys."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

WHEEL_STEP = 120  # Qt's unit for one notch
ZOOM_PER_NOTCH = 1.25
SMALLEST = QSize(80, 60)

_ZOOM_KEYS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class GestureWidget(QWidget):
    """Paints all of itself; turns events into calls of the methods that a picture or a plot defines.

    A target is whatever the widget shows at a place: a pixel, a bar. ``key_pressed``: one of ``keys``. 0 resets the
    zoom, + and − change it, all other keys are left to the widgets around.
    """

    key_pressed = Signal(int)
    problem_met = Signal(str)
    hover_left = Signal()

    def __init__(self, parent: QWidget | None = None, *, keys: Collection[Qt.Key] = ()) -> None:
        super().__init__(parent)
        self._keys = frozenset(keys)
        self._hover: object = None
        self._pressed_at: QPointF | None = None
        self._dragged_from: QPointF | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # ------------------------------------------------------------------------------------------- for the derived class

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """About a place in the widget; its middle if none is given."""
        raise NotImplementedError

    def reset_zoom(self) -> None:
        """Everything on view again."""
        raise NotImplementedError

    def target_at(self, place: QPointF) -> object:
        """What is shown there; None for nothing."""
        raise NotImplementedError

    def _pan(self, moved: QPointF) -> None:
        """The drag went on by this much."""

    def _announce_hover(self, target: object) -> None:
        """The mouse came over another target."""

    def _announce_click(self, target: object) -> None:
        """A target was clicked."""

    def _announce_double_click(self, target: object) -> None:
        """A target was double-clicked; None for beside all."""

    def _report(self, problem: str) -> None:
        if problem:
            self.problem_met.emit(problem)

    # --------------------------------------------------------------------------------------------------------- events

    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    def minimumSizeHint(self) -> QSize:
        return SMALLEST

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(ZOOM_PER_NOTCH ** (event.angleDelta().y() / WHEEL_STEP), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed_at, self._dragged_from = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is not None:
            self._drag_to(self._pressed_at, event.position())
        self._note_hover(self.target_at(event.position()))

    def _drag_to(self, pressed_at: QPointF, place: QPointF) -> None:
        start = pressed_at if self._dragged_from is None else self._dragged_from  # a QPointF may be false
        if start is not pressed_at or (place - start).manhattanLength() >= QApplication.startDragDistance():
            self._dragged_from = place
            self._pan(place - start)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed_at is not None and self._dragged_from is None
        self._pressed_at = self._dragged_from = None
        target = self.target_at(event.position())
        if clicked and target is not None and event.button() == Qt.MouseButton.LeftButton:
            self._announce_click(target)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._announce_double_click(self.target_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._note_hover(None)

    def _note_hover(self, target: object) -> None:
        if target == self._hover:
            return
        self._hover = target
        if target is None:
            self.hover_left.emit()
        else:
            self._announce_hover(target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in self._keys:
            self.key_pressed.emit(event.key())
        elif event.key() in _ZOOM_KEYS:
            self.zoom(ZOOM_PER_NOTCH ** _ZOOM_KEYS[Qt.Key(event.key())], QRectF(self.rect()).center())
        elif event.key() == Qt.Key.Key_0:
            self.reset_zoom()
        else:
            super().keyPressEvent(event)
