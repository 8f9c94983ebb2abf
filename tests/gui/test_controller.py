"""The controller between real docks and an engine that only remembers what it was told."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnviz.core.live_views import TraceView, UnitView
from cnnviz.core.networks.values import DeviceInfo, LayerInfo, NetworkChoice, NetworkEntry, NetworkOffer, Preprocessing
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.core.rendering.layout import mosaic_layout
from cnnviz.core.reports import Problem, Progress
from cnnviz.core.sources.values import CameraInfo, SourceCommand, SourceSpec, SourceState
from cnnviz.core.views import ChannelStatistics, FrameBudget, InputPicture, MapsPicture, MosaicPicture, Probe, Snapshot
from cnnviz.engine.commands import (
    Cancel,
    ChooseDevice,
    ChoosePreprocessing,
    ControlSource,
    ListCameras,
    ListNetworks,
    OpenNetwork,
    OpenSource,
    SetView,
    ShowPicture,
    Taken,
)
from cnnviz.engine.events import (
    CamerasListed,
    EngineReady,
    EngineStopped,
    NetworkOpened,
    NetworksListed,
    ProblemMet,
    ProgressMade,
    SnapshotReady,
    SourceChanged,
)
from cnnviz.gui.action_wiring import ActionWiring
from cnnviz.gui.controller import Controller
from cnnviz.gui.defaults import DIGIT_NETWORK, FIRST_NETWORK, first_source
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.progress_gate import PATIENCE_MS
from cnnviz.gui.session import Session
from cnnviz.gui.theme import Theme
from cnnviz.gui.widgets.action_palette import ActionPalette
from cnnviz.state import Selection

LAYERS = (
    LayerInfo("network", "network", "Sequential", 0, 0, False, (10,), 0, 0, "vector"),
    *(
        LayerInfo(f"conv{number}", f"conv{number}", "Conv2d", number, 1, True, (8, 5, 4), 0, 0, "chw")
        for number in range(1, 5)
    ),
    LayerInfo("fc", "fc", "Linear", 9, 1, True, (10,), 0, 0, "vector"),
)
OFFER = NetworkOffer(
    NetworkChoice("tiny"),
    "Tiny",
    "initial",
    "cpu",
    False,
    (3, 8, 8),
    Preprocessing(),
    tuple("abcdefghij"),
    LAYERS,
    1,
    1,
    serial=1,
)
FRAME = np.zeros((6, 8, 3), np.uint8)


class Link(QObject):
    """Remembers commands; tests emit the events."""

    event_received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sent = []
        self.restarts = 0
        self.most_restarts = 3
        self.listening = False

    def listen(self):
        self.listening = True

    def send(self, command):
        self.sent.append(command)

    def may_restart(self):
        return self.restarts < self.most_restarts

    def restart(self):
        self.restarts += 1

    def of(self, kind):
        return [command for command in self.sent if isinstance(command, kind)]


class Program:
    """A window, its controller and the link to no engine."""

    def __init__(self, application, session=Session()) -> None:  # noqa: B008 -- frozen
        self.link = Link()
        self.theme = Theme(application)
        self.window = MainWindow(self.theme)
        self.controller = Controller(self.window, self.link)
        self.wiring = ActionWiring(self.window, self.controller)
        self.controller.restore(session)
        self.window.show()

    def gets(self, *events):
        for event in events:
            self.link.event_received.emit(event)
        self.settle()

    def settle(self):
        for _ in range(3):
            QApplication.processEvents()

    @property
    def request(self):
        return self.link.of(SetView)[-1].request

    @property
    def docks(self):
        return list(self.window.maps.values())

    def snapshot(self, **changes):
        given = Snapshot(
            request=self.request.number,
            network=self.request.network,
            frame=1,
            captured_at=0.0,
            maps=tuple(
                MapsPicture(view.view, tuple(picture(name) for name in view.layers)) for view in self.request.maps
            ),
            input=InputPicture(FRAME, (6, 8), (0.0, 0.0, 1.0, 1.0)),
            logits=np.arange(10, dtype=np.float32),
            history_times=np.array([1.0]),
            history_logits=np.arange(10, dtype=np.float32)[None],
            budget=FrameBudget(forward=2.0),
            frames_per_second=30.0,
            inferred=1,
            dropped=0,
        )
        return SnapshotReady(replace(given, **changes))


def picture(layer):
    layout = mosaic_layout(tuple(range(8)), (5, 4), (60, 80))
    limits = np.zeros(8, np.float32), np.ones(8, np.float32)
    none = np.zeros(8, np.int32)
    statistics = ChannelStatistics(*limits, None, None, None, none, none)
    return MosaicPicture(
        layer, (8, 5, 4), layout, np.zeros((layout.height, layout.width), np.uint8), *limits, statistics
    )


def state(kind="video", **values):
    return SourceChanged(SourceState(SourceSpec(kind, "there"), "there", (6, 8), **values))


@pytest.fixture
def idle(qapp):
    """Started, and the engine has said nothing yet."""
    before = qapp.font(), qapp.palette()
    made = Program(qapp)
    made.controller.start(None, None)
    yield made
    made.window.close()
    made.window.deleteLater()
    made.theme.deleteLater()
    made.settle()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setFont(before[0])
    qapp.setPalette(before[1])


@pytest.fixture
def program(idle):
    """With a network and a source; what was said until then is forgotten."""
    idle.gets(EngineReady((DeviceInfo("cpu", "CPU, 2 cores"),), "2"), NetworkOpened(OFFER), state())
    idle.first = list(idle.link.sent)
    idle.link.sent[:] = idle.link.of(SetView)[-1:]
    return idle


# --------------------------------------------------------------------------------------------------------------- start


def test_the_first_start_opens_what_ships_with_the_program(idle):
    assert idle.link.listening
    assert idle.link.sent == [OpenSource(first_source()), OpenNetwork(FIRST_NETWORK)]


def test_a_line_says_what_is_loading_until_the_engine_is_there(idle, qtbot):
    line = idle.window.status.progress_line
    qtbot.waitUntil(line.isVisible)
    assert "PyTorch" in line.text.text()
    idle.gets(EngineReady((), "2"))
    assert not line.isVisible()


@pytest.mark.parametrize("lost", ["network", "source"])
def test_what_the_last_session_had_and_is_gone_gives_way_to_what_ships(idle, lost):
    idle.controller.start(NetworkChoice("gone"), SourceSpec("picture", "gone.png"))
    idle.link.sent.clear()
    idle.gets(ProblemMet(Problem("It is gone."), lost))
    assert idle.link.sent == [OpenNetwork(FIRST_NETWORK) if lost == "network" else OpenSource(first_source())]
    idle.gets(ProblemMet(Problem("Even that."), lost))
    assert len(idle.link.sent) == 1


def test_a_problem_while_something_runs_changes_nothing(program):
    program.gets(ProblemMet(Problem("No such file."), "source"), ProblemMet(Problem("No such network."), "network"))
    assert program.link.of((OpenSource, OpenNetwork)) == []
    assert program.window.message.problem_line.sentence.text() == "No such network."
    assert "No such file." in program.window.log.text.toPlainText()


# ------------------------------------------------------------------------------------------------------------ requests


def test_another_network_is_looked_at_at_once(program):
    request = program.request
    assert request.network == OFFER.serial
    assert [view.layers for view in request.maps] == [("conv1",), ("conv1", "conv2", "conv3", "conv4")]
    assert request.predictions
    assert request.input is not None


def test_several_changes_make_one_request_and_none_without_a_change(program):
    before = program.request.number
    program.controller.select_layer("conv2")
    program.controller.set_paint_rate(10)
    program.controller.set_frozen(frozen=True)
    program.settle()
    assert len(program.link.of(SetView)) == 2
    assert program.request.number == before + 1
    assert (program.request.frozen, program.request.paint_rate) == (True, 10)
    assert program.request.maps[0].layers == ("conv2",)
    program.controller.refresh()
    program.settle()
    assert len(program.link.of(SetView)) == 2


def test_nothing_is_asked_for_before_there_is_a_network(idle):
    idle.controller.refresh()
    idle.settle()
    assert idle.link.of(SetView) == []


def test_a_hidden_dock_is_not_computed(program):
    program.window.predictions.close()
    program.docks[1].close()
    program.settle()
    assert not program.request.predictions
    assert len(program.request.maps) == 1


# ----------------------------------------------------------------------------------------------------------- snapshots


def painted(program, event, qtbot):
    """The snapshot that came on screen."""
    with qtbot.waitSignal(program.controller.frame_painted) as signal:
        program.gets(event)
    return signal.args[0]


def test_a_snapshot_is_taken_when_it_is_painted(program, qtbot):
    event = program.snapshot()
    assert painted(program, event, qtbot) is event.snapshot
    assert program.link.of(Taken) == [Taken()]
    assert program.docks[0].canvas.parts[0].layer == "conv1"
    assert program.window.predictions.bars.rows[0].name == "j"


def test_late_answers_are_dropped_and_the_next_is_asked_for(program):
    late = program.snapshot()
    program.controller.select_layer("conv3")
    program.settle()
    program.gets(late, program.snapshot(network=0))
    assert program.docks[0].canvas.parts == ()
    assert program.link.of(Taken) == [Taken(), Taken()]


def test_an_answer_to_the_request_before_another_cell_was_hovered_is_shown(program, qtbot):
    event = program.snapshot()
    program.docks[0].cell_hovered.emit("conv1", 1, 2, 3)
    program.settle()
    assert program.request.maps[0].probe == Probe("conv1", 1, 2, 3)
    assert painted(program, event, qtbot) is event.snapshot


def test_a_window_that_is_not_on_screen_takes_snapshots_at_once(program):
    program.window.hide()
    program.link.event_received.emit(program.snapshot())
    assert program.link.of(Taken) == [Taken()]


# ----------------------------------------------------------------------------------------------------------- selection


def test_all_docks_follow_one_selection_but_pinned_ones_and_strips(program):
    first, strip = program.docks
    program.window.menus.actions["new-maps"].trigger()
    pinned = program.docks[2]
    assert (pinned.is_pinned, pinned.layer) == (True, "conv1")
    program.window.network.layer_selected.emit("conv3")
    program.settle()
    assert program.controller.selection == Selection("conv3")
    assert (first.layer, pinned.layer) == ("conv3", "conv1")
    assert program.window.network.tree.current_layer() == "conv3"
    assert strip.wish().layers == ("conv1", "conv2", "conv3", "conv4")


def test_a_channel_clicked_in_one_dock_is_outlined_in_the_others(program):
    program.docks[1].channel_selected.emit("conv2", 5)
    program.settle()
    assert program.controller.selection == Selection("conv2", 5)
    assert program.docks[0].canvas._selection == ("conv2", 5)
    assert program.request.maps[0].layers == ("conv2",)
    program.controller.select_layer("conv2")
    assert program.controller.selection.channel == 5


def test_a_clicked_cell_is_marked_everywhere_and_another_channel_keeps_it(program):
    program.docks[1].cell_selected.emit("conv2", 5, 3, 1)
    assert program.controller.selection == Selection("conv2", 5, (3, 1))
    assert program.docks[0].canvas.selected_cell("conv2") == (3, 1)
    program.docks[0].channel_selected.emit("conv2", 6)
    assert program.controller.selection == Selection("conv2", 6, (3, 1))
    program.docks[1].channel_selected.emit("conv3", 6)
    assert program.controller.selection == Selection("conv3", 6)


def test_a_new_maps_dock_shows_the_selected_cell_too(program):
    program.docks[1].cell_selected.emit("conv2", 5, 3, 1)
    program.window.menus.actions["new-maps"].trigger()
    assert program.docks[2].canvas.selected_cell("conv2") == (3, 1)


def test_what_a_hovered_cell_sees_is_on_the_picture_within_the_same_event(program, qtbot):
    """Nothing has to come from the engine for it."""
    field = ReceptiveField.of_input((8, 8)).through_window((4, 5), (1, 1), (0, 0), (5, 4))
    seeing = tuple(replace(layer, receptive_field=field) for layer in LAYERS)
    program.gets(NetworkOpened(replace(OFFER, serial=2, layers=seeing)))
    painted(program, program.snapshot(), qtbot)
    program.docks[0].cell_hovered.emit("conv1", 1, 2, 3)
    (_, box) = program.window.input.view.outlines
    assert box.rect == pytest.approx((2 * 6 / 8, 3, 6 * 6 / 8, 8), abs=3 / program.window.input.view.placement.scale)
    assert "Sees 4×5" in program.window.input.field_readout.text()
    program.docks[0].hover_left.emit()
    assert len(program.window.input.view.outlines) == 1


def test_the_unit_dock_gets_its_number_and_its_picture_also_without_the_input_dock(program):
    program.window.input.close()
    program.window.open_dock("unit")
    program.settle()
    assert program.request.input is not None
    assert [type(view) for view in program.request.live] == [UnitView]
    program.window.dock("unit").close()
    program.settle()
    assert program.request.input is None
    assert program.request.live == ()


def test_keys_pin_the_selected_unit_and_the_mean_of_its_map(program):
    program.docks[0].cell_selected.emit("conv1", 5, 3, 1)
    QTest.keyClick(program.window, Qt.Key.Key_P)
    QTest.keyClick(program.window, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    pinned = (Probe("conv1", 5, 3, 1), Probe("conv1", 5, -1, -1))
    assert program.controller.session().pins == pinned
    program.settle()
    assert program.request.live == (TraceView(pinned),)


def test_page_keys_step_the_selection_or_the_pinned_dock_that_has_the_focus(program):
    QTest.keyClick(program.window, Qt.Key.Key_PageDown)
    assert program.controller.selection.layer == "conv2"
    QTest.keyClick(program.window, Qt.Key.Key_PageUp)
    assert program.controller.selection.layer == "conv1"
    dock = program.docks[0]
    dock.pin("conv3")
    program.window.activateWindow()
    dock.canvas.view.setFocus()
    program.settle()
    program.controller.step_layer(1)
    assert (dock.layer, program.controller.selection.layer) == ("conv4", "conv1")


def test_a_closed_dock_comes_back_before_another_is_made(program):
    program.window.menus.actions["new-maps"].trigger()
    third = program.docks[2]
    third.close()
    program.window.menus.actions["new-maps"].trigger()
    assert program.docks[2] is third
    assert not third.isHidden()


def test_another_network_keeps_the_selected_layer_if_it_has_it(program):
    program.controller.select_layer("conv3")
    program.gets(NetworkOpened(replace(OFFER, serial=2)))
    assert program.controller.selection == Selection("conv3")
    program.gets(NetworkOpened(replace(OFFER, serial=3, layers=LAYERS[:2])))
    assert program.controller.selection == Selection("conv1")


# -------------------------------------------------------------------------------------------------------------- source


def test_freeze_by_key_and_button_and_no_longer_with_another_source(program, qtbot):
    QTest.keyClick(program.window, Qt.Key.Key_Space)
    program.settle()
    assert program.request.frozen
    assert program.window.input.freeze_button.isChecked()
    qtbot.mouseClick(program.window.input.freeze_button, Qt.MouseButton.LeftButton)
    program.settle()
    assert not program.request.frozen
    program.controller.set_frozen(frozen=True)
    program.controller.open_source(SourceSpec("picture", "a.png"))
    program.settle()
    assert not program.request.frozen


def test_play_or_pause_does_what_the_source_does_not(program):
    program.window.menus.actions["play"].trigger()
    program.gets(state(playing=False))
    program.window.menus.actions["play"].trigger()
    assert program.link.of(ControlSource) == [
        ControlSource(SourceCommand("pause")),
        ControlSource(SourceCommand("play")),
    ]


def test_a_notice_of_the_source_is_logged_once(program):
    for _ in range(3):
        program.gets(state("camera", notice="The camera is gone."))
    assert program.window.log.text.toPlainText().count("The camera is gone.") == 1
    assert program.window.input.notice_label.text() == "The camera is gone."


def test_a_still_picture_has_no_history_and_no_rate(program):
    assert program.window.predictions.history_view.isVisible()
    program.gets(state("picture", still=True))
    assert not program.window.predictions.history_view.isVisible()
    assert program.window.status.rate_label.text() == "still"
    program.gets(state("sketch", still=True))
    assert program.window.predictions.history_view.isVisible()


def test_a_preprocessing_override_survives_another_device_and_not_another_network(program):
    mine = Preprocessing(fit="pad")
    program.window.input.preprocessing_changed.emit(mine)
    assert program.window.input.options.reset_button.isEnabled()
    program.gets(NetworkOpened(replace(OFFER, serial=2, device="cuda:0")))
    assert program.link.of(ChoosePreprocessing)[-1] == ChoosePreprocessing(mine)
    program.gets(NetworkOpened(replace(OFFER, serial=3, choice=NetworkChoice("other"))))
    assert program.link.of(ChoosePreprocessing)[-1] == ChoosePreprocessing(None)
    assert not program.window.input.options.reset_button.isEnabled()


def test_the_device_menu_asks_for_the_device(program):
    program.window.status.device_chosen.emit("cuda:0", True)
    assert program.link.of(ChooseDevice) == [ChooseDevice("cuda:0", half=True)]


def test_cameras_are_asked_for_and_listed(program):
    program.window.input.cameras_requested.emit()
    assert program.link.of(ListCameras) == [ListCameras()]
    program.gets(CamerasListed((CameraInfo(0, "Front"),)))
    assert "Front" in [action.text() for action in program.window.input.source_bar.camera_menu.actions()]


# --------------------------------------------------------------------------------------------------- files and pictures


def urls(*locations):
    data = QMimeData()
    data.setUrls([QUrl(each) if "://" in each else QUrl.fromLocalFile(each) for each in locations])
    return data


def test_what_is_dropped_is_opened_as_what_it_is(program, tmp_path):
    program.window.take(urls("/a/cat.png"))
    program.window.take(urls("http://host/stream.mjpg"))
    program.window.take(urls(str(tmp_path)))
    assert [command.spec.kind for command in program.link.of(OpenSource)] == ["picture", "stream", "folder"]
    program.window.take(urls("/a/mine.pth"))
    assert program.link.of(OpenNetwork) == [
        OpenNetwork(NetworkChoice("tiny", weights="none", weights_file="/a/mine.pth"))
    ]


def test_what_nobody_knows_is_a_sentence(program):
    program.window.take(urls("/a/letter.docx"))
    assert "letter.docx" in program.window.message.problem_line.sentence.text()
    assert program.window.message.isVisible()


def test_the_next_try_clears_the_last_problem(program):
    program.controller.problem(Problem("No such file."))
    program.window.take(urls("/a/cat.png"))
    assert not program.window.message.isVisible()


def test_a_picture_is_dropped_and_pasted(program):
    image = QImage(3, 2, QImage.Format.Format_RGB888)
    image.fill(0xFF0000)
    data = QMimeData()
    data.setImageData(image)
    program.window.take(data)
    QApplication.clipboard().setImage(image)
    program.window.menus.actions["paste"].trigger()
    dropped, pasted = program.link.of(ShowPicture)
    assert (dropped.title, pasted.title) == ("Dropped picture", "Pasted picture")
    for each in (dropped, pasted):
        assert (each.kind, each.pixels.shape, each.pixels[0, 0].tolist()) == ("pasted", (2, 3, 3), [255, 0, 0])


def test_the_pad_offers_a_network_that_knows_digits(program, qtbot):
    program.window.menus.actions["sketch"].trigger()
    program.settle()
    assert program.window.sketch.offer.isVisible()
    qtbot.mouseClick(program.window.sketch.offer_button, Qt.MouseButton.LeftButton)
    assert program.link.of(OpenNetwork) == [OpenNetwork(DIGIT_NETWORK)]
    digits = replace(OFFER, input_shape=(1, 28, 28), class_names=tuple("0123456789"))
    program.gets(NetworkOpened(digits))
    assert not program.window.sketch.offer.isVisible()


# ------------------------------------------------------------------------------------------------------------ networks


def test_the_chooser_asks_for_the_registry_and_for_a_network(program, qtbot):
    program.window.menus.actions["choose-network"].trigger()
    assert program.link.of(ListNetworks) == [ListNetworks()]
    program.gets(NetworksListed((NetworkEntry("other", "Other", "cnnviz"),)))
    chooser = program.window.network.chooser()
    chooser.table.mark("other")
    qtbot.mouseClick(chooser.open_button, Qt.MouseButton.LeftButton)
    asked = program.link.of(OpenNetwork)[-1].choice
    assert asked.name == "other"
    assert program.controller.network.name == "tiny"
    program.gets(NetworkOpened(replace(OFFER, choice=asked)))
    assert program.controller.network.name == "other"
    assert not chooser.isVisible()


def test_the_head_is_replaced_on_demand(program, qtbot):
    choice = NetworkChoice("tiny", weights_file="five.pth", replace_head=True)
    program.gets(ProblemMet(Problem("Five classes.", way_out=choice), "network"))
    qtbot.mouseClick(program.window.message.problem_line.action_button, Qt.MouseButton.LeftButton)
    assert program.link.of(OpenNetwork) == [OpenNetwork(choice)]
    assert not program.window.message.isVisible()


def test_quick_tasks_never_flash_and_slow_ones_can_be_cancelled(program, qtbot):
    line = program.window.status.progress_line
    shown = []
    program.controller._progress.passed.connect(shown.append)
    program.gets(ProgressMade(Progress("quick", "Quick")), ProgressMade(Progress("quick", "Quick", 1.0, done=True)))
    program.gets(ProgressMade(Progress("slow", "Slow", 0.5, cancellable=True)))
    qtbot.waitUntil(line.isVisible, timeout=10 * PATIENCE_MS)
    assert [each.task for each in shown] == ["slow"]
    qtbot.mouseClick(line.cancel_button, Qt.MouseButton.LeftButton)
    assert program.link.of(Cancel) == [Cancel("slow")]
    program.gets(ProgressMade(Progress("slow", "Slow", 1.0, done=True)))
    assert not line.isVisible()


# ------------------------------------------------------------------------------------------------------ a lost engine


def test_a_lost_engine_is_started_again_as_it_was(program):
    program.window.status.device_chosen.emit("cpu", False)
    program.controller.open_network(NetworkChoice("deadly"))
    program.link.sent.clear()
    program.gets(EngineStopped(-9, expected=False))
    assert program.link.restarts == 1
    assert program.link.sent == [
        ChooseDevice("cpu"),
        OpenSource(SourceSpec("video", "there")),
        OpenNetwork(NetworkChoice("tiny")),
    ]
    assert "-9" in program.window.message.problem_line.sentence.text()
    program.gets(EngineReady((), "2"), NetworkOpened(OFFER))
    assert program.request.network == OFFER.serial


def test_a_lost_engine_gets_the_sketch_again(program):
    program.controller.show_picture(FRAME, "sketch", "Sketch pad")
    program.gets(state("sketch", still=True))
    drawn = program.link.of(ShowPicture)[0]
    program.link.sent.clear()
    program.gets(EngineStopped(1, expected=False))
    assert program.link.of(ShowPicture) == [drawn]
    assert program.link.of(OpenSource) == []


def test_an_engine_that_ends_as_it_should_is_left_alone(program):
    program.gets(EngineStopped(0, expected=True))
    assert program.link.restarts == 0


def test_too_many_restarts_end_until_the_user_chooses_something_else(program):
    program.link.most_restarts = 2
    for _ in range(3):
        program.gets(EngineStopped(1, expected=False))
    assert program.link.restarts == 2
    assert "keeps stopping" in program.window.message.problem_line.sentence.text()
    program.link.sent.clear()
    program.controller.open_network(NetworkChoice("harmless"))
    assert program.link.restarts == 3
    assert program.link.of(OpenNetwork) == [OpenNetwork(NetworkChoice("harmless"))]
    program.gets(EngineStopped(1, expected=False))
    program.controller.open_source(SourceSpec("picture", "a.png"))
    assert program.link.of(OpenSource)[-1] == OpenSource(SourceSpec("picture", "a.png"))


def test_a_chooser_that_waits_for_a_lost_engine_can_try_again(program, qtbot):
    program.window.menus.actions["choose-network"].trigger()
    program.gets(NetworksListed((NetworkEntry("other", "Other", "cnnviz"),)))
    chooser = program.window.network.chooser()
    chooser.table.mark("other")
    qtbot.mouseClick(chooser.open_button, Qt.MouseButton.LeftButton)
    program.gets(EngineStopped(-9, expected=False))
    assert not chooser.waiting
    assert chooser.open_button.isEnabled()


# ------------------------------------------------------------------------------------------------------------- actions


def test_every_action_does_something(program):
    silent = [name for name, action in program.window.menus.actions.items() if not connected(action)]
    assert silent == []


def connected(action):
    return any(action.receivers(signal) for signal in ("2triggered(bool)", "2toggled(bool)"))


def test_themes_and_text_size_are_switched(program):
    actions = program.window.menus.actions
    actions["theme-dark"].trigger()
    assert program.theme.is_dark
    actions["theme-light"].trigger()
    assert not program.theme.is_dark
    assert not actions["theme-dark"].isChecked()
    size = QApplication.font().pointSizeF()
    actions["larger-text"].trigger()
    assert QApplication.font().pointSizeF() == pytest.approx(1.4 * size)
    actions["larger-text"].trigger()
    assert QApplication.font().pointSizeF() == pytest.approx(size)


def test_the_palette_finds_and_runs_an_action(program):
    program.window.menus.actions["palette"].trigger()
    palette = program.window.findChild(ActionPalette)
    QTest.keyClicks(palette.search, "next lay")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert program.controller.selection.layer == "conv2"


def test_the_palette_prefers_the_action_whose_name_begins_as_typed(program):
    palette = ActionPalette([QAction(text) for text in ("All interventions off", "Interventions")], program.window)
    palette.search.setText("interv")
    assert palette.list.currentItem().text() == "Interventions"
    palette.search.setText("off")
    assert palette.list.currentItem().text() == "All interventions off"


def test_the_help_page_knows_every_key_and_every_dock(program):
    program.window.menus.actions["help"].trigger()
    page = program.wiring._help
    text = page.page.toPlainText()
    assert not page.isModal()
    for action in program.window.menus.actions.values():
        if not action.shortcut().isEmpty():
            assert action.text().replace("&", "") in text
    for dock in program.window.docks():
        assert dock.title_bar.name.text() in text
    QApplication.sendEvent(page, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier))
    page.close()
    assert not page.isVisible()


def test_the_layout_is_reset(program):
    program.window.menus.actions["new-maps"].trigger()
    program.docks[0].pin("conv4")
    program.window.input.close()
    program.window.menus.actions["reset-layout"].trigger()
    program.settle()
    assert [dock.windowTitle() for dock in program.docks] == ["Feature maps", "Through the network"]
    assert program.window.input.is_shown
    assert [view.layers for view in program.request.maps] == [("conv1",), ("conv1", "conv2", "conv3", "conv4")]


# ------------------------------------------------------------------------------------------------------------- session


def test_the_session_is_what_runs_and_not_what_was_refused(program):
    program.controller.select_layer("conv3")
    program.docks[0].channel_selected.emit("conv3", 2)
    program.window.menus.actions["new-maps"].trigger()
    program.window.predictions.set_rows(7)
    program.controller.open_source(SourceSpec("picture", "missing.png"))
    program.controller.open_network(NetworkChoice("missing"))
    session = program.controller.session()
    assert session.network == OFFER.choice
    assert session.source == SourceSpec("video", "there")
    assert (session.layer, session.channel, session.rows) == ("conv3", 2, 7)
    assert [(saved.choices.strip, saved.choices.pinned) for saved in session.maps] == [(0, ""), (4, ""), (0, "conv3")]


def test_the_next_start_looks_as_the_last_one_ended(program, qapp):
    program.window.menus.actions["new-maps"].trigger()
    program.window.network.close()
    program.settle()
    program.controller.select(Selection("conv2", 1))
    session = program.controller.session()
    again = Program(qapp, session)
    again.controller.start(session.network, session.source)
    again.gets(NetworkOpened(OFFER), state())
    assert again.controller.selection == Selection("conv2", 1)
    assert [dock.view_id for dock in again.docks] == [dock.view_id for dock in program.docks]
    assert (again.docks[2].is_pinned, again.docks[2].layer) == (True, "conv1")
    assert again.window.network.isHidden()
    assert again.controller.session().maps == session.maps
    again.window.close()
    again.window.deleteLater()
    again.theme.deleteLater()
