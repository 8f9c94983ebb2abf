"""Filters, statistics, interventions and observations between real docks and a desk that only remembers."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnviz.core.filters import measure_filters
from cnnviz.core.inside.channel_effects import ChannelRanking, SeparatingUnit, SeparationRanking
from cnnviz.core.inside.filters import FilterBank
from cnnviz.core.inside.histogram import histogram_of
from cnnviz.core.inside.interventions import Intervention, InterventionProblem
from cnnviz.core.inside.layer_numbers import Census, LayerNumbers, StuckUnits
from cnnviz.core.live_views import WHOLE_MAP, ObserveView, Statistics, StatisticsView
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.core.rendering.filters import draw_filters
from cnnviz.core.rendering.layout import mosaic_layout
from cnnviz.core.sources.values import SourceSpec, SourceState
from cnnviz.core.views import ChannelStatistics, FrameBudget, MapsPicture, MosaicPicture, Probe, Snapshot
from cnnviz.engine.commands import ForgetObservations, Intervene, RankChannels, ShowFilters, TakeCensus
from cnnviz.engine.events import CensusTaken, ChannelsRanked, FiltersShown, InterventionsChanged
from cnnviz.gui.controllers.filtering import FiltersSubject
from cnnviz.gui.controllers.interventions import InterventionsSubject
from cnnviz.gui.controllers.separation import SeparationSubject
from cnnviz.gui.controllers.statistics import StatisticsSubject
from cnnviz.gui.controllers.unit import UnitSubject
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.theme import Theme
from cnnviz.gui.widgets.interventions_list import ListedIntervention
from cnnviz.state import Selection

CONV = LayerInfo("conv", "conv", "Conv2d", 1, 1, True, (8, 5, 4), 0, 0, "chw", inputs=("input",), weight=(8, 3, 3, 3))
RELU = LayerInfo("relu", "relu", "ReLU", 2, 1, True, (8, 5, 4), 0, 0, "chw", inputs=("conv",))
FLAT = LayerInfo("flat", "flat", "Flatten", 3, 1, True, (160,), 0, 0, "vector", inputs=("relu",))
NET = LayerInfo("network", "network", "Net", 0, 0, False, (160,), 0, 0, "vector")
OFFER = NetworkOffer(NetworkChoice("n"), "N", "", "cpu", False, (3, 8, 8), Preprocessing(), ("cat", "dog"),
                     (NET, CONV, RELU, FLAT), 1, 1, serial=1)  # fmt: skip
KINDS = (UnitSubject, FiltersSubject, StatisticsSubject, InterventionsSubject, SeparationSubject)


class Desk:
    """A window, the subjects, the selection, and what was sent and said."""

    def __init__(self, window):
        self.window, self.offer, self.selection = window, OFFER, Selection("relu")
        self.sent, self.said, self.refreshed = [], [], 0
        window.maps_dock_added.connect(lambda dock: dock.show_layers(OFFER.layers))
        window.add_maps_dock()
        self.subjects = {kind: kind(self) for kind in KINDS}
        window.dock_made.connect(lambda name, dock: [each.add_dock(name, dock) for each in self.subjects.values()])
        self.show_network(OFFER)

    def show_network(self, offer):
        self.offer = offer
        self.window.show_network(offer)
        for subject in self.subjects.values():
            subject.show_network(offer)
            subject.show_selection(self.selection)

    def subject(self, kind):
        return self.subjects[kind]

    def send(self, command):
        self.sent.append(command)

    def of(self, kind):
        return [command for command in self.sent if isinstance(command, kind)]

    def refresh(self):
        self.refreshed += 1

    def select(self, selection):
        self.selection = selection
        for subject in self.subjects.values():
            subject.show_selection(selection)

    def select_layer(self, name):
        self.select(Selection(name))

    def problem(self, problem):
        self.said.append(problem.message)

    def event(self, event):
        for subject in self.subjects.values():
            if type(event) in subject.handlers:
                subject.handlers[type(event)](event)

    def snapshot(self, *live, maps=(), logits=None, before=None):
        none = np.zeros(0), np.zeros((0, 0), np.float32)
        made = Snapshot(1, 1, 1, 0.0, maps, None, logits, *none, FrameBudget(), 30.0, 1, 0, live, before)
        for subject in self.subjects.values():
            subject.show_snapshot(made)

    def wishes(self, kind):
        return self.subjects[kind].wishes()

    def act(self, name):
        next(subject.actions[name] for subject in self.subjects.values() if name in subject.actions)()

    def open(self, name):
        dock = self.window.open_dock(name)
        QApplication.processEvents()
        return dock


@pytest.fixture
def desk(qapp):
    before = qapp.font(), qapp.palette()
    theme = Theme(qapp)
    window = MainWindow(theme)
    made = Desk(window)
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    yield made
    window.close()
    window.deleteLater()
    theme.deleteLater()
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setFont(before[0])
    qapp.setPalette(before[1])


def maps_picture(layer, high):
    layout = mosaic_layout(tuple(range(8)), (5, 4), (60, 80))
    none = np.zeros(8, np.int32)
    statistics = ChannelStatistics(np.zeros(8, np.float32), high, None, None, None, none, none)
    indices = np.zeros((layout.height, layout.width), np.uint8)
    limits = np.zeros(8, np.float32), np.ones(8, np.float32)
    part = MosaicPicture(layer, (8, 5, 4), layout, indices, *limits, statistics)
    return MapsPicture("maps-1", (part,))


# ------------------------------------------------------------------------------------------------------- interventions


def test_m_mutes_and_unmutes_the_selected_channel_without_any_dock(desk):
    desk.select(Selection("relu", 3))
    desk.act("mute-channel")
    assert desk.of(Intervene) == [Intervene((Intervention("relu", "mute", (3,)),))]
    desk.act("mute-channel")
    assert desk.of(Intervene)[-1] == Intervene(())
    desk.act("undo-intervention")
    assert desk.of(Intervene)[-1] == Intervene((Intervention("relu", "mute", (3,)),))
    assert "interventions" not in desk.window.on_demand


def test_without_a_channel_there_is_a_word(desk):
    desk.select(Selection("relu"))
    desk.act("solo-channel")
    assert desk.sent == []
    assert "No channel is selected" in desk.said[0]


def test_the_maps_have_a_badge_on_silenced_channels(desk):
    desk.select(Selection("relu", 3))
    dock = next(iter(desk.window.maps.values()))
    dock.show_picture(maps_picture("relu", np.ones(8, np.float32)))
    desk.act("solo-channel")
    assert len(dock.canvas.view._badges) == 7
    desk.act("interventions-off")
    assert dock.canvas.view._badges == ()
    assert desk.of(Intervene)[-1] == Intervene(())


def test_the_dock_shows_the_list_and_edits_it(desk):
    desk.select(Selection("relu", 3))
    desk.act("mute-channel")
    dock = desk.open("interventions")
    dock.add_requested.emit(Intervention("conv", "scale", (1,), 2.0))
    assert len(dock.table.interventions.listed) == 2
    dock.switched.emit(0, False)
    assert desk.of(Intervene)[-1].interventions == (Intervention("conv", "scale", (1,), 2.0),)
    dock.value_edited.emit(1, 4.0)
    dock.value_edited.emit(1, 5.0)
    assert desk.of(Intervene)[-1].interventions == (Intervention("conv", "scale", (1,), 5.0),)
    dock.undo_requested.emit()
    assert desk.of(Intervene)[-1].interventions == (Intervention("conv", "scale", (1,), 2.0),)
    dock.removed.emit([1])
    assert desk.subject(InterventionsSubject).listed == (
        ListedIntervention(Intervention("relu", "mute", (3,)), on=False),
    )


def test_what_cannot_be_done_is_said_and_not_listed(desk):
    dock = desk.open("interventions")
    dock.add_requested.emit(Intervention("relu", "mute", (8,)))
    assert '"relu" has no channel 8' in desk.said[0]
    assert desk.subject(InterventionsSubject).listed == ()


def test_problems_of_the_engine_stand_at_their_intervention(desk):
    dock = desk.open("interventions")
    what = Intervention("relu", "freeze")
    desk.subject(InterventionsSubject).add(what)
    desk.event(InterventionsChanged((), (InterventionProblem(what, "There is no such layer."),)))
    assert dock.table.interventions._problems == {what: "There is no such layer."}
    desk.event(InterventionsChanged((what,)))
    assert dock.table.interventions._problems == {}


def test_a_sessions_list_is_done_when_there_is_a_network_and_again_in_the_next(desk):
    what = Intervention("relu", "mute", (1,))
    desk.offer = None
    desk.subject(InterventionsSubject).restore((ListedIntervention(what),))
    assert desk.sent == []
    desk.show_network(OFFER)
    assert desk.of(Intervene) == [Intervene((what,))]
    desk.show_network(replace(OFFER, serial=2))
    assert len(desk.of(Intervene)) == 2
    assert not desk.subject(InterventionsSubject)._history.can_undo


def test_the_logits_are_wanted_while_the_dock_is_on_view(desk):
    subject = desk.subject(InterventionsSubject)
    assert not subject.wants_predictions
    dock = desk.open("interventions")
    assert subject.wants_predictions
    desk.snapshot(logits=np.array([2.0, 0.0], np.float32), before=np.array([0.0, 2.0], np.float32))
    assert [row.name for row in dock.bars.rows] == ["cat", "dog"]
    assert dock.bars.rows[0].before == pytest.approx(1 / (1 + np.exp(2)))
    dock.hide()
    assert not subject.wants_predictions


def test_a_dock_that_comes_to_the_front_shows_the_prediction_of_a_still_picture(desk):
    dock = desk.open("interventions")
    desk.show_network(OFFER)
    dock.hide()
    desk.snapshot(logits=np.array([1.0, 3.0], np.float32))
    assert dock.bars.rows == ()
    desk.open("interventions")
    assert [row.name for row in dock.bars.rows] == ["dog", "cat"]


def test_the_selected_layer_is_ranked_and_the_first_are_muted(desk):
    dock = desk.open("interventions")
    desk.select(Selection("relu", 2))
    dock.rank_requested.emit(-1)
    dock.rank_requested.emit(1)
    assert desk.of(RankChannels) == [RankChannels("relu"), RankChannels("relu", 1)]
    drops = np.linspace(1, 0, 8, dtype=np.float32)
    desk.event(ChannelsRanked(ChannelRanking("relu", 1, 1, 3.0, 0.9, drops, drops, np.arange(8, dtype=np.int32))))
    assert dock.ranking.table.currentIndex().row() == 2
    dock.mute_requested.emit("relu", (0, 1))
    assert desk.of(Intervene)[-1].interventions == (Intervention("relu", "mute", (0, 1)),)
    dock.channel_selected.emit("relu", 5)
    assert desk.selection == Selection("relu", 5)
    dock.channel_selected.emit("gone", 5)
    assert desk.selection == Selection("relu", 5)


# ------------------------------------------------------------------------------------------------------------- filters


def shown(command):
    bank = FilterBank("conv", "convolution", np.random.default_rng(1).normal(size=(8, 3, 3, 3)).astype(np.float32))
    numbers = measure_filters(bank)
    return FiltersShown(command.layer, draw_filters(bank, command.view), numbers, tuple(range(8)))


def test_filters_are_asked_for_once_a_change_and_not_while_hidden(desk):
    dock = desk.open("filters")
    (asked,) = desk.of(ShowFilters)
    assert (asked.layer, asked.order, asked.activation) == ("conv", "index", None)
    desk.event(shown(asked))
    QApplication.processEvents()
    assert dock.view.sheet is not None
    desk.select(Selection("relu", 3))
    assert len(desk.of(ShowFilters)) == 1
    dock.hide()
    QApplication.processEvents()
    dock.toolbar.cell_box.setValue(9)
    assert len(desk.of(ShowFilters)) == 1
    dock.show()
    QApplication.processEvents()
    assert desk.of(ShowFilters)[-1].view.cell == 9


def test_filters_that_learn_are_read_again(desk):
    desk.subject(FiltersSubject).weights_changed()
    assert desk.of(ShowFilters) == []
    desk.open("filters")
    desk.subject(FiltersSubject).weights_changed()
    assert len(desk.of(ShowFilters)) == 2


def test_an_answer_about_another_layer_is_dropped_and_a_problem_shown(desk):
    dock = desk.open("filters")
    (asked,) = desk.of(ShowFilters)
    desk.event(replace(shown(asked), layer="other"))
    assert dock.view.sheet is None
    desk.event(FiltersShown("conv", problem="no filters"))
    assert dock.view._message == "no filters"


def test_the_order_by_activation_takes_the_maps_that_are_on_view(desk):
    dock = desk.open("filters")
    combo = dock.toolbar.order_combo
    combo.setCurrentIndex(combo.findData("activation"))
    combo.activated.emit(combo.currentIndex())
    assert desk.of(ShowFilters)[-1].activation is None
    high = np.arange(8, dtype=np.float32)
    for _ in range(3):
        desk.snapshot(maps=(maps_picture("relu", high),))
    with_activation = [each for each in desk.of(ShowFilters) if each.activation is not None]
    assert len(with_activation) == 1
    assert with_activation[0].activation.tolist() == high.tolist()


def test_a_clicked_filter_is_the_selected_channel_everywhere(desk):
    dock = desk.open("filters")
    dock.channel_selected.emit("conv", 6)
    assert desk.selection == Selection("conv", 6)


# ---------------------------------------------------------------------------------------------------------- statistics


def test_statistics_are_wished_for_while_the_dock_is_on_view(desk):
    assert desk.wishes(StatisticsSubject) == ()
    dock = desk.open("statistics")
    assert desk.wishes(StatisticsSubject) == (StatisticsView(("conv", "relu"), "relu"),)
    none = StuckUnits(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    histogram = histogram_of(np.ones(3, np.float32), 0.0, 2.0)
    numbers = LayerNumbers("relu", 8, 160, 160, 0, histogram, 0.0, 2.0, 1.0, 0.0, 0.0, none, None)
    desk.snapshot(Statistics("relu", {"relu": numbers}))
    assert dock.units_label.text() == "0 of 8 dead (0.0 %)"
    dock.hide()
    assert desk.wishes(StatisticsSubject) == ()


def test_a_census_is_asked_for_and_shown(desk):
    dock = desk.open("statistics")
    dock.census_requested.emit("/pictures")
    assert desk.of(TakeCensus) == [TakeCensus("/pictures")]
    desk.event(CensusTaken(Census(2, {}, {}), ("a", "b")))
    assert dock.pages.currentWidget() is dock.census


# ---------------------------------------------------------------------------------------------------------- separation


def press(desk, key):
    QTest.keyPress(desk.window.windowHandle(), key)


def release(desk, key):
    QTest.keyRelease(desk.window.windowHandle(), key)


def test_frames_are_observed_as_long_as_the_key_is_held(desk):
    assert desk.wishes(SeparationSubject) == ()
    press(desk, Qt.Key.Key_F7)
    assert desk.wishes(SeparationSubject) == (ObserveView(("conv", "relu"), present=True),)
    assert desk.window.on_demand["separation"].with_button.isChecked()
    release(desk, Qt.Key.Key_F7)
    assert desk.wishes(SeparationSubject) == ()
    press(desk, Qt.Key.Key_F8)
    assert desk.wishes(SeparationSubject) == (ObserveView(("conv", "relu"), present=False),)
    release(desk, Qt.Key.Key_A)
    assert desk.wishes(SeparationSubject) != ()
    release(desk, Qt.Key.Key_F8)
    assert desk.wishes(SeparationSubject) == ()


def test_a_window_that_loses_the_keyboard_lets_go(desk):
    press(desk, Qt.Key.Key_F7)
    QApplication.sendEvent(desk.window.windowHandle(), QEvent(QEvent.Type.FocusOut))
    assert desk.wishes(SeparationSubject) == ()
    assert not desk.window.menus.actions["observe-with"].isChecked()


def test_a_click_in_the_menu_holds_until_the_next_and_the_other_key_takes_over(desk):
    actions = desk.window.menus.actions
    actions["observe-with"].trigger()
    assert desk.wishes(SeparationSubject)[0].present is True
    actions["observe-without"].trigger()
    assert desk.wishes(SeparationSubject)[0].present is False
    assert not actions["observe-with"].isChecked()
    actions["observe-without"].trigger()
    assert desk.wishes(SeparationSubject) == ()


UNITS = tuple(SeparatingUnit(*place, 2.0, 0.9, 2.0, 1.0, 5, 5) for place in (("relu", 3), ("conv", 1), ("relu", 2)))


def test_answers_are_shown_and_forgotten(desk):
    dock = desk.open("separation")
    desk.snapshot(SeparationRanking(UNITS, 16, 5, 5, "maximum"))
    assert len(dock.table.rows_model.rows) == 3
    dock.forget_button.click()
    assert desk.of(ForgetObservations) == [ForgetObservations()]


def test_a_still_picture_is_said_to_count_once_also_by_a_dock_made_later(desk):
    desk.subject(SeparationSubject).show_source(SourceState(SourceSpec("picture"), "p", still=True))
    assert "counts once" in desk.open("separation").hint.text()


STILL = SourceState(SourceSpec("picture", "p.png"), "p", still=True)
NO_UNITS = SeparationRanking((), 16, 1, 0, "maximum")


def test_a_still_picture_is_counted_however_short_the_key_was_held(desk):
    desk.subject(SeparationSubject).show_source(STILL)
    press(desk, Qt.Key.Key_F7)
    release(desk, Qt.Key.Key_F7)
    assert desk.wishes(SeparationSubject)[0].present is True
    assert not desk.window.on_demand["separation"].with_button.isChecked()
    desk.snapshot(NO_UNITS)
    assert desk.wishes(SeparationSubject) == ()
    press(desk, Qt.Key.Key_F8)
    desk.snapshot(NO_UNITS)
    assert desk.wishes(SeparationSubject)[0].present is False
    release(desk, Qt.Key.Key_F8)
    assert desk.wishes(SeparationSubject) == ()


def test_the_other_key_waits_until_a_still_picture_is_counted_for_the_first(desk):
    desk.subject(SeparationSubject).show_source(STILL)
    for key in (Qt.Key.Key_F7, Qt.Key.Key_F8):
        press(desk, key)
        release(desk, key)
    assert desk.wishes(SeparationSubject)[0].present is True
    desk.snapshot(NO_UNITS)
    assert desk.wishes(SeparationSubject)[0].present is False
    desk.snapshot(NO_UNITS)
    assert desk.wishes(SeparationSubject) == ()


def test_a_key_that_waited_counts_the_next_picture_only_while_it_is_held(desk):
    subject = desk.subject(SeparationSubject)
    subject.show_source(STILL)
    for held, picture in ((True, "q.png"), (False, "r.png")):
        press(desk, Qt.Key.Key_F7)
        release(desk, Qt.Key.Key_F7)
        press(desk, Qt.Key.Key_F8)
        if not held:
            release(desk, Qt.Key.Key_F8)
        subject.show_source(replace(STILL, spec=SourceSpec("picture", picture)))
        assert [wish.present for wish in desk.wishes(SeparationSubject)] == ([False] if held else [])
        if held:
            desk.snapshot(NO_UNITS)
            release(desk, Qt.Key.Key_F8)
            assert desk.wishes(SeparationSubject) == ()


def test_what_was_not_counted_in_time_is_not_counted_on_another_picture_or_network(desk):
    desk.subject(SeparationSubject).show_source(STILL)
    press(desk, Qt.Key.Key_F7)
    release(desk, Qt.Key.Key_F7)
    desk.subject(SeparationSubject).show_source(replace(STILL, spec=SourceSpec("picture", "q.png")))
    assert desk.wishes(SeparationSubject) == ()
    press(desk, Qt.Key.Key_F7)
    release(desk, Qt.Key.Key_F7)
    desk.show_network(OFFER)
    assert desk.wishes(SeparationSubject) == ()


def test_the_best_units_open_as_maps_pins_or_a_mask(desk):
    dock = desk.open("separation")
    dock.maps_requested.emit(UNITS)
    maps = list(desk.window.maps.values())[-1]
    assert maps.wish().layers == ("relu",)
    assert maps.wish().channels == (2, 3)
    dock.pins_requested.emit(UNITS[:2])
    pinned = desk.subject(UnitSubject)._pins.probes
    assert pinned == (Probe("relu", 3, WHOLE_MAP, WHOLE_MAP), Probe("conv", 1, WHOLE_MAP, WHOLE_MAP))
    dock.mute_requested.emit(UNITS)
    masks = Intervention("relu", "mute", (2, 3)), Intervention("conv", "mute", (1,))
    assert desk.of(Intervene)[-1] == Intervene(masks)
    dock.solo_requested.emit(UNITS[:1])
    assert desk.of(Intervene)[-1] == Intervene((*masks, Intervention("relu", "solo", (3,))))
    assert desk.window.on_demand["interventions"].is_shown
