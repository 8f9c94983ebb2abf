"""The table of all calls: nested or flat, sorted by a click on a title, searched, copied with Ctrl+C."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from cnnviz.core.graph.folding import CallTree
from cnnviz.core.graph.totals import totals_of
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.exporting import add_action, ask_where, save_csv
from cnnviz.gui.widgets.row_height import AiryRows
from cnnviz.gui.widgets.summary_model import SEARCH_ROLE, SORT_ROLE, SummaryModel

ALL_OPEN_ROWS = 150
"""Networks with more calls start with their inner blocks closed."""

MOST_NAME_LETTERS = 28


class SummaryTable(QTreeView):
    """``layer_chosen``: the user chose this call, with the mouse or the keys. ``problem_met``: a sentence."""

    layer_chosen = Signal(str)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tree: CallTree | None = None
        self._nested = True
        self._calls = SummaryModel(self)
        self._rows = QSortFilterProxyModel(self)
        self._rows.setSourceModel(self._calls)
        self._rows.setRecursiveFilteringEnabled(True)
        self._rows.setFilterRole(SEARCH_ROLE)
        self._rows.setSortRole(SORT_ROLE)
        self._rows.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._rows)
        self._set_up()
        self.clicked.connect(self._choose)
        add_action(self, self.tr("Copy rows"), self.copy, QKeySequence.StandardKey.Copy)
        add_action(self, self.tr("Save table as CSV…"), self.ask_where_to_save)

    def _set_up(self) -> None:
        self.setUniformRowHeights(True)
        self.setItemDelegate(AiryRows(self))
        self.setIndentation(12)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    # --------------------------------------------------------------------------------------------------------- setters

    def show_calls(self, tree: CallTree) -> None:
        self._tree = tree
        self._fill()
        self._fit_columns()

    def set_nested(self, *, nested: bool) -> None:
        """As a tree of blocks, or only the calls that have none inside."""
        if nested != self._nested:
            marked = self.current_layer()
            self._nested = nested
            self._fill()
            self.show_layer(marked)

    def show_layer(self, name: str) -> None:
        """Marks a layer and brings it into view; one that has no row leaves nothing marked."""
        index = self._rows.mapFromSource(self._calls.index_of(name))
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.scrollTo(index)
        else:
            self.selectionModel().clear()

    def search(self, text: str) -> None:
        """Leaves the layers whose name or type contains ``text``, and the blocks around them."""
        self._rows.setFilterFixedString(text)
        if text:
            self.expandAll()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def current_layer(self) -> str:
        """The marked layer's name; empty for none."""
        layer = self._layer(self.currentIndex())
        return layer.name if layer is not None else ""

    def _fill(self) -> None:
        self._calls.set_calls(self._tree, nested=self._nested)
        self.setRootIsDecorated(self._nested)
        if self._tree is not None and len(self._tree.layers) <= ALL_OPEN_ROWS:
            self.expandAll()
        else:
            self.expandToDepth(0)

    def _fit_columns(self) -> None:
        for column in range(self._rows.columnCount()):
            self.resizeColumnToContents(column)
        most = MOST_NAME_LETTERS * self.fontMetrics().averageCharWidth()
        self.setColumnWidth(0, min(max(self.columnWidth(0), most // 2), most))

    # -------------------------------------------------------------------------------------------------------- choosing

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.current_layer()
        super().keyPressEvent(event)
        if self.current_layer() != before:
            self._choose(self.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        layer = self._layer(index)
        if layer is not None:
            self.layer_chosen.emit(layer.name)

    def _layer(self, index: QModelIndex) -> LayerInfo | None:
        return self._calls.layer(self._rows.mapToSource(index)) if index.isValid() else None

    # ------------------------------------------------------------------------------------------------------- exporting

    def copy(self) -> None:
        """The marked rows with their titles, as tab-separated text."""
        marked = set(map(self._name_at, self.selectionModel().selectedRows()))
        rows = [layer for layer in self._shown() if layer.name in marked]
        lines = [self._titles(), *map(self._cells, rows)]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def save_csv(self, path: Path) -> None:
        """All rows in the order they are sorted in, and the totals."""
        problem = save_csv(path, self._titles(), [*map(self._cells, self._shown()), *self._totals()])
        if problem:
            self.problem_met.emit(problem)

    def ask_where_to_save(self) -> None:
        ask_where(self, self.tr("Save table"), self.tr("Tables"), "csv", self.save_csv)

    def _titles(self) -> list[str]:
        return [column.title for column in self._calls.columns]

    def _cells(self, layer: LayerInfo) -> list[str]:
        return [column.exported(layer) for column in self._calls.columns]

    def _totals(self) -> list[list[str]]:
        """A last row for the whole network, whatever the search leaves."""
        if self._tree is None:
            return []
        totals = totals_of(self._tree)
        cells = [str(column.total(totals)) if column.total is not None else "" for column in self._calls.columns]
        return [[self.tr("total"), *cells[1:]]]

    def _name_at(self, index: QModelIndex) -> str:
        layer = self._layer(index)
        return layer.name if layer is not None else ""

    def _shown(self) -> Iterator[LayerInfo]:
        """As sorted and searched now, closed blocks' parts too."""
        waiting = [QModelIndex()]
        while waiting:
            index = waiting.pop()
            layer = self._layer(index)
            if layer is not None:
                yield layer
            waiting.extend(self._rows.index(row, 0, index) for row in reversed(range(self._rows.rowCount(index))))
