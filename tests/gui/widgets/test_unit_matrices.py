"""Matrices by pixel: colours of values, padding hatched, numbers where there is room, and what the mouse reads."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication, QImage

from cnnviz.gui.widgets.unit_matrices import MatricesView, Matrix, signed_colors

VALUES = np.array([[-2.0, 0.0], [1.0, 2.0]])


@pytest.fixture
def view(qtbot):
    made = MatricesView()
    qtbot.addWidget(made)
    made.resize(360, 120)
    made.show()
    return made


def corner(view, number, row, column):
    """A pixel of a cell beside its number."""
    left = view._placed()[number][0] + column
    y, x = view._placement.to_view(row + 0.06, left + 0.06)
    return view.grab().toImage().pixelColor(round(x), round(y + view._line)).getRgb()[:3]


def middle(view, number, row, column):
    y, x = view._placement.to_view(row + 0.5, view._placed()[number][0] + column + 0.5)
    return QPointF(x, y + view._line)


def test_each_value_has_its_colour_on_a_scale_around_zero(view):
    view.set_matrices([Matrix("a", VALUES, 2.0), Matrix("b", -VALUES, 4.0)], ("×",))
    for number, (values, limit) in enumerate(((VALUES, 2.0), (-VALUES, 4.0))):
        for (row, column), expected in zip(np.ndindex(2, 2), signed_colors(values, limit).reshape(4, 3), strict=True):
            assert corner(view, number, row, column) == tuple(expected.tolist())


def test_colours_are_neutral_at_zero_and_told_apart_beside_it():
    low, middle, high, broken = signed_colors(np.array([-1.0, 0.0, 1.0, np.nan]), 1.0).astype(int)
    assert np.ptp(middle) < 30
    assert low[2] > low[0] + 40
    assert high[0] > high[2] + 40
    assert broken.tolist() == [255, 0, 255]
    assert signed_colors(np.zeros(1), 0.0).tolist() == [middle.tolist()]


def test_padding_is_hatched_and_told(view):
    inside = np.array([[True, False], [True, True]])
    view.set_matrices([Matrix("patch", VALUES, 2.0, inside)])
    hatched = view.grab().toImage()
    view.set_matrices([Matrix("patch", VALUES, 2.0)])
    assert view.grab().toImage() != hatched
    view.set_matrices([Matrix("patch", VALUES, 2.0, inside)])
    view._announce_hover((0, 0, 1))
    assert view.toolTip() == "patch [0, 1]: padding"


def test_the_mouse_reads_each_value(view):
    view.set_matrices([Matrix("a", VALUES, 2.0), Matrix("b", VALUES.T, 2.0)], ("=",))
    assert view.target_at(middle(view, 1, 0, 1)) == (1, 0, 1)
    assert view.target_at(QPointF(1, 1)) is None
    view._announce_hover((1, 0, 1))
    assert view.toolTip() == "b [0, 1]: 1"


def test_the_marked_cell_stands_out(view):
    view.set_matrices([Matrix("patch", VALUES, 2.0)])
    plain = view.grab().toImage()
    view.set_matrices([Matrix("patch", VALUES, 2.0, marked=(1, 1))])
    marked = view.grab().toImage()
    changed = [
        (y, x) for y in range(marked.height()) for x in range(marked.width()) if marked.pixel(x, y) != plain.pixel(x, y)
    ]
    assert {view.target_at(QPointF(x + 0.5, y + 0.5)) for y, x in changed} <= {(0, 1, 1), (0, 0, 1), (0, 1, 0), None}
    assert len(changed) > 40


def test_numbers_are_written_only_where_they_fit(view):
    large = np.tile(VALUES, (8, 8))
    view.set_matrices([Matrix("a", VALUES, 2.0)])
    assert view._number_font(view._placement.scale) is not None
    view.set_matrices([Matrix("a", large, 2.0), Matrix("b", large, 2.0), Matrix("c", large, 2.0)], ("×", "="))
    assert view._number_font(view._placement.scale) is None
    for _ in range(8):
        view.zoom(1.25)
    assert view._number_font(view._placement.scale) is not None
    view.reset_zoom()
    assert view._number_font(view._placement.scale) is None


def test_all_matrices_fit_the_width_and_the_height_follows(view):
    large = np.zeros((11, 11))
    view.set_matrices([Matrix(name, large, 1.0) for name in "abc"], ("×", "="))
    left, last = view._placed()[-1]
    assert view._placement.to_view(0, left + last.values.shape[1])[1] <= view.width()
    assert view.height() >= view._line + 11 * view._placement.scale


def test_a_matrix_of_one_and_none_are_drawn(view):
    view.set_matrices([Matrix("a", np.ones((1, 1)), 1.0)])
    assert corner(view, 0, 0, 0) == tuple(signed_colors(np.ones(1), 1.0)[0].tolist())
    view.set_matrices([])
    assert view.target_at(QPointF(20, 40)) is None


def test_pictures_and_numbers_are_taken_along(view, tmp_path):
    view.set_matrices([Matrix("a", VALUES, 2.0)])
    view.copy_numbers()
    assert QGuiApplication.clipboard().text() == "a\n-2.0\t0.0\n1.0\t2.0"
    view.save_png(tmp_path / "a.png")
    view.save_svg(tmp_path / "a.svg")
    view.save_csv(tmp_path / "a.csv")
    assert QImage(str(tmp_path / "a.png")).size() == view.size()
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:3] == [["a", "0", "0", "-2.0"], ["a", "0", "1", "0.0"]]
