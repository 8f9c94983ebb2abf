"""A dock's switch in the View menu and the palette: behind a tab it comes to the front, in front it closes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from cnnviz.gui.widgets.dock_base import Dock


class DockSwitch(QAction):
    """Checked while its dock is open, behind a tab too. ``open_dock`` brings it to the front, made if need be."""

    def __init__(self, title: str, open_dock: Callable[[], None], parent: QObject) -> None:
        super().__init__(title, parent)
        self._open = open_dock
        self._dock: Dock | None = None
        self.setCheckable(True)
        self.triggered.connect(self._switch)

    def follow(self, dock: Dock) -> None:
        """From now on this dock's."""
        self._dock = dock
        dock.toggleViewAction().toggled.connect(self.setChecked)
        dock.windowTitleChanged.connect(self.setText)
        self._show_state()

    def _switch(self) -> None:
        if self._dock is not None and self._dock.is_shown:
            self._dock.close()
        else:
            self._open()
        self._show_state()

    def _show_state(self) -> None:
        """A trigger has turned the check mark, whatever became of the dock."""
        self.setChecked(self._dock is not None and self._dock.toggleViewAction().isChecked())
