"""Pinned units' lines: broken where nothing came, on a scale of their own or a common one."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from cnnviz.gui.widgets.oscilloscope_view import OscilloscopeView
from cnnviz.gui.widgets.strip_chart import StripLines

BLUE, RED = (68, 119, 170), (238, 102, 119)


def lines(times, *columns, dashed=()):
    values = np.array(columns, np.float32).T.reshape(len(times), len(columns))
    return StripLines(np.array(times, float), values, ("a", "b")[: len(columns)], (BLUE, RED)[: len(columns)], dashed)


@pytest.fixture
def view(qtbot):
    made = OscilloscopeView(seconds=10.0)
    qtbot.addWidget(made)
    made.resize(420, 160)
    made.show()
    return made


def shares(view, color, seconds_ago):
    """Heights of the plot at which this colour is drawn, so many seconds before the newest moment."""
    plot, shot, hue = view._plot(), view.grab().toImage(), QColor(*color).hue()
    x = round(plot.right() - seconds_ago / 10 * plot.width())
    drawn = ((y, shot.pixelColor(x, y)) for y in range(shot.height()))
    return [(plot.bottom() - y) / plot.height() for y, c in drawn if c.saturation() > 40 and abs(c.hue() - hue) < 15]


def steady(count=301):
    return np.arange(count) / 30


def test_on_its_own_scale_each_line_fills_the_height(view):
    view.set_lines(lines(steady(), np.where(steady() < 5, 0, 100), np.where(steady() < 5, 1, 0)))
    assert view.ranges == ((0, 100), (0, 1))
    assert np.mean(shares(view, BLUE, 2)) == pytest.approx(1, abs=0.03)
    assert np.mean(shares(view, RED, 8)) == pytest.approx(1, abs=0.03)


def test_on_a_common_scale_lines_can_be_compared(view):
    view.set_lines(lines(steady(), np.full(301, 100.0), np.full(301, 50.0)))
    view.set_common(common=True)
    low, high = view.ranges[0]
    assert view.ranges == ((low, high), (low, high))
    assert np.mean(shares(view, BLUE, 5)) == pytest.approx((100 - low) / (high - low), abs=0.03)
    assert np.mean(shares(view, RED, 5)) == pytest.approx((50 - low) / (high - low), abs=0.03)


def test_moments_further_apart_than_a_gap_are_dots(view):
    view.set_lines(lines([0, 2, 5, 10], [0.0, 1.0, 0.0, 1.0]))
    assert np.mean(shares(view, BLUE, 8)) == pytest.approx(1, abs=0.05)
    assert np.mean(shares(view, BLUE, 5)) == pytest.approx(0, abs=0.05)
    assert shares(view, BLUE, 6.5) == []


def test_a_line_breaks_where_no_frame_came_and_at_what_is_no_number(view):
    times = steady()
    values = np.where((times > 2) & (times < 4), np.nan, 1.0)
    values[times < 1.5] = np.inf
    here = (times < 5) | (times > 8)
    view.set_lines(lines(times[here], values[here]))
    assert shares(view, BLUE, 9.5) == []
    assert shares(view, BLUE, 8.2) != []
    assert shares(view, BLUE, 7) == []
    assert shares(view, BLUE, 5.5) != []
    assert shares(view, BLUE, 3.5) == []
    assert shares(view, BLUE, 1) != []


def test_the_second_round_of_colours_is_dashed(view):
    view.set_lines(lines(steady(), np.full(301, 0.6), dashed=(True,)))
    drawn = [bool(shares(view, BLUE, ago)) for ago in np.linspace(1, 9, 60)]
    assert 0.2 < np.mean(drawn) < 0.95


def test_the_scale_holds_still_while_the_values_fill_it(view):
    view.set_lines(lines(steady(), np.linspace(0, 9.6, 301)))
    before = view.ranges
    view.set_lines(lines(steady(), np.linspace(1, 9.1, 301)))
    assert view.ranges == before
    view.set_lines(lines(steady(), np.linspace(1, 29, 301)))
    assert view.ranges != before


def test_nothing_and_nothing_but_nan_are_empty_plots(view):
    empty = view.grab().toImage()
    view.set_lines(lines([1.0, 2.0], [np.nan, np.nan]))
    assert shares(view, BLUE, 0.5) == []
    view.set_lines(lines([], []))
    view.set_lines(StripLines(np.zeros(0), np.zeros((0, 0), np.float32), (), ()))
    assert view.grab().toImage() == empty


def test_fewer_seconds_are_longer_on_view(view):
    view.set_longest(5.0)
    assert view.span == (5, 0)
    view.set_longest(30.0)
    view.zoom(0.1)
    assert view.span == (30, 0)
