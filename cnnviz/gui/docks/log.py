"""Everything the program has said, with its time."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from cnnviz.core.reports import Problem
from cnnviz.gui.widgets.dock_base import Dock

MOST_LINES = 5000


class LogDock(Dock):
    """Messages one below the other, the newest last; the oldest go when there are too many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "log",
            self.tr("Log"),
            sentence=self.tr("Every message of this session, newest last."),
            help_text=self.tr(
                "<p>Messages pass; here they stay until the program ends. A line that begins with spaces "
                "belongs to the message above it: a library's own words, or a list.</p>"
                "<p>When something fails, <b>Copy all</b> is what to send along.</p>"
            ),
            parent=parent,
        )
        content = QWidget(self)
        self.text = QPlainTextEdit(content)
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(MOST_LINES)
        font = QFont()  # the families only, so that the size stays the window's
        font.setFamilies(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families())
        self.text.setFont(font)
        self.text.setPlaceholderText(self.tr("Nothing has been said yet."))
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.text, 1)
        layout.addLayout(self._buttons(content))
        self.set_content(content)

    def show_problem(self, problem: Problem, at: datetime | None = None) -> None:
        """``at``: when it happened; now, if left out."""
        self.show_text(problem.message, problem.details, at)

    def show_text(self, message: str, details: str = "", at: datetime | None = None) -> None:
        """One message, its ``details`` indented below it."""
        time = (at or datetime.now().astimezone()).strftime("%H:%M:%S")
        lines = [f"{time}  {message}", *(f"          {line}" for line in details.splitlines())]
        self.text.appendPlainText("\n".join(lines))

    def _buttons(self, parent: QWidget) -> QHBoxLayout:
        self.copy_button = QToolButton(parent)
        self.copy_button.setText(self.tr("Copy all"))
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        self.clear_button = QToolButton(parent)
        self.clear_button.setText(self.tr("Clear"))
        self.clear_button.clicked.connect(self.text.clear)
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addWidget(self.clear_button)
        row.addStretch(1)
        return row
