"""The confusion matrix by pixel: which cell is where, in which colour, in which order, and what a click means."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from cnnviz.gui.widgets.color_mixing import mixed
from cnnviz.gui.widgets.evaluation_colors import HIT, MISS, ink_on
from cnnviz.gui.widgets.evaluation_confusion import ConfusionView, cell_strengths, class_order

COUNTS = np.array([[8, 2, 0], [0, 10, 0], [5, 0, 5]])
NAMES = ("cat", "dog", "cow")


@pytest.fixture
def view(qtbot):
    made = ConfusionView()
    qtbot.addWidget(made)
    made.resize(320, 300)
    made.show_confusion(COUNTS, NAMES)
    made.show()
    return made


def corner(view, label, predicted) -> QPoint:
    """Of a cell on view, beside its count: found as the mouse would, column by column, then row by row."""
    xs, ys = range(0, view.width(), 2), range(0, view.height(), 2)
    inside = [(x, y) for x in xs for y in range(0, view.height(), 12) if view.target_at(QPointF(x, y)) is not None]
    row = inside[len(inside) // 2][1]
    left = next(x for x in xs if (view.target_at(QPointF(x, row)) or (-1, -1))[1] == predicted)
    top = next(y for y in ys if (view.target_at(QPointF(left, y)) or (-1, -1))[0] == label)
    return QPoint(left + 3, top + 3)


def center(view, label, predicted) -> QPoint:
    return corner(view, label, predicted) + QPoint(20, 20)


def color(view, label, predicted):
    return view.grab().toImage().pixelColor(corner(view, label, predicted)).getRgb()[:3]


def test_hits_are_blue_and_mistakes_orange_and_nothing_is_the_background(view):
    base = view.palette().base().color()
    assert color(view, 1, 1) == mixed(base, HIT, 0.75).getRgb()[:3]
    assert color(view, 2, 0) == mixed(base, MISS, 1.0).getRgb()[:3]
    assert color(view, 0, 2) == base.getRgb()[:3]


def test_a_mistake_is_as_strong_as_the_root_of_its_share_for_the_commonest():
    strengths = cell_strengths(COUNTS)
    assert strengths[2, 0] == 1
    assert strengths[0, 1] == pytest.approx((0.2 / 0.5) ** 0.5)
    assert strengths[0, 0] == pytest.approx(0.75 * 0.8**0.5)


def test_a_rare_mistake_is_pale_though_there_is_no_commoner_one():
    assert cell_strengths(np.array([[9999, 1], [0, 100]]))[0, 1] < 0.1


def test_worst_first_orders_classes_by_answers_given_for_them_or_instead_of_them(view):
    wrong = {name: sum(COUNTS[row]) + sum(COUNTS[:, row]) - 2 * COUNTS[row, row] for row, name in enumerate(NAMES)}
    assert [NAMES[place] for place in class_order(COUNTS, "error")] == sorted(NAMES, key=lambda name: -wrong[name])
    before = corner(view, 0, 0)
    view.set_order("error")
    assert corner(view, 0, 0) == before
    assert corner(view, 2, 2).y() < corner(view, 1, 1).y()


def test_a_click_names_the_true_and_the_predicted_class(view, qtbot):
    with qtbot.waitSignal(view.cell_chosen) as signal:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=center(view, 2, 0))
    assert signal.args == [2, 0]
    assert view.chosen == (2, 0)


def test_arrow_keys_go_through_the_cells_as_they_are_ordered(view):
    view.set_order("error")
    view.set_chosen((0, 0))
    chosen = []
    view.cell_chosen.connect(lambda *cell: chosen.append(cell))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up):
        QTest.keyClick(view, key)
    assert chosen == [(0, 2), (2, 2), (0, 2), (0, 2)]


def test_the_wheel_shows_fewer_cells_and_a_double_click_all_again(view):
    big = np.eye(40, dtype=np.int64)
    view.show_confusion(big, [f"class {number}" for number in range(40)])
    whole = corner(view, 39, 39)
    view.zoom(4.0, QPointF(view.width() / 2, 20))
    seen = {view.target_at(QPointF(x, 60)) for x in range(view.width())} - {None}
    assert len(seen) == pytest.approx(10, abs=1)
    view.reset_zoom()
    assert corner(view, 39, 39) == whole


def test_counts_are_saved_with_their_classes(view, tmp_path):
    view.save_csv(tmp_path / "confusion.csv")
    with (tmp_path / "confusion.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][1:] == list(NAMES)
    assert [[int(value) for value in row[1:]] for row in rows[1:]] == COUNTS.tolist()


def test_text_reads_on_every_colour():
    for base in (mixed(HIT, MISS, 0.5), HIT, MISS, mixed(HIT, HIT, 0)):
        red, green, blue = (channel / 255 for channel in base.getRgb()[:3])
        bright = 0.299 * red + 0.587 * green + 0.114 * blue
        ink = ink_on(base).lightness() / 255
        assert abs(ink - bright) > 0.4


def test_words_stand_in_place_of_a_matrix(view):
    view.show_words("Nothing yet")
    assert view.target_at(QPointF(view.rect().center())) is None
