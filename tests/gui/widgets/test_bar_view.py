"""A vector as bars: by pixel, under the mouse, zoomed, saved."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from cnnviz.core.rendering.colormaps import NOT_FINITE_COLOR
from cnnviz.core.views import ChannelStatistics, VectorPicture
from cnnviz.gui.widgets.bar_view import MARGIN, NEGATIVE, POSITIVE, BarView

SELECTION = (255, 94, 0)


def vector(values, order=None):
    numbers = np.array(values, np.float32)
    places = np.arange(len(numbers)) if order is None else np.array(order)
    ends = ChannelStatistics(numbers, numbers, None, None, None, places.astype(np.int32), places.astype(np.int32))
    return VectorPicture("fc", numbers, places.astype(np.int32), ends)


@pytest.fixture
def bars(qtbot):
    made = BarView(keys=(Qt.Key.Key_Right,))
    qtbot.addWidget(made)
    made.resize(2 * MARGIN + 200, 160)
    made.show()
    return made


def column(bars, x):
    """Colours from top to bottom."""
    shot = bars.grab().toImage()
    return [shot.pixelColor(x, y).getRgb()[:3] for y in range(shot.height())]


def at(bars, fraction):
    return QPoint(MARGIN + int(200 * fraction), bars.height() // 2)


def test_positive_bars_stand_on_zero_and_negative_ones_hang_from_it(bars):
    bars.set_vector(vector([3, -1]))
    assert bars.range == (-1, 3)
    up, down = column(bars, MARGIN + 50), column(bars, MARGIN + 150)
    height = up.count(POSITIVE) + down.count(NEGATIVE)
    assert up.count(POSITIVE) / height == pytest.approx(3 / 4, abs=0.03)
    assert up.index(POSITIVE) < down.index(NEGATIVE)
    assert NEGATIVE not in up


def test_a_given_range_cuts_the_bars(bars):
    bars.set_vector(vector([10, 1]), (0.0, 2.0))
    tall, half = column(bars, MARGIN + 50).count(POSITIVE), column(bars, MARGIN + 150).count(POSITIVE)
    assert half == pytest.approx(tall / 2, abs=1.5)


def test_bars_stand_in_the_order_given_and_only_those(bars, qtbot):
    bars.set_vector(vector([1, 2, 3, 4], order=[3, 1]))
    with qtbot.waitSignal(bars.hovered) as hover:
        qtbot.mouseMove(bars, at(bars, 0.25))
    assert hover.args == [3]
    with qtbot.waitSignal(bars.clicked) as click:
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=at(bars, 0.75))
    assert click.args == [1]
    with qtbot.waitSignal(bars.hover_left):
        qtbot.mouseMove(bars, QPoint(1, 80))


def test_the_selected_bar_is_framed_and_another_is_not(bars):
    bars.set_vector(vector([1, 1, 1, 1]))
    bars.set_selected(2, SELECTION)
    assert SELECTION in column(bars, MARGIN + 100)
    bars.set_selected(None, SELECTION)
    assert SELECTION not in column(bars, MARGIN + 100)


def test_zoom_shows_fewer_bars_about_the_cursor_and_a_double_click_all(bars, qtbot):
    bars.set_vector(vector(np.arange(1000)))
    under = bars.target_at(QPointF(at(bars, 0.75)))
    bars.zoom(10, QPointF(at(bars, 0.75)))
    assert len(bars.channels) == 100
    assert abs(bars.target_at(QPointF(at(bars, 0.75))) - under) <= 1
    bars.zoom(1e6, QPointF(at(bars, 0.5)))
    assert len(bars.channels) == 4
    qtbot.mouseDClick(bars, Qt.MouseButton.LeftButton, pos=at(bars, 0.5))
    assert len(bars.channels) == 1000


def test_dragging_moves_the_bars_and_stops_at_the_ends(bars, qtbot):
    bars.set_vector(vector(np.arange(100)))
    bars.zoom(10, QPointF(at(bars, 0.0)))
    qtbot.mousePress(bars, Qt.MouseButton.LeftButton, pos=at(bars, 0.9))
    QTest.mouseMove(bars, at(bars, 0.4))
    assert bars.channels[0] == 5
    QTest.mouseMove(bars, QPoint(5000, 80))
    qtbot.mouseRelease(bars, Qt.MouseButton.LeftButton, pos=QPoint(5000, 80))
    assert bars.channels[0] == 0


def test_the_zoom_stays_while_values_change_and_goes_with_another_count(bars):
    bars.set_vector(vector(np.arange(100)))
    bars.zoom(10, None)
    bars.set_vector(vector(np.arange(100) * 2))
    assert len(bars.channels) == 10
    bars.set_vector(vector(np.arange(50)))
    assert len(bars.channels) == 50


def test_values_that_are_no_numbers_have_the_colour_of_such_cells_from_top_to_bottom(bars):
    bars.set_vector(vector([np.nan, 1, np.inf, 0]))
    assert bars.range == (0, 1)
    for x, count in ((MARGIN + 25, 1.0), (MARGIN + 75, 0.0), (MARGIN + 125, 1.0), (MARGIN + 175, 0.0)):
        drawn = column(bars, x)
        height = drawn.count(POSITIVE) + drawn.count(NOT_FINITE_COLOR)
        assert drawn.count(NOT_FINITE_COLOR) == count * height
        assert (height > 100) == (x != MARGIN + 175)


def test_setters_say_nothing_and_nothing_is_drawn_without_values(bars, qtbot):
    with qtbot.assertNotEmitted(bars.hovered), qtbot.assertNotEmitted(bars.clicked):
        bars.set_vector(vector([]))
        bars.set_selected(3, SELECTION)
    assert len(set(column(bars, MARGIN + 50))) == 1
    assert bars.target_at(QPointF(at(bars, 0.5))) is None


def test_what_is_drawn_can_be_saved(bars, tmp_path):
    bars.set_vector(vector([0.5, -1], order=[1, 0]))
    bars.save_png(tmp_path / "bars.png")
    bars.save_svg(tmp_path / "bars.svg")
    bars.save_csv(tmp_path / "bars.csv")
    assert QImage(str(tmp_path / "bars.png")).size() == bars.size()
    assert "<svg" in (tmp_path / "bars.svg").read_text(encoding="utf-8")
    with (tmp_path / "bars.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["channel", "value"], ["1", "-1.0"], ["0", "0.5"]]


def test_a_file_that_cannot_be_written_is_a_sentence(bars, qtbot, tmp_path):
    bars.set_vector(vector([1]))
    for save in (bars.save_png, bars.save_svg, bars.save_csv):
        with qtbot.waitSignal(bars.problem_met) as problem:
            save(tmp_path / "nowhere" / "bars")
        assert "could not be written" in problem.args[0]
