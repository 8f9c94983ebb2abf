"""A table of many rows that paints only those on view: sorted by a click on a title, copied, saved as CSV."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyleOptionViewItem, QTreeView, QWidget

from cnnviz.gui.widgets.bar_view import NEGATIVE, POSITIVE
from cnnviz.gui.widgets.exporting import add_action, ask_where, save_csv
from cnnviz.gui.widgets.row_height import AiryRows
from cnnviz.gui.widgets.rows_model import BAR_ROLE, RowColumn, RowsModel

BAR_HEIGHT = 4
BAR_WIDTH = 110
LEAST_BAR_WIDTH = 70
LEAST_NAME_WIDTH = 90
CELL_MARGIN = 4
SMALLEST = QSize(120, 80)


class BarRows(AiryRows):
    """Below the text of a cell with a bar: the bar, to the right from the middle where it is positive."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().paint(painter, option, index)
        share = index.data(BAR_ROLE)
        if share is None:
            return
        cell = QRectF(option.rect).adjusted(CELL_MARGIN, 0, -CELL_MARGIN, -1)
        track = QRectF(cell.left(), cell.bottom() - BAR_HEIGHT, cell.width(), BAR_HEIGHT)
        middle = track.center().x()
        length = abs(share) * track.width() / 2
        left = middle if share >= 0 else middle - length
        painter.fillRect(QRectF(middle, track.top(), 1, BAR_HEIGHT), option.palette.color(QPalette.ColorRole.Mid))
        painter.fillRect(QRectF(left, track.top(), length, BAR_HEIGHT), QColor(*(POSITIVE if share >= 0 else NEGATIVE)))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        hint = super().sizeHint(option, index)
        if any(column.bar for column in index.model().columns):
            hint += QSize(0, BAR_HEIGHT)
        return hint


class RowsTable(QTreeView):
    """``row_chosen``: the row that the user marked, with the mouse or the keys. Setters emit nothing."""

    row_chosen = Signal(object)
    problem_met = Signal(str)

    def __init__(
        self,
        columns: Sequence[RowColumn],
        identity: Callable[[object], Hashable],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows_model = RowsModel(columns, identity, self)
        self._marked: Hashable = None
        self._fitted = False
        self.setModel(self.rows_model)
        self._set_up()
        self._fit_columns()
        self._show_scroll_bar()
        self.clicked.connect(lambda _: self._choose())
        add_action(self, self.tr("Copy rows"), self.copy, QKeySequence.StandardKey.Copy)
        add_action(self, self.tr("Save table as CSV…"), self.ask_where_to_save)

    def minimumSizeHint(self) -> QSize:
        return SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._fitted:
            self._fit_columns()

    # --------------------------------------------------------------------------------------------------------- setters

    def set_rows(self, rows: Sequence[object]) -> None:
        """The mark stays on its row wherever that has gone; what is on view stays where it is."""
        self.rows_model.set_rows(rows)
        self._show_scroll_bar()
        self.setAutoScroll(False)
        self.mark(self._marked)
        self.setAutoScroll(True)
        if rows and not self._fitted:
            self._fitted = True
            self._fit_columns()

    def mark(self, identity: Hashable) -> None:
        """The row of this identity; one that is not there leaves none marked."""
        self._marked = identity
        place = self.rows_model.row_of(identity)
        if place is None:
            self.selectionModel().clear()
            return
        if place != self.currentIndex().row() or not self.selectionModel().hasSelection():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(self.rows_model.index(place, 0), flags.ClearAndSelect | flags.Rows)

    # --------------------------------------------------------------------------------------------------------- choosing

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        if self.currentIndex().row() != before:
            self._choose()

    def _choose(self) -> None:
        row = self.rows_model.row(self.currentIndex())
        if row is not None:
            self._marked = self.rows_model.identity(row)
            self.row_chosen.emit(row)

    # -------------------------------------------------------------------------------------------------------- exporting

    def copy(self) -> None:
        """All rows with their titles, as tab-separated text for a spreadsheet."""
        lines = [self._titles(), *map(self._cells, self.rows_model.rows)]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def save_csv(self, path: Path) -> None:
        """All rows as they are sorted, their numbers unrounded."""
        rows = ([column.key(row) for column in self.rows_model.columns] for row in self.rows_model.rows)
        problem = save_csv(path, self._titles(), rows)
        if problem:
            self.problem_met.emit(problem)

    def ask_where_to_save(self) -> None:
        ask_where(self, self.tr("Save table"), self.tr("Tables"), "csv", self.save_csv)

    # ----------------------------------------------------------------------------------------------------------- inside

    def _set_up(self) -> None:
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setItemDelegate(BarRows(self))
        self.setAlternatingRowColors(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # of a layer's name both ends tell it from others
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.header().setStretchLastSection(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def _show_scroll_bar(self) -> None:
        """Under an empty table it would lead nowhere."""
        policy = Qt.ScrollBarPolicy
        empty = not self.rows_model.rows
        self.setHorizontalScrollBarPolicy(policy.ScrollBarAlwaysOff if empty else policy.ScrollBarAsNeeded)

    def _fit_columns(self) -> None:
        """As wide as what they say. In a narrow table bars give way, and then names until the last bar is on view.
        Without bars names do until all is on view, or where that cannot be, until they are themselves.
        """
        columns = self.rows_model.columns
        for place, column in enumerate(columns):
            self.resizeColumnToContents(place)
            if column.bar:
                self.setColumnWidth(place, max(self.columnWidth(place), BAR_WIDTH))
        bars = [place for place, column in enumerate(columns) if column.bar]
        names = [place for place, column in enumerate(columns) if not column.number]
        last = len(columns) - 1
        for place in bars:
            self._narrow(place, LEAST_BAR_WIDTH, until=last)
        for place in names:
            until = bars[-1] if bars else last
            fits = self.columnWidth(place) - self._surplus(until) >= LEAST_NAME_WIDTH
            self._narrow(place, LEAST_NAME_WIDTH, until=until if fits or bars else place)

    def _narrow(self, place: int, least: int, until: int) -> None:
        """By what the columns up to ``until`` are wider than the view, but to no less than ``least``."""
        surplus = self._surplus(until)
        if surplus > 0:
            self.setColumnWidth(place, min(self.columnWidth(place), max(least, self.columnWidth(place) - surplus)))

    def _surplus(self, until: int) -> int:
        """Pixels of the columns up to ``until`` for which there is no room."""
        room = self.contentsRect().width() - self.verticalScrollBar().sizeHint().width()  # which may come with rows
        return sum(map(self.columnWidth, range(until + 1))) - room

    def _titles(self) -> list[str]:
        return [column.title for column in self.rows_model.columns]

    def _cells(self, row: object) -> list[str]:
        return [column.text(row) for column in self.rows_model.columns]
