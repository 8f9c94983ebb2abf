"""What each input channel adds to a unit: a table with patch, kernel and products as small pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from cnnviz.core.unit import Numbers, WeightedSum
from cnnviz.gui.widgets.exporting import add_action, ask_where, save_csv
from cnnviz.gui.widgets.images import rgb_image
from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.unit_matrices import signed_colors
from cnnviz.gui.widgets.unit_words import limit_text

Index = QModelIndex | QPersistentModelIndex

CHANNEL, PATCH, KERNEL, PRODUCT, ADDS = range(5)
PICTURES = (PATCH, KERNEL, PRODUCT)
PICTURE_SIDE = 34
AROUND = 3

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TOP = QModelIndex()


def largest(values: Numbers) -> float:
    """The largest size of a finite value; 0 where there is none."""
    return float(np.max(np.abs(values), where=np.isfinite(values), initial=0.0))


class TermsModel(QAbstractTableModel):
    """A row per input channel, at first in the order of how much they add."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sum: WeightedSum | None = None
        self.order: NDArray[np.intp] = np.zeros(0, np.intp)
        self._limits = (0.0, 0.0, 0.0)
        self._parts: tuple[Numbers, ...] = ()
        self._terms: NDArray[np.float64] = np.zeros(0)
        self._sorted = (ADDS, Qt.SortOrder.DescendingOrder)

    def set_sum(self, arithmetic: WeightedSum | None) -> None:
        """Another sum of as many channels keeps rows and scroll place."""
        same = self.sum is not None and arithmetic is not None and len(self._terms) == len(arithmetic.patch.channels)
        if not same:
            self.beginResetModel()
        self.sum = arithmetic
        self._parts = () if arithmetic is None else (arithmetic.patch.values, arithmetic.kernel, arithmetic.products)
        self._limits = tuple(largest(part) for part in self._parts)
        self._terms = np.zeros(0) if arithmetic is None else arithmetic.terms
        self._order()
        if same:
            self._announce()
        else:
            self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted = column, order
        self._order()
        self._announce()

    def matrices(self, row: int) -> tuple[tuple[Numbers, float], ...]:
        """Patch, kernel and product of a row, each with the limit of its colours."""
        channel = self.order[row]
        return tuple((part[channel], limit) for part, limit in zip(self._parts, self._limits, strict=True))

    def term(self, row: int) -> float:
        """What a row adds."""
        return float(self._terms[self.order[row]])

    def channel(self, row: int) -> int:
        """The number of a row's input channel."""
        return int(self.sum.patch.channels[self.order[row]])

    def row_of(self, channel: int) -> int | None:
        """Where an input channel stands; None where the sum has it not."""
        if self.sum is None:
            return None
        rows = np.flatnonzero(self.sum.patch.channels[self.order] == channel)
        return int(rows[0]) if len(rows) else None

    # ------------------------------------------------------------------------------------------------------ Qt's model

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole and section in PICTURES and self._limits:
            return self.tr("Colours from %1").replace("%1", limit_text(self._limits[section - PATCH]))
        if role == Qt.ItemDataRole.TextAlignmentRole and section == ADDS:
            return _RIGHT
        titles = (self.tr("Input"), self.tr("Patch"), self.tr("Kernel"), self.tr("Product"), self.tr("Adds"))
        return titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.order):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() == ADDS else None
        if role == Qt.ItemDataRole.DisplayRole:
            texts = {CHANNEL: str(self.channel(index.row())), ADDS: value_text(self.term(index.row()))}
            return texts.get(index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in PICTURES:
            return _numbers_text(self.matrices(index.row())[index.column() - PATCH][0])
        return None

    def _order(self) -> None:
        column, order = self._sorted
        keys = np.abs(self._terms)
        if column == CHANNEL and self.sum is not None:
            keys = self.sum.patch.channels.astype(np.float64)
        elif column in PICTURES and self._parts:
            keys = np.abs(self._parts[column - PATCH]).max(axis=(1, 2))
        keys = np.where(np.isnan(keys), np.inf, keys)  # what is not a number spoils the sum: it comes first
        descending = order == Qt.SortOrder.DescendingOrder
        self.order = np.argsort(-keys if descending else keys, kind="stable")

    def _announce(self) -> None:
        if len(self.order):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.order) - 1, ADDS))


class TermsTable(QTreeView):
    """``row_marked``: the mark came to another row, or the row shows another channel. ``channel_activated``: by double
    click or Enter.
    """

    row_marked = Signal()
    channel_activated = Signal(int)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.terms = TermsModel(self)
        self.setModel(self.terms)
        self.setItemDelegate(_PictureCells(self))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.header().setSortIndicator(ADDS, Qt.SortOrder.DescendingOrder)
        self._arrange_columns()
        self._chosen: int | None = None  # by hand; else the first row has the mark
        self.clicked.connect(self._choose)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.row_marked.emit())
        self.activated.connect(lambda index: self.channel_activated.emit(self.terms.channel(index.row())))
        add_action(self, self.tr("Copy rows"), self.copy, QKeySequence.StandardKey.Copy)
        add_action(self, self.tr("Save table as CSV…"), self.ask_where_to_save)

    @property
    def marked_row(self) -> int | None:
        """The row under the mark, else the first."""
        if not self.terms.rowCount():
            return None
        return self.currentIndex().row() if self.currentIndex().isValid() else 0

    def show_sum(self, arithmetic: WeightedSum | None, *, anew: bool) -> None:
        """``anew``: of another unit; else a channel marked by hand keeps the mark."""
        if anew:
            self._chosen = None
            self.selectionModel().clear()
            self.scrollToTop()
        self.terms.set_sum(arithmetic)
        row = self.terms.row_of(self._chosen) if self._chosen is not None else None
        if row is not None and row != self.currentIndex().row():
            self.setCurrentIndex(self.terms.index(row, CHANNEL))
        self.row_marked.emit()

    def copy(self) -> None:
        """The marked rows for a spreadsheet: channel and what it adds; all where none is marked."""
        rows = sorted({index.row() for index in self.selectedIndexes()}) or range(self.terms.rowCount())
        lines = (f"{self.terms.channel(row)}\t{self.terms.term(row)!r}" for row in rows)
        QGuiApplication.clipboard().setText("\n".join((f"{self.tr('Input')}\t{self.tr('Adds')}", *lines)))

    def ask_where_to_save(self) -> None:
        ask_where(self, self.tr("Save the terms"), self.tr("Tables"), "csv", self.save_csv)

    def save_csv(self, path: Path) -> None:
        """A line per input channel: what it adds, and patch and kernel row by row."""
        rows = []
        for row in range(self.terms.rowCount()):
            patch, kernel, _ = (values for values, _ in self.terms.matrices(row))
            rows.append((self.terms.channel(row), self.terms.term(row), *patch.ravel(), *kernel.ravel()))
        count = self.terms.sum.kernel[0].size if self.terms.sum is not None else 0
        parts = [f"{part} {place}" for part in ("patch", "kernel") for place in range(count)]
        problem = save_csv(path, ("input channel", "adds", *parts), rows)
        if problem:
            self.problem_met.emit(problem)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if self.currentIndex().isValid():
            self._choose(self.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        self._chosen = self.terms.channel(index.row())

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(ADDS, QHeaderView.ResizeMode.Stretch)
        width = self.fontMetrics().horizontalAdvance
        self.setColumnWidth(CHANNEL, width("Input") + 28)
        for column in PICTURES:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, max(PICTURE_SIDE + 2 * AROUND, width("Product") + 16))


class _PictureCells(QStyledItemDelegate):
    """Paints the three matrices of a row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        side = PICTURE_SIDE + 2 * AROUND
        return QSize(side, side) if index.column() in PICTURES else super().sizeHint(option, index)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        if index.column() not in PICTURES:
            return
        model = index.model()
        values, limit = model.matrices(index.row())[index.column() - PATCH]
        inside = model.sum.patch.inside if index.column() != KERNEL else np.ones(values.shape, bool)
        rows, columns = values.shape
        scale = PICTURE_SIDE / max(rows, columns)
        frame = QRectF(option.rect.left() + AROUND, option.rect.top() + AROUND, columns * scale, rows * scale)
        painter.drawImage(frame, rgb_image(signed_colors(values, limit)))
        for row, column in np.argwhere(~inside).tolist():
            cell = QRectF(frame.left() + column * scale, frame.top() + row * scale, scale, scale)
            painter.fillRect(cell, option.palette.color(QPalette.ColorRole.Base))
            painter.fillRect(cell, QBrush(option.palette.color(QPalette.ColorRole.Mid), Qt.BrushStyle.BDiagPattern))
        painter.setPen(option.palette.color(QPalette.ColorRole.Mid))
        painter.drawRect(frame)


def _numbers_text(values: Numbers) -> str:
    """As a small table; the first rows and columns of a large one."""
    rows = (
        "<tr>" + "".join(f"<td align=right>&nbsp;{value_text(value)}</td>" for value in row[:11]) + "</tr>"
        for row in values[:11]
    )
    return f"<table>{''.join(rows)}</table>"
