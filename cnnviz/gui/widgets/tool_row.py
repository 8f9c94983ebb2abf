"""Rows of flat buttons, made the same way everywhere."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cnnviz.gui.widgets.icons import set_icon

ICON_SIZE = QSize(20, 20)


def tool_button(icon: str, tip: str, parent: QWidget, *, checkable: bool = False) -> QToolButton:
    """A flat button with an icon; ``tip`` is also its name for screen readers."""
    button = QToolButton(parent)
    button.setAutoRaise(True)
    button.setIconSize(ICON_SIZE)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    set_icon(button, icon)
    return button


def menu_button(icon: str, tip: str, parent: QWidget) -> QToolButton:
    """A button that only opens its (still empty) menu."""
    button = tool_button(icon, tip, parent)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button
