"""The summary dock: the table in both orders, sorted, searched, copied and saved; what it says of a layer."""

import csv
from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester

from cnnviz.core.graph.folding import CallTree
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing, Window
from cnnviz.core.receptive_axis import AxisField
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.gui.docks.summary import SummaryDock
from cnnviz.gui.widgets.summary_field_plot import field_steps
from cnnviz.gui.widgets.summary_model import SummaryModel


def seen(size, stride, offset, *, whole=False):
    """Of a layer with four cells a side."""
    spans = tuple((offset + stride * cell, offset + stride * cell + size) for cell in range(4))
    first, end = tuple(max(0, span[0]) for span in spans), tuple(min(32, span[1]) for span in spans)
    axis = AxisField((spans[0],), stride, first, end, 32, whole)
    return ReceptiveField(axis, axis)


def layer(name, kind, shape, **changes):
    fields = {"leaf": True, "parameters": 0, "trainable": 0, "map_axes": "chw" if len(shape) == 3 else "vector",
              "parent": name.rpartition(".")[0] or "network"} | changes  # fmt: skip
    return LayerInfo(
        name, name.partition("#")[0], kind, changes.pop("order", 0), name.count("."), shape=shape, **fields
    )


def conv(name, shape, weight, *, kernel=(3, 3), groups=1, bias=True, **changes):
    count = weight[0] * weight[1] * weight[2] * weight[3] + (weight[0] if bias else 0)
    return layer(name, "Conv2d", shape, parameters=count, trainable=count, weight=weight, bias=bias,
                 window=Window(kernel, (1, 1), (1, 1), groups=groups), learning="learns", **changes)  # fmt: skip


LAYERS = (
    layer("network", "Net", (10,), leaf=False, parameters=7_000, trainable=6_000, buffers=17, parent=""),
    conv("conv1", (64, 224, 224), (64, 3, 3, 3), inputs=("input",), macs=86_704_128, memory=12_845_056,
         receptive_field=seen(3, 1, -1)),
    layer("block", "Block", (64, 224, 224), leaf=False, parameters=768),
    conv("block.depthwise", (64, 224, 224), (64, 1, 3, 3), groups=64, bias=False, inputs=("conv1",), macs=28_901_376,
         receptive_field=seen(5, 1, -2)),
    layer("block.bn", "BatchNorm2d", (64, 224, 224), parameters=128, buffers=129, inputs=("block.depthwise",),
          learning="frozen", receptive_field=seen(5, 1, -2)),
    layer("block.relu", "ReLU", (64, 224, 224), inputs=("block.bn",), memory=512),
    layer("avgpool", "AdaptiveAvgPool2d", (64, 1, 1), inputs=("block.relu",),
          receptive_field=seen(9, 1, 0, whole=True)),
    layer("fc", "Linear", (10,), parameters=650, trainable=650, weight=(10, 64), bias=True, inputs=("avgpool",),
          macs=640, learning="learns"),
)  # fmt: skip


def offer(layers=LAYERS):
    return NetworkOffer(NetworkChoice("net"), "Net", "", "cpu", half=False, input_shape=(3, 224, 224),
                        preprocessing=Preprocessing(), class_names=(), layers=tuple(layers), parameters=7_000,
                        trainable=6_000)  # fmt: skip


@pytest.fixture
def dock(qtbot):
    made = SummaryDock()
    qtbot.addWidget(made)
    made.resize(1200, 620)
    made.show_network(offer())
    made.show()
    return made


def titles(dock):
    model = dock.table.model()
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]


def names(dock, parent=None):
    model = dock.table.model()
    parent = QModelIndex() if parent is None else parent
    return [model.index(row, 0, parent).data() for row in range(model.rowCount(parent))]


def cell(dock, layer_name, title):
    dock.table.show_layer(layer_name)
    return dock.table.currentIndex().siblingAtColumn(titles(dock).index(title)).data()


def test_the_model_keeps_every_rule_of_qt():
    model = SummaryModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tree = CallTree(LAYERS, (3, 224, 224))
    model.set_calls(tree, nested=True)
    assert model.rowCount() == 4
    model.set_calls(tree, nested=False)
    assert model.rowCount() == 6
    tester.deleteLater()


def test_blocks_stand_around_their_calls_and_the_flat_list_leaves_them_out(dock, qtbot):
    assert names(dock) == ["conv1", "block", "avgpool", "fc"]
    assert names(dock, dock.table.model().index(1, 0)) == ["depthwise", "bn", "relu"]
    dock.show_layer("block.bn")
    qtbot.mouseClick(dock.flat_button, Qt.MouseButton.LeftButton)
    assert names(dock) == ["conv1", "block.depthwise", "block.bn", "block.relu", "avgpool", "fc"]
    assert dock.table.current_layer() == "block.bn"


@pytest.mark.parametrize(
    ("layer_name", "title", "text"),
    [
        ("conv1", "Type", "Conv2d"),
        ("conv1", "Kernel", "3"),
        ("conv1", "Padding", "1"),
        ("block.depthwise", "Groups", "64"),
        ("conv1", "Output", "64×224×224"),
        ("conv1", "Parameters", "1,792"),
        ("conv1", "Multiply-adds", "86,704,128"),
        ("conv1", "Memory", "12.8 MB"),
        ("block.depthwise", "Field", "5×5"),
        ("block.depthwise", "Field offset", "−2"),
        ("avgpool", "Field", "all"),
        ("avgpool", "Field stride", ""),
        ("block.bn", "Backpropagation", "frozen"),
        ("block.relu", "Backpropagation", "nothing"),
        ("fc", "Backpropagation", "learns"),
        ("block.relu", "Parameters", ""),
    ],
)
def test_a_cell_says(dock, layer_name, title, text):
    assert cell(dock, layer_name, title) == text


def test_a_click_on_a_title_sorts_by_the_number_and_not_by_its_text(dock):
    dock.flat_button.setChecked(True)
    dock.table.sortByColumn(titles(dock).index("Parameters"), Qt.SortOrder.DescendingOrder)
    assert names(dock)[:4] == ["conv1", "fc", "block.depthwise", "block.bn"]


def test_the_search_leaves_names_and_types_and_the_blocks_around_them(dock, qtbot):
    qtbot.keyClicks(dock.search_field, "batchnorm")
    assert names(dock) == ["block"]
    assert names(dock, dock.table.model().index(0, 0)) == ["bn"]


def test_the_totals_count_everything_once(dock):
    words = "6 layers · 7,000 parameters, 6,000 trainable · 17 buffers · 115,606,144 multiply-adds · 12.8 MB of outputs"
    assert dock.totals_label.text() == words
    dock.show_network(replace(offer(), unreached=("aux1", "aux2")))
    assert dock.totals_label.text() == words + " · never reached: aux1, aux2"


def test_a_click_and_a_key_choose_a_layer(dock, qtbot):
    place = dock.table.visualRect(dock.table.model().index(0, 0)).center()
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["conv1"]
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.keyClick(dock.table, Qt.Key.Key_Down)
    assert chosen.args == ["block"]


def test_setters_emit_nothing(dock, qtbot):
    with qtbot.assertNotEmitted(dock.layer_selected):
        dock.show_layer("fc")
        dock.show_layer("no such layer")
        dock.show_network(offer(LAYERS[:2]))
        dock.show_layer("network")
    assert dock.table.current_layer() == ""


def test_rows_are_copied_for_a_spreadsheet(dock):
    dock.table.show_layer("conv1")
    flags = QItemSelectionModel.SelectionFlag
    dock.table.selectionModel().select(dock.table.model().index(3, 0), flags.Select | flags.Rows)
    dock.table.copy()
    rows = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert [row[0] for row in rows] == ["Layer", "conv1", "fc"]
    assert rows[1][titles(dock).index("Multiply-adds")] == "86704128"
    assert {len(row) for row in rows} == {len(titles(dock))}


def test_the_csv_holds_all_rows_as_sorted_and_the_totals(dock, tmp_path):
    dock.table.save_csv(tmp_path / "net.csv")
    with (tmp_path / "net.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["Layer"] for row in rows] == [
        "conv1", "block", "block.depthwise", "block.bn", "block.relu", "avgpool", "fc", "total",
    ]  # fmt: skip
    assert rows[0]["Memory"] == "12845056"
    assert rows[-1]["Parameters"] == "7000"


def test_a_file_that_cannot_be_written_is_told(dock, qtbot, tmp_path):
    with qtbot.waitSignal(dock.problem_met) as told:
        dock.table.save_csv(tmp_path / "no folder" / "net.csv")
    assert "could not be written" in told.args[0]


def test_a_convolutions_parameters_beside_a_dense_layers(dock):
    dock.show_layer("conv1")
    text = dock.explanation_label.text()
    assert "3·3·3·64 + 64 = <b>1,792</b>" in text
    assert "150,528·1,000 + 1,000 = <b>150,529,000</b>" in text
    assert "84,001 times" in text


def test_groups_are_divided_by(dock):
    dock.show_layer("block.depthwise")
    text = dock.explanation_label.text()
    assert "3·3·64/64·64 = <b>576</b>" in text
    assert "over one channel each" in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fc", "64·10 + 10 = <b>650</b>"),
        ("block.relu", "Nothing to learn"),
        ("block.bn", "a scale γ and a shift β"),
        ("block", "A block of 3 calls"),
        ("", "Choose a layer"),
    ],
)
def test_what_is_said_of_other_layers(dock, name, words):
    dock.show_layer(name)
    assert words in dock.explanation_label.text()


def test_a_name_is_never_read_as_markup(dock):
    dock.show_network(offer([layer("<b>x", "ReLU", (4, 2, 2), inputs=("input",))]))
    dock.show_layer("<b>x")
    assert "&lt;b&gt;x" in dock.explanation_label.text()


def test_the_field_grows_step_by_step_to_the_whole_picture(dock):
    assert [(step.layer, step.side, step.text) for step in field_steps(LAYERS)] == [
        ("conv1", 3, "3×3"),
        ("block.depthwise", 5, "5×5"),
        ("block.bn", 5, "5×5"),
        ("avgpool", None, "whole picture"),
    ]
    assert len(dock.field_plot.steps) == 4


def test_a_click_on_the_plot_chooses_the_layer(dock, qtbot):
    plot = dock.field_plot
    area = plot._plot()
    place = QPointF(area.left() + 0.99 * area.width(), area.center().y())
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert chosen.args == ["avgpool"]


def test_the_plot_draws_the_growth_and_is_saved(dock, tmp_path):
    plot = dock.field_plot
    image = plot.grab().toImage()
    area = plot._plot()
    highlight = plot.palette().highlight().color().rgb()
    height = {}
    for number in (0, 3):
        x = round(area.left() + (number + 0.3) / 4 * area.width())
        height[number] = min(y for y in range(image.height()) if image.pixel(x, y) == highlight)
    assert height[3] == pytest.approx(area.top(), abs=2)
    assert height[0] > area.bottom() - 6
    plot.save_svg(tmp_path / "plot.svg")
    plot.save_csv(tmp_path / "plot.csv")
    assert (tmp_path / "plot.csv").read_text().splitlines()[1] == "conv1,3×3"
    assert "<svg" in (tmp_path / "plot.svg").read_text()


def test_in_a_narrow_dock_the_plot_goes_below(dock):
    assert dock.details.orientation() == Qt.Orientation.Horizontal
    dock.resize(360, 620)
    assert dock.details.orientation() == Qt.Orientation.Vertical
