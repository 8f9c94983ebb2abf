"""Which data a network is trained on, where it is, and whether it must be fetched first."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from cnnviz.core.reports import Progress
from cnnviz.core.training.data.named import FOLDER, NAMED_SETS, SHAPES, data_cache
from cnnviz.core.training.values import DataChoice
from cnnviz.gui.data_places import fetch_words, found_in, missing_words, short_path
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.progress_line import ProgressLine
from cnnviz.gui.widgets.train_layout import settings_label, settings_layout


class DataFields(QWidget):
    """``changed``: another DataChoice, by the user's hand. ``fetch_wanted``: it is to be fetched now.
    ``cancel_requested``: a task's name.
    """

    changed = Signal(object)
    fetch_wanted = Signal()
    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = DataChoice()
        self.data_box = QComboBox(self)
        self.data_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.data_box.setMinimumContentsLength(10)
        self.data_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for named in NAMED_SETS.values():
            self.data_box.addItem(named.title, named.name)
        self.data_box.addItem(self.tr("Shapes, drawn by the program"), SHAPES)
        self.data_box.addItem(self.tr("A folder of class folders"), FOLDER)
        self.root_field = QLineEdit(self)
        self.root_field.setClearButtonEnabled(True)
        self.root_button = QToolButton(self)
        self.root_button.setToolTip(self.tr("Choose the folder"))
        set_icon(self.root_button, "open")
        self.state_label = ElidedLabel("", self, muted=True)
        self.fetch_button = QPushButton(self)
        self.progress = ProgressLine(self)
        self._arrange()
        self._connect()
        self.show_choice(self._choice)

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def choice(self) -> DataChoice:
        return self._choice

    @property
    def problem(self) -> str:
        """Why it cannot be trained on as it is, as a sentence; empty where it can."""
        return missing_words(self._choice) if self._choice.name == FOLDER else ""

    def show_choice(self, choice: DataChoice) -> None:
        """Emits nothing."""
        self._choice = choice
        self.data_box.setCurrentIndex(self.data_box.findData(choice.name))
        if self.root_field.text().strip() != choice.root:
            self.root_field.setText(choice.root)
        self.root_field.setPlaceholderText("" if choice.name == FOLDER else short_path(data_cache()))
        self._form.setRowVisible(self._root_row, choice.name != SHAPES)
        self.show_place()

    def show_place(self) -> None:
        """Looks again whether the data is there."""
        fetch = fetch_words(self._choice)
        self.fetch_button.setText(fetch)
        self.fetch_button.setVisible(bool(fetch) and not self.progress.is_busy)
        self.state_label.set_text(self._place_words())

    def _place_words(self) -> str:
        named = NAMED_SETS.get(self._choice.name)
        if named is None:
            return self._own_words()
        folder = found_in(named, self._choice.root)
        if folder is None:
            return self.tr("Not on this computer yet")
        return self.tr("Found in %1").replace("%1", str(folder))

    def show_progress(self, progress: Progress) -> None:
        """Of fetching or reading data."""
        self.progress.show_progress(progress)
        self.show_place()

    def _own_words(self) -> str:
        if self._choice.name == SHAPES:
            return self.tr("Six shapes, 3,000 pictures; nothing to fetch")
        if not self._choice.root:
            return self.tr("A folder for each class; or train, validation and test with such folders")
        return self.tr("Found") if not self.problem else self.tr("There is no such folder")

    # ------------------------------------------------------------------------------------------------- the user's hand

    def ask_for_root(self) -> QFileDialog:
        dialog = QFileDialog(self, self.tr("Where the data is"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._take_root)
        dialog.open()
        return dialog

    def _take_root(self, root: str) -> None:
        self._take(replace(self._choice, root=root.strip()))

    def _choose(self, index: int) -> None:
        name = self.data_box.itemData(index)
        own = FOLDER in (name, self._choice.name)
        self._take(replace(self._choice, name=name, root="" if own else self._choice.root))

    def _take(self, choice: DataChoice) -> None:
        if choice != self._choice:
            self.show_choice(choice)
            self.changed.emit(choice)

    # ---------------------------------------------------------------------------------------------------------- making

    def _arrange(self) -> None:
        self._root_row = QWidget(self)
        row = QHBoxLayout(self._root_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.root_field, 1)
        row.addWidget(self.root_button)
        state = QHBoxLayout()
        state.addWidget(self.state_label, 1)
        state.addWidget(self.fetch_button)
        self._form = settings_layout(self)
        self._form.addRow(settings_label(self.tr("Data"), self.data_box, self), self.data_box)
        self._form.addRow(settings_label(self.tr("Folder"), self.root_field, self), self._root_row)
        self._form.addRow("", state)
        self._form.addRow(self.progress)

    def _connect(self) -> None:
        self.data_box.activated.connect(self._choose)
        self.root_field.textEdited.connect(self._take_root)
        self.root_button.clicked.connect(self.ask_for_root)
        self.fetch_button.clicked.connect(self.fetch_wanted)
        self.progress.cancel_requested.connect(self.cancel_requested)
