"""What sets the runs on view apart: a row a setting, a column a run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from cnnviz.gui.training_settings import differences
from cnnviz.gui.widgets.curves_series import RunCurves
from cnnviz.gui.widgets.run_names import telling_names
from cnnviz.gui.widgets.train_rows import label_of

MOST_ROWS = 8


class CurvesDifferences(QWidget):
    """Of the runs whose configuration was read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: object = None
        self.words_label = QLabel(self)
        self.words_label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.words_label.setWordWrap(True)
        self.table = QTreeWidget(self)
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.words_label)
        layout.addWidget(self.table)

    def show_runs(self, runs: Sequence[RunCurves]) -> None:
        known = [run for run in runs if run.view.configuration is not None]
        key = [(run.path, run.color, run.view.configuration) for run in known]
        if key == self._shown:
            return
        self._shown = key
        found = differences([run.view.configuration for run in known])
        self.words_label.setText(self._words(len(known), len(found)))
        self.table.setVisible(bool(found))
        self.table.clear()
        self.table.setHeaderLabels([self.tr("Setting"), *telling_names([run.title for run in known])])
        for number, run in enumerate(known, 1):
            self.table.headerItem().setForeground(number, QColor(*run.color))
        self.table.addTopLevelItems([QTreeWidgetItem([label_of(each.place), *each.texts]) for each in found])
        self._fit()

    def _words(self, runs: int, settings: int) -> str:
        if runs < 2:
            return self.tr("Draw two runs or more to see what sets them apart.")
        if not settings:
            return self.tr("These runs have the same settings.")
        return self.tr("What differs between these runs:")

    def _fit(self) -> None:
        header = self.table.header()
        header.setStretchLastSection(False)
        for column in range(self.table.columnCount()):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        rows = min(self.table.topLevelItemCount(), MOST_ROWS)
        height = header.sizeHint().height() + rows * self.table.sizeHintForRow(0) + 2 * self.table.frameWidth()
        self.table.setFixedHeight(max(height, 0))
