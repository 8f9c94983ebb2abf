"""Layers and blocks to build with: found by typing, added with Enter or a double click, dragged to their place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QDrag, QFocusEvent, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QStyle,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.networks.spec.kinds import Kind
from cnnviz.gui.widgets.builder_icons import CHIP, category_icon
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.row_height import AiryRows

KIND_MIME = "application/x-cnnviz-kind"
"""A drag of one kind of row: its name."""

_INSET = 6
_KIND = int(Qt.ItemDataRole.UserRole)


class BuilderPalette(QWidget):
    """``kind_chosen``: a kind's name, by Enter, double click or Return in the search field. ``left``: Escape."""

    kind_chosen = Signal(str)
    left = Signal()

    def __init__(self, kinds: Sequence[Kind], parent: QWidget | None = None) -> None:
        """``kinds`` in the order they are shown; those of one category follow each other."""
        super().__init__(parent)
        self._titles = self._category_titles()
        self._make_search()
        self.list = _KindList(self)
        for kind in kinds:
            self._add(kind)
        self.list.itemActivated.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.search_field)
        layout.addWidget(self.list, 1)
        self.search("")

    def begin_search(self) -> None:
        """Ready to type; what was found before is still there and is replaced by typing."""
        self.search_field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_field.selectAll()

    def shown_kinds(self) -> tuple[str, ...]:
        """Names of the kinds the search left, from top to bottom."""
        return tuple(item.data(0, _KIND) for item in self._kind_items() if not item.isHidden())

    def search(self, text: str) -> None:
        """Leaves the kinds of which every word of ``text`` is in the title, the category or the sentence of help; those
        with it in their title are chosen first.
        """
        words = text.casefold().split()
        for item in self._kind_items():
            item.setHidden(not all(word in item.data(0, _KIND + 1) for word in words))
        for heading in self._headings():
            shown = any(not heading.child(row).isHidden() for row in range(heading.childCount()))
            heading.setHidden(not shown)
        self._mark_best(words)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for item in self._kind_items():
                item.setIcon(0, category_icon(item.data(0, _KIND + 2), self.palette()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys in the search field: Up and Down move through the list, Enter adds, Escape leaves."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.list.viewport().update()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentItem())
        elif event.key() == Qt.Key.Key_Escape:
            self.search_field.clear()
            self.left.emit()
        else:
            return False
        return True

    def _make_search(self) -> None:
        self.search_field = QLineEdit(self)
        self.search_field.setPlaceholderText(self.tr("Add a layer or block"))
        self.search_field.setAccessibleName(self.tr("Search layers and blocks"))
        self.search_field.setClearButtonEnabled(True)
        self._search_icon = QAction(self)
        set_icon(self._search_icon, "search")
        self.search_field.addAction(self._search_icon, QLineEdit.ActionPosition.LeadingPosition)
        self.search_field.textChanged.connect(self.search)
        self.search_field.installEventFilter(self)

    def _add(self, kind: Kind) -> None:
        item = QTreeWidgetItem(self._heading(kind.category), [kind.title])
        item.setIcon(0, category_icon(kind.category, self.palette()))
        item.setToolTip(0, kind.help)
        item.setData(0, _KIND, kind.name)
        item.setData(0, _KIND + 1, f"{kind.title} {kind.name} {kind.category} {kind.help}".casefold())
        item.setData(0, _KIND + 2, kind.category)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)

    def _heading(self, category: str) -> QTreeWidgetItem:
        title = self._titles.get(category, category.capitalize())
        found = next((heading for heading in self._headings() if heading.text(0) == title), None)
        if found is not None:
            return found
        heading = QTreeWidgetItem(self.list, [title])
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = self.list.font()
        font.setBold(True)
        heading.setFont(0, font)
        heading.setExpanded(True)
        return heading

    def _headings(self) -> list[QTreeWidgetItem]:
        return [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]

    def _kind_items(self) -> list[QTreeWidgetItem]:
        return [heading.child(row) for heading in self._headings() for row in range(heading.childCount())]

    def _mark_best(self, words: Sequence[str]) -> None:
        shown = [item for item in self._kind_items() if not item.isHidden()]
        named = [item for item in shown if all(word in item.text(0).casefold() for word in words)]
        self.list.setCurrentItem(next(iter(named or shown), None))

    def _move(self, step: int) -> None:
        shown = [item for item in self._kind_items() if not item.isHidden()]
        current = self.list.currentItem()
        if shown:
            place = shown.index(current) + step if current in shown else 0
            self.list.setCurrentItem(shown[max(0, min(place, len(shown) - 1))])

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, _KIND):
            self.kind_chosen.emit(item.data(0, _KIND))

    def _category_titles(self) -> dict[str, str]:
        return {
            "convolution": self.tr("Convolution"),
            "normalisation": self.tr("Normalisation"),
            "activation": self.tr("Activation"),
            "pooling": self.tr("Pooling"),
            "regularisation": self.tr("Regularisation"),
            "vector": self.tr("Shape and dense"),
            "block": self.tr("Blocks"),
        }


class _KindRows(AiryRows):
    """Headings in second rank; a choice shows only while the keyboard is here."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        if not self.parent().is_used():
            option.state &= ~QStyle.StateFlag.State_Selected
        if not index.parent().isValid():
            muted = option.palette.color(QPalette.ColorRole.PlaceholderText)
            option.palette.setColor(QPalette.ColorRole.Text, muted)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        inset = QStyleOptionViewItem(option)
        inset.rect.setLeft(option.rect.left() + (_INSET if index.parent().isValid() else 0))
        super().paint(painter, inset, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return super().sizeHint(option, index).expandedTo(QSize(0, CHIP + 3))


class _KindList(QTreeWidget):
    """Headings and kinds; a kind can be dragged away as KIND_MIME."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setIconSize(QSize(CHIP, CHIP))
        self.setItemDelegate(_KindRows(self))
        self.setUniformRowHeights(True)
        self.setItemsExpandable(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def is_used(self) -> bool:
        """The keyboard goes to it or to the search field that moves through it."""
        focused = QApplication.focusWidget()
        return focused is not None and self.parentWidget().isAncestorOf(focused)

    def drag_data(self, item: QTreeWidgetItem) -> QMimeData:
        data = QMimeData()
        data.setData(KIND_MIME, QByteArray(item.data(0, _KIND).encode()))
        return data

    def startDrag(self, supported: Qt.DropAction) -> None:  # noqa: ARG002 -- Qt's name and arguments
        item = self.currentItem()
        if item is not None and item.data(0, _KIND):
            drag = QDrag(self)
            drag.setMimeData(self.drag_data(item))
            drag.setPixmap(item.icon(0).pixmap(CHIP, CHIP))
            drag.exec(Qt.DropAction.CopyAction)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.currentItem() is None:
            self.setCurrentItem(self.topLevelItem(0).child(0) if self.topLevelItemCount() else None)
