"""The runs of this computer, the newest first: which there are, how they stand, and a word to take one up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from cnnviz.core.training.values import RunStatus
from cnnviz.gui.run_places import RunEntry
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.number_text import percent_text
from cnnviz.gui.widgets.run_names import telling_names
from cnnviz.gui.widgets.train_words import state_text

NAME, STATE, BEST, WHEN = range(4)
_PATH = int(Qt.ItemDataRole.UserRole)


class RunList(QTreeWidget):
    """``run_chosen``: its path, by a click or the arrows."""

    run_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels([self.tr("Run"), self.tr("State"), self.tr("Best"), self.tr("Changed")])
        self.headerItem().setToolTip(BEST, self.tr("The best validation accuracy"))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column in (STATE, BEST, WHEN):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.currentItemChanged.connect(lambda item, _: item and self.run_chosen.emit(item.data(NAME, _PATH)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 80)

    def sizeHint(self) -> QSize:
        """It takes the room that is left: asking for more would make the page scroll."""
        return self.minimumSizeHint()

    # --------------------------------------------------------------------------------------------------------- setters

    def show_entries(self, entries: Sequence[RunEntry]) -> None:
        """As they are now; the chosen one stays chosen. Emits nothing."""
        chosen = self.chosen()
        blocked = self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        self.clear()
        for entry in entries:
            self.addTopLevelItem(self._item(entry))
        self._name_items()
        self.blockSignals(blocked)
        self.choose(chosen)

    def show_run(self, view: RunView) -> None:
        """One that is followed; it comes first if it is new."""
        item = self._item_of(view.path)
        blocked = self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        if item is None:
            self.insertTopLevelItem(0, self._item(RunEntry(view.path, view.status, view.status.heartbeat)))
            self._name_items()
        else:
            self._show_status(item, view.status, view.problem)
        self.blockSignals(blocked)

    def choose(self, path: Path | None) -> None:
        """Emits nothing."""
        blocked = self.blockSignals(True)  # noqa: FBT003 -- Qt's own
        self.setCurrentItem(self._item_of(path) if path is not None else None)
        self.blockSignals(blocked)
        self.viewport().update()

    def chosen(self) -> Path | None:
        item = self.currentItem()
        return None if item is None else item.data(NAME, _PATH)

    def paths(self) -> tuple[Path, ...]:
        return tuple(self.topLevelItem(number).data(NAME, _PATH) for number in range(self.topLevelItemCount()))

    # --------------------------------------------------------------------------------------------------------- showing

    def _item(self, entry: RunEntry) -> QTreeWidgetItem:
        item = QTreeWidgetItem()
        item.setData(NAME, _PATH, entry.path)
        item.setToolTip(NAME, str(entry.path))
        moment = QDateTime.fromSecsSinceEpoch(round(entry.changed))
        item.setText(WHEN, QLocale().toString(moment, "d MMM hh:mm") if entry.changed else "")
        item.setTextAlignment(BEST, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._show_status(item, entry.status)
        return item

    def _name_items(self) -> None:
        for number, name in enumerate(telling_names([path.name for path in self.paths()])):
            self.topLevelItem(number).setText(NAME, name)

    def _show_status(self, item: QTreeWidgetItem, status: RunStatus, problem: str = "") -> None:
        item.setText(STATE, self.tr("Gone") if problem else state_text(status.state))
        item.setToolTip(STATE, problem or status.message)
        item.setText(BEST, "" if status.best_accuracy is None else percent_text(status.best_accuracy))

    def _item_of(self, path: Path) -> QTreeWidgetItem | None:
        items = (self.topLevelItem(number) for number in range(self.topLevelItemCount()))
        return next((item for item in items if item.data(NAME, _PATH) == path), None)
