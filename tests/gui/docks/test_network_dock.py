"""The network dock: layers as a tree, one chosen by mouse, keys or search; weights and networks asked for."""

import time

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester

from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkEntry, NetworkOffer, Preprocessing
from cnnviz.core.reports import Problem, Progress
from cnnviz.gui.docks.network import NetworkDock
from cnnviz.gui.widgets.layer_model import KIND, LAYER, PARAMETERS, SHAPE, LayerModel, parameters_text


def layer(name, kind="Conv2d", shape=(8, 5, 5), parameters=0, map_axes="chw"):
    path = name.partition("#")[0]
    return LayerInfo(name, path, kind, 0, path.count("."), leaf=True, shape=shape, parameters=parameters,
                     trainable=parameters, map_axes=map_axes, detail="3×3")  # fmt: skip


LAYERS = (
    layer("network", "Net", (10,), 12_345_678, "vector"),
    layer("stem", "Conv2d", (64, 112, 112), 9_408),
    layer("block", "Block", (64, 56, 56), 36_992),
    layer("block.conv", "Conv2d", (64, 56, 56), 36_864),
    layer("block.relu", "ReLU", (64, 56, 56)),
    layer("block.relu#2", "ReLU", (64, 56, 56)),
    layer("odd", "Odd", None, 0, ""),
    layer("head.0.linear", "Linear", (10,), 5_130, "vector"),
)


def offer(layers=LAYERS, **changes):
    fields = {
        "choice": NetworkChoice("net", "V1"), "title": "Net", "weights": "V1, from this machine", "device": "cpu",
        "half": False, "input_shape": (3, 224, 224), "preprocessing": Preprocessing(), "class_names": (),
        "layers": tuple(layers), "parameters": 1_248_424, "trainable": 1_248_424,
    }  # fmt: skip
    return NetworkOffer(**(fields | changes))


@pytest.fixture
def dock(qtbot):
    made = NetworkDock()
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show_network(offer())
    made.show()
    return made


def row(dock, *places):
    model, index = dock.tree.model(), QModelIndex()
    for place in places:
        index = model.index(place, LAYER, index)
    return index


def cells(dock, *places):
    index = row(dock, *places)
    return [index.siblingAtColumn(column).data() for column in (LAYER, KIND, SHAPE, PARAMETERS)]


def test_the_model_keeps_every_rule_of_qt():
    model = LayerModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_layers(LAYERS)
    assert model.row_total == len(LAYERS)
    tester.deleteLater()


def test_rows_nest_by_path_in_running_order(dock):
    assert [row(dock, place).data() for place in range(5)] == ["network", "stem", "block", "odd", "head.0.linear"]
    assert [row(dock, 2, place).data() for place in range(3)] == ["conv", "relu", "relu#2"]


def test_cells_say_type_output_and_parameters(dock):
    assert cells(dock, 1) == ["stem", "Conv2d", "64×112×112", "9,408"]
    assert cells(dock, 2, 1) == ["relu", "ReLU", "64×56×56", ""]
    assert cells(dock, 3) == ["odd", "Odd", "–", ""]


@pytest.mark.parametrize(("count", "text"), [(0, ""), (999, "999"), (9_999_999, "9,999,999"), (102_764_544, "102.8 M")])
def test_parameters_as_text(count, text):
    assert parameters_text(count) == text


def test_the_tooltip_says_all(dock):
    tip = row(dock, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "12,345,678 parameters, 12,345,678 of them trainable" in tip
    assert "3×3" in tip


def test_a_second_block_call_takes_its_own_children(dock):
    dock.show_network(offer([layer("a"), layer("a.x"), layer("a#2"), layer("a.x#2")]))
    assert row(dock, 1).data() == "a#2"
    assert row(dock, 1, 0).data() == "x#2"


def test_network_weights_and_total_in_words(dock):
    assert dock.title_label.text() == "Net"
    assert dock.weights_label.text() == "Weights: V1, from this machine"
    assert dock.total_label.text() == "1,248,424 parameters, input 3×224×224"
    dock.show_network(offer(unreached=("aux1", "aux2")))
    assert dock.unreached_label.text() == "Never reached: aux1, aux2"
    assert dock.unreached_label.isVisible()
    dock.show_network(offer())
    assert dock.unreached_label.isHidden()


def test_a_click_chooses_a_layer(dock, qtbot):
    place = dock.tree.visualRect(row(dock, 2, 0)).center()
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.mouseClick(dock.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["block.conv"]


def test_the_arrow_keys_choose_layers_and_pass_over_what_cannot_be_drawn(dock, qtbot):
    dock.show_layer("block.relu#2")
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.keyClick(dock.tree, Qt.Key.Key_Down)
    assert chosen.args == ["head.0.linear"]


def test_a_layer_that_cannot_be_drawn_cannot_be_chosen(dock, qtbot):
    with qtbot.assertNotEmitted(dock.layer_selected):
        qtbot.mouseClick(
            dock.tree.viewport(), Qt.MouseButton.LeftButton, pos=dock.tree.visualRect(row(dock, 3)).center()
        )
    assert dock.tree.current_layer() == ""


def test_setters_emit_nothing(dock, qtbot):
    with (
        qtbot.assertNotEmitted(dock.layer_selected),
        qtbot.assertNotEmitted(dock.network_requested),
        qtbot.assertNotEmitted(dock.networks_wanted),
    ):
        dock.show_layer("block.conv")
        dock.show_network(offer(LAYERS[:4]))
        dock.show_layer("stem")
        dock.show_layer("no such layer")
        dock.show_progress(Progress("download", "…", 0.5))
        dock.show_problem(Problem("No."))
    assert dock.tree.current_layer() == ""


def test_show_layer_marks_it_and_brings_it_into_view(dock):
    dock.show_layer("head.0.linear")
    assert dock.tree.current_layer() == "head.0.linear"
    assert dock.tree.viewport().rect().contains(dock.tree.visualRect(dock.tree.currentIndex()).topLeft())


def test_the_search_finds_names_and_types_and_keeps_the_blocks_around_them(dock, qtbot):
    dock.show_layer("block.conv")
    with qtbot.assertNotEmitted(dock.layer_selected):
        qtbot.keyClicks(dock.search_field, "relu")
    assert [row(dock, place).data() for place in range(dock.tree.model().rowCount())] == ["block"]
    assert [row(dock, 0, place).data() for place in range(2)] == ["relu", "relu#2"]
    dock.search_field.clear()
    assert dock.tree.model().rowCount() == 5


def test_numbers_are_whole_at_three_hundred_pixels(dock):
    tree = dock.tree
    for text, column in (("64×112×112", SHAPE), ("36,992", PARAMETERS), ("Params", PARAMETERS)):
        assert tree.columnWidth(column) >= tree.fontMetrics().horizontalAdvance(text)
    assert sum(tree.columnWidth(column) for column in range(4)) <= tree.viewport().width()


def test_fifteen_hundred_layers_are_shown_and_searched_quickly(dock):
    many = [layer(f"blocks.{block}.{part}") for block in range(300) for part in ("a", "b", "c", "d", "e")]
    began = time.process_time()  # a busy machine takes nothing from it
    dock.show_network(offer(many))
    dock.tree.search("17")
    dock.tree.search("")
    dock.show_layer("blocks.299.e")
    assert time.process_time() - began < 1.0
    assert dock.tree.current_layer() == "blocks.299.e"


def test_weights_for_the_present_network(dock, qtbot, tmp_path):
    with qtbot.waitSignal(dock.network_requested) as asked:
        dock.open_weights(str(tmp_path / "mine.pth"))
    assert asked.args == [NetworkChoice("net", weights="none", weights_file=str(tmp_path / "mine.pth"))]


def test_the_weights_button_opens_a_dialog_that_does_not_block(dock, qtbot, tmp_path):
    file = tmp_path / "mine.safetensors"
    file.write_bytes(b"")
    dialog = dock.choose_weights_file()
    dialog.selectFile(str(file))
    with qtbot.waitSignal(dock.network_requested) as asked:
        dialog.accept()
    assert asked.args[0].weights_file == str(file)


def test_the_chooser_asks_for_the_registry_when_it_first_opens(dock, qtbot):
    with qtbot.waitSignal(dock.networks_wanted):
        qtbot.mouseClick(dock.choose_button, Qt.MouseButton.LeftButton)
    dock.show_networks((NetworkEntry("net", "Net", "torchvision"), NetworkEntry("other", "Other", "torchvision")))
    with qtbot.assertNotEmitted(dock.networks_wanted):
        dock.choose_network()
    chooser = dock.chooser()
    assert not chooser.isModal()
    assert chooser.table.current_entry().name == "net"
    with qtbot.waitSignal(dock.network_requested) as asked:
        qtbot.mouseClick(chooser.open_button, Qt.MouseButton.LeftButton)
    assert asked.args[0].name == "net"
    dock.show_network(offer(choice=NetworkChoice("net", "none")))
    assert not chooser.isVisible()


def test_a_larger_text_size_reaches_the_tree(dock):
    before = dock.tree.font().pointSizeF()
    font = dock.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    dock.setFont(font)
    assert dock.tree.font().pointSizeF() == pytest.approx(2 * before)
    assert dock.tree.header().font().pointSizeF() == pytest.approx(2 * before)


def test_a_click_beside_all_rows_chooses_nothing(dock, qtbot):
    with qtbot.assertNotEmitted(dock.layer_selected):
        bottom = QPoint(20, dock.tree.viewport().height() - 3)
        qtbot.mouseClick(dock.tree.viewport(), Qt.MouseButton.LeftButton, pos=bottom)
    assert dock.tree.current_layer() == ""
