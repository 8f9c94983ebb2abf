"""The searchable tree of a network's layers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.layer_model import (
    KIND,
    LAYER,
    PARAMETERS,
    SEARCH_ROLE,
    SHAPE,
    LayerModel,
    parameters_text,
)
from cnnviz.gui.widgets.number_text import shape_text
from cnnviz.gui.widgets.row_height import AiryRows

ALL_OPEN_ROWS = 150
"""Networks with more layer calls start with their inner blocks closed."""

TEXT_FACTOR = 0.9
LEAST_NAME_LETTERS = 10
LEAST_KIND = "Conv2d"
CELL_PADDING = 8


class LayerTree(QTreeView):
    """``layer_chosen``: the user chose this layer, with the mouse or the keys."""

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._longest: dict[int, str] = {}
        self._longest_names: dict[int, str] = {}
        self._layers = LayerModel(self)
        self._rows = QSortFilterProxyModel(self)
        self._rows.setSourceModel(self._layers)
        self._rows.setRecursiveFilteringEnabled(True)
        self._rows.setAutoAcceptChildRows(False)
        self._rows.setFilterRole(SEARCH_ROLE)
        self._rows.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._rows)
        self.setUniformRowHeights(True)
        self.setItemDelegate(AiryRows(self))
        self.setIndentation(10)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.clicked.connect(self._choose)
        self.follow_text_size(self.font())
        self._arrange_columns()

    def show_layers(self, layers: Sequence[LayerInfo]) -> None:
        self._layers.set_layers(layers)
        self._longest = _longest_texts(layers)
        self._longest_names = _longest_names(layers)
        self._open_rows()
        self._fit_columns()

    def show_layer(self, name: str) -> None:
        """Marks the layer and brings it into view; an unknown or hidden one leaves nothing marked."""
        index = self._rows.mapFromSource(self._layers.index_of(name))
        self.setCurrentIndex(index)
        if index.isValid():
            self.scrollTo(index)
        else:
            self.clearSelection()

    def current_layer(self) -> str:
        """The marked layer's name, empty for none."""
        return self._name_at(self.currentIndex())

    def follow_text_size(self, around: QFont) -> None:
        """Text a little smaller than the text around the tree."""
        font = QFont()
        font.setPointSizeF(around.pointSizeF() * TEXT_FACTOR)
        self.setFont(font)
        self.header().setFont(font)
        self._fit_columns()

    def search(self, text: str) -> None:
        """Leaves the layers whose name or type contains ``text``, and the blocks around them."""
        self._rows.setFilterFixedString(text)
        if text:
            self.expandAll()
        else:
            self._open_rows()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.current_layer()
        super().keyPressEvent(event)
        if self.current_layer() != before:
            self._choose(self.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        name = self._name_at(index)
        if name:
            self.layer_chosen.emit(name)

    def _name_at(self, index: QModelIndex) -> str:
        layer = self._layers.layer(self._rows.mapToSource(index))
        return layer.name if layer is not None and layer.map_axes else ""

    def _open_rows(self) -> None:
        if self._layers.row_total <= ALL_OPEN_ROWS:
            self.expandAll()
        else:
            self.collapseAll()
            self.expandToDepth(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(0)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _fit_columns(self) -> None:
        """Numbers are never cut; the type gives way first, down to a few letters, then the layer's name, then all of
        the type.
        """
        wanted = {column: self._wanted_width(column) for column in (KIND, SHAPE, PARAMETERS)}
        letter = self.fontMetrics().averageCharWidth()
        free = self.viewport().width() - wanted[SHAPE] - wanted[PARAMETERS]
        least_kind = self.fontMetrics().horizontalAdvance(LEAST_KIND) + CELL_PADDING
        least_name = LEAST_NAME_LETTERS * letter
        kind = max(least_kind, min(wanted[KIND], free - self._wanted_name_width()))
        kind = kind if kind + least_name <= free else 0  # the tooltip has it
        self.setColumnWidth(KIND, kind)
        self.setColumnWidth(SHAPE, wanted[SHAPE])
        self.setColumnWidth(PARAMETERS, wanted[PARAMETERS])
        self.setColumnWidth(LAYER, max(least_name, free - kind))

    def _wanted_width(self, column: int) -> int:
        title = self._layers.headerData(column, Qt.Orientation.Horizontal)
        texts = (str(title), self._longest.get(column, ""))
        return max(self.fontMetrics().horizontalAdvance(text) for text in texts) + CELL_PADDING

    def _wanted_name_width(self) -> int:
        advance = self.fontMetrics().horizontalAdvance
        widths = [(depth + 1) * self.indentation() + advance(name) for depth, name in self._longest_names.items()]
        return max(widths, default=0) + CELL_PADDING


def _longest_names(layers: Sequence[LayerInfo]) -> dict[int, str]:
    """By depth. They stand for all: measuring every one of 1,500 names would be slow."""
    longest: dict[int, str] = {}
    for layer in layers:
        depth, name = layer.path.count("."), layer.name.rpartition(".")[2]
        longest[depth] = max(longest.get(depth, ""), name, key=len)
    return longest


def _longest_texts(layers: Sequence[LayerInfo]) -> dict[int, str]:
    columns = {
        KIND: [layer.kind for layer in layers],
        SHAPE: [shape_text(layer.shape) for layer in layers],
        PARAMETERS: [parameters_text(layer.parameters) for layer in layers],
    }
    return {column: max(texts, key=len, default="") for column, texts in columns.items()}
