"""The help page lists keys and ideas, and Escape closes it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest

from cnnviz.gui.dialogs.help_window import HelpWindow, key_rows
from cnnviz.gui.docks.log import LogDock


@pytest.fixture
def page(qtbot):
    dock = LogDock()
    qtbot.addWidget(dock)
    made = HelpWindow([("Ctrl+K", "First <camera>")], [dock], dock)
    made.show()
    return made


def test_keys_and_ideas_are_on_the_page(page):
    text = page.page.toPlainText()
    assert "Ctrl+K" in text
    assert "First <camera>" in text
    assert "Messages pass; here they stay" in text


def test_escape_closes_it(page, qtbot):
    page.activateWindow()
    qtbot.waitUntil(page.isVisible)
    QTest.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_actions_without_a_key_are_left_out():
    with_key, without = QAction("&Quit"), QAction("About")
    with_key.setShortcut(QKeySequence("Ctrl+Q"))
    assert key_rows([with_key, without]) == [("Ctrl+Q", "Quit")]
