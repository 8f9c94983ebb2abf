"""The "Watch it learn" dock: what it asks for, and what it shows of a run and its weights."""

from dataclasses import replace

import numpy as np
import pytest

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.training.run_reader import LayerSeries
from cnnviz.core.training.values import CheckpointInfo, RunStatus
from cnnviz.gui.docks.checkpoints import CheckpointsDock
from cnnviz.gui.run_view import RunView

HIGHEST = np.array([[1.0, 2.0], [0.0, 1.0], [0.0, 3.0]], np.float32)


@pytest.fixture
def view(tmp_path):
    checkpoints = tuple(CheckpointInfo(step, "", "") for step in (0, 10, 20))
    status = RunStatus("running", step=25, total_steps=40, steps_per_epoch=10, best_step=10)
    return RunView(tmp_path / "run", status, checkpoints=checkpoints)


@pytest.fixture
def dock(qtbot, view):
    made = CheckpointsDock()
    qtbot.addWidget(made)
    made.resize(380, 420)
    made.asked, made.lives = [], []
    made.watch_requested.connect(lambda *given: made.asked.append(given))
    made.life_wanted.connect(lambda: made.lives.append(made.wants_life))
    made.show_run(view)
    made.choose_run(view)
    made.show()
    return made


def test_nothing_is_watched_before_somebody_says_so(dock, view):
    assert (dock.asked, dock.watched, dock.run) == ([], None, view.path)
    assert "Not on view" in dock.step_label.text()
    assert dock.timeline.line.checkpoints == (0, 10, 20)


def test_live_asks_for_weights_every_so_many_steps(dock, view):
    dock.live_button.click()
    dock.every_box.setValue(1)
    assert dock.every_box.text() == "every 1 step"
    dock.every_box.setValue(25)
    assert dock.every_box.text() == "every 25 steps"
    dock.asked.remove((view.path, "live", 1))
    assert dock.asked == [(view.path, "live", 10), (view.path, "live", 25)]
    dock.show_weights(view.path, 23)
    assert dock.step_label.text() == "step 23 · epoch 2.30"


def test_a_checkpoint_is_chosen_on_the_line_or_by_the_buttons(dock, view):
    dock.timeline.step_chosen.emit(10)
    dock.show_weights(view.path, 10)
    dock.step_button.click()
    dock.show_weights(view.path, 20)
    dock.back_button.click()
    assert [moment for _, moment, _ in dock.asked] == [10, 20, 10]
    assert not dock.is_live


def test_from_live_to_checkpoints_is_to_the_nearest_one(dock, view):
    dock.live_button.click()
    dock.show_weights(view.path, 17)
    dock.checkpoints_button.click()
    assert dock.asked[-1][1] == 20
    assert (dock.live_button.isChecked(), dock.checkpoints_button.isChecked()) == (False, True)


def test_playing_goes_through_all_and_begins_again(dock, view):
    dock.show_weights(view.path, 10)
    dock.play_button.click()
    dock.show_weights(view.path, 20)
    dock._timer.timeout.emit()
    assert [moment for _, moment, _ in dock.asked] == [20, 0]
    dock.play_button.click()
    assert not dock._timer.isActive()


def test_watch_no_more_keeps_quiet_afterwards(dock, view, qtbot):
    dock.live_button.click()
    dock.show_weights(view.path, 25)
    with qtbot.waitSignal(dock.left):
        dock.leave_button.click()
    assert (dock.watched, dock.wants_life) == (None, None)
    dock.watch_again()
    assert len(dock.asked) == 1


def test_after_the_engine_was_lost_the_same_is_asked_for_again(dock, view):
    dock.live_button.click()
    dock.watch_again()
    assert dock.asked == [(view.path, "live", 10)] * 2


def test_life_is_wanted_once_weights_are_on_view_and_when_there_are_more_checkpoints(dock, view):
    dock.live_button.click()
    dock.show_weights(view.path, 20)
    dock.show_weights(view.path, 25)
    more = replace(view, checkpoints=(*view.checkpoints, CheckpointInfo(30, "", "")))
    dock.show_run(more)
    assert list(filter(None, dock.lives)) == [(view.path, (0, 10, 20)), (view.path, (0, 10, 20, 30))]


def test_life_of_the_chosen_layer_is_shown_and_of_another_dropped(dock, view):
    dock.live_button.click()
    dock.show_weights(view.path, 20)
    dock.show_selection("relu1", 1)
    dock.show_life("conv1", (0, 10, 20), HIGHEST)
    assert dock.life_label.text() == ""
    dock.show_life("relu1", (0, 10, 20), HIGHEST)
    assert dock.life_label.text() == "relu1 on this picture · dead channels: 0 → 1 of 2"


def test_a_channel_clicked_is_of_the_layer_shown(dock, qtbot):
    dock.show_selection("relu1", None)
    with qtbot.waitSignal(dock.channel_selected) as signal:
        dock.life.channel_clicked.emit(1)
    assert signal.args == ["relu1", 1]


def test_another_network_on_view_is_of_no_run_until_weights_come(dock, view):
    dock.show_weights(view.path, 20)
    dock.show_network(())
    assert dock.wants_life is None
    assert "Loading" in dock.step_label.text()


def test_a_run_that_could_not_be_loaded_is_not_watched(dock, view):
    dock.live_button.click()
    dock.show_failure()
    assert (dock.watched, "Not on view" in dock.step_label.text()) == (None, True)
    dock.show_weights(view.path, 20)
    dock.show_failure()
    assert dock.watched == view.path


def test_a_moving_input_is_pointed_out(dock, qtbot):
    dock.show_moving(moves=True)
    assert dock.hold_label.isVisible()
    with qtbot.waitSignal(dock.hold_requested):
        dock.hold_label.linkActivated.emit("hold")
    dock.show_moving(moves=False)
    assert not dock.hold_label.isVisible()


def test_units_without_gradient_are_those_of_the_weights_before_the_chosen_layer(dock, view):
    conv = LayerInfo("c", "c", "Conv2d", 0, 1, True, (2, 4, 4), 9, 0, "chw", inputs=("input",), weight=(2, 1, 3, 3))
    relu = LayerInfo("r", "r", "ReLU", 1, 1, True, (2, 4, 4), 0, 0, "chw", inputs=("c",))
    silent = np.array([[0.0], [0.5]])
    measured = LayerSeries(("c",), np.array([5, 15]), silent, silent, silent)
    height = dock.timeline.sizeHint().height()
    dock.show_network((conv, relu))
    dock.show_selection("r", None)
    dock.show_run(replace(view, layers=measured))
    assert dock.timeline.sizeHint().height() > height
    dock.show_selection("elsewhere", None)
    assert dock.timeline.sizeHint().height() == height


def test_runs_come_and_go(dock, view):
    other = replace(view, path=view.path.with_name("other"), checkpoints=())
    dock.show_run(other)
    dock.choose_run(other)
    assert (dock.run, dock.timeline.line.checkpoints) == (other.path, ())
    dock.remove_run(other.path)
    assert dock.run == view.path
    dock.remove_run(view.path)
    assert dock.run is None
    assert "No run yet" in dock.step_label.text()
