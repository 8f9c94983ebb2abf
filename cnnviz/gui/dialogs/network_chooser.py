"""Chooses a network of the registry and its weights, beside the running window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cnnviz.core.values import NetworkChoice, NetworkEntry, Problem, Progress
from cnnviz.gui.widgets.entry_table import EntryTable
from cnnviz.gui.widgets.message_line import MessageLine
from cnnviz.gui.widgets.weights_form import WeightsForm


class NetworkChooser(QDialog):
    """``entries_requested``: opened for the first time. ``cancel_requested``: a task's name."""

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
        self._make_widgets()
        self._connect()
        self._arrange()
        self.resize(560, 600)
        self._show_entry(None)

    def show_entries(self, entries: Sequence[NetworkEntry]) -> None:
        """The registry; the network on view stays marked."""
        self._entries = tuple(entries)
        self.table.show_entries(self._entries)
        self._search(self.search_field.text())
        self.table.mark(self._choice.name if self._choice else self._entries[0].name if self._entries else "")
        if self._choice:
            self.form.show_choice(self._choice)

    def show_choice(self, choice: NetworkChoice) -> None:
        """The network that runs. Closes the dialog if it was asked for here."""
        self._choice = choice
        self.table.mark(choice.name)
        self.form.show_choice(choice)
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
        """A network was asked for here and is neither open nor refused yet."""
        return self._waiting

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search_field.setFocus()
        if not self._entries:
            self.count_label.setText(self.tr("Reading the list of networks…"))
            self.entries_requested.emit()

    def _make_widgets(self) -> None:
        self.search_field = QLineEdit(self)
        self.search_field.setPlaceholderText(self.tr("Search networks"))
        self.search_field.setClearButtonEnabled(True)
        self.count_label = QLabel(self)
        self.table = EntryTable(self)
        self.form = WeightsForm(self)
        self.message_line = MessageLine(self)
        self.message_line.hide()
        self.message_line.shown_changed.connect(self.message_line.setVisible)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.open_button = QPushButton(self.tr("Open network"), self)
        self.open_button.setDefault(True)
        self.buttons.addButton(self.open_button, QDialogButtonBox.ButtonRole.ActionRole)

    def _connect(self) -> None:
        self.search_field.textChanged.connect(self._search)
        self.table.entry_chosen.connect(self._show_entry)
        self.table.entry_activated.connect(lambda _: self._request())
        self.form.weights_box.currentIndexChanged.connect(self._allow_opening)
        self.form.file_field.path_changed.connect(self._allow_opening)
        self.open_button.clicked.connect(self._request)
        self.buttons.rejected.connect(self.close)
        self.message_line.cancel_requested.connect(self.cancel_requested)
        self.message_line.replace_head_requested.connect(self._send)

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addWidget(self.search_field)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.count_label)
        layout.addWidget(self.form)
        layout.addWidget(self.message_line)
        layout.addWidget(self.buttons)

    def _search(self, text: str) -> None:
        found, number = self.table.search(text), len(self._entries)
        words = self.tr("{found} of {number} networks") if found != number else self.tr("{number} networks")
        self.count_label.setText(words.format(found=found, number=number))

    def _show_entry(self, entry: NetworkEntry | None) -> None:
        self.form.setEnabled(entry is not None)
        if entry is not None:
            self.form.show_entry(entry)
        self._allow_opening()

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
