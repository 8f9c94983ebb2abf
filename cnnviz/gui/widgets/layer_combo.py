"""The list of layers: typed letters search it, its indentation shows the tree, every line the shape."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QCompleter,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.layer_choice import drawable
from cnnviz.gui.widgets.number_text import shape_text

DEPTH_ROLE = Qt.ItemDataRole.UserRole
SHAPE_ROLE = Qt.ItemDataRole.UserRole + 1
INDENT = 10
POPUP_WIDTH = 340
LONGEST_LIST = 24
NARROWEST = 90


class LayerDelegate(QStyledItemDelegate):
    """The name, indented by depth, and the shape at the right edge."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        self.initStyleOption(option, index)
        name, option.text = option.text, ""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        line = option.rect.adjusted(6 + INDENT * index.data(DEPTH_ROLE), 0, -6, 0)
        shape = index.data(SHAPE_ROLE)
        painter.setPen(option.palette.color(role if chosen else QPalette.ColorRole.PlaceholderText))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shape)
        painter.setPen(option.palette.color(role))
        room = line.adjusted(0, 0, -option.fontMetrics.horizontalAdvance(shape) - 8, 0)
        text = option.fontMetrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


class LayerCombo(QComboBox):
    """``layer_chosen``: another layer, by hand. Setters emit nothing."""

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = ""
        self._none = False
        self.setModel(QStandardItemModel(self))
        self.setItemDelegate(LayerDelegate(self))
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMaxVisibleItems(LONGEST_LIST)
        self.setMinimumWidth(NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.view().setMinimumWidth(POPUP_WIDTH)
        self.setCompleter(self._searching_completer())
        self.activated.connect(self._choose)
        self.lineEdit().setPlaceholderText(self.tr("layer"))

    def _searching_completer(self) -> QCompleter:
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(LONGEST_LIST)
        completer.popup().setItemDelegate(LayerDelegate(completer))
        completer.popup().setMinimumWidth(POPUP_WIDTH)
        return completer

    @property
    def layer(self) -> str:
        """The chosen layer's name; empty for none."""
        return self._layer

    def set_layers(self, layers: Sequence[LayerInfo]) -> None:
        """The choice stays where the new list has it."""
        with QSignalBlocker(self):
            self.model().clear()
            for layer in drawable(layers):
                item = QStandardItem(layer.name)
                item.setData(layer.depth, DEPTH_ROLE)
                item.setData(shape_text(layer.shape), SHAPE_ROLE)
                item.setToolTip(f"{layer.name} · {layer.kind} · {shape_text(layer.shape)}")
                self.model().appendRow(item)
            self.set_layer(self._layer if self.findText(self._layer) >= 0 else "")

    def set_layer(self, name: str) -> None:
        """Shows ``name`` as chosen; a name the list does not have chooses none."""
        with QSignalBlocker(self):
            row = self.findText(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive) if name else -1
            self._layer = name if row >= 0 else ""
            self.setCurrentIndex(row)
            self.setEditText("" if self._none else self._layer)
            self.setToolTip(self._layer)
            self.lineEdit().setCursorPosition(0)

    def show_none(self, *, none: bool) -> None:
        """The placeholder in place of the layer, which stays chosen."""
        self._none = none
        self.setEditText("" if none else self._layer)

    def neighbour(self, step: int) -> str:
        """The layer ``step`` places further down the list, at most its end."""
        row = min(max(0, self.currentIndex() + step), self.count() - 1)
        return self.itemText(row)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.set_layer(self._layer)  # what was typed and not chosen is dropped

    def _choose(self, row: int) -> None:
        name = self.itemText(row)
        if name != self._layer or self._none:
            self.set_layer(name)
            self.layer_chosen.emit(name)
