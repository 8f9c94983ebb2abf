"""Number fields: what may be typed, what the arrows do, what is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from cnnviz.core.training.values import Limits
from cnnviz.gui.widgets.train_fields import ChoiceField, NumberField, NumbersField, next_round, number_text
from cnnviz.gui.widgets.train_words import duration_text


@pytest.fixture
def field(qtbot):
    made = NumberField(Limits(0, 100))
    qtbot.addWidget(made)
    made.show()
    made.show_value(5)
    return made


def type_into(edit, text):
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)


@pytest.mark.parametrize(("text", "value"), [("0.25", 0.25), ("1e-3", 1e-3), ("2,5", 2.5), (" 7 ", 7.0)])
def test_numbers_are_read_in_many_ways(field, text, value):
    type_into(field, text)
    assert field.value == value
    assert field.is_allowed


def paste_into(edit, text):
    """All at once: typed, parts of it may be allowed."""
    QGuiApplication.clipboard().setText(text)
    edit.setFocus()
    edit.selectAll()
    edit.paste()


def test_a_pasted_number_may_have_a_real_minus_sign(field):
    paste_into(field, "1e−3")
    assert field.value == 1e-3


@pytest.mark.parametrize("text", [" ", "x", "101", "-1", "nan", "inf", "1e999", "0x10"])
def test_what_is_no_allowed_number_is_marked_and_forgotten_when_the_field_is_left(field, text):
    paste_into(field, text)
    assert field.value == 5
    assert not field.is_allowed
    assert "from 0 to 100" in field.accessibleDescription()
    field.clearFocus()
    assert field.text() == "5"
    assert field.is_allowed


def test_a_field_that_may_be_empty_means_none(qtbot):
    field = NumberField(Limits(0, 1), empty="the data's own")
    qtbot.addWidget(field)
    field.show()
    field.show_value(0.2)
    with qtbot.waitSignal(field.changed) as changed:
        type_into(field, " ")
    assert changed.args == [None]
    assert field.placeholderText() == "the data's own"


def test_arrows_go_to_round_numbers_within_the_limits(field):
    for key, expected in (
        (Qt.Key.Key_Up, "10"),
        (Qt.Key.Key_PageUp, "100"),
        (Qt.Key.Key_Up, "100"),
        (Qt.Key.Key_Down, "50"),
    ):
        QTest.keyClick(field, key)
        assert field.text() == expected


@given(st.floats(1e-8, 1e6))
def test_up_and_down_lead_to_the_neighbours_of_a_round_number(number):
    up = next_round(number, up=True, whole=False)
    assert up > number
    assert next_round(next_round(up, up=False, whole=False), up=True, whole=False) == pytest.approx(up, rel=1e-6)
    assert float(f"{up:.0e}") == pytest.approx(up, rel=1e-6)


def test_small_whole_numbers_are_counted():
    assert [next_round(number, up=True, whole=True) for number in (1, 9, 10, 20)] == [2, 10, 20, 50]
    assert [next_round(number, up=False, whole=True) for number in (1, 10, 20)] == [0, 9, 10]


def test_setters_emit_nothing(field, qtbot):
    with qtbot.assertNotEmitted(field.changed):
        field.show_value(7)
    choice = ChoiceField((("a", "A"), ("b", "B")))
    qtbot.addWidget(choice)
    with qtbot.assertNotEmitted(choice.changed):
        choice.show_value("b")
    assert choice.currentText() == "B"


def test_several_numbers_are_a_tuple_or_nothing_changes(qtbot):
    field = NumbersField(Limits(0, 10), whole=True)
    qtbot.addWidget(field)
    field.show()
    seen = []
    field.changed.connect(seen.append)
    type_into(field, "1,2")
    assert seen[-1] == (1, 2)
    with qtbot.assertNotEmitted(field.changed):
        field.selectAll()
        QTest.keyClicks(field, "x")
    assert not field.is_allowed


@pytest.mark.parametrize(("value", "text"), [(None, ""), (1e-5, "1e-05"), (0.1, "0.1"), (128, "128"), (1e-3, "0.001")])
def test_a_number_is_written_as_short_as_it_can_be(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (100_800, "1 d 4 h")]
)
def test_durations_have_no_more_digits_than_can_be_meant(seconds, text):
    assert duration_text(seconds) == text
