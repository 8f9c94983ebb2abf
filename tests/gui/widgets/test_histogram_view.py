"""Histograms by pixel, what the mouse reads off, zoom, files."""

import csv
import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from cnnviz.core.inside.histogram import Histogram
from cnnviz.gui.widgets.bar_view import NEGATIVE, POSITIVE
from cnnviz.gui.widgets.clipboard import rgb_pixels
from cnnviz.gui.widgets.histogram_view import HistogramView

HISTOGRAM = Histogram(np.array([1, 2, 4, 8], np.int64), -2.0, 2.0)


@pytest.fixture
def view(qtbot):
    made = HistogramView()
    qtbot.addWidget(made)
    made.resize(412, 140)
    made.set_histogram(HISTOGRAM, math.nan, math.nan, "weights")
    made.show()
    return made


def heights(view, colour):
    """Pixels of a colour in each column that has some."""
    counts = (rgb_pixels(view.grab().toImage()) == colour).all(2).sum(0).tolist()
    return [count for count in counts if count]


def test_bars_are_as_high_as_their_counts_and_left_of_zero_in_another_colour(view):
    plot = view._plot()
    positive, negative = heights(view, POSITIVE), heights(view, NEGATIVE)
    assert max(positive) == pytest.approx(plot.height(), abs=2)
    assert min(positive) == pytest.approx(plot.height() / 2, abs=2)
    assert max(negative) == pytest.approx(plot.height() / 4, abs=2)
    assert len(positive) == pytest.approx(plot.width() / 2 - 2, abs=3)


def test_heights_may_be_logarithmic(view):
    action = next(action for action in view.actions() if action.isCheckable())
    action.trigger()
    assert min(heights(view, POSITIVE)) == pytest.approx(view._plot().height() * math.log(5) / math.log(9), abs=2)


def test_the_mouse_reads_a_bars_range_count_and_share(view, qtbot):
    assert view.readout() == "weights"
    plot = view._plot()
    with qtbot.waitSignal(view.hovered) as hovered:
        view._note_hover(view.target_at(QPointF(plot.left() + 0.6 * plot.width(), plot.center().y())))
    assert hovered.args == [2]
    assert view.readout() == "0 to 1: 4 values, 26.7 %"
    view._note_hover(None)
    assert view.readout() == "weights"


def test_the_wheel_shows_fewer_bars_and_a_double_click_all(view):
    view.set_histogram(Histogram(np.ones(64, np.int64), 0.0, 64.0), 32.0, 8.0, "")
    view.zoom(2.0, QPointF(view._plot().left(), 50))
    assert view.on_view == (0.0, 32.0)
    view._pan(QPointF(-view._plot().width(), 0))
    assert view.on_view == (32.0, 64.0)
    view.reset_zoom()
    assert view.on_view == (0.0, 64.0)


def test_all_counts_go_into_the_file(view, tmp_path):
    view.save_csv(tmp_path / "counts.csv")
    with (tmp_path / "counts.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["from", "to", "count"],
            ["-2.0", "-1.0", "1"],
            ["-1.0", "0.0", "2"],
            ["0.0", "1.0", "4"],
            ["1.0", "2.0", "8"],
        ]
    view.save_svg(tmp_path / "counts.svg")
    view.save_png(tmp_path / "counts.png")
    assert b"<svg" in (tmp_path / "counts.svg").read_bytes()
    assert (tmp_path / "counts.png").read_bytes()[1:4] == b"PNG"


def test_without_values_there_is_nothing_to_point_at(view):
    view.set_histogram(None, math.nan, math.nan, "")
    assert view.target_at(QPointF(view._plot().center())) is None
    assert heights(view, POSITIVE) == []
