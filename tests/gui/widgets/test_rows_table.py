"""A table of values: sorted by their numbers, marked by what they are, copied and saved whole."""

import csv
import math
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester

from cnnviz.gui.widgets.bar_view import NEGATIVE, POSITIVE
from cnnviz.gui.widgets.rows_model import BAR_ROLE, RowColumn
from cnnviz.gui.widgets.rows_table import RowsTable


@dataclass(frozen=True)
class Unit:
    name: str
    value: float


COLUMNS = (
    RowColumn("name", lambda row: row.name, lambda row: row.name, number=False),
    RowColumn("value", lambda row: f"{row.value:.1f}", lambda row: row.value, bar=True, long=1.0),
)
UNITS = (Unit("b", 2.0), Unit("a", -4.0), Unit("c", math.nan), Unit("d", 10.0))


@pytest.fixture
def table(qtbot):
    made = RowsTable(COLUMNS, lambda row: row.name)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.set_rows(UNITS)
    made.show()
    return made


def names(table):
    return [table.model().index(row, 0).data() for row in range(table.model().rowCount())]


def marked(table):
    return [index.data() for index in table.selectionModel().selectedRows()]


def test_the_model_keeps_every_rule_of_qt(table):
    tester = QAbstractItemModelTester(table.rows_model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.set_rows(UNITS[:2])
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    table.set_rows(UNITS)
    assert names(table) == ["d", "b", "a", "c"]
    tester.deleteLater()


def test_a_click_on_a_title_sorts_by_the_number_and_what_is_none_stands_last(table):
    assert names(table) == ["b", "a", "c", "d"]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert names(table) == ["a", "b", "d", "c"]
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert names(table) == ["d", "b", "a", "c"]
    table.set_rows((Unit("e", 3.0), Unit("f", 5.0), Unit("g", 4.0), Unit("h", math.nan)))
    assert names(table) == ["f", "g", "e", "h"]


def test_the_mark_stays_on_its_row_and_setters_tell_nobody(table, qtbot):
    with qtbot.assertNotEmitted(table.row_chosen):
        table.mark("d")
        table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
        table.set_rows((Unit("x", 11.0), *UNITS[1:]))
    assert marked(table) == ["d"]
    assert names(table)[1] == "d"
    table.mark("gone")
    assert marked(table) == []


def test_the_users_hand_chooses_a_row(table, qtbot):
    place = table.visualRect(table.model().index(1, 0)).center()
    with qtbot.waitSignal(table.row_chosen) as chosen:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [UNITS[1]]
    with qtbot.waitSignal(table.row_chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen.args[0].name == "c"


def test_bars_go_from_the_middle_to_both_sides(table):
    shares = [table.model().index(row, 1).data(BAR_ROLE) for row in range(4)]
    assert shares == [0.2, -0.4, None, 1.0]
    table.set_rows((Unit("small", 0.25), Unit("endless", -math.inf)))
    assert [table.model().index(row, 1).data(BAR_ROLE) for row in range(2)] == [0.25, -1.0]


def test_a_bar_is_as_long_as_its_share_of_half_the_cell(table):
    shot = table.viewport().grab().toImage()
    cell = table.visualRect(table.model().index(3, 1))
    y = next(
        y for y in range(cell.top(), cell.bottom() + 1)
        if any(shot.pixelColor(x, y).getRgb()[:3] == POSITIVE for x in range(cell.left(), cell.right()))
    )  # fmt: skip
    blue = [x for x in range(cell.left(), cell.right()) if shot.pixelColor(x, y).getRgb()[:3] == POSITIVE]
    assert len(blue) == pytest.approx((cell.width() - 8) / 2, abs=2)
    assert min(blue) == pytest.approx(cell.center().x(), abs=3)
    other = table.visualRect(table.model().index(1, 1))
    colours = {
        shot.pixelColor(QPoint(x, y)).getRgb()[:3]
        for x in range(other.left(), other.center().x())
        for y in range(other.top(), other.bottom())
    }
    assert NEGATIVE in colours


def test_all_rows_are_copied_as_they_read_and_saved_unrounded(table, tmp_path):
    table.copy()
    assert QGuiApplication.clipboard().text().split("\n")[:2] == ["name\tvalue", "b\t2.0"]
    table.save_csv(tmp_path / "units.csv")
    with (tmp_path / "units.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file))[2] == ["a", "-4.0"]


def test_a_file_that_cannot_be_written_is_said(table, qtbot, tmp_path):
    with qtbot.waitSignal(table.problem_met) as said:
        table.save_csv(tmp_path / "no" / "units.csv")
    assert "could not be written" in said.args[0]


LONG = RowColumn(
    "layer", lambda row: f"features.10.expand3x3_activation.{row.name}", lambda row: row.name, number=False
)


@pytest.mark.parametrize(("rows", "least"), [(UNITS, 90), ((), 20)])
def test_in_a_narrow_table_names_and_bars_give_way_until_the_last_bar_is_on_view(qtbot, rows, least):
    table = RowsTable((LONG, *COLUMNS[1:]), lambda row: row.name)
    qtbot.addWidget(table)
    table.resize(200, 200)
    table.show()
    table.set_rows(rows * 30)  # more than there is room for
    assert table.header().sectionViewportPosition(1) + table.columnWidth(1) <= table.viewport().width()
    assert not table.horizontalScrollBar().isVisible()
    assert table.columnWidth(0) >= least


def test_where_not_all_columns_fit_a_name_takes_the_room_there_is(qtbot):
    number = RowColumn("number", lambda row: f"{row.value:.2f}", lambda row: row.value)
    table = RowsTable((number, LONG, *[number] * 3), lambda row: row.name)
    qtbot.addWidget(table)
    table.resize(250, 200)
    table.show()
    table.set_rows(UNITS * 30)
    assert table.columnWidth(0) + table.columnWidth(1) == pytest.approx(table.viewport().width(), abs=3)


def test_a_name_that_is_cut_is_whole_in_its_tooltip(table):
    assert table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "b"
    assert table.model().index(0, 1).data(Qt.ItemDataRole.ToolTipRole) is None
