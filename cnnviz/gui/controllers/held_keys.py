"""Menu actions that last as long as their key is held."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QWindow


class HeldKey(QObject):
    """``held``: whether the action is on. Its key switches it on while it is down; a click in the menu leaves it on
    until the next. A window that loses the keyboard lets go.

    Qt tells of an action's key going down and never of its going up: only while it is down, the window's own events are
    looked through for that.
    """

    held = Signal(bool)

    def __init__(self, action: QAction, parent: QObject) -> None:
        super().__init__(parent)
        self._action = action
        self._watched: QWindow | None = None
        action.setAutoRepeat(False)
        action.toggled.connect(self._note)

    def let_go(self) -> None:
        """As if the key came up."""
        self._action.setChecked(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut or (isinstance(event, QKeyEvent) and self._comes_up(event)):
            self.let_go()
        return super().eventFilter(watched, event)

    def _comes_up(self, event: QKeyEvent) -> bool:
        keys = self._action.shortcut()
        own = not keys.isEmpty() and event.key() == keys[0].key()
        return event.type() == QEvent.Type.KeyRelease and own and not event.isAutoRepeat()

    def _note(self, on: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        if self._watched is not None:
            self._watched.removeEventFilter(self)
            self._watched = None
        if on:
            self._watched = QGuiApplication.focusWindow()
        if self._watched is not None:
            self._watched.installEventFilter(self)
        self.held.emit(on)
