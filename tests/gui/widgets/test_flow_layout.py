"""Widgets one beside the other, in as many lines as the width needs."""

import pytest
from PySide6.QtWidgets import QPushButton, QWidget

from cnnviz.gui.widgets.flow_layout import FlowLayout


@pytest.fixture
def row(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = FlowLayout(window)
    window.buttons = []
    for _ in range(4):
        button = QPushButton("word", window)
        button.setFixedSize(100, 20)
        layout.addWidget(button)
        window.buttons.append(button)
    window.show()
    return window


@pytest.mark.parametrize(("width", "lines"), [(412, 1), (411, 2), (203, 4), (100, 4)])
def test_lines_break_where_there_is_no_room(row, width, lines):
    row.resize(width, 200)
    assert len({button.y() for button in row.buttons}) == lines
    assert row.layout().heightForWidth(width) == lines * 20 + (lines - 1) * 4


def test_what_is_hidden_takes_no_room(row):
    row.buttons[0].hide()
    row.resize(310, 200)
    row.layout().activate()
    assert [button.x() for button in row.buttons[1:]] == [0, 104, 208]


def test_a_widget_can_be_taken_away(row):
    layout = row.layout()
    assert layout.count() == 4
    assert layout.takeAt(9) is None
    taken = layout.takeAt(0)
    assert taken.widget() is row.buttons[0]
    assert layout.count() == 3
