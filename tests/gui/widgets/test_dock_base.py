"""What every dock does: says when it is looked at, explains itself, keeps its name readable."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMainWindow, QWidget

from cnnviz.gui.widgets.dock_base import Dock

LEFT = Qt.DockWidgetArea.LeftDockWidgetArea


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.setCentralWidget(QWidget())
    return made


def add_dock(window, name="one"):
    dock = Dock(name, name.capitalize(), sentence="What it shows, in one long sentence.", help_text="<p>The <a href='x'>idea</a>.</p>", parent=window)  # fmt: skip  # noqa: E501
    dock.set_content(QLabel("content"))
    window.addDockWidget(LEFT, dock)
    dock.told = []
    dock.shown_changed.connect(dock.told.append)
    return dock


def test_shown_and_hidden_are_told_once_each(window, qtbot):
    dock = add_dock(window)
    assert not dock.is_shown
    with qtbot.waitExposed(window):
        window.show()
    assert dock.told == [True]
    dock.hide()
    assert dock.told == [True, False]
    assert not dock.is_shown
    dock.show()
    assert dock.told == [True, False, True]


def test_behind_another_tab_is_hidden(window, qtbot):
    first, second = add_dock(window, "one"), add_dock(window, "two")
    window.tabifyDockWidget(first, second)
    with qtbot.waitExposed(window):
        window.show()
    second.raise_()
    qtbot.waitUntil(lambda: second.is_shown and not first.is_shown)
    first.raise_()
    qtbot.waitUntil(lambda: first.is_shown and not second.is_shown)
    assert first.told[-1] is True
    assert second.told[-1] is False


def test_the_title_bars_buttons_close_and_float(window, qtbot):
    dock = add_dock(window)
    window.show()
    qtbot.mouseClick(dock.title_bar.float_button, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    qtbot.mouseClick(dock.title_bar.float_button, Qt.MouseButton.LeftButton)
    assert not dock.isFloating()
    qtbot.mouseClick(dock.title_bar.close_button, Qt.MouseButton.LeftButton)
    assert not dock.isVisible()


def test_help_opens_beside_the_window_and_closes_by_key(window, qtbot):
    dock = add_dock(window)
    window.show()
    qtbot.mouseClick(dock.title_bar.help_button, Qt.MouseButton.LeftButton)
    (popup,) = [child for child in dock.children() if child.objectName() == "help-popup"]
    assert popup.isVisible()
    assert not popup.isModal()
    assert dock.screen().availableGeometry().contains(popup.geometry())
    qtbot.keyClick(popup, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not [child for child in dock.children() if child.objectName() == "help-popup"])


def test_the_name_is_whole_and_the_sentence_gives_way(window, qtbot):
    dock = add_dock(window)
    dock.setFixedWidth(200)
    with qtbot.waitExposed(window):
        window.show()
    name = dock.title_bar.name
    assert name.width() >= name.fontMetrics().horizontalAdvance("One")
    assert dock.title_bar.sentence.toolTip() == "What it shows, in one long sentence."


def test_the_title_follows_the_docks(window):
    dock = add_dock(window)
    dock.setWindowTitle("Another")
    assert dock.title_bar.name.text() == "Another"


def test_other_content_replaces_the_first(window):
    dock = add_dock(window)
    content = QLabel("new")
    dock.set_content(content)
    assert dock.widget() is content
