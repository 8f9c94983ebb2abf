"""A network's calls as the rows of a table: nested as they call each other, or the innermost alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cnnviz.core.graph.folding import ROOT, CallTree
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.graph_words import tooltip
from cnnviz.gui.widgets.summary_columns import columns
from cnnviz.gui.widgets.table_header import RIGHT, header_data

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SEARCH_ROLE = int(Qt.ItemDataRole.UserRole) + 2
_TOP = QModelIndex()


@dataclass(eq=False)
class Row:
    """The root of the tree has no layer."""

    layer: LayerInfo | None = None
    parent: Row | None = None
    place: int = 0
    children: list[Row] = field(default_factory=list)

    def add(self, layer: LayerInfo) -> Row:
        """One more row below this one."""
        row = Row(layer, self, len(self.children))
        self.children.append(row)
        return row


class SummaryModel(QAbstractItemModel):
    """Columns as in ``summary_columns``. Every cell has a text, a sort key, and the row's name and type to search."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns()
        self._root = Row()
        self._by_name: dict[str, Row] = {}

    def set_calls(self, tree: CallTree | None, *, nested: bool) -> None:
        """``nested``: blocks around their calls; else only the calls that have none inside."""
        self.beginResetModel()
        self._root = Row()
        self._by_name = {}
        if tree is not None and nested:
            self._nest(tree, self._root, tree.children(ROOT))
        elif tree is not None:
            for layer in tree.ends():
                self._by_name[layer.name] = self._root.add(layer)
        self.endResetModel()

    def _nest(self, tree: CallTree, root: Row, layers: Sequence[LayerInfo]) -> None:
        waiting = [(root, layer) for layer in reversed(layers)]
        while waiting:
            above, layer = waiting.pop()
            row = self._by_name[layer.name] = above.add(layer)
            waiting.extend((row, inner) for inner in reversed(tree.children(layer.name)))

    def layer(self, index: Index) -> LayerInfo | None:
        """The layer of a row, whichever column ``index`` points to."""
        return self._row(index).layer

    def index_of(self, name: str) -> QModelIndex:
        """The first column of a layer's row; invalid for one that has none."""
        row = self._by_name.get(name)
        return self.createIndex(row.place, 0, row) if row is not None else QModelIndex()

    # ------------------------------------------------------------------------------------------------------ Qt's model

    def index(self, row: int, column: int, parent: Index = _TOP) -> QModelIndex:
        children = self._row(parent).children
        if not (0 <= row < len(children) and 0 <= column < len(self.columns)):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: Index) -> QModelIndex:
        above = self._row(index).parent
        return QModelIndex() if above is None or above is self._root else self.createIndex(above.place, 0, above)

    def rowCount(self, parent: Index = _TOP) -> int:
        return len(self._row(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, parent: Index = _TOP) -> int:  # noqa: ARG002 -- Qt's name; every row has the same columns
        return len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return header_data(self.columns[section], orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        layer = self.layer(index)
        if layer is None:
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._name(index, layer) if index.column() == 0 else column.text(layer)
        if role == Qt.ItemDataRole.TextAlignmentRole and column.number:
            return RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(layer)
        if role == SORT_ROLE:
            return column.key(layer)
        return f"{layer.name} {layer.kind}" if role == SEARCH_ROLE else None

    def _name(self, index: Index, layer: LayerInfo) -> str:
        """Below a block without the block's name."""
        above = self._row(index).parent
        prefix = above.layer.path + "." if above is not None and above.layer is not None else ""
        return layer.name.removeprefix(prefix)

    def _row(self, index: Index) -> Row:
        return index.internalPointer() if index.isValid() else self._root
