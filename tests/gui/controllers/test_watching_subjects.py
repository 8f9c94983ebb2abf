"""Runs looked into and evaluated, between real docks, real run folders and an engine that only remembers."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.core.sources.values import SourceSpec, SourceState
from cnnviz.core.training.diagnosis import Diagnosis
from cnnviz.core.training.evaluation_values import (
    Answers,
    RunEvaluation,
    class_scores,
    confusion_matrix,
    mistakes,
    reliability,
)
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.sample_edits import read_edits
from cnnviz.core.training.values import DataChoice, DataSummary, MetricsLine, RunStatus, SplitSummary
from cnnviz.engine.commands import (
    EvaluateRun,
    LoadSample,
    ShowFilters,
    ShowPicture,
    ShowSamples,
    TraceChannels,
    WatchRun,
)
from cnnviz.engine.events import (
    ChannelsTraced,
    EngineReady,
    NetworkOpened,
    RunEvaluated,
    RunWeights,
    SampleLoaded,
    SamplesShown,
    SourceChanged,
)
from cnnviz.gui.trainer_process import resume_run

CONV = LayerInfo("conv", "conv", "Conv2d", 1, 1, True, (2, 5, 4), 9, 0, "chw", inputs=("input",), weight=(2, 1, 3, 3))
DONE = RunStatus("stopped", step=2, total_steps=4)


@pytest.fixture
def run(make_run, program, qtbot, tmp_path):
    """Followed, with three checkpoints and data in a folder."""
    data = tmp_path / "data"
    data.mkdir()
    line = MetricsLine(2, 0.2, "train", 1.0, 0.5, 1e-3, 100.0, 0.2, 1e9)
    path = make_run("run", [line], DONE, data=DataChoice("folder", str(data)))
    folder = RunFolder(path)
    splits = (SplitSummary("train", (1, 1)), SplitSummary("validation", (2, 1)))
    folder.write_data(DataSummary("folder", "Pets", ("cat", "dog"), splits, 1, (8, 8), root=str(data)))
    for step in (0, 1, 2):
        (path / "checkpoints" / f"step-{step:09d}").mkdir(parents=True)
    program.training.choose(path)
    qtbot.waitUntil(lambda: program.training.runs.view_of(path) is not None)
    return path


def offer(run="", serial=1):
    choice = NetworkChoice("n", run=str(run))
    return NetworkOffer(choice, "N", "", "cpu", False, (1, 8, 8), Preprocessing(), ("cat", "dog"), (CONV,), 9, 9,
                        serial=serial)  # fmt: skip


def evaluation():
    labels, predicted, sure = np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([0.9, 0.8, 0.7])
    confusion, bins = confusion_matrix(labels, predicted, 2), tuple(reliability(sure, labels == predicted))
    keys = ("cat/a.png", "cat/b.png", "dog/c.png")
    answers = Answers((0, 1, 2), keys, (0, 0, 1), (0, 1, 1), (0.9, 0.8, 0.7))
    names = ("cat", "dog")
    rows = tuple(map(tuple, confusion.tolist()))
    return RunEvaluation(
        2, "validation", names, 0.5, 2 / 3, None, rows, class_scores(confusion, names), bins, 0.1, mistakes(answers),
        answers,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ watching


@pytest.fixture
def watch(program, run):
    dock = program.open("checkpoints")
    dock.live_button.click()
    program.gets(NetworkOpened(offer(run)), RunWeights(str(run), 2))
    program.controller.select_layer("conv")
    return dock


def test_live_weights_are_asked_for_and_every_new_ones_bring_new_filters(program, run, watch):
    assert program.link.of(WatchRun) == [WatchRun(str(run), "live", 10)]
    program.open("filters")
    QApplication.processEvents()
    before = len(program.link.of(ShowFilters))
    program.gets(RunWeights(str(run), 3))
    assert len(program.link.of(ShowFilters)) == before + 1
    assert watch.step_label.text().startswith("step 3")


def test_the_training_dock_s_word_opens_the_dock_and_follows_the_weights(program, run, qtbot):
    dock = program.open("train")
    dock.show_runs_page()
    qtbot.mouseClick(dock.controls.watch_button, Qt.MouseButton.LeftButton)
    assert program.link.of(WatchRun) == [WatchRun(str(run), "live", 10)]
    checkpoints = program.controller.window.dock("checkpoints")
    assert (checkpoints.run, checkpoints.is_live) == (run, True)
    assert checkpoints.toggleViewAction().isChecked()


def test_channels_are_traced_once_and_again_for_another_picture(program, run, watch):
    still = SourceState(SourceSpec("picture", "a"), "a", (6, 8), still=True)
    program.gets(SourceChanged(still))
    asked = len(program.link.of(TraceChannels))
    program.gets(SourceChanged(still), RunWeights(str(run), 3))
    assert len(program.link.of(TraceChannels)) == asked
    program.gets(SourceChanged(SourceState(SourceSpec("picture", "b"), "b", (6, 8), still=True)))
    assert program.link.of(TraceChannels)[asked:] == [TraceChannels("conv")]
    program.gets(ChannelsTraced(str(run), "conv", (0, 1, 2), np.ones((3, 2), np.float32)))
    assert "dead channels: 0 → 0 of 2" in watch.life_label.text()


@pytest.mark.usefixtures("watch")
def test_a_new_engine_is_told_to_watch_again(program, run):
    program.link.sent.clear()
    program.gets(EngineReady((), "2"))
    assert program.link.of(WatchRun) == [WatchRun(str(run), "live", 10)]


def test_holding_the_picture_is_the_window_s_freeze(program, watch):
    watch.hold_label.linkActivated.emit("hold")
    assert program.window.menus.actions["freeze"].isChecked()


# ---------------------------------------------------------------------------------------------------------- evaluation


@pytest.fixture
def evaluated(program, run):
    dock = program.open("evaluation")
    program.gets(RunEvaluated(str(run), evaluation()))
    return dock


def test_the_last_evaluation_is_read_when_a_run_is_chosen_and_another_made_by_the_button(program, run, evaluated):
    assert program.link.of(EvaluateRun) == [EvaluateRun(str(run))]
    evaluated.evaluate_button.click()
    assert program.link.of(EvaluateRun)[1:] == [EvaluateRun(str(run), "latest", "validation")]
    assert program.link.of(ShowSamples)[-1].keys == ("cat/b.png",)


def test_a_mistake_becomes_the_live_input_of_the_network_that_made_it(program, run, evaluated):
    evaluated.gallery.setCurrentRow(0)
    assert program.link.of(WatchRun) == [WatchRun(str(run), 2, 10)]
    assert program.link.of(LoadSample) == [LoadSample(str(run), "cat/b.png")]
    pixels = np.full((8, 8, 3), 7, np.uint8)
    program.gets(SampleLoaded(str(run), "cat/b.png", pixels))
    shown = program.link.of(ShowPicture)[-1]
    assert (shown.kind, shown.title, shown.pixels is pixels) == ("pasted", "cat/b.png", True)


def test_the_run_on_view_is_not_loaded_again_for_a_sample(program, run, evaluated):
    program.gets(NetworkOpened(offer(run, 2)))
    evaluated.gallery.setCurrentRow(0)
    assert program.link.of(WatchRun) == []


def test_corrections_are_kept_beside_the_data_and_shown(evaluated, tmp_path):
    evaluated.gallery.setCurrentRow(0)
    evaluated.edits_bar.class_box.setCurrentText("dog")
    evaluated.edits_bar.relabel_button.click()
    file = tmp_path / "data" / "cnnviz-edits.json"
    assert dict(read_edits(file).relabelled) == {"cat/b.png": "dog"}
    assert evaluated.gallery.item(0).text() == "cat → dog\nnow dog"
    evaluated.edits_bar.exclude_button.click()
    assert read_edits(file).excluded == ("cat/b.png",)
    evaluated.edits_bar.restore_button.click()
    assert len(read_edits(file)) == 0


def test_pictures_come_in_parts(program, run, evaluated):
    program.gets(SamplesShown(str(run), ("cat/b.png",), np.full((1, 56, 56, 3), 200, np.uint8)))
    assert evaluated.gallery.item(0).icon().pixmap(56, 56).toImage().pixelColor(5, 5).red() == 200


@pytest.fixture
def trainers(monkeypatch):
    """What would be started, in place of processes."""
    started = []
    monkeypatch.setattr(
        "cnnviz.gui.runs.Runs.resume", lambda _, path, *rest, **more: started.append((path, rest, more))
    )
    monkeypatch.setattr("cnnviz.gui.runs.Runs.start", lambda _, path, settings: started.append((path, settings)))
    return started


def test_a_stopped_run_is_resumed_with_the_corrections(run, evaluated, trainers):
    evaluated.edits_bar.resume_button.click()
    assert trainers == [(run, (), {})]


def test_a_finished_run_is_gone_on_with_in_another_from_its_last_weights(qtbot, run, evaluated, trainers):
    RunFolder(run).write_status(RunStatus("finished", step=2, total_steps=2))
    qtbot.waitUntil(lambda: evaluated.edits_bar.resume_button.text() == "Train on")
    evaluated.edits_bar.resume_button.click()
    (path, settings), last = trainers[0], RunFolder(run).checkpoints()[-1]
    assert path != run
    assert (settings.network.weights_file, settings.network.weights) == (last.weights, "none")
    assert settings.data == RunFolder(run).read_configuration().data


# ----------------------------------------------------------------------------------------------------------- diagnosis


def test_what_a_diagnosis_offers_goes_into_the_resumed_run(program, run, trainers):
    from cnnviz.core.training.values import Control

    dock = program.open("train")
    dock.choose_run(program.training.runs.view_of(run))
    offers = (Control("learning-rate", 1e-4), Control("gradient-clipping", 1.0))
    found = Diagnosis("exploding-gradients", "It swings.", "2 → 90", "Lower it.", 2, "fatal", "conv", offers)
    dock.controls.diagnosis.show_diagnoses((found,), at_work=False, can_resume=True)
    for button in dock.controls.diagnosis.cards[0].buttons.values():
        button.click()
    assert trainers == [
        (run, (1e-4,), {"gradient_clipping": None}),
        (run, (None,), {"gradient_clipping": 1.0}),
    ]
    program.gets(NetworkOpened(offer()))
    dock.controls.diagnosis.layer_wanted.emit("conv")
    assert program.controller.selection.layer == "conv"


def test_a_resumed_trainer_is_told_of_the_clipping(monkeypatch, tmp_path):
    heard = []
    monkeypatch.setattr("subprocess.Popen", lambda words, **_: heard.append(words))
    resume_run(tmp_path, gradient_clipping=0.5)
    assert heard[0][-2:] == ["--clip", "0.5"]
