"""Fields that open in a row of the builder: its name, or its options as one line. Every keystroke counts."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from cnnviz.gui.widgets.builder_model import OPTIONS

NAME_INSET = 24
"""Room for a row's chip."""


class CellEditors(QStyledItemDelegate):
    """A name is taken with Enter; options are tried at every keystroke."""

    def __init__(self, view: QTreeView) -> None:
        super().__init__(view)
        self._view = view

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> QWidget:  # noqa: ARG002
        field = QLineEdit(parent)
        field.setAutoFillBackground(True)
        if index.column() == OPTIONS:
            field.textEdited.connect(lambda _: self.commitData.emit(field))
        return field

    def setEditorData(self, editor: QLineEdit, index: QModelIndex) -> None:
        """Once: what is being typed is not replaced by what has become of it."""
        if not editor.isModified():
            editor.setText(index.data(Qt.ItemDataRole.EditRole))

    def setModelData(self, editor: QLineEdit, model: QAbstractItemModel, index: QModelIndex) -> None:
        if editor.text() != index.data(Qt.ItemDataRole.EditRole):
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """A name keeps its chip in front of it; a line of options may reach over the numbers."""
        box = option.rect
        if index.column() == OPTIONS:
            box.setRight(self._view.viewport().width() - 2)
        else:
            box.setLeft(box.left() + NAME_INSET)
        editor.setGeometry(box)
