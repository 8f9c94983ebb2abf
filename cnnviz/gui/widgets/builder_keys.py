"""Keys that mean something while a part of the builder has the keyboard, before the window's own shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QKeyCombination, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget


class BuilderKeys(QObject):
    """Filters a widget's keys: those of ``actions`` trigger them, whatever the window does with the same keys.

    ``own_only``: not what fields inside the widget leave over.
    Two actions with one key would be ambiguous to Qt and neither would run; a key a widget takes for itself is not.
    """

    def __init__(self, actions: Sequence[QAction], parent: QObject, *, own_only: bool = False) -> None:
        super().__init__(parent)
        self._own_only = own_only
        self._actions = {
            shortcut.toString(): action
            for action in actions
            for shortcut in action.shortcuts()
            if not shortcut.isEmpty()
        }

    def watch(self, *widgets: QWidget) -> None:
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        action = self._actions.get(_written(event))
        if action is None or (self._own_only and not watched.hasFocus()):
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            action.trigger()
        return True


def _written(event: QKeyEvent) -> str:
    """As the action's shortcut is written."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key()))).toString()
