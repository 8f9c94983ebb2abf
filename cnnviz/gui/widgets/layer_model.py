"""A network's layer calls as a tree for Qt's views: nested by module path, in the order they start to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.number_text import shape_text

Index = QModelIndex | QPersistentModelIndex

LAYER, KIND, SHAPE, PARAMETERS = range(4)
SEARCH_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_TOP = QModelIndex()


@dataclass(eq=False)
class Node:
    """One row. The root of the tree has no layer."""

    layer: LayerInfo | None
    parent: Node | None
    row: int
    children: list[Node] = field(default_factory=list)


def nest(layers: Sequence[LayerInfo]) -> tuple[Node, dict[str, Node]]:
    """The tree's root and its rows by layer name. A row hangs below the latest call of the nearest module around it.

    The row of the whole network stands beside its parts, not around them: that leaves more room for their names.
    """
    root = Node(None, None, 0)
    by_name: dict[str, Node] = {}
    latest: dict[str, Node] = {}
    for layer in layers:
        parent = _container(layer.path, latest) or root
        node = Node(layer, parent, len(parent.children))
        parent.children.append(node)
        by_name[layer.name] = latest[layer.path] = node
    return root, by_name


def _container(path: str, latest: dict[str, Node]) -> Node | None:
    outer = path
    while "." in outer:
        outer = outer.rpartition(".")[0]
        if outer in latest:
            return latest[outer]
    return None


def parameters_text(count: int) -> str:
    """``36,864``; ``102.8 M`` from ten million on; empty for none."""
    if count >= 10_000_000:
        return f"{count / 1e6:,.1f} M"
    return f"{count:,}" if count else ""


class LayerModel(QAbstractItemModel):
    """Columns: layer, type, output, parameters. Layers that cannot be drawn are shown but cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root, self._by_name = nest(())
        self._titles = (self.tr("Layer"), self.tr("Type"), self.tr("Output"), self.tr("Params"))

    def set_layers(self, layers: Sequence[LayerInfo]) -> None:
        """``layers`` in the order they start to run."""
        self.beginResetModel()
        self._root, self._by_name = nest(layers)
        self.endResetModel()

    @property
    def row_total(self) -> int:
        """Rows of the whole tree."""
        return len(self._by_name)

    def layer(self, index: Index) -> LayerInfo | None:
        """The layer of a row, whichever column ``index`` points to."""
        return self._node(index).layer

    def index_of(self, name: str) -> QModelIndex:
        """The first column of a layer's row; an invalid index for an unknown name."""
        node = self._by_name.get(name)
        return self.createIndex(node.row, LAYER, node) if node else QModelIndex()

    def index(self, row: int, column: int, parent: Index = _TOP) -> QModelIndex:
        children = self._node(parent).children
        if not (0 <= row < len(children) and 0 <= column < len(self._titles)):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: Index) -> QModelIndex:
        node = self._node(index).parent
        if node is None or node is self._root:
            return QModelIndex()
        return self.createIndex(node.row, LAYER, node)

    def rowCount(self, parent: Index = _TOP) -> int:
        return len(self._node(parent).children) if parent.column() <= LAYER else 0

    def columnCount(self, parent: Index = _TOP) -> int:  # noqa: ARG002 -- Qt's name; every row has the same columns
        return len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == PARAMETERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        layer = self.layer(index)
        drawable = layer is not None and bool(layer.map_axes)
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable if drawable else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        layer = self.layer(index)
        if layer is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(layer, index)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == PARAMETERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(layer)
        return f"{layer.name} {layer.kind}" if role == SEARCH_ROLE else None

    def _text(self, layer: LayerInfo, index: Index) -> str:
        column = index.column()
        if column == LAYER:
            above = self._node(index).parent
            prefix = above.layer.path + "." if above is not None and above.layer is not None else ""
            return layer.name.removeprefix(prefix)
        if column == KIND:
            return layer.kind
        if column == SHAPE:
            return shape_text(layer.shape)
        return parameters_text(layer.parameters)

    def _tip(self, layer: LayerInfo) -> str:
        kind = f"{layer.kind}: {layer.detail}" if layer.detail else layer.kind
        output = self.tr("Output {shape}").format(shape=shape_text(layer.shape))
        counts = self.tr("{all} parameters, {trainable} of them trainable")
        lines = [layer.name, kind, output, counts.format(all=f"{layer.parameters:,}", trainable=f"{layer.trainable:,}")]
        if not layer.map_axes:
            lines.append(self.tr("This output is neither maps nor a vector: it cannot be drawn."))
        return "\n".join(lines)

    def _node(self, index: Index) -> Node:
        return index.internalPointer() if index.isValid() else self._root
