"""The table of what each input channel adds: order, pictures by pixel, marks that stay, rows for a spreadsheet."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from cnnviz.core.unit import Patch, WeightedSum
from cnnviz.gui.widgets.unit_matrices import signed_colors
from cnnviz.gui.widgets.unit_terms import ADDS, AROUND, CHANNEL, KERNEL, PATCH, PICTURE_SIDE, PRODUCT, TermsTable


def weighted(terms, first=10):
    """Channel ``first + i`` adds ``terms[i]``: a patch of ones, its kernel a quarter of the term everywhere."""
    count = len(terms)
    kernel = np.repeat(np.asarray(terms, float) / 4, 4).reshape(count, 2, 2)
    places = np.array([0, 1])
    return WeightedSum(Patch(np.ones((count, 2, 2)), np.arange(first, first + count), places, places), kernel, 0.0)


@pytest.fixture
def table(qtbot):
    made = TermsTable()
    qtbot.addWidget(made)
    made.resize(330, 260)
    made.show()
    return made


def channels(table):
    return [table.terms.channel(row) for row in range(table.terms.rowCount())]


def text(table, row, column):
    return table.terms.data(table.terms.index(row, column))


def test_what_adds_most_comes_first_whatever_its_sign(table):
    table.show_sum(weighted([1.0, -8.0, 0.5, 4.0]), anew=True)
    assert channels(table) == [11, 13, 10, 12]
    assert [text(table, row, ADDS) for row in range(4)] == ["−8", "4", "1", "0.5"]
    assert table.marked_row == 0


def test_what_is_no_number_comes_before_all(table):
    table.show_sum(weighted([1.0, np.nan, 3.0]), anew=True)
    assert channels(table) == [11, 12, 10]
    assert text(table, 0, ADDS) == "NaN"


def test_a_click_on_a_title_sorts(table):
    table.show_sum(weighted([1.0, -8.0, 0.5, 4.0]), anew=True)
    table.sortByColumn(CHANNEL, Qt.SortOrder.AscendingOrder)
    assert channels(table) == [10, 11, 12, 13]
    table.sortByColumn(KERNEL, Qt.SortOrder.AscendingOrder)
    assert channels(table) == [12, 10, 13, 11]
    table.show_sum(weighted([9.0, -8.0, 0.5, 4.0]), anew=False)
    assert channels(table) == [12, 13, 11, 10]


def test_patch_kernel_and_product_are_drawn_in_their_colours(table):
    table.show_sum(weighted([1.0, -8.0]), anew=True)
    shot = table.viewport().grab().toImage()
    for column, values, limit in ((PATCH, 1.0, 1.0), (KERNEL, -2.0, 2.0), (PRODUCT, -2.0, 2.0)):
        rect = table.visualRect(table.terms.index(0, column))
        x, y = rect.left() + AROUND + PICTURE_SIDE // 2, rect.top() + AROUND + PICTURE_SIDE // 2
        expected = signed_colors(np.array([values]), limit)[0].tolist()
        assert shot.pixelColor(x, y).getRgb()[:3] == tuple(expected)


def test_a_channel_marked_by_hand_keeps_the_mark_while_the_values_move(table, qtbot):
    table.show_sum(weighted([1.0, -8.0, 0.5, 4.0]), anew=True)
    rect = table.visualRect(table.terms.index(2, CHANNEL))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert channels(table)[table.marked_row] == 10
    table.show_sum(weighted([99.0, -8.0, 0.5, 4.0]), anew=False)
    assert (channels(table)[0], table.marked_row) == (10, 0)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    table.show_sum(weighted([99.0, 0.1, 0.5, 4.0]), anew=False)
    assert channels(table)[table.marked_row] == 11
    table.show_sum(weighted([99.0, -8.0, 0.5, 4.0]), anew=True)
    assert table.marked_row == 0


def test_another_mark_is_announced_and_enter_goes_to_the_channel(table, qtbot):
    table.show_sum(weighted([1.0, -8.0]), anew=True)
    with qtbot.waitSignal(table.row_marked):
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(8, 60))
    with qtbot.waitSignal(table.channel_activated) as activated:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert activated.args == [10]


def test_rows_are_copied_and_saved(table, tmp_path):
    table.show_sum(weighted([1.0, -8.0]), anew=True)
    table.copy()
    assert QGuiApplication.clipboard().text() == "Input\tAdds\n11\t-8.0\n10\t1.0"
    table.save_csv(tmp_path / "terms.csv")
    with (tmp_path / "terms.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["input channel", "adds", *(f"{part} {n}" for part in ("patch", "kernel") for n in range(4))]
    assert rows[1] == ["11", "-8.0", *["1.0"] * 4, *["-2.0"] * 4]


def test_numbers_are_in_the_tips_and_thousands_of_rows_are_no_trouble(table):
    table.show_sum(weighted([1.0, -8.0]), anew=True)
    assert "−2" in table.terms.data(table.terms.index(0, KERNEL), Qt.ItemDataRole.ToolTipRole)
    assert "±2" in table.terms.headerData(KERNEL, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    table.show_sum(weighted(np.arange(9216.0)), anew=True)
    assert table.terms.rowCount() == 9216
    table.show_sum(None, anew=True)
    assert (table.terms.rowCount(), table.marked_row) == (0, None)
