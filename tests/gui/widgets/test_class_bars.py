"""Bars of the most probable classes, by pixel and by tooltip."""

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QFont, QHelpEvent, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from cnnviz.gui.widgets.class_bars import MARGIN, ClassBars, ClassRow, _last_text

BLUE, RED = (68, 119, 170), (238, 102, 119)
LONG = "a class with a name that is far too long for the room there is in a narrow dock"


@pytest.fixture
def bars(qtbot):
    made = ClassBars()
    qtbot.addWidget(made)
    made.set_places(2)
    made.resize(2 * MARGIN + 200, made.sizeHint().height())
    made.show()
    return made


def lengths(bars, color):
    """How many columns hold the colour."""
    shot = bars.grab().toImage()
    held = (any(shot.pixelColor(x, y).getRgb()[:3] == color for y in range(shot.height())) for x in range(shot.width()))
    return sum(held)


def test_bars_are_as_long_as_their_probabilities(bars):
    bars.set_rows((ClassRow(3, "cat", 0.75, 4.0, BLUE), ClassRow(5, "dog", 0.25, 2.9, RED)), 0.1)
    assert lengths(bars, BLUE) == pytest.approx(150, abs=2)
    assert lengths(bars, RED) == pytest.approx(50, abs=2)


def test_the_probability_before_interventions_is_a_hollow_bar_and_the_change_is_written(bars):
    bars.set_rows(
        (ClassRow(3, "cat", 0.25, 4.0, BLUE, before=0.75), ClassRow(5, "dog", 0.5, 2.9, RED, before=0.5)), 0.0
    )
    assert [row.change for row in bars.rows] == [-50.0, 0.0]
    assert lengths(bars, BLUE) == pytest.approx(50, abs=3)
    ink = bars.palette().color(QPalette.ColorRole.WindowText).getRgb()[:3]
    shot = bars.grab().toImage()
    top = bars._header_height() + bars.fontMetrics().height() + 2
    inked = [x for x in range(shot.width()) if shot.pixelColor(x, top + 3).getRgb()[:3] == ink]
    assert max(inked) == pytest.approx(MARGIN + 150, abs=2)
    place = QPoint(20, bars.height() // 3)
    QApplication.sendEvent(bars, QHelpEvent(QEvent.Type.ToolTip, place, bars.mapToGlobal(place)))
    assert "75.0 % before the interventions, 25.0 % now" in QToolTip.text()
    QToolTip.hideText()


def test_what_has_no_probability_has_no_bar(bars):
    bars.set_rows((ClassRow(0, "a", math.nan, math.nan, BLUE), ClassRow(1, "b", 0.0, -math.inf, RED)), 0.5)
    assert lengths(bars, BLUE) == lengths(bars, RED) == 0


def test_a_row_is_found_by_its_place_and_its_tooltip_is_the_whole_name(bars):
    bars.set_rows((ClassRow(3, LONG, 1.0, 4.0, BLUE),), 0.1)
    place = QPoint(20, bars.height() // 3)
    assert bars.row_at(place.y()).name == LONG
    assert bars.row_at(1) is None
    assert bars.row_at(bars.height() - 2) is None
    QApplication.sendEvent(bars, QHelpEvent(QEvent.Type.ToolTip, place, bars.mapToGlobal(place)))
    assert QToolTip.text() == f"{LONG} (class 3)"
    QToolTip.hideText()


def test_room_is_kept_for_the_places_and_for_larger_text(bars):
    two = bars.sizeHint().height()
    bars.set_places(5)
    assert bars.sizeHint().height() > 2 * two
    font = QFont(bars.font())
    font.setPointSizeF(font.pointSizeF() * 2)
    before = bars.sizeHint().height()
    bars.setFont(font)
    assert bars.sizeHint().height() > before


def test_bars_move_with_every_frame_and_digits_follow(bars, qtbot):
    bars.set_rows((ClassRow(3, "cat", 0.75, 4.0, BLUE), ClassRow(5, "dog", 0.25, 2.9, RED)), 0.25)
    before = bars.grab().toImage()
    moved = tuple(replace(row, probability=row.probability / 2, logit=row.logit - 1) for row in bars.rows)
    bars.set_rows(moved, 0.25)
    at_once = bars.grab().toImage()
    assert at_once != before
    qtbot.waitUntil(lambda: bars._text_rows == moved)
    assert bars.grab().toImage() != at_once


@pytest.mark.parametrize(("logit", "text"), [(-1.5, "−1.50"), (math.nan, "NaN"), (math.inf, "∞"), (-math.inf, "−∞")])
def test_a_logit_that_is_no_number_is_written_as_everywhere(logit, text):
    assert _last_text(ClassRow(0, "a", 0.5, logit, BLUE)) == text
