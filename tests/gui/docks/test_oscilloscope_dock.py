"""The oscilloscope dock: lines of pins, values under the mouse, pause, clear, files, and pins that are gone."""

import csv
import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFileDialog

from cnnviz.core.views import Probe
from cnnviz.gui.docks.oscilloscope import OscilloscopeDock
from cnnviz.gui.widgets.oscilloscope_pins import NAME, NOT_FINITE, RANGE, REMOVE, VALUE, Pin
from cnnviz.gui.widgets.series_colors import SERIES

A, B = Pin(Probe("conv", 3, 1, 2), "conv · 3 · y 1, x 2", 0), Pin(Probe("fc", 7, 0, 0), "fc · 7", 1)


@pytest.fixture
def dock(qtbot):
    made = OscilloscopeDock()
    qtbot.addWidget(made)
    made.resize(620, 380)
    made.show()
    made.show_pins((A, B))
    return made


def texts(dock, column):
    return [dock.table.topLevelItem(row).text(column) for row in range(dock.table.topLevelItemCount())]


def feed(dock, *moments):
    for time, (a, b) in enumerate(moments):
        dock.show_values(time / 10, {A.probe: a, B.probe: b})


def middle(dock, row, column):
    return (
        dock.table.visualItemRect(dock.table.topLevelItem(row)).center()
        if column is None
        else QPoint(
            dock.table.columnViewportPosition(column) + dock.table.columnWidth(column) // 2,
            dock.table.visualItemRect(dock.table.topLevelItem(row)).center().y(),
        )
    )


def test_before_anything_is_pinned_it_says_how(qtbot):
    made = OscilloscopeDock()
    qtbot.addWidget(made)
    made.show()
    assert "press P" in made.hint.text()
    assert made.hint.isVisible()
    made.show_pins((A,))
    assert not made.hint.isVisible()


def test_each_pin_has_its_colour_value_scale_and_count(dock):
    feed(dock, (0.0, 1.0), (2.0, math.nan), (1.0, -1.0))
    assert texts(dock, NAME) == [A.name, B.name]
    assert texts(dock, VALUE) == ["1", "−1"]
    assert texts(dock, RANGE) == ["0 … 2", "−1 … 1"]
    assert texts(dock, NOT_FINITE) == ["", "1"]
    assert dock.view.lines.colors == SERIES[:2]


def test_the_mouse_reads_a_moment(dock, qtbot):
    feed(dock, *((float(number), 0.0) for number in range(101)))
    plot = dock.view._plot()
    qtbot.mouseMove(dock.view, QPoint(round(plot.right() - 0.4 * plot.width()), round(plot.center().y())))
    assert texts(dock, VALUE)[0] == "60"
    qtbot.mouseMove(dock.view, QPoint(1, 1))
    assert texts(dock, VALUE)[0] == "100"


def test_paused_lines_stand_still_and_then_show_what_came_meanwhile(dock, qtbot):
    feed(dock, (1.0, 1.0))
    qtbot.mouseClick(dock.pause_button, Qt.MouseButton.LeftButton)
    dock.show_values(0.5, {A.probe: 5.0, B.probe: 5.0})
    assert dock.view.lines.times.tolist() == [0]
    qtbot.mouseClick(dock.pause_button, Qt.MouseButton.LeftButton)
    assert dock.view.lines.times.tolist() == [0, 0.5]


def test_clear_forgets_the_lines_and_keeps_the_pins(dock, qtbot):
    feed(dock, (math.nan, 1.0))
    qtbot.mouseClick(dock.clear_button, Qt.MouseButton.LeftButton)
    assert dock.view.lines.times.size == 0
    assert texts(dock, VALUE) == ["–", "–"]
    assert texts(dock, NOT_FINITE) == ["", ""]


def test_scales_and_seconds_are_chosen(dock, qtbot):
    feed(dock, (0.0, 0.0), (1.0, 100.0))
    qtbot.mouseClick(dock.common_button, Qt.MouseButton.LeftButton)
    assert texts(dock, RANGE) == ["0 … 100", "0 … 100"]
    dock.span_box.setCurrentIndex(dock.span_box.findData(30))
    dock.span_box.activated.emit(dock.span_box.currentIndex())
    assert dock.view.span == (30, 0)


def test_a_pin_is_removed_by_its_cross_or_by_the_key_and_gone_to_by_a_double_click(dock, qtbot):
    with qtbot.waitSignal(dock.pin_removed) as removed:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=middle(dock, 1, REMOVE))
    assert removed.args == [B.probe]
    with qtbot.waitSignal(dock.pin_removed) as removed:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=middle(dock, 0, NAME))
        dock.table.actions()[0].trigger()
    assert removed.args == [A.probe]
    with qtbot.waitSignal(dock.pin_chosen) as chosen:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=middle(dock, 1, NAME))
        qtbot.keyClick(dock.table, Qt.Key.Key_Return)
    assert chosen.args == [B.probe]


def test_a_pin_that_this_network_lacks_stays_grey_with_a_word(dock):
    feed(dock, (1.0, 1.0))
    dock.show_pins((A, Pin(B.probe, B.name, 1, present=False)))
    gone = dock.table.topLevelItem(1)
    assert gone.text(NAME) == "fc · 7 (not here)"
    assert "no such unit" in gone.toolTip(NAME)
    assert gone.foreground(NAME).color() == dock.palette().color(QPalette.ColorRole.PlaceholderText)
    assert texts(dock, VALUE) == ["1", "–"]
    dock.show_pins((A, B))
    assert dock.table.topLevelItem(1).text(NAME) == B.name
    assert dock.view.lines.values.tolist() == [[1, 1]]


def test_setters_say_nothing(dock, qtbot):
    with qtbot.assertNotEmitted(dock.pin_removed), qtbot.assertNotEmitted(dock.pin_chosen):
        dock.show_pins((B,))
        feed(dock, (None, 3.0))
    assert texts(dock, VALUE) == ["3"]


def test_the_lines_are_saved_as_csv(dock, qtbot, tmp_path):
    feed(dock, (0.5, math.nan), (1.5, math.inf))
    qtbot.mouseClick(dock.save_button, Qt.MouseButton.LeftButton)
    dialog = dock.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "lines.csv"))
    dialog.close()
    with (tmp_path / "lines.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["seconds", A.name, B.name],
            ["-0.1", "0.5", "nan"],
            ["0.0", "1.5", "inf"],
        ]
