"""The unit dock: one number, its sum, its patch, its field; stepping, pinning, and words where there is nothing."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.live_views import UnitAnswer
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.core.unit import Average, Copy, Function, Maximum, Patch, Rank, Unit, WeightedSum
from cnnviz.core.views import InputPicture, Probe
from cnnviz.gui.docks.unit import UnitDock
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.heat_picture import heat_colors
from cnnviz.gui.widgets.seen_field import SeenField

LAYER = LayerInfo("conv", "conv", "Conv2d", 1, 1, True, (8, 6, 7), 0, 0, "chw", "3×3", inputs=("relu",))
FIELD = ReceptiveField.of_input((8, 8)).through_window((3, 3), (1, 1), (1, 1), (8, 8))
PROBE = Probe("conv", 5, 2, 3)
FRAME = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
PICTURE = InputPicture(FRAME, (160, 160), (0.0, 0.0, 1.0, 1.0))


def weighted(channels=3):
    patch = Patch(np.ones((channels, 2, 2)), np.arange(channels), np.array([2, 3]), np.array([4, 5]))
    kernel = np.arange(channels)[:, None, None] * np.ones((2, 2))
    return WeightedSum(patch, kernel, 0.5)


def answer(arithmetic, probe=PROBE, value=None):
    value = arithmetic.result if value is None else value
    cell = (probe.y, probe.x)
    unit = Unit("conv", "Conv2d", probe.channel, cell, value, Rank(2, 8, 9, 336), arithmetic, 1e-6)
    return UnitAnswer(probe, unit)


def show(dock, probe=PROBE, cell=(2, 3), field=FIELD):
    dock.show_unit(LAYER, (6, 7), SeenField("conv", cell, field), probe)


@pytest.fixture
def dock(qtbot):
    made = UnitDock()
    qtbot.addWidget(made)
    made.resize(370, 800)
    made.show()
    show(made)
    return made


def test_before_a_cell_is_clicked_it_says_how(qtbot):
    made = UnitDock()
    qtbot.addWidget(made)
    made.show()
    assert "Click a cell" in made.message_label.text()
    assert not made.head.isVisible()
    show(made)
    assert made.head.isVisible()
    assert not made.message_label.isVisible()
    made.show_nothing("No layer.")
    assert (made.message_label.text(), made.head.isVisible()) == ("No layer.", False)


def test_a_sum_is_written_out_and_checked(dock):
    dock.show_answer(answer(weighted()))
    assert dock.value_label.text() == "12.5"
    assert dock.rank_label.text().startswith("2nd of 8 channels here")
    assert "Σ over 3 input channels" in dock.formula_label.text()
    assert dock.check_label.text() == "captured 12.5 ✓ difference 0"
    assert dock.terms.isVisible()
    patch, kernel, product = dock.matrices.matrices
    assert (patch.title, kernel.title, product.title) == ("input 2", "kernel", "Σ = 8")
    assert product.values.tolist() == [[2, 2], [2, 2]]


def test_the_marked_channel_is_the_one_written_out(dock, qtbot):
    dock.show_answer(answer(weighted()))
    place = dock.terms.visualRect(dock.terms.terms.index(1, 0)).center()
    qtbot.mouseClick(dock.terms.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dock.matrices.matrices[0].title == "input 1"
    dock.show_answer(answer(weighted()))
    assert dock.matrices.matrices[0].title == "input 1"


def test_a_number_that_differs_is_said(dock):
    dock.show_answer(answer(weighted(), value=13.0))
    assert "✗" in dock.check_label.text()
    assert dock.value_label.text() == "13"


def test_a_pool_shows_its_patch_and_the_winner(dock):
    values = np.array([[[1.0, 4.0], [3.0, 2.0]]])
    patch = Patch(values, np.array([5]), np.array([4, 5]), np.array([6, 7]))
    dock.show_answer(answer(Maximum(patch)))
    (matrix,) = dock.matrices.matrices
    assert matrix.marked == (0, 1)
    assert not dock.terms.isVisible()
    dock.show_answer(answer(Average(patch, 4)))
    assert dock.matrices.matrices[0].marked is None


def test_a_function_has_no_matrices(dock):
    dock.show_answer(answer(Function(-1.0, 0.0)))
    assert not dock.matrices.isVisible()
    assert not dock.terms.isVisible()
    assert dock.check_label.isVisible()


def test_what_went_wrong_is_a_word_in_place_of_the_number(dock):
    dock.show_answer(answer(weighted()))
    dock.show_answer(UnitAnswer(PROBE, None, '"conv" was not called on this input.'))
    assert (dock.value_label.text(), dock.rank_label.text()) == ("–", '"conv" was not called on this input.')
    assert not dock.terms.isVisible()
    dock.show_problem("Cannot be captured.")
    assert dock.rank_label.text() == "Cannot be captured."


def test_nan_is_said_and_its_source_stands_first(dock):
    sum_with_nan = weighted()
    sum_with_nan.patch.values[1, 0, 0] = np.nan
    unit = Unit("conv", "Conv2d", 5, (2, 3), np.nan, Rank(None, 8, None, 336), sum_with_nan, 1e-6)
    dock.show_answer(UnitAnswer(PROBE, unit))
    assert dock.value_label.text() == "NaN"
    assert dock.rank_label.text() == "not a number: it has no rank"
    assert dock.matrices.matrices[0].title == "input 1"


def test_another_units_answer_comes_too_late(dock):
    dock.show_answer(answer(weighted()))
    show(dock, Probe("conv", 6, 2, 3))
    assert dock.value_label.text() == "–"
    dock.show_answer(answer(weighted()))
    assert dock.value_label.text() == "–"


def test_channel_and_cell_are_stepped_through_by_hand_only(dock, qtbot):
    with qtbot.assertNotEmitted(dock.unit_chosen):
        show(dock, Probe("conv", 1, 5, 6), (5, 6))
    assert [box.value() for box in (dock.head.channel_box, dock.head.y_box, dock.head.x_box)] == [1, 5, 6]
    with qtbot.waitSignal(dock.unit_chosen) as chosen:
        dock.head.x_box.stepUp()
    assert chosen.args == [Probe("conv", 1, 5, 0)]
    with qtbot.waitSignal(dock.unit_chosen) as chosen:
        dock.head.channel_box.stepDown()
    assert chosen.args[0].channel == 0


def test_a_vector_has_no_cell(dock):
    layer = LayerInfo("fc", "fc", "Linear", 2, 1, True, (10,), 0, 0, "vector")
    dock.show_unit(layer, (1, 1), SeenField("fc", (0, 0), FIELD.gathered()), Probe("fc", 9, 0, 0))
    assert not dock.head.x_box.isVisible()
    assert dock.head.channel_box.maximum() == 9
    assert dock.field.theory_label.text() == "Sees the whole picture"


def test_the_pin_asks_for_the_cell_or_for_the_mean_of_the_map(dock, qtbot):
    asked = []
    dock.pin_requested.connect(asked.append)
    qtbot.mouseClick(dock.head.pin_button, Qt.MouseButton.LeftButton, pos=dock.head.pin_button.rect().center())
    dock.head.pin_button.menu().actions()[1].trigger()
    assert asked == [False, True]


# --------------------------------------------------------------------------------------------------------------- fields


def pixel(view, y, x):
    return view.image.pixelColor(x, y).getRgb()[:3]


def test_the_patch_is_the_part_of_the_frame_that_is_seen(dock):
    dock.show_picture(PICTURE)
    assert (dock.field.view.image.height(), dock.field.view.image.width()) == (6, 6)
    assert pixel(dock.field.view, 0, 0) == tuple(FRAME[2, 4].tolist())
    assert pixel(dock.field.view, 5, 5) == tuple(FRAME[7, 9].tolist())


def test_padding_in_the_patch_is_grey(dock):
    show(dock, Probe("conv", 5, 0, 3), (0, 3))
    dock.show_picture(PICTURE)
    assert pixel(dock.field.view, 1, 2) == map_colors(dock.palette()).dead
    assert pixel(dock.field.view, 2, 0) == tuple(FRAME[0, 4].tolist())
    assert "partly padding" in dock.field.theory_label.text()


def test_a_unit_without_a_known_field_has_no_patch(dock):
    show(dock, Probe("conv", 1, 1, 1), (1, 1), None)
    dock.show_picture(PICTURE)
    assert dock.field.view.image.isNull()
    assert dock.field.theory_label.text() == "What it sees is not known"


def test_the_effective_field_is_heat_over_what_is_seen(dock):
    heat = np.zeros((8, 8), np.float32)
    heat[2, 3], heat[3, 4] = 4.0, 1.0
    field = EffectiveField("conv", 5, (2, 3), heat)
    dock.show_effective(field, "Listens to 1×1")
    assert dock.field.effective_label.text() == "Listens to 1×1"
    shown = [[pixel(dock.field.heat_view, y, x) for x in range(3)] for y in range(3)]
    assert np.array_equal(shown, heat_colors(heat[1:4, 2:5]))
    assert dock.field.heat_view.isVisible()
    show(dock, Probe("conv", 6, 2, 3))
    assert dock.field.heat_view.image.isNull()


def test_the_switch_and_the_averages_ask_for_measurements(dock, qtbot):
    asked, dropped = [], []
    dock.average_requested.connect(lambda *what: asked.append(what))
    dock.average_dropped.connect(lambda: dropped.append(1))
    assert dock.wants_effective
    with qtbot.waitSignal(dock.effective_toggled) as toggled:
        dock.field.effective_box.click()
    assert toggled.args == [False]
    assert not dock.wants_effective
    actions = {action.text(): action for action in dock.field.average_button.menu().actions()}
    actions["Over the next 30 frames"].trigger()
    actions["Over the pictures of a folder…"].trigger()
    dialog = dock.findChild(QFileDialog)
    dialog.fileSelected.emit("/pictures")
    dialog.close()
    actions["The present frame only"].trigger()
    assert (asked, dropped) == ([(30, ""), (0, "/pictures")], [1])


# ------------------------------------------------------------------------------------------------------------- journeys


def test_links_and_rows_lead_to_the_inputs_unit(dock):
    places = []
    dock.input_chosen.connect(lambda *place: places.append(place))
    dock.show_answer(answer(weighted()))
    dock.formula_label.linkActivated.emit("0")
    dock.terms.channel_activated.emit(1)
    dock.show_answer(answer(Maximum(Patch(np.array([[[1.0, 7.0]]]), np.array([5]), np.array([4]), np.array([8, 9])))))
    dock.formula_label.linkActivated.emit("0")
    dock.show_answer(answer(Copy(2, 36, 6, 5, 1.0)))
    dock.formula_label.linkActivated.emit("2")
    dock.show_answer(answer(Function(1.0, 1.0)))
    dock.formula_label.linkActivated.emit("0")
    assert places == [(0, 2, 3, 5), (0, 1, 3, 5), (0, 5, 4, 9), (2, 36, 6, 5), (0, 5, 2, 3)]


def test_a_narrow_dock_scrolls_down_and_never_sideways(dock, qtbot):
    dock.show_answer(answer(weighted()))
    dock.resize(280, 300)
    qtbot.waitUntil(lambda: dock.widget().verticalScrollBar().maximum() > 0)
    assert dock.widget().horizontalScrollBar().maximum() == 0
