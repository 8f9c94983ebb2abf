"""The runs that are drawn: colour, name, state, and their values below the mouse or the newest ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from cnnviz.gui.widgets.curves_series import Across, Quantity, RunCurves
from cnnviz.gui.widgets.number_text import percent_text, short_value_text, value_text
from cnnviz.gui.widgets.run_names import telling_names
from cnnviz.gui.widgets.train_words import state_text

NAME, STATE, STEP, LOSS, VALIDATION_LOSS, ACCURACY, VALIDATION_ACCURACY, RATE = range(8)
MOST_ROWS = 5
_PATH = int(Qt.ItemDataRole.UserRole)
_LETTERS, _NAME_LETTERS = 10, 16
_LONG = 1e5
"""Widths of the columns, and the least of the name's."""
_BY_WEIGHT = (VALIDATION_ACCURACY, LOSS, VALIDATION_LOSS, ACCURACY, STATE, STEP, RATE)
_CHIP = 12
_EDGE = (255, 255, 255)
"""Around a chip: it lies on the mark of the chosen row, too."""


class CurvesTable(QTreeWidget):
    """A row a run. ``run_chosen``: its path. ``run_switched``: a path, and whether its curves are drawn.
    ``run_removed``: a path, by Delete.
    """

    run_chosen = Signal(object)
    run_switched = Signal(object, bool)
    run_removed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(8)
        self.setHeaderLabels(
            [
                self.tr("Run"),
                self.tr("State"),
                self.tr("Step"),
                self.tr("Loss"),
                self.tr("Val. loss"),
                self.tr("Accuracy"),
                self.tr("Val. acc."),
                self.tr("Rate"),
            ]
        )
        self._explain_columns()
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setIconSize(QSize(_CHIP, _CHIP))
        self._arrange_columns()
        self.currentItemChanged.connect(lambda item, _: item and self.run_chosen.emit(item.data(NAME, _PATH)))
        self.itemChanged.connect(self._switch)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self._height())

    # --------------------------------------------------------------------------------------------------------- setters

    def show_runs(self, runs: Sequence[RunCurves], hidden: frozenset[Path], chosen: Path | None) -> None:
        """As they are now; emits nothing."""
        self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        while self.topLevelItemCount() > len(runs):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        while self.topLevelItemCount() < len(runs):
            self.addTopLevelItem(QTreeWidgetItem())
        names = telling_names([run.title for run in runs])
        for number, run in enumerate(runs):
            item = self.topLevelItem(number)
            item.setText(NAME, names[number])
            self._show_run(item, run, drawn=run.path not in hidden)
            if run.path == chosen:
                self.setCurrentItem(item)
        self.blockSignals(False)  # noqa: FBT003 -- Qt's own
        self.updateGeometry()

    def show_values(self, runs: Sequence[RunCurves], across: Across, place: float | None) -> None:
        """Where the mouse is; None: the newest."""
        self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        for number, run in enumerate(runs[: self.topLevelItemCount()]):
            for column, text in value_texts(run, across, place).items():
                self.topLevelItem(number).setText(column, text)
        self.blockSignals(False)  # noqa: FBT003 -- Qt's own

    # ---------------------------------------------------------------------------------------------------------- events

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._follow_text_size()
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drop_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() == Qt.Key.Key_Delete and item is not None:
            self.run_removed.emit(item.data(NAME, _PATH))
        else:
            super().keyPressEvent(event)

    def _switch(self, item: QTreeWidgetItem, column: int) -> None:
        if column == NAME:
            self.run_switched.emit(item.data(NAME, _PATH), item.checkState(NAME) == Qt.CheckState.Checked)

    # --------------------------------------------------------------------------------------------------------- showing

    def _show_run(self, item: QTreeWidgetItem, run: RunCurves, *, drawn: bool) -> None:
        item.setData(NAME, _PATH, run.path)
        item.setToolTip(NAME, str(run.path))
        item.setIcon(NAME, _chip(run.color))
        item.setCheckState(NAME, Qt.CheckState.Checked if drawn else Qt.CheckState.Unchecked)
        status, problem = run.view.status, run.view.problem
        item.setText(STATE, self.tr("Gone") if problem else state_text(status.state))
        item.setToolTip(STATE, problem or status.message)
        for column in range(STEP, RATE + 1):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _explain_columns(self) -> None:
        head = self.headerItem()
        head.setToolTip(LOSS, self.tr("Training, smoothed: the strong line"))
        head.setToolTip(VALIDATION_LOSS, self.tr("Validation: the dashed line; the ring is the best so far"))
        head.setToolTip(ACCURACY, head.toolTip(LOSS))
        head.setToolTip(VALIDATION_ACCURACY, head.toolTip(VALIDATION_LOSS))
        head.setToolTip(RATE, self.tr("The learning rate"))
        for column in range(STEP, RATE + 1):
            head.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(30)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in range(STATE, RATE + 1):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
        self._follow_text_size()

    def _follow_text_size(self) -> None:
        letters = self.fontMetrics().averageCharWidth()
        for column in range(STATE, RATE + 1):
            self.setColumnWidth(column, _LETTERS * letters)
        self._drop_columns()

    def _drop_columns(self) -> None:
        """Where all do not fit, those that can be spared most are not there."""
        letters = self.fontMetrics().averageCharWidth()
        room = self.viewport().width() - _NAME_LETTERS * letters
        kept = max(0, int(room // (_LETTERS * letters)))
        for place, column in enumerate(_BY_WEIGHT):
            self.setColumnHidden(column, place >= kept)

    def _height(self) -> int:
        rows = min(max(1, self.topLevelItemCount()), MOST_ROWS)
        row = self.sizeHintForRow(0) if self.topLevelItemCount() else self.fontMetrics().height() + 4
        return self.header().sizeHint().height() + rows * row + 2 * self.frameWidth() + 1


def value_texts(run: RunCurves, across: Across, place: float | None) -> dict[int, str]:
    """By column."""
    rows = {split: _row(run, split, across, place) for split in ("train", "validation")}
    texts = dict.fromkeys(range(STEP, RATE + 1), "")
    if rows["train"] is not None:
        texts[STEP] = f"{int(run.view.series['train'].steps[rows['train']]):,}"
    for column, quantity, split, words in (
        (LOSS, "loss", "train", _loss_text),
        (VALIDATION_LOSS, "loss", "validation", _loss_text),
        (ACCURACY, "accuracy", "train", percent_text),
        (VALIDATION_ACCURACY, "accuracy", "validation", percent_text),
        (RATE, "learning_rate", "train", short_value_text),
    ):
        texts[column] = _value(run, quantity, split, rows[split], words)
    return texts


def _row(run: RunCurves, split: str, across: Across, place: float | None) -> int | None:
    count = len(run.places(split, across))
    if place is None or not count:
        return count - 1 if count else None
    return run.row_at(split, across, place)


def _value(run: RunCurves, quantity: Quantity, split: str, row: int | None, words: object) -> str:
    if row is None:
        return ""
    value = run.value_at(quantity, split, row)
    return "" if math.isnan(value) else words(value)


def _loss_text(value: float) -> str:
    """``0.0313``, ``1.66e16``: of an explosion too it fits its column."""
    return (value_text(value) if abs(value) < _LONG else short_value_text(value)).replace("e+", "e")


def _chip(color: tuple[int, int, int]) -> QIcon:
    chip = QPixmap(_CHIP, _CHIP)
    chip.fill(QColor(*_EDGE))
    painter = QPainter(chip)
    painter.fillRect(chip.rect().adjusted(1, 1, -1, -1), QColor(*color))
    painter.end()
    return QIcon(chip)
