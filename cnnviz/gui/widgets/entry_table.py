"""The registry of networks as a searchable, sortable table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from cnnviz.core.values import NetworkEntry
from cnnviz.gui.widgets.row_height import AiryRows

Index = QModelIndex | QPersistentModelIndex

NAME, PARAMETERS, ACCURACY, SIZE = range(4)
SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SEARCH_ROLE = SORT_ROLE + 1
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TOP = QModelIndex()


def millions(parameters: int | None) -> str:
    """``11.7 M``, ``104 k``; empty for an unknown number."""
    if parameters is None:
        return ""
    return f"{parameters / 1e6:,.1f} M" if parameters >= 1_000_000 else f"{parameters / 1e3:,.0f} k"


class EntryModel(QAbstractTableModel):
    """Columns: network, parameters, top-1, size of the best set of weights with a mark where it is here already.

    What ships with the program comes first, then by name.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[NetworkEntry, ...] = ()
        self._titles = (self.tr("Network"), self.tr("Parameters"), self.tr("Top-1"), self.tr("Weights"))

    def set_entries(self, entries: Sequence[NetworkEntry]) -> None:
        self.beginResetModel()
        self.entries = tuple(sorted(entries, key=lambda entry: (entry.origin != "cnnviz", _sort_key(entry, NAME))))
        self.endResetModel()

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section != NAME:
            return _RIGHT
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() != NAME else None
        answers = {
            Qt.ItemDataRole.DisplayRole: self._text,
            Qt.ItemDataRole.ToolTipRole: lambda entry, _: f"{entry.name} ({entry.origin})",
            SORT_ROLE: _sort_key,
            SEARCH_ROLE: lambda entry, _: f"{entry.name} {entry.title} {entry.origin}",
        }
        answer = answers.get(role)
        return answer(entry, index.column()) if answer else None

    def _text(self, entry: NetworkEntry, column: int) -> str:
        if column == NAME:
            return entry.title
        if column == PARAMETERS:
            return millions(entry.parameters)
        if not entry.weights:
            return ""
        if column == ACCURACY:
            return f"{_accuracy(entry):.1f} %" if _accuracy(entry) else ""
        if any(weights.cached for weights in entry.weights):
            return self.tr("on this machine")
        return self.tr("{number} MB").format(number=f"{entry.weights[0].megabytes:,.0f}")


def _accuracy(entry: NetworkEntry) -> float:
    return max((weights.accuracy or 0.0 for weights in entry.weights), default=0.0)


def _sort_key(entry: NetworkEntry, column: int) -> object:
    if column == NAME:
        # Digits by their value: ResNet-18 before ResNet-152.
        return "".join(part.zfill(6) if part.isdigit() else part.casefold() for part in _parts(entry.title))
    if column == PARAMETERS:
        return entry.parameters or 0
    if column == ACCURACY:
        return _accuracy(entry)
    here = any(weights.cached for weights in entry.weights)
    return 0.0 if here else (entry.weights[0].megabytes if entry.weights else float("inf"))


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for letter in text:
        if parts and parts[-1].isdigit() == letter.isdigit():
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


class EntryTable(QTreeView):
    """``entry_chosen``: the user put the mark on another network; ``entry_activated``: double click or Enter."""

    entry_chosen = Signal(object)
    entry_activated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = EntryModel(self)
        self._rows = QSortFilterProxyModel(self)
        self._rows.setSourceModel(self._entries)
        self._rows.setSortRole(SORT_ROLE)
        self._rows.setFilterRole(SEARCH_ROLE)
        self._rows.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._rows)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setItemDelegate(AiryRows(self))
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.selectionModel().currentRowChanged.connect(lambda: self.entry_chosen.emit(self.current_entry()))
        self.activated.connect(lambda: self.entry_activated.emit(self.current_entry()))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._arrange_columns()

    def show_entries(self, entries: Sequence[NetworkEntry]) -> None:
        """Until the user sorts by another column."""
        self._entries.set_entries(entries)

    def search(self, text: str) -> int:
        """Leaves what contains ``text``, and puts the mark on the first of it; returns how many there are."""
        self._rows.setFilterFixedString(text)
        if text and self._rows.rowCount():
            self.setCurrentIndex(self._rows.index(0, NAME))
        self.scrollTo(self.currentIndex())
        return self._rows.rowCount()

    def showEvent(self, event: QShowEvent) -> None:
        """Only now is known where the marked row lies."""
        super().showEvent(event)
        self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)

    def current_entry(self) -> NetworkEntry | None:
        index = self._rows.mapToSource(self.currentIndex())
        return self._entries.entries[index.row()] if index.isValid() else None

    def mark(self, name: str) -> None:
        """Puts the mark on the network of this name, if it is in the table."""
        for row, entry in enumerate(self._entries.entries):
            if entry.name == name:
                index = self._rows.mapFromSource(self._entries.index(row, NAME))
                flags = QItemSelectionModel.SelectionFlag
                self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        for column in (PARAMETERS, ACCURACY, SIZE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
