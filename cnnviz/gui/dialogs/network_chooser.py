"""Chooses a network and its weights, of the registry or of a file, beside the running window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.networks.values import NetworkChoice, NetworkEntry
from cnnviz.core.reports import Problem, Progress
from cnnviz.gui.widgets.entry_model import ORIGINS, origin_text
from cnnviz.gui.widgets.entry_table import EntryTable
from cnnviz.gui.widgets.message_line import MessageLine
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.timeline_view import TimelineView
from cnnviz.gui.widgets.weights_form import WeightsForm

LIST, TIMELINE = range(2)
_MARK_KEYS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


class NetworkChooser(QDialog):
    """``entries_requested``: opened. ``cancel_requested``: a task's name."""

    network_requested = Signal(object)
    entries_requested = Signal()
    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Choose a network"))
        self.setModal(False)
        self._entries: tuple[NetworkEntry, ...] = ()
        self._choice: NetworkChoice | None = None
        self._waiting = False
        self._make_views()
        self._make_widgets()
        self._connect()
        self._arrange()
        self.resize(960, 680)
        self._show_entry(None)

    def show_entries(self, entries: Sequence[NetworkEntry]) -> None:
        """The registry; the network on view stays marked."""
        if self._entries == tuple(entries):
            return
        self._entries = tuple(entries)
        self.table.show_entries(self._entries)
        self._offer_origins()
        self._search()
        if self.table.current_entry() is not None:
            return  # of what was searched for before there was a list
        self._mark(self._choice.name if self._choice else self._entries[0].name if self._entries else "")
        if self._choice:
            self._show_in_form(self._choice)

    def show_choice(self, choice: NetworkChoice) -> None:
        """The network that runs. Closes the dialog if it was asked for here."""
        self._choice = choice
        self._show_in_form(choice)
        if self._waiting:
            self._set_waiting(waiting=False)
            self.close()

    def show_progress(self, progress: Progress) -> None:
        self.message_line.show_progress(progress)

    def show_problem(self, problem: Problem) -> None:
        """Why the network that was asked for could not be opened; the dialog stays for another try."""
        self.message_line.show_problem(problem)
        self._set_waiting(waiting=False)

    @property
    def waiting(self) -> bool:
        """A network was asked for and is not open yet."""
        return self._waiting

    def ask_for_file(self) -> QFileDialog:
        """Opens the file dialog beside the running window; the file that is chosen is opened at once."""
        dialog = QFileDialog(self, self.tr("Open a network"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [
                self.tr("Networks (*.json *.pt *.pth *.pt2 *.onnx *.py)"),
                self.tr("Spec (*.json)"),
                self.tr("TorchScript (*.pt *.pth)"),
                self.tr("torch.export (*.pt2)"),
                self.tr("ONNX (*.onnx)"),
                self.tr("Python (*.py)"),
                self.tr("All files (*)"),
            ]
        )
        dialog.fileSelected.connect(self.open_file)
        dialog.open()
        return dialog

    def open_file(self, path: str) -> None:
        """Asks for the network in this file; a Python file's code is asked about before it runs."""
        self._show_in_form(NetworkChoice(Path(path).name, file=path))
        self._request()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._entries:
            self.count_label.setText(self.tr("Reading the list of networks…"))
        self.entries_requested.emit()  # also again: weights may have been downloaded meanwhile
        self.search_field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The search field leaves the keys that move the mark to the table."""
        if event.key() in _MARK_KEYS and self.search_field.hasFocus():
            self.table.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_views(self) -> None:
        self.search_field = QLineEdit(self)
        self.search_field.setPlaceholderText(self.tr("Search by name, year or origin"))
        self.search_field.setClearButtonEnabled(True)
        self.origin_box = QComboBox(self)
        self.origin_box.setToolTip(self.tr("Where the networks come from"))
        self.table = EntryTable(self)
        self.timeline = TimelineView(self)
        self.views = QStackedWidget(self)
        self.views.addWidget(self.table)
        self.views.addWidget(self.timeline)
        self.view_buttons = QButtonGroup(self)
        for place, words in ((LIST, self.tr("List")), (TIMELINE, self.tr("Timeline 1979–2016"))):
            button = SegmentButton(words, self)
            self.view_buttons.addButton(button, place)
        self.view_buttons.button(LIST).setChecked(True)
        self._offer_origins()

    def _make_widgets(self) -> None:
        self.count_label = QLabel(self)
        self.note_label = QLabel(self)
        self.note_label.setWordWrap(True)
        self.form = WeightsForm(self)
        self.message_line = MessageLine(self)
        self.message_line.hide()
        self.message_line.shown_changed.connect(self.message_line.setVisible)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        for button in self.buttons.buttons():
            button.setIcon(QIcon())  # the style's own is black in the dark
        self.open_button = QPushButton(self.tr("Open network"), self)
        self.open_button.setDefault(True)
        self.buttons.addButton(self.open_button, QDialogButtonBox.ButtonRole.ActionRole)
        self.file_button = QPushButton(self.tr("Open file…"), self)
        self.file_button.setAutoDefault(False)
        self.file_button.setToolTip(self.tr("A spec, a TorchScript, torch.export, ONNX or Python file"))

    def _connect(self) -> None:
        self.search_field.textChanged.connect(self._search)
        self.origin_box.currentIndexChanged.connect(self._search)
        self.view_buttons.idClicked.connect(self._show_view)
        self.table.entry_chosen.connect(self._show_entry)
        self.table.entry_activated.connect(lambda _: self._request())
        self.timeline.milestone_chosen.connect(self._choose_milestone)
        self.timeline.milestone_activated.connect(lambda _: self._request())
        self.form.weights_box.currentIndexChanged.connect(self._allow_opening)
        self.form.file_field.path_changed.connect(self._allow_opening)
        self.open_button.clicked.connect(self._request)
        self.file_button.clicked.connect(self.ask_for_file)
        self.buttons.rejected.connect(self.close)
        self.message_line.cancel_requested.connect(self.cancel_requested)
        self.message_line.way_out_taken.connect(self._send)

    def _arrange(self) -> None:
        segments = QHBoxLayout()
        segments.setSpacing(0)
        for button in self.view_buttons.buttons():
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(button.text()) + 24)
            segments.addWidget(button)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.search_field, 1)
        top.addWidget(self.origin_box)
        top.addLayout(segments)
        bottom = QHBoxLayout()
        bottom.addWidget(self.file_button)
        bottom.addWidget(self.buttons, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.views, 1)
        layout.addWidget(self.count_label)
        layout.addWidget(self.note_label)
        layout.addWidget(self.form)
        layout.addWidget(self.message_line)
        layout.addLayout(bottom)

    def _offer_origins(self) -> None:
        """Those that there are networks of; the one that is chosen stays."""
        chosen = self.origin_box.currentData()
        there = {entry.origin for entry in self._entries}
        blocked = self.origin_box.blockSignals(True)  # noqa: FBT003 -- Qt's own
        self.origin_box.clear()
        self.origin_box.addItem(self.tr("All origins"), "")
        for origin in ORIGINS:
            if origin in there:
                self.origin_box.addItem(origin_text(origin), origin)
        self.origin_box.setCurrentIndex(max(self.origin_box.findData(chosen), 0))
        self.origin_box.blockSignals(blocked)

    # -------------------------------------------------------------------------------------------------------- the views

    def _search(self) -> None:
        found = self.table.show_only(self.search_field.text(), self.origin_box.currentData() or "")
        number = len(self._entries)
        if self.views.currentIndex() == TIMELINE:
            words = self.tr("The course's history of convolutional networks, with the accuracy published at the time")
        elif found != number:
            words = self.tr("%1 of %2 networks")
        else:
            words = self.tr("%2 networks")
        self.count_label.setText(words.replace("%1", str(found)).replace("%2", str(number)))

    def _show_view(self, place: int) -> None:
        self.views.setCurrentIndex(place)
        for widget in (self.search_field, self.origin_box):
            widget.setEnabled(place == LIST)
        if place == LIST:
            self.table.mark(self.timeline.current_name())
        else:
            entry = self.table.current_entry()
            self.timeline.mark(entry.name if entry else "")
        self._search()

    def _mark(self, name: str) -> None:
        self.table.mark(name)
        self.timeline.mark(name)

    def _choose_milestone(self, name: str) -> None:
        """In the list the same network is marked, once it is on view again."""
        entry = self.table.entry(name)
        if entry is not None:
            self._show_entry(entry)

    def _show_entry(self, entry: NetworkEntry | None) -> None:
        self.form.setEnabled(entry is not None)
        if entry is not None:
            self.form.show_entry(entry)
        self._show_note(entry.note if entry else "")
        self._allow_opening()

    def _show_in_form(self, choice: NetworkChoice) -> None:
        if choice.file or choice.spec:
            self.table.clear_mark()
            self.timeline.mark("")
            self.form.setEnabled(True)
            self._show_note("")
        else:
            self._mark(choice.name)
        self.form.show_choice(choice)
        self._allow_opening()

    def _show_note(self, note: str) -> None:
        self.note_label.setText(note)
        self.note_label.setVisible(bool(note))

    # --------------------------------------------------------------------------------------------------------- requests

    def _allow_opening(self) -> None:
        self.open_button.setEnabled(self.form.isEnabled() and self.form.choice() is not None and not self._waiting)

    def _request(self) -> None:
        choice = self.form.choice()
        if choice is not None and self.open_button.isEnabled():
            self._send(choice)

    def _send(self, choice: NetworkChoice) -> None:
        self.message_line.clear_problem()
        self._set_waiting(waiting=True)
        self.network_requested.emit(choice)

    def _set_waiting(self, *, waiting: bool) -> None:
        self._waiting = waiting
        self._allow_opening()
