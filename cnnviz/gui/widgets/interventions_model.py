"""The list of interventions as a table: switched on and off by a check box, their number edited in place."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from cnnviz.core.inside.interventions import Intervention
from cnnviz.gui.widgets.interventions_list import Listed
from cnnviz.gui.widgets.interventions_words import KINDS, TIPS, VALUED, title_text
from cnnviz.gui.widgets.number_text import value_text

Index = QModelIndex | QPersistentModelIndex
WHAT, VALUE, REMOVE = range(3)
SECOND_LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
PROBLEM_ROLE = int(Qt.ItemDataRole.UserRole) + 2
_TOP = QModelIndex()


class InterventionsModel(QAbstractTableModel):
    """What is edited is only announced: the list changes when it is shown anew. ``switched``: place, on or off;
    ``value_edited``: place, number.
    """

    switched = Signal(int, bool)
    value_edited = Signal(int, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listed: Listed = ()
        self._problems: Mapping[Intervention, str] = {}

    @property
    def listed(self) -> Listed:
        return self._listed

    def show_listed(self, listed: Listed, problems: Mapping[Intervention, str]) -> None:
        """``problems``: why one does nothing, or not what it did before."""
        if len(listed) != len(self._listed):
            self.beginResetModel()
            self._listed, self._problems = listed, problems
            self.endResetModel()
            return
        self._listed, self._problems = listed, problems
        if listed:
            self.dataChanged.emit(self.index(0, 0), self.index(len(listed) - 1, REMOVE))

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._listed)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else REMOVE + 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == WHAT:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        if index.column() == VALUE and self._what(index).kind in VALUED:
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        what = self._what(index)
        if index.column() == WHAT:
            return self._what_data(index, what, role)
        if index.column() == VALUE and what.kind in VALUED:
            return self._value_data(what, role)
        return self.tr("Remove") if index.column() == REMOVE and role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if index.column() == WHAT and role == Qt.ItemDataRole.CheckStateRole:
            self.switched.emit(index.row(), Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if index.column() == VALUE and role == Qt.ItemDataRole.EditRole:
            self.value_edited.emit(index.row(), float(value))
            return True
        return False

    def _what(self, index: Index) -> Intervention:
        return self._listed[index.row()].intervention

    def _what_data(self, index: Index, what: Intervention, role: int) -> object:
        problem = self._problems.get(what, "") if self._listed[index.row()].on else ""
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return title_text(what)
            case Qt.ItemDataRole.CheckStateRole:
                return Qt.CheckState.Checked if self._listed[index.row()].on else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.ToolTipRole:
                return problem or f"{KINDS[what.kind]}: {TIPS[what.kind]} · {what.layer}"
        if role == SECOND_LINE_ROLE:
            return problem or what.layer
        return bool(problem) if role == PROBLEM_ROLE else None

    @staticmethod
    def _value_data(what: Intervention, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return ("× " if what.kind == "scale" else "+ " if what.value >= 0 else "") + value_text(what.value)
        if role == Qt.ItemDataRole.EditRole:
            return what.value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
