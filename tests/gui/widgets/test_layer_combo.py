"""The list of layers: searched by typing, followed without a word, dropped when left."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.layer_combo import LayerCombo
from cnnviz.gui.widgets.layer_picker import MOST_ROWS, LayerPicker


def layer(name, depth=1, shape=(8, 5, 4), axes="chw"):
    return LayerInfo(name, name, "Conv2d", 0, depth, True, shape, 0, 0, axes)


LAYERS = (layer("network", 0, (10,), "vector"), layer("conv1"), layer("block.conv2", 2), layer("odd", 1, None, ""))


@pytest.fixture
def combo(qtbot):
    made = LayerCombo()
    qtbot.addWidget(made)
    made.show()
    made.set_layers(LAYERS)
    return made


def test_it_lists_what_can_be_drawn(combo):
    assert [combo.itemText(row) for row in range(combo.count())] == ["network", "conv1", "block.conv2"]
    assert combo.layer == ""


def test_the_user_chooses_and_the_setter_is_silent(combo, qtbot):
    with qtbot.assertNotEmitted(combo.layer_chosen):
        combo.set_layer("conv1")
        combo.set_layers(LAYERS)
    assert combo.layer == combo.currentText() == "conv1"
    with qtbot.waitSignal(combo.layer_chosen) as chosen:
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert chosen.args == ["block.conv2"]


def test_typing_searches_anywhere_in_a_name(combo, qtbot):
    combo.lineEdit().selectAll()
    qtbot.keyClicks(combo.lineEdit(), "CONV2")
    completer = combo.completer()
    assert completer.completionCount() == 1
    with qtbot.waitSignal(combo.layer_chosen) as chosen:
        completer.popup().setCurrentIndex(completer.completionModel().index(0, 0))
        qtbot.keyClick(completer.popup(), Qt.Key.Key_Return)
    assert chosen.args == ["block.conv2"]


def test_what_was_typed_and_not_chosen_is_dropped(combo, qtbot):
    combo.set_layer("conv1")
    qtbot.keyClicks(combo.lineEdit(), "nonsense")
    with qtbot.assertNotEmitted(combo.layer_chosen):
        QApplication.sendEvent(combo, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert combo.currentText() == "conv1"


def test_a_layer_it_does_not_have_chooses_none(combo):
    combo.set_layer("conv1")
    combo.set_layers((layer("other"),))
    assert combo.layer == ""
    combo.set_layer("nowhere")
    assert combo.layer == combo.currentText() == ""


def test_neighbours_end_at_the_ends(combo):
    combo.set_layer("conv1")
    assert combo.neighbour(1) == "block.conv2"
    assert combo.neighbour(9) == "block.conv2"
    assert combo.neighbour(-9) == "network"


def test_ticks_of_the_picker_are_in_running_order_and_survive_another_list(qtbot):
    picker = LayerPicker()
    qtbot.addWidget(picker)
    with qtbot.assertNotEmitted(picker.picked):
        picker.set_layers(LAYERS)
        picker.set_names(("block.conv2", "network"))
        picker.set_layers((*LAYERS, layer("conv3")))
    assert picker.names() == ("network", "block.conv2")
    with qtbot.waitSignal(picker.picked):
        picker.item(1).setCheckState(Qt.CheckState.Checked)
    assert picker.names() == ("network", "conv1", "block.conv2")


def test_the_picker_takes_no_more_rows_than_can_be_read(qtbot):
    picker = LayerPicker()
    qtbot.addWidget(picker)
    names = [f"conv{number}" for number in range(MOST_ROWS + 1)]
    picker.set_layers([layer(name) for name in names])
    picker.set_names(names[:MOST_ROWS])
    with qtbot.assertNotEmitted(picker.picked):
        picker.item(MOST_ROWS).setCheckState(Qt.CheckState.Checked)
    assert picker.names() == tuple(names[:MOST_ROWS])
