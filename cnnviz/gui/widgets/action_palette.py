"""Every action of the window by typing a part of its name: Ctrl+Shift+P."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

_SIZE = (420, 360)


class ActionPalette(QFrame):
    """A popup with a search field; Enter runs the chosen action, Escape closes."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Find an action"))
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._run)
        self.search.installEventFilter(self)
        self.list = QListWidget(self)
        self.list.itemActivated.connect(self._run)
        for action in actions:
            self._add(action)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        self.resize(*_SIZE)
        self._filter("")

    def open_centred(self) -> None:
        """Below the top edge of the window, ready to type."""
        window = self.parentWidget()
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 60)
        self.show()
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down in the search field move through the list."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in steps:
            self._move(steps[event.key()])
            return True
        return super().eventFilter(watched, event)

    def _add(self, action: QAction) -> None:
        shortcut = action.shortcut().toString()
        item = QListWidgetItem(f"{action.text().replace('&', '')}{f'   ({shortcut})' if shortcut else ''}")
        item.setData(Qt.ItemDataRole.UserRole, action)
        self.list.addItem(item)

    def _filter(self, text: str) -> None:
        """The chosen one is the first whose name begins so, else the first found."""
        typed = text.casefold().strip()
        words = typed.split()
        first = begins = None
        for row in range(self.list.count()):
            item = self.list.item(row)
            found = all(word in item.text().casefold() for word in words)
            item.setHidden(not found)
            first = item if found and first is None else first
            begins = item if found and begins is None and item.text().casefold().startswith(typed) else begins
        self.list.setCurrentItem(begins or first)

    def _move(self, step: int) -> None:
        row = self.list.currentRow() + step
        while 0 <= row < self.list.count() and self.list.item(row).isHidden():
            row += step
        if 0 <= row < self.list.count():
            self.list.setCurrentRow(row)

    def _run(self) -> None:
        item = self.list.currentItem()
        self.close()
        if item is not None:
            item.data(Qt.ItemDataRole.UserRole).trigger()
