"""Frozen values as the rows of a table: what each column says of one, and how it sorts."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cnnviz.gui.widgets.table_header import RIGHT, header_data

Index = QModelIndex | QPersistentModelIndex
BAR_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_TOP = QModelIndex()


@dataclass(frozen=True)
class RowColumn:
    """``key``: what the column sorts by; NaN stands last in either order. ``bar``: its number is drawn as a bar from
    zero; the longest is that of the column's largest number, and of no smaller one than ``long``.
    """

    title: str
    text: Callable[[object], str]
    key: Callable[[object], float | str]
    number: bool = True
    tip: str = ""
    bar: bool = False
    long: float = 0.0


class RowsModel(QAbstractTableModel):
    """``identity``: what stays of a row when its numbers change."""

    def __init__(
        self,
        columns: Sequence[RowColumn],
        identity: Callable[[object], Hashable],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.identity = identity
        self._rows: list[object] = []
        self._largest: dict[int, float] = {}
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None

    @property
    def rows(self) -> tuple[object, ...]:
        """As sorted."""
        return tuple(self._rows)

    def set_rows(self, rows: Sequence[object]) -> None:
        """In their own order until the user sorts by a column."""
        same_count = len(rows) == len(self._rows)
        if not same_count:
            self.beginResetModel()
        self._rows = self._in_order(rows)
        self._largest = {place: self._longest(column) for place, column in enumerate(self.columns) if column.bar}
        if not same_count:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))

    def row_of(self, identity: Hashable) -> int | None:
        """Where the row of this identity stands."""
        return next((place for place, row in enumerate(self._rows) if self.identity(row) == identity), None)

    def row(self, index: Index) -> object | None:
        return self._rows[index.row()] if index.isValid() else None

    # ------------------------------------------------------------------------------------------------------ Qt's model

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return header_data(self.columns[section], orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self.row(index), self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.ToolTipRole and not column.number:
            return column.text(row)  # a narrow column cuts names
        if role == Qt.ItemDataRole.TextAlignmentRole and column.number:
            return RIGHT
        if role == BAR_ROLE and column.bar:
            return self._bar(column.key(row), self._largest[index.column()])
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        marked = [self.identity(self._rows[index.row()]) for index in self.persistentIndexList()]
        self._sorted_by = (column, order) if column >= 0 else None
        self._rows = self._in_order(self._rows)
        for index, identity in zip(self.persistentIndexList(), marked, strict=True):
            place = self.row_of(identity)
            self.changePersistentIndex(index, QModelIndex() if place is None else self.index(place, index.column()))
        self.layoutChanged.emit()

    # ---------------------------------------------------------------------------------------------------------- inside

    def _in_order(self, rows: Sequence[object]) -> list[object]:
        if self._sorted_by is None:
            return list(rows)
        place, order = self._sorted_by
        key = self.columns[place].key
        known = [row for row in rows if not _is_nan(key(row))]
        unknown = [row for row in rows if _is_nan(key(row))]
        return sorted(known, key=key, reverse=order == Qt.SortOrder.DescendingOrder) + unknown

    def _longest(self, column: RowColumn) -> float:
        lengths = (abs(float(column.key(row))) for row in self._rows)
        return max([column.long, *(length for length in lengths if math.isfinite(length))])

    @staticmethod
    def _bar(value: float | str, largest: float) -> float | None:
        """−1 … 1; None where there is no number."""
        number = float(value)
        if math.isnan(number):
            return None
        if math.isinf(number):
            return math.copysign(1.0, number)
        return number / largest if largest > 0 else 0.0


def _is_nan(key: float | str) -> bool:
    return isinstance(key, float) and math.isnan(key)
