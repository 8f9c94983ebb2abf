"""The training dock: settings by hand and by preset, what cannot start, a run's controls, the list of runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.core.reports import Progress
from cnnviz.core.training.configuration import LECTURE, MNIST_FAST
from cnnviz.core.training.diagnosis import Diagnosis
from cnnviz.core.training.rate_values import RateCurve
from cnnviz.core.training.schedules import rate_factor
from cnnviz.core.training.transfer_values import ADVICE
from cnnviz.core.training.values import (
    Augmentations,
    CheckpointInfo,
    Control,
    DataChoice,
    NetworkPlan,
    RunStatus,
    ScheduleChoice,
    TransferChoice,
)
from cnnviz.gui.docks.train import TrainDock
from cnnviz.gui.run_places import RunEntry
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.train_fields import ChoiceField
from cnnviz.gui.widgets.train_list import BEST, STATE

RUNNING = RunStatus("running", "", 200, 400, 100, 26.0, 75.0, 2325.0, 100, 0.984, "cpu", 7, "host")


def offer(**choice):
    return NetworkOffer(
        NetworkChoice(**({"name": "resnet18"} | choice)), "ResNet-18", "", "cpu", half=False, input_shape=(3, 64, 48),
        preprocessing=Preprocessing(), class_names=(), layers=(), parameters=1, trainable=1,
    )  # fmt: skip


def run(state="running", name="a", **changes):
    return RunView(Path("/runs") / name, replace(RUNNING, state=state, **changes), LECTURE)


@pytest.fixture(autouse=True)
def no_data_here(monkeypatch, tmp_path):
    """The cache that data sets are looked for in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def dock(qtbot):
    made = TrainDock()
    qtbot.addWidget(made)
    made.resize(380, 900)
    made.show()
    return made


def field(dock, place):
    forms = (dock.setup.basic, dock.setup.augmentation, dock.setup.advanced)
    return next(form.fields[place] for form in forms if place in form.fields)


def type_into(edit, text):
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)


# ------------------------------------------------------------------------------------------------------------- setup


def test_it_begins_with_the_lecture_s_settings(dock):
    assert dock.setup.settings == LECTURE
    assert dock.setup.preset_buttons["lecture"].isChecked()
    assert (field(dock, "batch_size").text(), field(dock, "optimizer.learning_rate").text()) == ("128", "0.001")


def test_what_is_typed_goes_into_the_run(dock, qtbot):
    type_into(field(dock, "epochs"), "7")
    type_into(field(dock, "optimizer.learning_rate"), "3e-4")
    with qtbot.waitSignal(dock.start_requested) as asked:
        qtbot.mouseClick(dock.setup.start_button, Qt.MouseButton.LeftButton)
    settings, folder = asked.args
    assert (settings.epochs, settings.optimizer.learning_rate, folder) == (7, 3e-4, "")
    assert not dock.setup.preset_buttons["lecture"].isChecked()


def test_a_preset_keeps_network_data_and_seed(dock, qtbot):
    dock.show_settings(replace(LECTURE, network=NetworkPlan("lenet5"), data=DataChoice("kmnist"), seed=5))
    qtbot.mouseClick(dock.setup.preset_buttons["mnist-fast"], Qt.MouseButton.LeftButton)
    expected = replace(MNIST_FAST, network=NetworkPlan("lenet5"), data=DataChoice("kmnist"), seed=5)
    assert dock.setup.settings == expected


def test_only_what_is_of_use_is_there(dock):
    momentum, nesterov, rise = (
        field(dock, place) for place in ("optimizer.momentum", "optimizer.nesterov", "schedule.rise")
    )
    assert momentum.isVisibleTo(dock)
    assert not nesterov.isVisibleTo(dock)
    assert not rise.isVisibleTo(dock)
    dock.show_settings(replace(LECTURE, optimizer=replace(LECTURE.optimizer, name="sgd", momentum=0.9),
                               schedule=ScheduleChoice("one-cycle")))  # fmt: skip
    assert nesterov.isVisibleTo(dock)
    assert rise.isVisibleTo(dock)


def test_what_cannot_be_is_marked_and_does_not_start(dock, qtbot):
    type_into(field(dock, "batch_size"), "0")
    assert dock.setup.settings.batch_size == 128
    with qtbot.assertNotEmitted(dock.start_requested):
        dock.setup.start()
    assert "Batch size" in dock.setup.message_label.text()
    type_into(field(dock, "batch_size"), "64")
    assert dock.setup.settings.batch_size == 64
    assert dock.setup.message_label.text() == ""


def test_every_setting_of_the_table_is_shown_and_taken_back(dock):
    changed = replace(
        LECTURE,
        epochs=3,
        optimizer=replace(LECTURE.optimizer, name="adamw", betas=(0.8, 0.99), weight_decay=0.05),
        schedule=ScheduleChoice("step", warmup=0.5, epochs=2.0, factor=0.5),
        augmentations=Augmentations(horizontal_flip=True, rotation=10.0),
        loss=replace(LECTURE.loss, label_smoothing=0.1, class_weights=(1.0, 2.5)),
        early_stopping=4,
        deterministic=True,
    )
    dock.show_settings(changed)
    assert dock.setup.settings == changed
    assert field(dock, "optimizer.betas").text() == "0.8, 0.99"
    assert field(dock, "loss.class_weights").text() == "1, 2.5"
    assert field(dock, "augmentations.horizontal_flip").isChecked()
    type_into(field(dock, "loss.class_weights"), "3, 1, 2")
    assert dock.setup.settings.loss.class_weights == (3.0, 1.0, 2.0)


def test_the_schedule_s_picture_is_the_trainer_s_own_arithmetic(dock):
    schedule = ScheduleChoice("one-cycle")
    dock.show_settings(replace(LECTURE, schedule=schedule))
    factors = dock.setup.schedule.factors()
    assert factors[0] == rate_factor(schedule, 0, 500, 100)
    assert max(factors) == pytest.approx(1.0, abs=1e-3)
    assert factors[-1] == pytest.approx(0.0, abs=1e-6)


# ----------------------------------------------------------------------------------------------------------- network


def test_the_network_on_view_can_be_trained(dock):
    dock.show_network(offer())
    dock.setup.network._choose(dock.setup.network.network_box.findData("live"))
    assert dock.setup.settings.network == NetworkPlan("resnet18")
    assert dock.input_shape == (3, 64, 48)


def test_a_network_of_a_file_cannot(dock):
    dock.show_network(offer(file="/x/net.pt"))
    assert dock.setup.network.network_box.findData("live") == -1


def test_the_builder_s_network_comes_with_its_rows(dock):
    spec = CLASSICS["lenet5"].spec()
    dock.show_spec(spec)
    assert read_spec(dock.setup.settings.network.spec) == spec
    assert dock.setup.network.title == spec.title
    assert dock.input_shape == spec.input_shape
    assert dock.setup.network.network_box.currentText() == f"Builder: {spec.title}"


def test_any_name_of_the_registry_may_be_typed(dock):
    box = dock.setup.network.network_box
    type_into(box.lineEdit(), "resnet50")
    QTest.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert dock.setup.settings.network == NetworkPlan("resnet50")
    assert dock.input_shape is None


def test_weights_of_a_file_need_the_file(dock, qtbot, tmp_path):
    network = dock.setup.network
    network.weights_box.setCurrentIndex(network.weights_box.findData("file"))
    network.weights_box.activated.emit(network.weights_box.currentIndex())
    assert network.file_field.isVisibleTo(dock)
    with qtbot.assertNotEmitted(dock.start_requested):
        dock.setup.start()
    assert "weights file" in dock.setup.message_label.text()
    network.file_field.line.setText(str(tmp_path / "w.pth"))
    assert dock.setup.settings.network == NetworkPlan("convnet-mnist", "none", str(tmp_path / "w.pth"))


# -------------------------------------------------------------------------------------------------------------- data


def test_data_that_is_not_here_says_how_much_must_be_fetched(dock, qtbot):
    data = dock.setup.data
    assert data.state_label.text() == "Not on this computer yet"
    with qtbot.waitSignal(dock.fetch_wanted):
        qtbot.mouseClick(data.fetch_button, Qt.MouseButton.LeftButton)
    dock.show_data_progress(Progress("data", "Fetching", 0.5, cancellable=True))
    assert not data.fetch_button.isVisibleTo(dock)
    with qtbot.waitSignal(dock.cancel_requested) as cancelled:
        qtbot.mouseClick(data.progress.cancel_button, Qt.MouseButton.LeftButton)
    assert cancelled.args == ["data"]
    dock.show_data_progress(Progress("data", "", done=True))
    assert data.fetch_button.isVisibleTo(dock)


def test_data_that_is_here_says_where(dock, qtbot, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (raw / f"{part}-{kind}-ubyte.gz").touch()
    with qtbot.waitSignal(dock.data_changed):
        type_into(dock.setup.data.root_field, str(tmp_path))
    assert dock.setup.data.state_label.text() == f"Found in {raw}"
    assert not dock.setup.data.fetch_button.isVisibleTo(dock)
    assert dock.shown_data == DataChoice(root=str(tmp_path))


def test_a_folder_of_one_s_own_must_be_there(dock, qtbot, tmp_path):
    data = dock.setup.data
    data._choose(data.data_box.findData("folder"))
    dock.setup.start()
    assert "folder of pictures for each class" in dock.setup.message_label.text()
    type_into(data.root_field, str(tmp_path))
    with qtbot.waitSignal(dock.start_requested) as asked:
        dock.setup.start()
    assert asked.args[0].data == DataChoice("folder", str(tmp_path))


def test_augmentations_are_shown_when_they_are_opened_and_changed(dock, qtbot):
    with qtbot.waitSignal(dock.preview_wanted):
        qtbot.mouseClick(dock.setup.augmentation_fold.button, Qt.MouseButton.LeftButton)
    assert dock.setup.shows_preview
    with qtbot.waitSignal(dock.preview_wanted):
        dock.setup._take({"augmentations.rotation": 10.0})
    tiles = np.zeros((4, 3, 8, 8, 3), np.uint8)
    tiles[2, 1] = (255, 0, 0)
    dock.setup.preview.show_tiles(tiles)
    image = dock.setup.preview.view.image
    assert (image.width(), image.height()) == (3 * 8 + 2 * 2, 4 * (8 + 2) + 2)
    assert image.pixelColor(8 + 2 + 4, 2 * (8 + 2) + 4 + 4).getRgb()[:3] == (255, 0, 0)
    with qtbot.waitSignal(dock.preview_wanted):
        qtbot.mouseClick(dock.setup.preview.again_button, Qt.MouseButton.LeftButton)


# -------------------------------------------------------------------------------------------------------------- runs


@pytest.mark.parametrize(
    ("button", "action"),
    [("pause_button", "pause"), ("step_button", "step"), ("stop_button", "stop"), ("epoch_button", "finish-epoch"),
     ("save_button", "checkpoint")],
)  # fmt: skip
def test_a_running_trainer_is_told(dock, qtbot, button, action):
    dock.show_runs_page()
    dock.choose_run(run())
    with qtbot.waitSignal(dock.ordered) as ordered:
        qtbot.mouseClick(getattr(dock.controls, button), Qt.MouseButton.LeftButton)
    assert ordered.args == [Path("/runs/a"), Control(action)]


def test_a_run_says_how_far_it_is(dock):
    dock.show_runs_page()
    dock.choose_run(run())
    controls = dock.controls
    assert controls.progress_label.text() == "epoch 2.0 of 5 · step 200 of 400"
    assert controls.left_label.text() == "1 min 15 s left"
    assert controls.pace_label.text() == "2,325 images/s · 26 s so far · cpu"
    assert controls.best_label.text() == "best validation accuracy 98.4 % at step 100"
    assert (controls.bar.value(), controls.bar.maximum()) == (200, 400)


def test_a_paused_run_goes_on(dock, qtbot):
    dock.show_runs_page()
    dock.choose_run(run("paused"))
    assert not dock.controls.pause_button.isVisibleTo(dock)
    assert dock.controls.left_label.text() == ""
    with qtbot.waitSignal(dock.ordered) as ordered:
        qtbot.mouseClick(dock.controls.go_on_button, Qt.MouseButton.LeftButton)
    assert ordered.args[1] == Control("resume")


def test_rates_are_changed_with_enter_and_only_those_that_were_typed(dock, qtbot):
    dock.show_runs_page()
    dock.choose_run(run())
    fields = dock.controls.fields
    type_into(fields["learning-rate"], "0.0005")
    with qtbot.waitSignal(dock.ordered) as ordered:
        qtbot.keyClick(fields["learning-rate"], Qt.Key.Key_Return)
    assert ordered.args[1] == Control("learning-rate", 0.0005)
    assert fields["learning-rate"].text() == ""
    with qtbot.assertNotEmitted(dock.ordered):
        qtbot.mouseClick(dock.controls.change_button, Qt.MouseButton.LeftButton)


def test_a_failed_run_says_why_and_is_resumed_at_another_rate(dock, qtbot):
    dock.show_runs_page()
    dock.choose_run(run("failed", message="The loss is NaN: lower the rate."))
    controls = dock.controls
    assert controls.message_label.text() == "The loss is NaN: lower the rate."
    assert not controls.stop_button.isVisibleTo(dock)
    type_into(controls.fields["learning-rate"], "0.0001")
    with qtbot.waitSignal(dock.resume_requested) as resumed:
        qtbot.mouseClick(controls.resume_button, Qt.MouseButton.LeftButton)
    assert resumed.args == [Path("/runs/a"), 0.0001]
    controls.show_run(run("failed", name="b"))
    with qtbot.waitSignal(dock.resume_requested) as resumed:
        qtbot.mouseClick(controls.resume_button, Qt.MouseButton.LeftButton)
    assert resumed.args == [Path("/runs/b"), None]


def test_a_finished_run_is_a_pattern_for_the_next(dock, qtbot):
    dock.show_runs_page()
    dock.choose_run(replace(run("finished"), configuration=replace(LECTURE, epochs=9, versions={"torch": "1"})))
    assert not dock.controls.resume_button.isVisibleTo(dock)
    assert dock.shown_data == LECTURE.data
    qtbot.mouseClick(dock.controls.repeat_button, Qt.MouseButton.LeftButton)
    assert dock.setup.settings == replace(LECTURE, epochs=9)
    assert dock.setup_button.isChecked()


def test_a_folder_that_is_gone_is_told(dock):
    dock.show_runs_page()
    dock.choose_run(replace(run(), problem="There is no run folder /runs/a: it was moved or removed."))
    assert dock.controls.state_label.text() == "Gone"
    assert "moved or removed" in dock.controls.message_label.text()
    assert not dock.controls.resume_button.isVisibleTo(dock)
    assert not dock.controls.stop_button.isVisibleTo(dock)


def test_the_list_shows_the_runs_and_a_click_takes_one_up(dock, qtbot):
    entries = [RunEntry(Path("/runs/new"), RunStatus("finished", best_accuracy=0.5), 2e9),
               RunEntry(Path("/runs/old"), RunStatus("stopped"), 1e9)]  # fmt: skip
    with qtbot.waitSignal(dock.runs_wanted):
        dock.show_runs_page()
    dock.show_entries(entries)
    items = [dock.list.topLevelItem(row) for row in (0, 1)]
    assert [item.text(STATE) for item in items] == ["Finished", "Stopped"]
    assert items[0].text(BEST) == "50.0 %"
    with qtbot.waitSignal(dock.run_chosen) as chosen:
        qtbot.mouseClick(
            dock.list.viewport(), Qt.MouseButton.LeftButton, pos=dock.list.visualItemRect(items[1]).center()
        )
    assert chosen.args == [Path("/runs/old")]
    dock.show_entries(entries[1:])
    assert dock.list.chosen() == Path("/runs/old")


def test_the_list_gives_way_before_the_page_scrolls(dock, qtbot):
    dock.choose_run(run("stopped"))
    dock.show_runs_page()
    dock.resize(dock.minimumSizeHint().width(), 900)
    dock.show()
    area = next(each for each in dock.findChildren(QScrollArea) if each.isVisible() and each.isAncestorOf(dock.list))
    qtbot.waitUntil(lambda: dock.list.height() > 300)
    dock.resize(dock.width(), dock.height() - (dock.list.height() - 100))
    qtbot.waitUntil(lambda: dock.list.height() < 150)
    assert area.verticalScrollBar().maximum() == 0


def test_setters_emit_nothing(dock, qtbot):
    with (
        qtbot.assertNotEmitted(dock.run_chosen),
        qtbot.assertNotEmitted(dock.ordered),
        qtbot.assertNotEmitted(dock.data_changed),
        qtbot.assertNotEmitted(dock.preview_wanted),
    ):
        dock.show_settings(MNIST_FAST)
        dock.show_network(offer())
        dock.show_entries([RunEntry(Path("/runs/a"), RunStatus("stopped"), 1e9)])
        dock.choose_run(run())
        dock.show_run(run("paused"))
    assert dock.setup.settings.optimizer == MNIST_FAST.optimizer


# ------------------------------------------------------------------------------------------------ transfer and findings


def test_the_strategy_is_chosen_in_one_place_with_its_settings_below_it(dock):
    trained = replace(LECTURE, network=NetworkPlan("resnet18", weights="default"))
    dock.show_settings(replace(trained, transfer=TransferChoice("two-stage", head_epochs=3)))
    shown = [box for box in dock.setup.findChildren(ChoiceField) if box.findData("two-stage") >= 0]
    form = dock.setup.transfer.form.fields
    assert shown == []
    assert form["transfer.head_epochs"].text() == "3"
    assert form["transfer.head_epochs"].isVisibleTo(form["transfer.head_epochs"].parentWidget())
    assert not form["transfer.lowest_rate"].isVisibleTo(form["transfer.lowest_rate"].parentWidget())
    assert dock.setup.transfer_fold.button.text() == "Transfer learning: two-stage"
    type_into(form["transfer.head_epochs"], "2")
    assert dock.setup.settings.transfer.head_epochs == 2


def test_a_strategy_that_cannot_be_stays_on_view_until_it_is_taken_back(dock):
    dock.show_settings(replace(LECTURE, transfer=TransferChoice("fine-tuning")))
    assert dock.setup.transfer_fold.isVisibleTo(dock)
    dock.show_settings(LECTURE)
    assert not dock.setup.transfer_fold.isVisibleTo(dock)


def test_what_is_folded_away_fits_when_it_is_opened(dock):
    dock.show_settings(replace(LECTURE, transfer=TransferChoice("fine-tuning")))
    dock.resize(dock.minimumSizeHint().width(), 700)
    dock.setup.transfer_fold.button.click()
    advice = dock.setup.transfer.advice
    button = advice.buttons[ADVICE[1]]
    assert button.mapTo(dock.setup, QPoint(button.width(), 0)).x() <= dock.setup.width()
    assert advice.mapTo(dock.setup, QPoint(0, 0)).x() >= 0


def test_findings_take_the_room_they_need_and_the_window_stays_as_high_as_it_is(dock):
    sentence = "The loss became nan before step 10: gradients exploded, and this is told in many words. " * 3
    finding = Diagnosis("exploding-gradients", sentence, "loss 1 → nan", "Go on with less.", 10, "fatal", "conv1")
    dock.resize(300, 500)
    least = dock.minimumSizeHint().height()
    dock.choose_run(replace(run(), diagnoses=(finding,)))
    dock.show_runs_page()
    QApplication.processEvents()
    labels = dock.controls.diagnosis.cards[0].findChildren(QLabel)
    told = next(label for label in labels if label.text() == sentence)
    assert told.height() >= told.heightForWidth(told.width())
    buttons = (dock.controls.pause_button, dock.controls.epoch_button)
    assert all(button.height() >= button.sizeHint().height() for button in buttons)
    assert dock.minimumSizeHint().height() <= least
    assert dock.height() == 500


def test_a_run_with_weights_can_be_watched_from_here(dock, qtbot):
    dock.choose_run(run())
    assert not dock.controls.watch_button.isVisibleTo(dock.controls)
    dock.choose_run(replace(run(), checkpoints=(CheckpointInfo(0, "step-0", "weights"),)))
    dock.show_runs_page()
    with qtbot.waitSignal(dock.watch_requested) as asked:
        qtbot.mouseClick(dock.controls.watch_button, Qt.MouseButton.LeftButton)
    assert asked.args == [Path("/runs/a")]


def test_the_data_is_looked_at_in_the_size_that_is_set(dock):
    dock.show_settings(replace(LECTURE, network=NetworkPlan("squeezenet1_1", input_size=96)))
    assert dock.input_shape == (3, 96, 96)
    dock.show_settings(replace(LECTURE, network=NetworkPlan("convnet-mnist", input_size=32)))
    assert dock.input_shape == (1, 32, 32)


def test_runs_of_one_kind_are_told_apart_in_the_list(dock):
    dock.show_entries([RunEntry(Path(f"/runs/lenet5-mnist-{name}"), RUNNING, 1.0) for name in ("sgd", "adam")])
    assert [dock.list.topLevelItem(number).text(0) for number in range(2)] == ["…sgd", "…adam"]
    assert dock.list.paths() == (Path("/runs/lenet5-mnist-sgd"), Path("/runs/lenet5-mnist-adam"))


def test_what_a_finding_says_is_not_said_twice(dock):
    finding = Diagnosis("exploding-gradients", "The loss became nan.", "loss nan", "Go on with less.", 10, "fatal")
    failed = run("failed", message="The loss became nan. Go on with less.")
    dock.choose_run(failed)
    assert dock.controls.message_label.isVisibleTo(dock.controls)
    dock.show_run(replace(failed, diagnoses=(finding,)))
    assert not dock.controls.message_label.isVisibleTo(dock.controls)
    assert dock.controls.diagnosis.isVisibleTo(dock.controls)


def test_a_form_that_larger_text_makes_too_wide_is_scrolled_sideways(dock, qtbot):
    scroller = dock.setup.findChild(QScrollArea)
    assert scroller.horizontalScrollBar().maximum() == 0
    scroller.widget().setMinimumWidth(2 * scroller.width())  # as larger text does on small screens
    qtbot.waitUntil(lambda: scroller.horizontalScrollBar().isVisible())
    assert scroller.horizontalScrollBar().maximum() > 0


# -------------------------------------------------------------------------------------------- the learning-rate finder


def test_find_asks_for_exactly_what_is_set_up_and_its_rate_goes_into_the_form(dock, qtbot):
    type_into(field(dock, "batch_size"), "32")
    with qtbot.waitSignal(dock.rate_wanted) as wanted:
        QTest.mouseClick(dock.setup.find_button, Qt.MouseButton.LeftButton)
    assert wanted.args == [dock.setup.settings]
    assert wanted.args[0].batch_size == 32
    assert dock.setup.finder.isVisible()
    curve = RateCurve((1e-4, 1e-3), (2.0, 1.0), (2.0, 1.0), 0.0031, "steepest-descent")
    dock.show_rate_news(curve)
    with qtbot.assertNotEmitted(dock.start_requested):
        QTest.mouseClick(dock.setup.finder.use_button, Qt.MouseButton.LeftButton)
    assert dock.setup.settings.optimizer.learning_rate == 0.003
    assert field(dock, "optimizer.learning_rate").text() == "0.003"
    assert "0.003" in dock.setup.finder.use_button.text()


def test_a_form_that_cannot_start_finds_nothing_either(dock, qtbot):
    type_into(field(dock, "batch_size"), "none")
    with qtbot.assertNotEmitted(dock.rate_wanted):
        dock.setup.find_rate()
    assert "Batch size" in dock.setup.message_label.text()
    assert dock.setup.finder.isHidden()


def test_what_the_finder_cannot_do_is_said_below_the_rate(dock, qtbot):
    dock.setup.find_rate()
    dock.show_rate_problem("The folder has no pictures.")
    assert dock.setup.finder.words_label.text() == "The folder has no pictures."
    dock.setup.find_rate()
    with qtbot.waitSignal(dock.rate_cancelled):
        dock.setup.finder.cancel_button.click()
    assert dock.setup.finder.isHidden()


def test_the_wheel_over_the_augmented_pictures_is_the_form_s(dock):
    dock.setup.augmentation_fold.button.click()
    view = dock.setup.preview.view
    dock.setup.preview.show_tiles(np.zeros((2, 3, 8, 8, 3), np.uint8))
    QApplication.processEvents()
    placed = view.placement
    assert not turn(view, Qt.KeyboardModifier.NoModifier).isAccepted()
    assert view.placement == placed
    assert turn(view, Qt.KeyboardModifier.ControlModifier).isAccepted()
    assert view.placement != placed


def turn(widget, modifiers):
    """One notch away from the user."""
    place = QPointF(widget.rect().center())
    event = QWheelEvent(
        place, widget.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event


@pytest.mark.parametrize(("count", "words"), [(1, "1 line of its metrics cannot"), (2, "2 lines of its metrics")])
def test_unreadable_lines_are_counted_in_words(dock, count, words):
    dock.choose_run(replace(run(), unreadable=count))
    assert words in dock.controls.message_label.text()
