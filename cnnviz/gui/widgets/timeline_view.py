"""The course's history of convolutional networks, drawn: years on a line; depth, parameters and accuracy as bars."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from cnnviz.core.networks.classics import Milestone, timeline
from cnnviz.gui.widgets.entry_model import millions
from cnnviz.gui.widgets.series_colors import SERIES

Index = QModelIndex | QPersistentModelIndex

YEAR, NAME, DEPTH, PARAMETERS, TOP1 = range(5)
MILESTONE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_TOP = QModelIndex()
_ROW_HEIGHT = 30
_DOT = 5.0
_FEWEST = 1e3
"""The parameters at which the bar, on a logarithmic scale, begins."""
_COLORS = {DEPTH: SERIES[0], PARAMETERS: SERIES[2], TOP1: SERIES[5]}


class TimelineModel(QAbstractTableModel):
    """A row a milestone, oldest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.milestones = timeline()
        self._titles = (
            self.tr("Year"),
            self.tr("Network"),
            self.tr("Depth"),
            self.tr("Parameters (logarithmic)"),
            self.tr("ImageNet top-1"),
        )

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.milestones)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self._titles[section] if shown else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        milestone = self.milestones[index.row()]
        if role == MILESTONE_ROLE:
            return milestone
        return self.text(milestone, index.column()) if role == Qt.ItemDataRole.DisplayRole else None

    @staticmethod
    def text(milestone: Milestone, column: int) -> str:
        top1 = "" if milestone.top1 is None else f"{milestone.top1:.1f} %"
        return {
            YEAR: str(milestone.year),
            NAME: milestone.title,
            DEPTH: str(milestone.depth),
            PARAMETERS: millions(milestone.parameters),
            TOP1: top1,
        }[column]

    def share(self, milestone: Milestone, column: int) -> float:
        """How long its bar is, 0 to 1: of the deepest, of the most parameters (logarithmic), of 100 %."""
        if column == DEPTH:
            return milestone.depth / max(each.depth for each in self.milestones)
        if column == PARAMETERS:
            most = max(each.parameters for each in self.milestones)
            return math.log(milestone.parameters / _FEWEST) / math.log(most / _FEWEST)
        return (milestone.top1 or 0.0) / 100


class TimelineView(QTreeView):
    """``milestone_chosen``: the user put the mark on another; ``milestone_activated``: double click or Enter.

    Both carry the network's name in the registry.
    """

    milestone_chosen = Signal(str)
    milestone_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._milestones = TimelineModel(self)
        self.setModel(self._milestones)
        self.setItemDelegate(TimelineRows(self._milestones, self))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.selectionModel().currentRowChanged.connect(lambda index: self.milestone_chosen.emit(self._name(index)))
        self.activated.connect(lambda index: self.milestone_activated.emit(self._name(index)))
        self._arrange_columns()

    def mark(self, name: str) -> None:
        """Puts the mark on the network of this name; takes it away where it is no milestone. Emits nothing."""
        row = next((row for row, each in enumerate(self._milestones.milestones) if each.name == name), None)
        flags = QItemSelectionModel.SelectionFlag
        blocked = self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        if row is None:
            self.selectionModel().clear()
        else:
            self.selectionModel().setCurrentIndex(self._milestones.index(row, NAME), flags.ClearAndSelect | flags.Rows)
        self.blockSignals(blocked)
        self.viewport().update()

    def current_name(self) -> str:
        return self._name(self.currentIndex())

    def _name(self, index: Index) -> str:
        return self._milestones.milestones[index.row()].name if index.isValid() else ""

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setSectionsMovable(False)
        header.setStretchLastSection(True)
        for column in (YEAR, NAME, DEPTH, PARAMETERS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        letters = self.fontMetrics().averageCharWidth()
        for column, width in ((YEAR, 13), (NAME, 26), (DEPTH, 28), (PARAMETERS, 36)):
            self.setColumnWidth(column, width * letters)


class TimelineRows(QStyledItemDelegate):
    """Draws the line of the years and the bars; words and selection are the style's."""

    def __init__(self, model: TimelineModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        return size.expandedTo(QSize(0, max(_ROW_HEIGHT, 2 * option.fontMetrics.height() - 4)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        milestone, column = index.data(MILESTONE_ROLE), index.column()
        if column == NAME:
            super().paint(painter, option, index)
            return
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        text, plain.text = plain.text, ""
        option.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, option.widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if column == YEAR:
            self._draw_year(painter, option, index.row(), milestone, text)
        else:
            self._draw_bar(painter, option, column, self._model.share(milestone, column), text)
        painter.restore()

    def _draw_year(
        self, painter: QPainter, option: QStyleOptionViewItem, row: int, milestone: Milestone, text: str
    ) -> None:
        """A dot a network on one line down the column; the year stands at its first."""
        area = QRectF(option.rect)
        across, middle = area.left() + 14, area.center().y()
        first, last = row == 0, row == self._model.rowCount() - 1
        painter.setPen(QPen(_color(option, QPalette.ColorRole.Mid), 2))
        painter.drawLine(
            QPointF(across, middle if first else area.top()), QPointF(across, middle if last else area.bottom())
        )
        painter.setPen(Qt.PenStyle.NoPen)
        selected = _is_selected(option)
        painter.setBrush(
            _color(option, QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Highlight)
        )
        painter.drawEllipse(QPointF(across, middle), _DOT, _DOT)
        if first or self._model.milestones[row - 1].year != milestone.year:
            painter.setPen(_text_color(option))
            painter.drawText(area.adjusted(28, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_bar(self, painter: QPainter, option: QStyleOptionViewItem, column: int, share: float, text: str) -> None:
        """The number first, in a column of its own, so that numbers and bars can both be compared."""
        area = QRectF(option.rect).adjusted(6, 0, -10, 0)
        words = option.fontMetrics.horizontalAdvance("000.0 M") + 10
        painter.setPen(_text_color(option))
        number = QRectF(area.left(), area.top(), words - 10, area.height())
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text or "–")
        room = area.adjusted(words, 0, 0, 0)
        height = min(12.0, room.height() / 2)
        bar = QRectF(room.left(), room.center().y() - height / 2, max(share, 0) * room.width(), height)
        painter.setPen(Qt.PenStyle.NoPen)
        selected = _is_selected(option)
        painter.setBrush(_color(option, QPalette.ColorRole.HighlightedText) if selected else QColor(*_COLORS[column]))
        painter.drawRoundedRect(bar, 2, 2)


def _is_selected(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_Selected)


def _color(option: QStyleOptionViewItem, role: QPalette.ColorRole) -> QColor:
    return option.palette.color(role)


def _text_color(option: QStyleOptionViewItem) -> QColor:
    return _color(option, QPalette.ColorRole.HighlightedText if _is_selected(option) else QPalette.ColorRole.Text)
