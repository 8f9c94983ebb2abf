"""The list of interventions on screen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDoubleSpinBox,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from cnnviz.core.inside.interventions import Intervention
from cnnviz.gui.widgets.icons import icon
from cnnviz.gui.widgets.interventions_list import Listed
from cnnviz.gui.widgets.interventions_model import (
    PROBLEM_ROLE,
    REMOVE,
    SECOND_LINE_ROLE,
    VALUE,
    WHAT,
    InterventionsModel,
)

PADDING = 4
ICON_SIDE = 16
VALUE_WIDTH = 9
"""In letters."""

LARGEST_VALUE = 1e6
VALUE_STEP = 0.1
VALUE_DECIMALS = 3


class InterventionRows(QStyledItemDelegate):
    """Two lines: what is done to which channels; the layer below it, or the problem."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), 2 * option.fontMetrics.height() + 2 * PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if index.column() == REMOVE:
            self._paint_frame(painter, option, index)
            box = QRect(0, 0, ICON_SIDE, ICON_SIDE)
            box.moveCenter(option.rect.center())
            icon("close").paint(painter, box)
        elif index.column() == WHAT:
            self._paint_what(painter, option, index)
        else:
            super().paint(painter, option, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:
        if index.column() != VALUE:
            return super().createEditor(parent, option, index)
        box = value_box(parent)
        box.setFrame(False)
        return box

    def setEditorData(self, editor: QWidget, index: QModelIndex) -> None:
        editor.setValue(index.data(Qt.ItemDataRole.EditRole))

    def setModelData(self, editor: QWidget, model: InterventionsModel, index: QModelIndex) -> None:
        editor.interpretText()
        if editor.value() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.value())

    def _paint_frame(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> QStyleOptionViewItem:
        """The row without its texts."""
        own = QStyleOptionViewItem(option)
        self.initStyleOption(own, index)
        own.text = ""
        own.widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, own, painter, own.widget)
        return own

    def _paint_what(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        own = self._paint_frame(painter, option, index)
        style = own.widget.style()
        box = style.subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, own, own.widget)
        lines = option.rect.adjusted(box.right() - option.rect.left() + 2 * PADDING, PADDING, -PADDING, -PADDING)
        upper, lower = QRect(lines), QRect(lines)
        upper.setBottom(lines.center().y())
        lower.setTop(lines.center().y() + 1)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        on = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        self._write(painter, option, upper, index.data(), QPalette.ColorRole.Text if on else _MUTED, chosen=chosen)
        role = QPalette.ColorRole.BrightText if index.data(PROBLEM_ROLE) else _MUTED
        self._write(painter, option, lower, index.data(SECOND_LINE_ROLE), role, chosen=chosen)

    @staticmethod
    def _write(
        painter: QPainter,
        option: QStyleOptionViewItem,
        line: QRect,
        text: str,
        role: QPalette.ColorRole,
        *,
        chosen: bool,
    ) -> None:
        painter.setPen(option.palette.color(QPalette.ColorRole.HighlightedText if chosen else role))
        text = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


_MUTED = QPalette.ColorRole.PlaceholderText


class InterventionsTable(QTreeView):
    """``switched`` (place, on or off), ``value_edited`` (place, number), ``removed`` (places), ``place_chosen``: by
    the user's hand.
    """

    switched = Signal(int, bool)
    value_edited = Signal(int, float)
    removed = Signal(object)
    place_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.interventions = InterventionsModel(self)
        self.interventions.switched.connect(self.switched)
        self.interventions.value_edited.connect(self.value_edited)
        self.setModel(self.interventions)
        self.setItemDelegate(InterventionRows(self))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setHeaderHidden(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        for column in (VALUE, REMOVE):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self.header().setMinimumSectionSize(ICON_SIDE)
        self.setColumnWidth(VALUE, VALUE_WIDTH * self.fontMetrics().averageCharWidth())
        self.setColumnWidth(REMOVE, ICON_SIDE + 3 * PADDING)
        self.clicked.connect(self._note_click)

    def show_listed(self, listed: Listed, problems: Mapping[Intervention, str]) -> None:
        """The whole list; what has just been added, at its end, is on view."""
        grown = len(listed) > len(self.interventions.listed)
        self.interventions.show_listed(listed, problems)
        if grown:
            self.scrollToBottom()

    def minimumSizeHint(self) -> QSize:
        """Room for two."""
        return QSize(160, 4 * (self.fontMetrics().height() + PADDING) + 2 * self.frameWidth())

    def sizeHint(self) -> QSize:
        return QSize(260, 7 * self.fontMetrics().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            places = sorted({index.row() for index in self.selectionModel().selectedRows()})
            if places:
                self.removed.emit(places)
        else:
            super().keyPressEvent(event)

    def _note_click(self, index: QModelIndex) -> None:
        if index.column() == REMOVE:
            self.removed.emit([index.row()])
        else:
            self.place_chosen.emit(index.row())


def value_box(parent: QWidget) -> QDoubleSpinBox:
    """For the number of an intervention."""
    box = QDoubleSpinBox(parent)
    box.setRange(-LARGEST_VALUE, LARGEST_VALUE)
    box.setDecimals(VALUE_DECIMALS)
    box.setSingleStep(VALUE_STEP)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    return box
