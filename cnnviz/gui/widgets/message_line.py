"""What went wrong and what goes on, without ever standing in the way: one line each, at the window's edge."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.reports import Problem, Progress
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.progress_line import ProgressLine

DETAIL_LINES = 7


class ProblemLine(QWidget):
    """One problem: its sentence on one line, and behind buttons all of it with its details, a copy of that, and the way
    out where there is one.
    """

    dismissed = Signal()
    way_out_taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem = Problem("")
        self.sentence = ElidedLabel(parent=self)
        self.details = QPlainTextEdit(self)
        self.details.setReadOnly(True)
        self.details.hide()
        self.details.setFixedHeight(self.details.fontMetrics().lineSpacing() * DETAIL_LINES)
        self._add_buttons()
        self._arrange()

    def show_problem(self, problem: Problem) -> None:
        self._problem = problem
        self.sentence.set_text(problem.message)
        self.details.setPlainText(self._whole())
        self.details_button.setChecked(False)
        self.action_button.setVisible(problem.way_out is not None)
        self._name_way_out()

    def _add_buttons(self) -> None:
        self.action_button = QPushButton(self)
        self.action_button.clicked.connect(self._take_way_out)
        self.details_button = QToolButton(self)
        self.details_button.setText(self.tr("Details"))
        self.details_button.setCheckable(True)
        self.details_button.toggled.connect(self._show_details)
        self.copy_button = QToolButton(self)
        self.copy_button.setText(self.tr("Copy"))
        self.copy_button.clicked.connect(self._copy)
        self.dismiss_button = QToolButton(self)
        self.dismiss_button.setToolTip(self.tr("Dismiss"))
        self.dismiss_button.clicked.connect(self.dismissed)
        set_icon(self.dismiss_button, "close")
        for button in (self.details_button, self.copy_button, self.dismiss_button):
            button.setAutoRaise(True)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.sentence, 1)
        for button in (self.action_button, self.details_button, self.copy_button, self.dismiss_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.details)

    def _name_way_out(self) -> None:
        choice = self._problem.way_out
        if choice is not None and choice.confirmed_code:
            words, tip = self.tr("Run its code"), self.tr("Only for files you trust: it may do whatever you may do")
        else:
            words = self.tr("Replace the head")
            tip = self.tr("Gives the network the class count of the weights file")
        self.action_button.setText(words)
        self.action_button.setToolTip(tip)

    def _take_way_out(self) -> None:
        choice: NetworkChoice | None = self._problem.way_out
        self.dismissed.emit()
        self.way_out_taken.emit(choice)

    def _show_details(self, shown: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        self.details.setVisible(shown)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._whole())

    def _whole(self) -> str:
        return "\n\n".join(part for part in (self._problem.message, self._problem.details) if part)


class MessageLine(QFrame):
    """The latest problem and the latest task under way; no taller than what there is to say.

    ``shown_changed``: there is something to say, or no longer: whoever holds the line shows or hides it then, and hides
    it at first (of a tool bar the whole bar: a widget in it must not hide itself).
    """

    shown_changed = Signal(bool)
    cancel_requested = Signal(str)
    way_out_taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message-line")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setBackgroundRole(QPalette.ColorRole.Button)
        self.setAutoFillBackground(True)
        self._has_problem = False
        self._shown = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.problem_line = ProblemLine(self)
        self.problem_line.dismissed.connect(self.clear_problem)
        self.problem_line.way_out_taken.connect(self.way_out_taken)
        self.progress_line = ProgressLine(self)
        self.progress_line.cancel_requested.connect(self.cancel_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 5)
        layout.setSpacing(4)
        layout.addWidget(self.problem_line)
        layout.addWidget(self.progress_line)
        self._show_what_there_is()

    def show_problem(self, problem: Problem) -> None:
        """Replaces the problem on view; the log keeps them all."""
        self.problem_line.show_problem(problem)
        self._has_problem = True
        self._show_what_there_is()

    def clear_problem(self) -> None:
        self._has_problem = False
        self._show_what_there_is()

    def show_progress(self, progress: Progress) -> None:
        self.progress_line.show_progress(progress)
        self._show_what_there_is()

    def clear_progress(self) -> None:
        """Forgets every task: the engine that ran them is gone."""
        self.progress_line.clear()
        self._show_what_there_is()

    def _show_what_there_is(self) -> None:
        self.problem_line.setVisible(self._has_problem)
        needed = self._has_problem or self.progress_line.is_busy
        if needed != self._shown:
            self._shown = needed
            self.shown_changed.emit(needed)
