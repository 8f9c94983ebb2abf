"""The registry of networks as a searchable, sortable table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from cnnviz.core.networks.values import NetworkEntry
from cnnviz.gui.widgets.entry_model import NAME, SIZE, EntryModel, EntryRows
from cnnviz.gui.widgets.row_height import AiryRows

_AIR = 10
_CENTER = QAbstractItemView.ScrollHint.PositionAtCenter


class EntryTable(QTreeView):
    """``entry_chosen``: the user put the mark on another network; ``entry_activated``: double click or Enter."""

    entry_chosen = Signal(object)
    entry_activated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = EntryModel(self)
        self._rows = EntryRows(self)
        self._rows.setSourceModel(self._entries)
        self.setModel(self._rows)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setItemDelegate(AiryRows(self))
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.selectionModel().currentRowChanged.connect(self._tell)
        self.activated.connect(lambda: self.entry_activated.emit(self.current_entry()))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._arrange_columns()

    def show_entries(self, entries: Sequence[NetworkEntry]) -> None:
        """In the model's own order until the user sorts by a column."""
        self._entries.set_entries(entries)
        self._fit_columns()

    def show_only(self, text: str, origin: str = "") -> int:
        """Leaves what contains ``text`` and comes from ``origin``; returns how many there are.

        The mark goes to the first of them where its own row is left out.
        """
        self._rows.show_only(text, origin)
        if (text or origin) and self._rows.rowCount() and (text or not self.currentIndex().isValid()):
            self.setCurrentIndex(self._rows.index(0, NAME))
        self.scrollTo(self.currentIndex())
        return self._rows.rowCount()

    def showEvent(self, event: QShowEvent) -> None:
        """Only now is known where the marked row lies."""
        super().showEvent(event)
        self.scrollTo(self.currentIndex(), _CENTER)

    def current_entry(self) -> NetworkEntry | None:
        index = self._rows.mapToSource(self.currentIndex())
        return self._entries.entries[index.row()] if index.isValid() else None

    def entry(self, name: str) -> NetworkEntry | None:
        """The network of this name, on view or not."""
        return next((entry for entry in self._entries.entries if entry.name == name), None)

    def mark(self, name: str) -> None:
        """Puts the mark on the network of this name, if it is in the table."""
        for row, entry in enumerate(self._entries.entries):
            if entry.name == name:
                index = self._rows.mapFromSource(self._entries.index(row, NAME))
                flags = QItemSelectionModel.SelectionFlag
                self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.scrollTo(index, _CENTER)

    def clear_mark(self) -> None:
        """What is chosen is none of the registry."""
        self.selectionModel().clear()

    def _tell(self) -> None:
        self.entry_chosen.emit(self.current_entry())

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)

    def _fit_columns(self) -> None:
        """Once: to follow every change of a thousand rows would take seconds."""
        for column in range(NAME + 1, SIZE + 1):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, self.columnWidth(column) + _AIR)
