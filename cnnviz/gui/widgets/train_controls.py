"""One run: how far it is, what its trainer can be told, and why it ended if it did."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.training.values import Control, ControlAction, RunConfiguration
from cnnviz.gui.run_view import RunView
from cnnviz.gui.training_settings import limits_at, value_at
from cnnviz.gui.widgets.diagnosis_list import DiagnosisList
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.flow_layout import FlowLayout
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.tool_row import tool_button
from cnnviz.gui.widgets.train_fields import NumberField
from cnnviz.gui.widgets.train_layout import settings_label, settings_layout
from cnnviz.gui.widgets.train_words import best_text, pace_text, progress_text, remaining_text, state_text
from cnnviz.gui.widgets.transfer_now import TransferNow

_CHANGEABLE: tuple[tuple[ControlAction, str], ...] = (
    ("learning-rate", "optimizer.learning_rate"),
    ("momentum", "optimizer.momentum"),
    ("weight-decay", "optimizer.weight_decay"),
)
_OVER = frozenset({"finished", "stopped", "failed"})


class RunControls(QWidget):
    """``ordered``: a Control for the run on view. ``resume_requested``: go on with it, at this learning rate (None: its
    own). ``watch_requested``: the live docks are to look through its weights. ``folder_wanted``: open it in the
    system's file manager. ``repeat_requested``: its settings for another run.
    """

    ordered = Signal(object)
    resume_requested = Signal(object)
    watch_requested = Signal()
    folder_wanted = Signal()
    repeat_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: RunView | None = None
        self._make_words()
        self._make_buttons()
        self._make_fields()
        self._arrange()
        self.show_run(None)

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def view(self) -> RunView | None:
        return self._view

    def show_run(self, view: RunView | None) -> None:
        """Its present state; None: no run is chosen. Emits nothing."""
        another = view is None or self._view is None or view.path != self._view.path
        new_settings = another or view.configuration != self._view.configuration
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        if new_settings:
            self._show_settings(view.configuration)
        self._show_words(view)
        self._enable(view)

    def _show_words(self, view: RunView) -> None:
        status = view.status
        self.name_label.set_text(view.path.name)
        self.name_label.setToolTip(str(view.path))
        self.state_label.setText(self.tr("Gone") if view.problem else state_text(status.state))
        epochs = view.configuration.epochs if view.configuration else 0
        self.progress_label.set_text(progress_text(status, epochs))
        self.left_label.setText(remaining_text(status))
        self.pace_label.set_text(" · ".join(filter(None, (pace_text(status), status.device))))
        self.best_label.set_text(best_text(status))
        self.best_label.setVisible(bool(self.best_label.text()))
        self.bar.setMaximum(status.total_steps if status.total_steps or not view.is_at_work else 0)
        self.bar.setValue(status.step)
        self.transfer.show_run(view)
        self._show_message(view)

    def _show_message(self, view: RunView) -> None:
        """Why it failed or is gone, in the colour of problems; what else it says, muted."""
        words = view.problem or view.status.message
        if words and any(words.startswith(each.sentence) for each in view.diagnoses):
            words = ""  # its card says it, with the way on
        bad = bool(view.problem) or view.status.state == "failed"
        if view.unreadable and not words:
            one = self.tr("1 line of its metrics cannot be read and is left out.")
            many = self.tr("%1 lines of its metrics cannot be read and are left out.")
            words = one if view.unreadable == 1 else many.replace("%1", f"{view.unreadable:,}")
        self.message_label.setText(words)
        self.message_label.setForegroundRole(
            QPalette.ColorRole.BrightText if bad else QPalette.ColorRole.PlaceholderText
        )
        self.message_label.setVisible(bool(words))
        self.diagnosis.show_diagnoses(view.diagnoses, at_work=view.is_at_work, can_resume=view.can_resume)

    def _show_settings(self, settings: RunConfiguration | None) -> None:
        """What it started with; empty fields are not changed."""
        for action, place in _CHANGEABLE:
            field = self.fields[action]
            field.show_value(None)
            field.setText("")
            value = value_at(settings, place) if settings else None
            field.setPlaceholderText("" if value is None else self.tr("%1 at the start").replace("%1", f"{value:g}"))

    def _enable(self, view: RunView) -> None:
        state, at_work = view.status.state, view.is_at_work
        begun = at_work and view.status.total_steps > 0
        self.pause_button.setVisible(at_work and state != "paused")
        self.go_on_button.setVisible(at_work and state == "paused")
        self.resume_button.setVisible(view.can_resume)
        for button in (self.pause_button, self.step_button, self.epoch_button, self.save_button, self.change_button):
            button.setEnabled(begun)
        self.stop_button.setEnabled(at_work)
        self._row.setVisible(at_work)
        self._changes.setVisible(begun or view.can_resume)
        self.change_button.setVisible(begun)
        for action in ("momentum", "weight-decay"):
            self._form.setRowVisible(self.fields[action], begun)
        self.repeat_button.setVisible(state in _OVER)
        self.watch_button.setVisible(bool(view.checkpoints) and not view.problem)

    # ------------------------------------------------------------------------------------------------- the user's hand

    def _order(self, action: ControlAction) -> None:
        self.ordered.emit(Control(action))

    def _change(self) -> None:
        """Each number that was typed; the fields are empty again."""
        for action, field in self.fields.items():
            if field.text().strip() and field.is_allowed and field.value is not None:
                self.ordered.emit(Control(action, float(field.value)))
                field.show_value(None)
                field.setText("")

    def _resume(self) -> None:
        field = self.fields["learning-rate"]
        typed = bool(field.text().strip()) and field.is_allowed
        self.resume_requested.emit(field.value if typed else None)

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_words(self) -> None:
        self.name_label = ElidedLabel("", self)
        font = self.name_label.font()
        font.setBold(True)
        self.name_label.setFont(font)
        self.state_label = QLabel(self)
        self.progress_label = ElidedLabel("", self)
        self.left_label = QLabel(self)
        self.pace_label = ElidedLabel("", self, muted=True)
        self.best_label = ElidedLabel("", self, muted=True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.message_label = QLabel(self)
        self.message_label.setWordWrap(True)
        self.diagnosis = DiagnosisList(self)
        self.diagnosis.ordered.connect(self.ordered)
        self.transfer = TransferNow(self)

    def _make_buttons(self) -> None:
        self._row, self._more = QWidget(self), QWidget(self)
        self.pause_button = self._button("pause", self.tr("Pause"), lambda: self._order("pause"))
        self.go_on_button = self._button("play", self.tr("Go on"), lambda: self._order("resume"))
        self.step_button = self._button("step", self.tr("Step"), lambda: self._order("step"))
        self.step_button.setToolTip(self.tr("One step of the optimiser, then pause"))
        self.epoch_button = self._button("loop", self.tr("Finish epoch"), lambda: self._order("finish-epoch"))
        self.epoch_button.setToolTip(self.tr("To the end of this epoch and its validation, then stop"))
        self.stop_button = self._button("stop", self.tr("Stop"), lambda: self._order("stop"))
        self.stop_button.setToolTip(self.tr("Keeps everything; the run can be resumed"))
        self.save_button = self._button("save", self.tr("Save checkpoint"), lambda: self._order("checkpoint"))
        self.save_button.setToolTip(self.tr("Now, beside those at every epoch's end"))
        self.folder_button = tool_button("open", self.tr("Open the run's folder"), self)
        self.folder_button.clicked.connect(self.folder_wanted)
        self.watch_button = QPushButton(self.tr("Watch it learn"), self._more)
        self.watch_button.setToolTip(self.tr("Maps, filters and predictions look through its weights, picture held"))
        self.watch_button.clicked.connect(self.watch_requested)
        self.resume_button = QPushButton(self.tr("Resume"), self._more)
        self.resume_button.setToolTip(self.tr("Goes on from the last checkpoint"))
        set_icon(self.resume_button, "play")
        self.resume_button.clicked.connect(self._resume)
        self.repeat_button = QPushButton(self.tr("New run like this…"), self._more)
        self.repeat_button.clicked.connect(self.repeat_requested)

    def _button(self, icon: str, text: str, slot: object) -> QToolButton:
        button = tool_button(icon, text, self._row)
        button.setText(text)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(lambda _=False: slot())
        return button

    @staticmethod
    def _flow(row: QWidget, *buttons: QWidget) -> None:
        flow = FlowLayout(row)
        for button in buttons:
            flow.addWidget(button)

    def _make_fields(self) -> None:
        self._changes = QWidget(self)
        self.fields: dict[ControlAction, NumberField] = {
            action: NumberField(limits_at(RunConfiguration(), place), self._changes, empty="")
            for action, place in _CHANGEABLE
        }
        for field in self.fields.values():
            field.returnPressed.connect(self._change)
        self.change_button = QPushButton(self.tr("Change"), self._changes)
        self.change_button.setToolTip(self.tr("From the next step on; what was changed is marked in the curves"))
        self.change_button.clicked.connect(self._change)
        words = (self.tr("Learning rate"), self.tr("Momentum"), self.tr("Weight decay"))
        fields = QWidget(self._changes)
        self._form = settings_layout(fields)
        for text, field in zip(words, self.fields.values(), strict=True):
            self._form.addRow(settings_label(text, field, fields), field)
        row = QHBoxLayout(self._changes)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(fields, 1)
        row.addWidget(self.change_button, 0, Qt.AlignmentFlag.AlignBottom)

    def _arrange(self) -> None:
        head = _row(self.name_label, self.state_label, self.folder_button)
        self._flow(
            self._row, self.pause_button, self.go_on_button, self.step_button, self.stop_button, self.epoch_button,
            self.save_button,
        )  # fmt: skip
        self._flow(self._more, self.resume_button, self.watch_button, self.repeat_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(5)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        layout.addLayout(_row(self.progress_label, self.left_label))
        layout.addWidget(self.pace_label)
        layout.addWidget(self.best_label)
        layout.addWidget(self.message_label)
        layout.addWidget(self._row)
        layout.addWidget(self._more)
        layout.addWidget(self.diagnosis)
        layout.addWidget(self.transfer)
        layout.addWidget(self._changes)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 0 if number else 1)
    return row
