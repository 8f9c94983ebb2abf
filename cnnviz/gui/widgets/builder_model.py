"""The builder's rows as a tree for Qt's views: an edit touches only the rows it changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal

from cnnviz.core.networks.spec.check import RowReport
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.core.networks.spec.rows import GroupRow, LayerRow, Row, RowPath
from cnnviz.gui.widgets.builder_icons import GROUP
from cnnviz.gui.widgets.builder_text import bytes_text, count_text, field_text, row_words, typed_options
from cnnviz.gui.widgets.number_text import shape_text

Index = QModelIndex | QPersistentModelIndex

NAME, OPTIONS, OUTPUT, PARAMETERS, MACS, FIELD, MEMORY = range(7)
COLUMNS = 7
NUMBERS = (OUTPUT, PARAMETERS, MACS, FIELD, MEMORY)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TOP = QModelIndex()
_NO_SIZE = QSize(0, 0)
_READ = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
_TYPED = _READ | Qt.ItemFlag.ItemIsEditable
SAME_HEIGHT = [int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)]
"""What ``dataChanged`` names where rows keep their height: a view need not measure them again."""


@dataclass(eq=False)
class Node:
    """One row of the tree. The root has no row. ``cells``: what its columns say, written when first painted. ``fresh``:
    no view has unfolded it yet.
    """

    row: Row | None
    parent: Node | None
    place: int
    children: list[Node] = field(default_factory=list)
    report: RowReport | None = None
    cells: tuple[str, ...] = ()
    fresh: bool = True

    @property
    def is_group(self) -> bool:
        return isinstance(self.row, GroupRow)

    @property
    def path(self) -> RowPath:
        if self.parent is None:
            return ()
        return (*self.parent.path, self.place)

    @property
    def problem(self) -> str:
        """Why the row cannot work and what would help; empty where it works. A group's problem stands at its rows."""
        if self.report is None or self.report.problem is None or self.report.inner:
            return ""
        return sentence(str(self.report.problem))

    @property
    def category(self) -> str:
        return GROUP if self.is_group else KINDS[self.row.kind].category


class BuilderModel(QAbstractItemModel):
    """Columns: name, options, output, parameters, multiply-adds, receptive field, memory.

    ``renamed``: a row's path and the name typed for it. ``options_typed``: a row's path and the line typed for its
    options. ``groups_came``: the model has new groups, which a view may want to unfold. The model changes nothing by
    itself: what was typed comes back with ``show_rows``.
    """

    renamed = Signal(tuple, str)
    options_typed = Signal(tuple, str)
    groups_came = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Node(None, None, 0)
        self._new_groups = False
        self.row_heights = (0, 0)
        self._sizes = (_NO_SIZE, _NO_SIZE)
        self._titles = (
            self.tr("Layer"),
            self.tr("Options"),
            self.tr("Output"),
            self.tr("Parameters"),
            self.tr("Mult-adds"),
            self.tr("Sees"),
            self.tr("Memory"),
        )
        self._title_tips = (
            self.tr("The name of the row, which becomes the module's"),
            self.tr("The kind of layer and what is set"),
            self.tr("Channels × height × width of what it hands on"),
            self.tr("Numbers it learns"),
            self.tr("Multiplications of convolutions and linear layers for one picture"),
            self.tr("Receptive field: how much of the picture one cell sees, height × width"),
            self.tr("Its outputs for one picture, 4 bytes a value"),
        )

    # ---------------------------------------------------------------------------------------------------------- content

    def show_rows(self, rows: Sequence[Row], reports: Sequence[RowReport]) -> None:
        """The network's rows and a report for each; rows that stayed keep their index."""
        self._new_groups = False
        self._take_rows(self._root, rows, _TOP)
        self._take_reports(self._root, reports, _TOP)
        if self._new_groups:
            self.groups_came.emit()

    def set_row_heights(self, plain: int, with_problem: int) -> None:
        """In logical pixels, for every row alike."""
        if (plain, with_problem) != self.row_heights:
            self.layoutAboutToBeChanged.emit()
            self.row_heights = (plain, with_problem)
            self._sizes = (QSize(0, plain), QSize(0, with_problem))
            self.layoutChanged.emit()

    def node(self, index: Index) -> Node:
        """The root for an invalid index."""
        return index.internalPointer() if index.isValid() else self._root

    def path_of(self, index: Index) -> RowPath:
        return self.node(index).path

    def index_at(self, path: RowPath, column: int = NAME) -> QModelIndex:
        """An invalid index where there is no such row."""
        node = self._root
        for place in path:
            if not 0 <= place < len(node.children):
                return QModelIndex()
            node = node.children[place]
        return self.createIndex(node.place, column, node) if path else QModelIndex()

    def nodes(self) -> Iterator[Node]:
        """Every row, from top to bottom."""
        pending = list(reversed(self._root.children))
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))

    def texts(self, node: Node) -> tuple[str, ...]:
        """What the columns of a row say."""
        if not node.cells:
            node.cells = (node.row.name, _options_text(node.row), *_number_texts(node.report))
        return node.cells

    # -------------------------------------------------------------------------------------------------------- Qt's side

    def index(self, row: int, column: int, parent: Index = _TOP) -> QModelIndex:
        children = (parent.internalPointer() if parent.isValid() else self._root).children
        if 0 <= row < len(children) and 0 <= column < COLUMNS:
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:
        node = self.node(index).parent
        if node is None or node is self._root:
            return QModelIndex()
        return self.createIndex(node.place, NAME, node)

    def rowCount(self, parent: Index = _TOP) -> int:
        return len(self.node(parent).children) if parent.column() <= NAME else 0

    def columnCount(self, parent: Index = _TOP) -> int:  # noqa: ARG002 -- Qt's name; every row has the same columns
        return COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in NUMBERS else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._title_tips[section]
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return _TYPED if index.column() <= OPTIONS else _READ

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.SizeHintRole:  # first: a view asks it of every cell of every row
            return self._sizes[bool(index.internalPointer().problem)] if index.column() == NAME else _NO_SIZE
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.texts(node)[index.column()]
        if role == Qt.ItemDataRole.EditRole:
            return _edit_text(node.row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() in NUMBERS else None
        return self._tip(node) if role == Qt.ItemDataRole.ToolTipRole else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Asks for the change; whoever holds the network answers with ``show_rows``."""
        if role != Qt.ItemDataRole.EditRole or index.column() not in (NAME, OPTIONS):
            return False
        asked = self.renamed if index.column() == NAME else self.options_typed
        asked.emit(self.path_of(index), str(value))
        return True

    # ---------------------------------------------------------------------------------------------------------- changes

    def _take_rows(self, node: Node, rows: Sequence[Row], index: QModelIndex) -> None:
        """Rows at the beginning and at the end that are equal stay as they are; those between are replaced."""
        old = node.children
        start = _common(zip(old, rows, strict=False))
        room = min(len(old), len(rows)) - start
        end = min(room, _common(zip(reversed(old), reversed(rows), strict=False)))
        replaced = room - end
        for place in range(start, start + replaced):
            self._replace(old[place], rows[place], index)
        if len(rows) > len(old):
            self._insert(node, start + replaced, rows[start + replaced : len(rows) - end], index)
        elif len(rows) < len(old):
            self._remove(node, start + replaced, len(old) - end, index)

    def _replace(self, node: Node, row: Row, parent: QModelIndex) -> None:
        node.fresh = node.fresh or (isinstance(row, GroupRow) and not node.is_group)
        self._new_groups = self._new_groups or node.fresh
        node.row, node.cells = row, ()
        self._take_rows(node, row.rows if isinstance(row, GroupRow) else (), self.index(node.place, NAME, parent))

    def _insert(self, node: Node, place: int, rows: Sequence[Row], index: QModelIndex) -> None:
        self.beginInsertRows(index, place, place + len(rows) - 1)
        node.children[place:place] = [_node_of(row, node) for row in rows]
        _number(node)
        self.endInsertRows()
        self._new_groups = self._new_groups or any(isinstance(row, GroupRow) for row in rows)

    def _remove(self, node: Node, start: int, stop: int, index: QModelIndex) -> None:
        self.beginRemoveRows(index, start, stop - 1)
        del node.children[start:stop]
        _number(node)
        self.endRemoveRows()

    def _take_reports(self, node: Node, reports: Sequence[RowReport], index: QModelIndex) -> None:
        changed: list[int] = []
        resized = False
        for child, report in zip(node.children, reports, strict=False):
            if child.report is not report and child.report != report:
                had_problem = bool(child.problem)
                child.report, child.cells = report, ()
                resized = resized or had_problem != bool(child.problem)
                changed.append(child.place)
            if child.children:
                self._take_reports(child, report.inner, self.index(child.place, NAME, index))
        for first, last in _runs(changed):
            corners = self.index(first, NAME, index), self.index(last, MEMORY, index)
            self.dataChanged.emit(*corners, [] if resized else SAME_HEIGHT)

    def _tip(self, node: Node) -> str:
        if node.problem:
            return node.problem
        report = node.report
        if report is None:
            return node.row.name
        counts = self.tr("%1 parameters, %2 multiply-adds")
        lines = (
            _options_text(node.row),
            report.formula,
            counts.replace("%1", f"{report.parameters:,}").replace("%2", f"{report.macs:,}"),
        )
        return "\n".join(line for line in lines if line)


def sentence(words: str) -> str:
    """With a capital letter and a full stop."""
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _node_of(row: Row, parent: Node) -> Node:
    node = Node(row, parent, 0)
    if isinstance(row, GroupRow):
        node.children = [_node_of(inner, node) for inner in row.rows]
        _number(node)
    return node


def _number(node: Node) -> None:
    for place, child in enumerate(node.children):
        child.place = place


def _common(pairs: Iterator[tuple[Node, Row]]) -> int:
    """How many pairs at the beginning are equal."""
    count = 0
    for node, row in pairs:
        if node.row is not row and node.row != row:
            break
        count += 1
    return count


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Places that follow each other, as (first, last)."""
    start = 0
    for end in range(1, len(places) + 1):
        if end == len(places) or places[end] != places[end - 1] + 1:
            yield places[start], places[end - 1]
            start = end


def _options_text(row: Row) -> str:
    if isinstance(row, GroupRow):
        return f"× {row.repeat}"
    kind = KINDS[row.kind]
    return row_words(kind.title, kind.options, row.options)


def _edit_text(row: Row, column: int) -> str:
    if column == NAME:
        return row.name
    if isinstance(row, LayerRow):
        return typed_options(KINDS[row.kind].options, row.options)
    return f"repeat={row.repeat}"


def _number_texts(report: RowReport | None) -> tuple[str, ...]:
    if report is None or report.shape is None:
        return ("–", "", "", "", "")
    return (
        shape_text(report.shape),
        f"{report.parameters:,}" if report.parameters else "",
        count_text(report.macs) if report.macs else "",
        field_text(report.receptive_field),
        bytes_text(report.memory),
    )
