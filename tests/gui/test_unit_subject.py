"""Boxes, heat, the unit on view and the pins, between real docks and a desk that only remembers what it was told."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.live_views import WHOLE_MAP, TraceValues, TraceView, UnitAnswer, UnitView
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.core.unit import Function, Rank, Unit
from cnnviz.core.views import FrameBudget, InputPicture, Probe, ProbeValue, Snapshot
from cnnviz.engine.commands import MeasureField
from cnnviz.engine.events import FieldMeasured
from cnnviz.gui.controllers.unit import UnitSubject
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.theme import Theme, map_colors
from cnnviz.gui.widgets.oscilloscope_pins import MOST_PINS
from cnnviz.state import Selection

FIELD = ReceptiveField.of_input((8, 8)).through_window((3, 3), (1, 1), (1, 1), (8, 8))
LAYERS = (
    LayerInfo("conv", "conv", "Conv2d", 0, 1, True, (4, 8, 8), 0, 0, "chw", inputs=("input",), receptive_field=FIELD),
    LayerInfo("relu", "relu", "ReLU", 1, 1, True, (4, 8, 8), 0, 0, "chw", inputs=("conv",), receptive_field=FIELD),
    LayerInfo("odd", "odd", "Odd", 2, 1, True, (2, 3), 0, 0, ""),
    LayerInfo("after", "after", "ReLU", 3, 1, True, (4, 8, 8), 0, 0, "chw", inputs=("odd",)),
    LayerInfo(
        "fc", "fc", "Linear", 4, 1, True, (10,), 0, 0, "vector", inputs=("relu",), receptive_field=FIELD.gathered()
    ),
)
CHOICE = NetworkChoice("tiny")
OFFER = NetworkOffer(CHOICE, "Tiny", "", "cpu", False, (3, 8, 8), Preprocessing(), (), LAYERS, 1, 1, serial=1)
FRAME = np.zeros((16, 32, 3), np.uint8)
PICTURE = InputPicture(FRAME, (160, 320), (0.0, 0.25, 1.0, 0.75))


class Desk:
    """A window, the selection, and what was sent and said."""

    def __init__(self, window):
        self.window, self.offer, self.selection = window, OFFER, Selection("conv")
        self.sent, self.said, self.refreshed = [], [], 0
        self.subject = UnitSubject(self)
        self.subject.show_network(OFFER)
        self.select(Selection("relu"))

    def send(self, command):
        self.sent.append(command)

    def refresh(self):
        self.refreshed += 1

    def select(self, selection):
        self.selection = selection
        self.subject.show_selection(selection)

    def problem(self, problem):
        self.said.append(problem.message)

    def network(self, *layers):
        self.offer = replace(OFFER, layers=layers)
        self.subject.show_network(self.offer)
        self.select(Selection(layers[0].name))

    def snapshot(self, *live, frame=1, at=0.0, picture=PICTURE):
        none = np.zeros(0), np.zeros((0, 0), np.float32)
        made = Snapshot(1, 1, frame, at, (), picture, None, *none, FrameBudget(), 30.0, 1, 0, live)
        if picture is not None:
            self.window.input.show_picture(picture)
        self.subject.show_snapshot(made)

    @property
    def boxes(self):
        """The outlines on the picture but for that of what the network sees, as (rect, colour, dashed)."""
        outlines = self.window.input.view.outlines[1:]
        return [(outline.rect, outline.color, outline.dashed) for outline in outlines]


@pytest.fixture
def desk(qapp):
    before = qapp.font(), qapp.palette()
    theme = Theme(qapp)
    window = MainWindow(theme)
    window.restore(window.session())
    made = Desk(window)
    window.dock_made.connect(made.subject.add_dock)
    window.show()
    QApplication.processEvents()
    made.snapshot()
    yield made
    window.close()
    window.deleteLater()
    theme.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setFont(before[0])
    qapp.setPalette(before[1])


def opened(desk, name):
    dock = desk.window.open_dock(name)
    QApplication.processEvents()
    assert dock.is_shown
    return dock


def heat_of(probe, side=8):
    heat = np.zeros((side, side), np.float32)
    heat[probe.y, probe.x] = 1.0
    return EffectiveField(probe.layer, probe.channel, (probe.y, probe.x), heat)


# ---------------------------------------------------------------------------------------------------------------- boxes


def test_the_clicked_cells_box_stays_and_the_hovered_ones_is_lighter(desk):
    colors = map_colors(desk.window.palette())
    assert desk.boxes == []
    desk.select(Selection("relu", 1, (3, 4)))
    desk.subject.show_hover(Probe("conv", 0, 5, 2))
    assert desk.boxes == [((4, 14, 10, 20), colors.field, False), ((8, 10, 14, 16), colors.hovered_field, False)]
    desk.subject.show_hover(None)
    assert desk.boxes == [((4, 14, 10, 20), colors.field, False)]
    desk.select(Selection("conv"))
    assert desk.boxes == []


def test_the_same_cell_of_the_same_layer_has_one_box(desk):
    desk.select(Selection("relu", 1, (3, 4)))
    desk.subject.show_hover(Probe("relu", 2, 3, 4))
    assert len(desk.boxes) == 1


def test_padding_is_dashed_and_told(desk):
    desk.select(Selection("relu", 1, (0, 4)))
    (outer, inner) = desk.boxes
    assert (outer[0], outer[2]) == ((-2, 14, 4, 20), True)
    inset = 3 / desk.window.input.view.placement.scale
    assert (inner[0], inner[2]) == (pytest.approx((inset, 14, 4, 20)), False)
    assert "padding" in desk.window.input.field_readout.text()


def test_a_vector_sees_the_whole_picture_and_words_say_so(desk):
    desk.subject.show_hover(Probe("fc", 7, 0, 0))
    assert "Sees the whole picture · fc" in desk.window.input.field_readout.text()
    assert len(desk.boxes) == 1
    desk.subject.show_hover(None)
    assert "mouse" in desk.window.input.field_readout.text()


def test_a_layer_without_a_field_and_one_that_is_gone_have_no_box(desk):
    desk.subject.show_hover(Probe("after", 0, 1, 1))
    assert desk.boxes == []
    assert "not known" in desk.window.input.field_readout.text()
    desk.subject.show_hover(Probe("elsewhere", 0, 1, 1))
    assert desk.boxes == []


def test_what_rested_under_the_mouse_is_forgotten_with_its_layer(desk):
    desk.subject.show_hover(Probe("relu", 0, 5, 2))
    desk.select(Selection("conv"))
    assert desk.boxes == []


# ----------------------------------------------------------------------------------------------------------------- unit


def test_the_unit_dock_shows_the_selection_and_without_a_cell_the_middle(desk):
    assert desk.subject.wishes() == ()
    assert not desk.subject.wants_picture
    dock = opened(desk, "unit")
    assert desk.subject.wishes() == (UnitView(Probe("relu", 0, 4, 4), ("conv",)),)
    assert desk.subject.wants_picture
    assert len(desk.boxes) == 1
    desk.select(Selection("relu", 3, (1, 2)))
    assert desk.subject.wishes() == (UnitView(Probe("relu", 3, 1, 2), ("conv",)),)
    unit = Unit("relu", "ReLU", 3, (1, 2), 0.0, Rank(1, 4, 1, 256), Function(-1.0, 0.0))
    desk.snapshot(UnitAnswer(Probe("relu", 3, 1, 2), unit))
    assert dock.value_label.text() == "0"
    assert not dock.field.view.image.isNull()
    dock.hide()
    QApplication.processEvents()
    assert desk.subject.wishes() == ()


def test_what_cannot_be_captured_is_said_at_once(desk):
    dock = opened(desk, "unit")
    desk.select(Selection("after", 0, (0, 0)))
    assert "cannot be captured" in dock.rank_label.text()


def test_stepping_and_links_select(desk):
    dock = opened(desk, "unit")
    desk.select(Selection("relu", 3, (1, 2)))
    dock.head.y_box.stepUp()
    assert desk.selection == Selection("relu", 3, (2, 2))
    dock.input_chosen.emit(0, 3, 2, 2)
    assert desk.selection == Selection("conv", 3, (2, 2))
    dock.input_chosen.emit(0, 1, 2, 2)
    assert desk.selection == Selection("conv", 3, (2, 2))


def test_an_unselectable_layer_shows_how_to_begin(desk):
    dock = opened(desk, "unit")
    desk.select(Selection(""))
    assert dock.message_label.isVisible()
    assert desk.subject.wishes() == ()


# --------------------------------------------------------------------------------------------------------------- fields


def test_the_effective_field_of_the_hovered_or_the_chosen_unit_is_heat_and_words(desk):
    dock = opened(desk, "unit")
    chosen, hovered = Probe("relu", 1, 3, 4), Probe("conv", 2, 5, 2)
    desk.select(Selection("relu", 1, (3, 4)))
    desk.sent.clear()
    desk.snapshot(frame=2)
    assert desk.sent == [MeasureField(chosen, live=True)]
    desk.subject.handlers[FieldMeasured](FieldMeasured(chosen, heat_of(chosen), live=True))
    assert "listens to 1×1" in desk.window.input.field_readout.text()
    assert dock.field.effective_label.text() == "Listens to 1×1"
    assert desk.window.input._heat[3, 4, 3] > 200
    desk.subject.show_hover(hovered)
    assert desk.sent[-1] == MeasureField(hovered, live=True)
    assert desk.window.input._heat is None
    desk.subject.handlers[FieldMeasured](FieldMeasured(hovered, heat_of(hovered), live=True))
    assert desk.window.input._heat[5, 2, 3] > 200
    desk.subject.show_hover(None)
    assert desk.window.input._heat[3, 4, 3] > 200
    dock.hide()
    QApplication.processEvents()
    assert desk.window.input._heat is None


def test_nothing_is_measured_while_it_is_switched_off_or_not_looked_at(desk):
    desk.select(Selection("relu", 1, (3, 4)))
    desk.snapshot(frame=2)
    assert desk.sent == []
    dock = opened(desk, "unit")
    dock.field.effective_box.click()
    desk.sent.clear()
    desk.snapshot(frame=3)
    assert desk.sent == []
    assert dock.field.effective_label.text() == ""


def test_an_average_replaces_the_live_field_until_it_is_dropped(desk):
    dock = opened(desk, "unit")
    unit = Probe("relu", 1, 3, 4)
    desk.select(Selection("relu", 1, (3, 4)))
    dock.average_requested.emit(30, "")
    dock.average_requested.emit(0, "/pictures")
    assert desk.sent[-2:] == [MeasureField(unit, frames=30), MeasureField(unit, frames=1, folder="/pictures")]
    mean = replace(heat_of(unit), pictures=30)
    desk.subject.handlers[FieldMeasured](FieldMeasured(unit, mean))
    assert dock.field.effective_label.text() == "Listens to 1×1 on average over 30 pictures"
    desk.sent.clear()
    desk.snapshot(frame=9)
    assert desk.sent == []
    dock.average_dropped.emit()
    assert dock.field.effective_label.text() != "Listens to 1×1 on average over 30 pictures"


def test_what_could_not_be_measured_is_said(desk):
    dock = opened(desk, "unit")
    unit = Probe("relu", 1, 3, 4)
    desk.select(Selection("relu", 1, (3, 4)))
    answer = desk.subject.handlers[FieldMeasured]
    answer(FieldMeasured(unit, None, live=True, problem="It does not depend on the picture."))
    assert dock.field.effective_label.text() == "It does not depend on the picture."
    dead = EffectiveField("relu", 1, (3, 4), np.zeros((8, 8), np.float32))
    answer(FieldMeasured(unit, dead, live=True))
    assert "no pixel" in dock.field.effective_label.text()
    no_numbers = EffectiveField("relu", 1, (3, 4), np.full((8, 8), np.nan, np.float32))
    answer(FieldMeasured(unit, no_numbers, live=True))
    assert dock.field.effective_label.text() == "Its gradient is NaN or ∞ at all 64 pixels."
    no_numbers.heat[0] = 0
    answer(FieldMeasured(unit, no_numbers, live=True))
    assert "NaN or ∞ at 56 of 64 pixels" in dock.field.effective_label.text()
    assert "changes with no pixel" not in desk.window.input.field_readout.text()
    broken = heat_of(unit)
    broken.heat[0, :3] = np.nan
    answer(FieldMeasured(unit, broken, live=True))
    assert "3 pixels NaN or ∞" in dock.field.effective_label.text()
    answer(FieldMeasured(unit, None))
    assert desk.said == ["No frame came, so there is no average."]


# ----------------------------------------------------------------------------------------------------------------- pins


def test_pins_are_traced_while_the_oscilloscope_is_looked_at(desk):
    desk.select(Selection("relu", 1, (3, 4)))
    desk.subject.actions["pin-unit"]()
    desk.subject.actions["pin-map"]()
    QApplication.processEvents()
    cell, mean = Probe("relu", 1, 3, 4), Probe("relu", 1, WHOLE_MAP, WHOLE_MAP)
    assert desk.subject.wishes() == (TraceView((cell, mean)),)
    dock = desk.window.on_demand["oscilloscope"]
    desk.snapshot(TraceValues((ProbeValue(cell, 2.5), ProbeValue(mean, None))), at=1.0, picture=None)
    assert dock.view.lines.names == ("relu · 1 · y 3, x 4", "relu · 1 · mean of its map")
    np.testing.assert_array_equal(dock.view.lines.values, [[2.5, np.nan]])
    dock.pin_removed.emit(cell)
    assert desk.subject.wishes() == (TraceView((mean,)),)
    dock.hide()
    QApplication.processEvents()
    assert desk.subject.wishes() == ()


def test_pins_that_vanish_with_the_network_stay_grey_and_come_back(desk):
    desk.select(Selection("relu", 1, (3, 4)))
    desk.subject.pin()
    QApplication.processEvents()
    table = desk.window.on_demand["oscilloscope"].table
    desk.network(replace(LAYERS[0], name="other"))
    assert "(not here)" in table.topLevelItem(0).text(0)
    assert desk.subject.wishes() == ()
    desk.network(replace(LAYERS[1], shape=(4, 2, 2)))
    assert "(not here)" in table.topLevelItem(0).text(0)
    desk.network(*LAYERS)
    assert "(not here)" not in table.topLevelItem(0).text(0)
    assert len(desk.subject.wishes()) == 1


def test_a_pin_is_gone_to(desk):
    desk.subject.restore((Probe("conv", 2, 1, 1), Probe("relu", 3, WHOLE_MAP, WHOLE_MAP), Probe("gone", 1, 1, 1)))
    dock = opened(desk, "oscilloscope")
    dock.pin_chosen.emit(Probe("conv", 2, 1, 1))
    assert desk.selection == Selection("conv", 2, (1, 1))
    dock.pin_chosen.emit(Probe("relu", 3, WHOLE_MAP, WHOLE_MAP))
    assert desk.selection == Selection("relu", 3)
    dock.pin_chosen.emit(Probe("gone", 1, 1, 1))
    assert desk.selection == Selection("relu", 3)
    assert len(desk.subject.pinned) == 3


def test_there_are_as_many_pins_as_can_be_told_apart(desk):
    probes = [Probe("relu", channel, y, 0) for channel in range(4) for y in range(4)]
    desk.subject.pin_probes(probes)
    assert len(desk.subject.pinned) == MOST_PINS
    assert "remove one" in desk.said[0]
    desk.subject.pin_probes(probes[:1])
    assert len(desk.said) == 1


def test_without_a_unit_there_is_nothing_to_pin(desk):
    desk.select(Selection(""))
    desk.subject.pin()
    assert "no unit to pin" in desk.said[0]
    assert "oscilloscope" not in desk.window.on_demand
