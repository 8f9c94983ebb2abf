"""Pictures that were answered in some way, to look at one by one: which is taken for what, and how surely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from cnnviz.core.training.evaluation_values import Answer
from cnnviz.core.training.sample_edits import SampleEdits
from cnnviz.gui.widgets.evaluation_words import edit_text
from cnnviz.gui.widgets.images import rgb_image

SIDE = 56
"""Of a small picture, in pixels of the layout."""

_KEY = int(Qt.ItemDataRole.UserRole)


class AnswerGallery(QListWidget):
    """``answer_chosen``: an Answer, by click or key. Setters emit nothing."""

    answer_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers: dict[str, Answer] = {}
        self._items: dict[str, QListWidgetItem] = {}
        self._classes: tuple[str, ...] = ()
        self._edits = SampleEdits()
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setGridSize(QSize(SIDE + 26, SIDE + 2 * self.fontMetrics().height() + 12))
        self.currentItemChanged.connect(self._follow_keys)
        self.itemClicked.connect(self._announce)

    @property
    def side(self) -> int:
        """Of the pictures that are wanted, in device pixels."""
        return round(SIDE * self.devicePixelRatioF())

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._answers)

    @property
    def chosen(self) -> Answer | None:
        item = self.currentItem()
        return None if item is None else self._answers.get(item.data(_KEY))

    # --------------------------------------------------------------------------------------------------------- setters

    def show_answers(self, answers: Sequence[Answer], classes: Sequence[str]) -> None:
        """Without pictures yet."""
        blocked = self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        self.clear()
        self._classes = tuple(classes)
        self._answers = {answer.key: answer for answer in answers}
        self._items = {key: self._item(answer) for key, answer in self._answers.items()}
        self.blockSignals(blocked)

    def show_pictures(self, keys: Sequence[str], pictures: NDArray[np.uint8]) -> None:
        """N×side×side×3."""
        ratio = self.devicePixelRatioF()
        for key, pixels in zip(keys, pictures, strict=True):
            if key in self._items:
                pixmap = QPixmap.fromImage(rgb_image(pixels))
                pixmap.setDevicePixelRatio(ratio)
                self._items[key].setIcon(QIcon(pixmap))

    def show_edits(self, edits: SampleEdits) -> None:
        """What was corrected."""
        self._edits = edits
        for key, item in self._items.items():
            item.setText(self._text(self._answers[key]))

    # ---------------------------------------------------------------------------------------------------------- inside

    def _item(self, answer: Answer) -> QListWidgetItem:
        empty = QPixmap(self.iconSize())
        empty.fill(QColor(Qt.GlobalColor.transparent))
        item = QListWidgetItem(QIcon(empty), self._text(answer), self)
        item.setData(_KEY, answer.key)
        item.setToolTip(answer.key)
        item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        return item

    def _text(self, answer: Answer) -> str:
        """What it is taken for, how surely, and what was made of it."""
        pair = f"{self._classes[answer.label]} → {self._classes[answer.predicted]}"
        changed = edit_text(self._edits, answer.key)
        return f"{pair}\n{changed or f'{answer.probability:.0%}'.replace('%', ' %')}"

    def _follow_keys(self, item: QListWidgetItem | None) -> None:
        """A click tells by itself, also of the item that is chosen already."""
        if item is not None and QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._announce(item)

    def _announce(self, item: QListWidgetItem) -> None:
        answer = self._answers.get(item.data(_KEY))
        if answer is not None:
            self.answer_chosen.emit(answer)
