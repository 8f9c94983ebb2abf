"""Every action of the window by name, with its menu and shortcut: one table, so that none is hidden from the
keyboard.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True)
class ActionRow:
    """``shortcut`` in Qt's portable text. A row without a name is a separator."""

    name: str = ""
    text: str = ""
    shortcut: str = ""
    checkable: bool = False


SEPARATOR = ActionRow()

MENUS: dict[str, tuple[ActionRow, ...]] = {
    "&File": (
        ActionRow("open", "Open picture, video, weights or network…", "Ctrl+O"),
        ActionRow("open-folder", "Open folder of pictures…", "Ctrl+Shift+O"),
        ActionRow("paste", "Paste picture", "Ctrl+V"),
        SEPARATOR,
        ActionRow("choose-network", "Choose network…", "Ctrl+N"),
        ActionRow("open-weights", "Open weights for a network…", "Ctrl+W"),
        SEPARATOR,
        ActionRow("open-session", "Open session…"),
        ActionRow("save-session", "Save session…", "Ctrl+S"),
        SEPARATOR,
        ActionRow("quit", "Quit", "Ctrl+Q"),
    ),
    "&Input": (
        ActionRow("freeze", "Freeze", "Space", checkable=True),
        ActionRow("play", "Play or pause", "Ctrl+P"),
        ActionRow("step-back", "Step back", ","),
        ActionRow("step", "Step forward", "."),
        SEPARATOR,
        ActionRow("camera", "First camera", "Ctrl+K"),
        ActionRow("test-card", "Moving test card", "Ctrl+T"),
        ActionRow("sketch", "Sketch pad", "Ctrl+D"),
    ),
    "&Look": (
        ActionRow("previous-layer", "Previous layer", "PgUp"),
        ActionRow("next-layer", "Next layer", "PgDown"),
        SEPARATOR,
        ActionRow("new-maps", "New feature maps dock", "Ctrl+M"),
        ActionRow("pin-unit", "Pin the selected unit", "P"),
        ActionRow("pin-map", "Pin the mean of the selected map", "Shift+P"),
        SEPARATOR,
        ActionRow("training-mode", "Training mode: dropout, batch statistics", "Ctrl+Shift+T", checkable=True),
    ),
    "&Channel": (
        ActionRow("mute-channel", "Mute the selected channel, or no longer", "M"),
        ActionRow("solo-channel", "Solo the selected channel, or no longer", "S"),
        SEPARATOR,
        ActionRow("undo-intervention", "Undo the last intervention", "Ctrl+Z"),
        ActionRow("redo-intervention", "Redo it", "Ctrl+Shift+Z"),
        ActionRow("interventions-off", "All interventions off", "Ctrl+Shift+M"),
        SEPARATOR,
        ActionRow("observe-with", "What fires for this? It is in view (hold)", "F7", checkable=True),
        ActionRow("observe-without", "What fires for this? It is not in view (hold)", "F8", checkable=True),
    ),
    "&Workspace": (
        ActionRow("workspace-explore", "Explore: look inside", "Ctrl+1", checkable=True),
        ActionRow("workspace-build", "Build: make a network", "Ctrl+2", checkable=True),
        ActionRow("workspace-train", "Train: watch it learn", "Ctrl+3", checkable=True),
        SEPARATOR,
        ActionRow("reset-layout", "Reset the layout"),
    ),
    "&View": (
        ActionRow("theme-system", "Colours of the system", "", checkable=True),
        ActionRow("theme-light", "Light", "", checkable=True),
        ActionRow("theme-dark", "Dark", "", checkable=True),
        SEPARATOR,
        ActionRow("larger-text", "Larger text (projector)", "Ctrl+Shift+L", checkable=True),
    ),
    "&Help": (
        ActionRow("palette", "Find an action…", "Ctrl+Shift+P"),
        ActionRow("help", "Keys and ideas", "F1"),
        ActionRow("about", "About cnnviz"),
    ),
}


class Menus:
    """The window's menu bar. ``actions`` by name; ``view`` is the menu that docks add their switches to."""

    def __init__(self, window: QMainWindow) -> None:
        self.actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        for title, rows in MENUS.items():
            menu = window.menuBar().addMenu(_tr(title))
            self._menus[title] = menu
            for row in rows:
                self._add(window, menu, row)

    @property
    def view(self) -> QMenu:
        """The menu of docks and looks."""
        return self._menus["&View"]

    def _add(self, window: QMainWindow, menu: QMenu, row: ActionRow) -> None:
        if not row.name:
            menu.addSeparator()
            return
        action = QAction(_tr(row.text), window)
        action.setObjectName(f"action-{row.name}")
        action.setCheckable(row.checkable)
        if row.shortcut:
            action.setShortcut(QKeySequence(row.shortcut))
        menu.addAction(action)
        window.addAction(action)
        self.actions[row.name] = action


def _tr(text: str) -> str:
    return QCoreApplication.translate("Menus", text)
