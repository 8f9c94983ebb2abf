"""The builder's list of rows: chosen with mouse and keys, dragged, renamed and typed into where they stand."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QBrush,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyleOptionViewItem, QTreeView, QWidget

from cnnviz.core.networks.spec.check import RowReport
from cnnviz.core.networks.spec.rows import Row, RowPath
from cnnviz.gui.widgets.builder_cell_editor import CellEditors
from cnnviz.gui.widgets.builder_columns import WIDEST, column_widths
from cnnviz.gui.widgets.builder_drop import Landing, RowUnder, landing
from cnnviz.gui.widgets.builder_model import COLUMNS, NAME, NUMBERS, OPTIONS, SAME_HEIGHT, BuilderModel, Node
from cnnviz.gui.widgets.builder_palette import KIND_MIME
from cnnviz.gui.widgets.builder_row_painter import PADDING, RowLook, RowPainter

ROWS_MIME = "application/x-cnnviz-chosen-rows"
"""A drag of the rows that are chosen here; it means nothing elsewhere."""

TEXT_FACTOR = 0.92
_LINE = 2
_KNOB = 3


class BuilderTree(QTreeView):
    """``chosen_changed``: the user chose other rows (paths). ``kind_dropped``: a palette kind's name and a place.
    ``rows_dropped``: a place for the chosen rows. ``entered``: a double click beside what can be typed into.
    """

    chosen_changed = Signal(object)
    kind_dropped = Signal(str, tuple)
    rows_dropped = Signal(tuple)
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = BuilderModel(self)
        self._landing: Landing | None = None
        self._showing = False
        self._columns: dict[int, tuple[int, int]] = {}
        self.rows.rowsAboutToBeRemoved.connect(self._let_go)  # before the view's own, which looks for another row
        self.setModel(self.rows)
        self._editors = CellEditors(self)
        for column in (NAME, OPTIONS):  # the others keep Qt's own delegate, which asks faster for sizes
            self.setItemDelegateForColumn(column, self._editors)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDropIndicatorShown(False)
        self.setExpandsOnDoubleClick(False)
        self.setIndentation(16)
        self._arrange_header()
        self._follow_look()
        self.follow_text_size(self.font())
        self.rows.groups_came.connect(self._unfold_new_groups)
        self.doubleClicked.connect(self._enter)

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_rows(self, rows: tuple[Row, ...], reports: tuple[RowReport, ...]) -> None:
        """The network's rows; emits nothing."""
        self._showing = True
        self._measure_rows(reports)
        self.rows.show_rows(rows, reports)
        self._showing = False

    def choose(self, paths: Iterable[RowPath]) -> None:
        """Marks rows and brings the last one into view; emits nothing."""
        indexes = [index for index in map(self.rows.index_at, paths) if index.isValid()]
        selection = QItemSelection()
        for index in indexes:
            selection.select(index, index)
        self._showing = True
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().select(selection, flags)
        last = indexes[-1] if indexes else QModelIndex()
        self.selectionModel().setCurrentIndex(last, QItemSelectionModel.SelectionFlag.NoUpdate)
        self._showing = False
        if indexes:
            self.scrollTo(indexes[-1])
            self.scrollTo(indexes[0])

    def chosen(self) -> tuple[RowPath, ...]:
        """Paths of the marked rows, from top to bottom."""
        return tuple(sorted(self.rows.path_of(index) for index in self.selectionModel().selectedRows(NAME)))

    def rename_current(self) -> None:
        """Opens the current row's name for typing."""
        self._open_editor(NAME)

    def type_options(self) -> None:
        """Opens the current row's options as one line for typing."""
        self._open_editor(OPTIONS)

    # --------------------------------------------------------------------------------------------------------- painting

    def dataChanged(self, first: QModelIndex, last: QModelIndex, roles: list[int] = ()) -> None:
        """Rows that keep their height are painted again, not measured again."""
        if list(roles) == SAME_HEIGHT:
            self.viewport().update()
        else:
            super().dataChanged(first, last, roles)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._follow_look()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        node = self.rows.node(index)
        first = index.siblingAtColumn(NAME)
        look = RowLook(
            rect=option.rect,
            columns=self._columns,
            level=len(node.path) - 1,
            texts=self.rows.texts(node),
            category=node.category,
            problem=node.problem,
            left_out=bool(node.report and node.report.assumes),
            chosen=self.selectionModel().isSelected(first),
            current=self.currentIndex().siblingAtColumn(NAME) == first,
            open=self.isExpanded(first) if node.children else None,
        )
        self._painter.paint(painter, look, focused=self.hasFocus())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        if not self.rows.rowCount():
            self._paint_invitation(painter)
        if self._landing is not None:
            self._paint_landing(painter, self._landing)

    def _paint_invitation(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        words = self.tr("No rows yet.\nPress / to add a layer, or start from a network above.")
        painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    def _paint_landing(self, painter: QPainter, place: Landing) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(accent, _LINE))
        if place.inside is not None:
            box = self.visualRect(self.rows.index_at(place.inside))
            painter.drawRoundedRect(QRect(2, box.top() + 1, self.viewport().width() - 4, box.height() - 2), 4, 4)
            return
        left = (place.depth + 1) * self.indentation()
        painter.drawLine(left + _KNOB, place.y, self.viewport().width() - 4, place.y)
        painter.setBrush(QBrush(self.palette().color(QPalette.ColorRole.Base)))
        painter.drawEllipse(QPoint(left, place.y), _KNOB, _KNOB)

    def follow_text_size(self, around: QFont) -> None:
        """Text a little smaller than the text around the rows."""
        font = QFont()
        font.setPointSizeF(around.pointSizeF() * TEXT_FACTOR)
        self.setFont(font)
        self.header().setFont(font)

    def _follow_look(self) -> None:
        self._painter = RowPainter(self.palette(), self.font(), self.indentation())
        self.rows.set_row_heights(self._painter.line_height, self._painter.problem_height)
        self._fit_columns()

    # ---------------------------------------------------------------------------------------------------------- columns

    def _arrange_header(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(0)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _fit_columns(self) -> None:
        advance = self._painter.metrics.horizontalAdvance
        wanted = {column: advance(text) + 2 * PADDING for column, text in WIDEST.items()}
        wanted[NAME] += self._painter.name_left(1)
        beside_bar = self.width() - 2 * self.frameWidth() - self.verticalScrollBar().sizeHint().width()
        widths = column_widths(beside_bar, wanted)  # as if the bar were there: no column comes and goes with it
        widths[NAME] += max(0, self.viewport().width() - sum(widths.values()))
        left = 0
        self._columns = {}
        for column in range(COLUMNS):
            self.setColumnHidden(column, column not in widths)
            if column in widths:
                self.setColumnWidth(column, widths[column])
                self._columns[column] = (left, widths[column])
                left += widths[column]

    # --------------------------------------------------------------------------------------------------------- choosing

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        if not self._showing:
            self.chosen_changed.emit(self.chosen())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Only a double click of the left button on a row means anything."""
        if event.button() == Qt.MouseButton.LeftButton:
            super().mouseDoubleClickEvent(event)

    def _enter(self, index: QModelIndex) -> None:
        if index.column() in NUMBERS:
            self.entered.emit()
        else:
            self._open_editor(index.column())

    def _open_editor(self, column: int) -> None:
        index = self.currentIndex().siblingAtColumn(column)
        if self.isColumnHidden(column):
            self.entered.emit()
        elif index.isValid():
            self.edit(index)

    def _measure_rows(self, reports: tuple[RowReport, ...]) -> None:
        """Only where a row has a problem are there rows of two heights; to measure all of them takes a while."""
        alike = all(report.problem is None for report in reports)
        if alike != self.uniformRowHeights():
            self.setUniformRowHeights(alike)
            self.scheduleDelayedItemsLayout()

    def _let_go(self, group: QModelIndex, first: int, last: int) -> None:
        """The current row is going: which one follows it is said by ``choose``."""
        current = self.currentIndex()
        if current.isValid() and current.parent() == group and first <= current.row() <= last:
            self.selectionModel().setCurrentIndex(QModelIndex(), QItemSelectionModel.SelectionFlag.NoUpdate)

    def _unfold_new_groups(self) -> None:
        for node in self.rows.nodes():
            if node.children and node.fresh:
                node.fresh = False
                self.setExpanded(self.rows.index_at(node.path), True)  # noqa: FBT003 -- Qt's own argument

    # --------------------------------------------------------------------------------------------------------- dragging

    def startDrag(self, supported: Qt.DropAction) -> None:  # noqa: ARG002 -- Qt's name and arguments
        drag = QDrag(self)
        drag.setMimeData(chosen_rows_data())
        drag.setPixmap(self._drag_picture())
        drag.exec(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _is_ours(event.mimeData()):
            super().dragEnterEvent(event)
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """The base class scrolls near the edges."""
        super().dragMoveEvent(event)
        self._landing = self._landing_at(event.position().toPoint())
        self.viewport().update()
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._forget_landing()

    def dropEvent(self, event: QDropEvent) -> None:
        place = self._landing_at(event.position().toPoint()).place
        self._forget_landing()
        self.setState(QAbstractItemView.State.NoState)
        event.acceptProposedAction()
        if event.mimeData().hasFormat(KIND_MIME):
            kind = bytes(event.mimeData().data(KIND_MIME).data()).decode(errors="replace")
            self.kind_dropped.emit(kind, place)
        else:
            self.rows_dropped.emit(place)

    def _forget_landing(self) -> None:
        self._landing = None
        self.viewport().update()

    def _landing_at(self, point: QPoint) -> Landing:
        index = self.indexAt(QPoint(0, point.y())).siblingAtColumn(NAME)
        node = self.rows.node(index)
        under = self._row_under(index, node) if index.isValid() else None
        depth = point.x() // self.indentation() - 1
        return landing(under, point.y(), depth, rows=self.rows.rowCount(), end=self._end_of_rows())

    def _row_under(self, index: QModelIndex, node: Node) -> RowUnder:
        box = self.visualRect(index)
        siblings = self.rows.rowCount(index.parent())
        inner = len(node.children) if node.is_group else None
        last = node.place == siblings - 1
        return RowUnder(node.path, box.top(), box.bottom() + 1, last, inner, open=self.isExpanded(index))

    def _end_of_rows(self) -> int:
        last = self.rows.index_at((self.rows.rowCount() - 1,))
        while last.isValid() and self.isExpanded(last) and self.rows.rowCount(last):
            last = self.rows.index(self.rows.rowCount(last) - 1, NAME, last)
        return self.visualRect(last).bottom() + 1 if last.isValid() else _LINE

    def _drag_picture(self) -> QPixmap:
        """The rows' names, so that the row under the pointer stays readable."""
        names = [self.rows.node(index).row.name for index in self.selectionModel().selectedRows(NAME)]
        words = names[0] if len(names) == 1 else self.tr("%1 rows").replace("%1", str(len(names)))
        metrics = self._painter.metrics
        ratio = self.devicePixelRatioF()
        picture = QPixmap(QSize(metrics.horizontalAdvance(words) + 20, metrics.height() + 10) * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.palette().color(QPalette.ColorRole.Highlight))
        painter = QPainter(picture)
        painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
        painter.setFont(self.font())
        painter.drawText(
            QRect(QPoint(0, 0), picture.deviceIndependentSize().toSize()), Qt.AlignmentFlag.AlignCenter, words
        )
        painter.end()
        return picture


def chosen_rows_data() -> QMimeData:
    data = QMimeData()
    data.setData(ROWS_MIME, QByteArray(b"chosen"))
    return data


def _is_ours(data: QMimeData) -> bool:
    return data.hasFormat(KIND_MIME) or data.hasFormat(ROWS_MIME)
