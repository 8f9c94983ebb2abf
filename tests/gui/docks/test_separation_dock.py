"""The "What fires for this?" dock: held buttons, growing counts, the ranking and what is made of it."""

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnviz.core.inside.channel_effects import SeparatingUnit, SeparationRanking
from cnnviz.gui.docks.separation import SeparationDock


def unit(layer, channel, effect):
    return SeparatingUnit(layer, channel, effect, 0.9, 4.0, 1.0, 12, 9)


UNITS = (unit("deep", 7, 3.5), unit("deep", 2, -2.0), unit("first", 7, 1.0), unit("deep", 9, math.inf))


def ranking(units=UNITS, problem=""):
    return SeparationRanking(tuple(units), 1234, 12, 9, "maximum", problem)


@pytest.fixture
def dock(qtbot):
    made = SeparationDock()
    qtbot.addWidget(made)
    made.resize(400, 600)
    made.show()
    return made


def shown(dock):
    return [(row.layer, row.channel) for row in dock.table.rows_model.rows]


def test_the_buttons_count_as_long_as_they_are_held(dock):
    said = []
    dock.observing_changed.connect(said.append)
    QTest.mousePress(dock.with_button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(dock.with_button, Qt.MouseButton.LeftButton)
    QTest.mousePress(dock.without_button, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(dock.without_button, Qt.MouseButton.LeftButton)
    assert said == [True, None, False, None]
    assert not dock.with_button.isChecked()


def test_which_set_is_counted_can_be_seen(dock):
    dock.show_observing(True)
    assert (dock.with_button.isChecked(), dock.without_button.isChecked()) == (True, False)
    dock.show_observing(None)
    assert (dock.with_button.isChecked(), dock.without_button.isChecked()) == (False, False)


def test_counts_and_units_are_those_of_the_answer(dock):
    dock.show_ranking(ranking())
    assert (dock.with_count.text(), dock.without_count.text()) == ("12", "9")
    assert shown(dock) == [("deep", 7), ("deep", 2), ("first", 7), ("deep", 9)]
    cells = [dock.table.model().index(0, column).data() for column in range(7)]
    assert cells == ["deep", "7", "+3.50", "90.0 %", "4", "1", "12 + 9"]
    assert dock.table.model().index(3, 2).data() == "∞"
    assert dock.ranked_label.text() == "4 best of 1,234 units"


def test_only_one_layers_units_are_shown_where_it_is_chosen_and_that_stays_so(dock):
    dock.show_ranking(ranking())
    place = dock.layer_combo.findData("deep")
    dock.layer_combo.setCurrentIndex(place)
    dock.layer_combo.activated.emit(place)
    assert shown(dock) == [("deep", 7), ("deep", 2), ("deep", 9)]
    dock.show_ranking(ranking(UNITS[2:]))
    assert shown(dock) == [("deep", 9)]
    dock.show_ranking(ranking(UNITS[2:3]))
    assert shown(dock) == []
    assert dock.layer_combo.currentData() == "deep"


def test_the_best_open_as_maps_pins_or_a_mask(dock, qtbot):
    dock.show_ranking(ranking())
    dock.count_box.setValue(2)
    for button, signal in (
        (dock.maps_button, dock.maps_requested),
        (dock.pins_button, dock.pins_requested),
        (dock.mute_button, dock.mute_requested),
        (dock.solo_button, dock.solo_requested),
    ):
        with qtbot.waitSignal(signal) as asked:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert asked.args == [UNITS[:2]]


def test_a_click_leads_to_the_unit_and_the_selection_is_marked(dock, qtbot):
    dock.show_ranking(ranking())
    place = dock.table.visualRect(dock.table.model().index(2, 0)).center()
    with qtbot.waitSignal(dock.channel_selected) as chosen:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["first", 7]
    with qtbot.assertNotEmitted(dock.channel_selected):
        dock.show_selection("deep", 2)
    assert dock.table.currentIndex().row() == 1


def test_what_is_missing_is_said(dock):
    assert "Hold F7" in dock.hint.text()
    dock.show_ranking(ranking((), "There are 3 frames with the object and 0 without it."))
    assert dock.hint.text() == "There are 3 frames with the object and 0 without it."
    assert not dock.mute_button.isEnabled()
    dock.show_still(True)
    assert dock.hint.text().startswith("This picture stands still: it counts once.")
    dock.show_still(False)
    dock.show_ranking(ranking())
    assert not dock.hint.isVisible()


def test_everything_is_forgotten_when_asked_and_with_another_network(dock, qtbot):
    dock.show_ranking(ranking())
    with qtbot.waitSignal(dock.forget_requested):
        qtbot.mouseClick(dock.forget_button, Qt.MouseButton.LeftButton)
    assert (dock.with_count.text(), shown(dock), dock.layer_combo.count()) == ("0", [], 1)
    dock.show_ranking(ranking())
    dock.show_network(None)
    assert shown(dock) == []
