"""The log keeps every message with its time."""

from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from cnnviz.core.reports import Problem
from cnnviz.gui.docks.log import MOST_LINES, LogDock

NOON = datetime.fromisoformat("2026-01-02T12:00:05")


@pytest.fixture
def dock(qtbot):
    made = LogDock()
    qtbot.addWidget(made)
    made.show()
    return made


def test_messages_stand_with_time_and_indented_details(dock):
    dock.show_text("Loaded.", at=NOON)
    dock.show_problem(Problem("It broke.", "missing: a\nunexpected: b"), at=NOON)
    assert dock.text.toPlainText() == (
        "12:00:05  Loaded.\n12:00:05  It broke.\n          missing: a\n          unexpected: b"
    )


def test_copy_takes_everything_and_clear_empties(dock, qtbot):
    dock.show_text("Loaded.", at=NOON)
    qtbot.mouseClick(dock.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "12:00:05  Loaded."
    qtbot.mouseClick(dock.clear_button, Qt.MouseButton.LeftButton)
    assert dock.text.toPlainText() == ""


def test_the_log_is_bounded(dock):
    dock.show_text("first", "\n".join("x" for _ in range(MOST_LINES)))
    dock.show_text("last", at=NOON)
    assert dock.text.blockCount() == MOST_LINES
    assert dock.text.toPlainText().endswith("12:00:05  last")
