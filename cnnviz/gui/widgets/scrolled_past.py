"""Pictures and plots in a form that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent

from cnnviz.gui.widgets.gesture_widget import GestureWidget


class ScrolledPast(GestureWidget):
    """The wheel scrolls the form around; with Ctrl it zooms."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()
