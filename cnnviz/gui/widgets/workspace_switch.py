"""The workspaces as buttons side by side at the end of the menu bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from cnnviz.gui.widgets.segment_button import SegmentButton

_PADDING = 26  # pixels beside a button's word


class WorkspaceSwitch(QWidget):
    """Presses the menu's own actions: what is on and what a key does stays in one place."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 6, 2)
        layout.setSpacing(0)
        self._group = QButtonGroup(self)
        for action in actions:
            layout.addWidget(self._button(action))

    def _button(self, action: QAction) -> SegmentButton:
        word = action.text().partition(":")[0]
        button = SegmentButton(word, self)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance(word) + _PADDING)
        button.setToolTip(f"{action.text()} ({action.shortcut().toString()})")
        button.setChecked(action.isChecked())
        button.clicked.connect(action.trigger)
        action.toggled.connect(button.setChecked)
        self._group.addButton(button)
        return button
