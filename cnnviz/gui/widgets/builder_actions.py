"""What can be done with the builder's rows: one table of actions for its tool row, its menu and its keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget

from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.tool_row import tool_button


@dataclass(frozen=True)
class ActionText:
    """``keys`` in Qt's portable text, the first of them shown. ``on_rows``: they mean this in the list of rows only."""

    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    on_rows: bool = True


class BuilderActions:
    """The actions by name, their slots given by whoever holds the network."""

    def __init__(self, owner: QWidget, slots: Mapping[str, Callable[[], object]]) -> None:
        self._owner = owner
        self._texts = _texts(owner)
        self.by_name = {name: self._make(text, slots[name]) for name, text in self._texts.items()}

    def __getitem__(self, name: str) -> QAction:
        return self.by_name[name]

    def on_rows(self) -> list[QAction]:
        """Those whose keys work in the list of rows only."""
        return [action for name, action in self.by_name.items() if self._texts[name].on_rows]

    def everywhere(self) -> list[QAction]:
        return [action for name, action in self.by_name.items() if not self._texts[name].on_rows]

    def button(self, name: str, parent: QWidget) -> QToolButton:
        """A flat button that does, says and is enabled as the action."""
        action, text = self.by_name[name], self._texts[name]
        button = tool_button(text.icon, "", parent)
        button.clicked.connect(action.trigger)

        def follow() -> None:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            button.setEnabled(action.isEnabled())
            button.setToolTip(f"{action.text()} ({keys})" if keys else action.text())
            button.setAccessibleName(action.text())

        action.changed.connect(follow)
        follow()
        return button

    def _make(self, text: ActionText, slot: Callable[[], object]) -> QAction:
        action = QAction(text.text, self._owner)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setShortcuts([QKeySequence(keys) for keys in text.keys])
        action.triggered.connect(lambda _checked: slot())
        if text.icon:
            set_icon(action, text.icon)
        return action


def _texts(owner: QWidget) -> dict[str, ActionText]:
    tr = owner.tr
    return {
        "add": ActionText(tr("Add a layer or block"), ("Ins", "/", "Ctrl+F"), "add"),
        "options": ActionText(tr("Change options"), ("Return", "Enter")),
        "type-options": ActionText(tr("Type options"), ("Shift+F2",)),
        "rename": ActionText(tr("Rename"), ("F2",)),
        "cut": ActionText(tr("Cut"), ("Ctrl+X",)),
        "copy": ActionText(tr("Copy"), ("Ctrl+C",)),
        "paste": ActionText(tr("Paste"), ("Ctrl+V",)),
        "duplicate": ActionText(tr("Duplicate"), ("Ctrl+D",), "duplicate"),
        "delete": ActionText(tr("Delete"), ("Del", "Backspace"), "delete"),
        "up": ActionText(tr("Move up"), ("Alt+Up",), "move-up"),
        "down": ActionText(tr("Move down"), ("Alt+Down",), "move-down"),
        "group": ActionText(tr("Group into a repeated block"), ("Ctrl+G",), "group"),
        "ungroup": ActionText(tr("Ungroup"), ("Ctrl+Shift+G",), "ungroup"),
        "undo": ActionText(tr("Undo"), ("Ctrl+Z",), "undo", on_rows=False),
        "redo": ActionText(tr("Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", on_rows=False),
        "save": ActionText(tr("Save spec"), ("Ctrl+S",), "save", on_rows=False),
        "run": ActionText(tr("Run it live"), ("Ctrl+Return", "Ctrl+Enter"), on_rows=False),
        "rows": ActionText(tr("Back to the rows"), ("Esc",), on_rows=False),
    }
