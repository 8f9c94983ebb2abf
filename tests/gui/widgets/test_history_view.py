"""Probabilities over time: lines where they belong, zoom in time, values under the mouse, files."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from cnnviz.gui.widgets.history_view import HistoryView
from cnnviz.gui.widgets.strip_chart import StripLines

BLUE, RED = (68, 119, 170), (238, 102, 119)


def lines(times, *shares, colors=(BLUE, RED)):
    stacked = np.array(shares, np.float32).T.reshape(len(times), len(shares))
    return StripLines(np.array(times, float), stacked, ("cat", "dog")[: len(shares)], colors[: len(shares)])


@pytest.fixture
def view(qtbot):
    made = HistoryView()
    qtbot.addWidget(made)
    made.resize(400, 140)
    made.show()
    return made


def heights(view, color, x):
    """Heights (0 bottom to 1 top of the plot) at which a colour of this hue is drawn; its edges are blended.

    Dark text may be of the same hue.
    """
    plot, shot, hue = view._plot(), view.grab().toImage(), QColor(*color).hue()
    column = [shot.pixelColor(x, y) for y in range(shot.height())]
    near = (y for y, drawn in enumerate(column) if _is_bright(drawn) and abs(drawn.hue() - hue) < 15)
    return [(plot.bottom() - y) / plot.height() for y in near]


def _is_bright(drawn):
    return drawn.saturation() > 40 and drawn.value() > 80


def x_of(view, seconds_ago):
    plot = view._plot()
    return round(plot.right() - seconds_ago / 10 * plot.width())


def test_lines_run_at_their_probabilities(view):
    times = np.arange(301) / 30 + 5000
    view.set_lines(lines(times, np.full(301, 0.8), np.where(times < 5005, 0.2, 0.4)))
    for ago, expected in ((8, 0.2), (2, 0.4)):
        assert np.mean(heights(view, BLUE, x_of(view, ago))) == pytest.approx(0.8, abs=0.03)
        assert np.mean(heights(view, RED, x_of(view, ago))) == pytest.approx(expected, abs=0.03)


def test_what_has_no_probability_is_left_out(view):
    view.set_lines(lines([0.0, 9.0, 10.0], [np.nan, 0.5, 0.5], colors=(BLUE,)))
    assert heights(view, BLUE, x_of(view, 5)) == []
    assert heights(view, BLUE, x_of(view, 0.5)) != []


def test_one_frame_is_a_point_at_the_right_edge_and_none_is_nothing(view):
    empty = view.grab().toImage()
    view.set_lines(lines([], []))
    assert view.grab().toImage() == empty
    view.set_lines(lines([1.0], [0.5], colors=(BLUE,)))
    point = [height for height in heights(view, BLUE, x_of(view, 0) - 3) if abs(height - 0.5) < 0.2]  # no label's text
    assert np.mean(point) == pytest.approx(0.5, abs=0.05)
    assert view.target_at(QPointF(200, 60)) == 0


def test_the_wheel_shows_fewer_seconds_dragging_earlier_ones_and_a_double_click_all(view, qtbot):
    view.set_lines(lines(np.arange(301) / 30, np.full(301, 0.5)))
    plot = view._plot()
    view.zoom(4, QPointF(plot.right(), 60))
    assert view.span == pytest.approx((2.5, 0))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    QTest.mouseMove(view, QPoint(100 + round(plot.width() / 2), 60))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 60))
    assert view.span == pytest.approx((3.75, 1.25), abs=0.02)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    assert view.span == (10, 0)
    view.zoom(0.1)
    assert view.span == (10, 0)


def test_the_mouse_finds_the_moment_and_its_values_are_written(view, qtbot):
    view.set_lines(lines(np.arange(11.0), np.full(11, 0.5)))
    before = view.grab().toImage()
    with qtbot.waitSignal(view.hovered) as hover:
        qtbot.mouseMove(view, QPoint(x_of(view, 4), 60))
    assert hover.args == [6]
    assert view.grab().toImage() != before
    with qtbot.waitSignal(view.hover_left):
        qtbot.mouseMove(view, QPoint(1, 1))
    assert view.grab().toImage() == before


def test_what_is_drawn_can_be_saved(view, tmp_path):
    view.set_lines(lines([3.0, 5.0], [0.25, 0.5], [0.75, 0.5]))
    view.save_png(tmp_path / "history.png")
    view.save_svg(tmp_path / "history.svg")
    view.save_csv(tmp_path / "history.csv")
    assert QImage(str(tmp_path / "history.png")).size() == view.size()
    assert "polyline" in (tmp_path / "history.svg").read_text(encoding="utf-8")
    with (tmp_path / "history.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["seconds", "cat", "dog"], ["-2.0", "0.25", "0.75"], ["0.0", "0.5", "0.5"]]
