"""Evaluation or training mode: shown without telling, told only by the user's hand."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnviz.gui.widgets.mode_switch import ModeSwitch


@pytest.fixture
def switch(qtbot):
    switch = ModeSwitch(None)
    qtbot.addWidget(switch)
    return switch


def test_it_shows_the_mode_without_telling(switch):
    told = []
    switch.training_chosen.connect(told.append)
    switch.show_mode(training=True)
    assert (switch.training_button.isChecked(), switch.evaluation_button.isChecked()) == (True, False)
    assert told == []


def test_a_click_tells(switch, qtbot):
    with qtbot.waitSignal(switch.training_chosen) as told:
        QTest.mouseClick(switch.training_button, Qt.MouseButton.LeftButton)
    assert told.args == [True]
    with qtbot.waitSignal(switch.training_chosen) as told:
        QTest.mouseClick(switch.evaluation_button, Qt.MouseButton.LeftButton)
    assert told.args == [False]
