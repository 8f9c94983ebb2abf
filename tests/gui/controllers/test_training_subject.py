"""Training between real docks and an engine that only remembers: runs followed and told, data asked for once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.reports import Problem, Progress
from cnnviz.core.training.samples import DataSamples
from cnnviz.core.training.strict_json import write_text
from cnnviz.core.training.values import (
    Augmentations,
    DataChoice,
    DataSummary,
    MetricsLine,
    NetworkPlan,
    OptimizerChoice,
    RunStatus,
    SplitSummary,
)
from cnnviz.engine.commands import Cancel, ExamineData, ShowAugmentations, ShowPicture
from cnnviz.engine.events import AugmentationsShown, DataExamined, EngineReady, ProblemMet, ProgressMade
from cnnviz.gui.session import load_session, save_session

DONE = RunStatus("finished", step=2, total_steps=2)
SUMMARY = DataSummary("shapes", "Shapes", ("circle", "square"), (SplitSummary("train", (6, 6)),), 1, (28, 28))
SAMPLES = DataSamples(np.full((2, 28, 28, 3), 99, np.uint8), (0, 1))


def line(step):
    return MetricsLine(step, step / 10, "train", 1.0, 0.5, 1e-3, 100.0, step * 0.1, 1e9 + step)


def followed(qtbot, program, path):
    qtbot.waitUntil(lambda: program.training.runs.view_of(path) is not None)


# -------------------------------------------------------------------------------------------------------------- runs


def test_the_builder_s_network_comes_to_the_training_dock(program):
    spec = CLASSICS["lenet5"].spec()
    program.window.dock("builder").train_requested.emit(spec)
    dock = program.window.dock("train")
    assert dock.is_shown
    assert dock.setup.network.title == spec.title


def test_a_run_that_is_opened_is_shown_in_every_dock(program, qtbot, make_run):
    train, curves = program.window.dock("train"), program.window.dock("curves")
    path = make_run("run", [line(1), line(2)], DONE)
    train.run_chosen.emit(path)
    followed(qtbot, program, path)
    assert [run.path for run in curves.runs] == [path]
    assert train.controls.view.path == path
    assert train.list.chosen() == path
    other = make_run("other", [line(1)], DONE)
    curves.run_wanted.emit(str(other))
    followed(qtbot, program, other)
    qtbot.waitUntil(lambda: train.controls.view.path == other)
    curves.run_chosen.emit(path)
    assert train.controls.view.path == path


def test_a_dock_that_is_made_later_shows_what_is_followed(program, qtbot, make_run):
    path = make_run("run", [line(1)], DONE)
    program.training.restore((str(path), "/gone"), "")
    followed(qtbot, program, path)
    assert [run.path for run in program.window.dock("curves").runs] == [path]
    assert program.window.dock("train").controls.view.path == path


def test_a_run_that_is_taken_away_is_followed_no_more_and_its_folder_stays(program, qtbot, make_run):
    curves = program.window.dock("curves")
    path = make_run("run", [line(1)], DONE)
    program.training.choose(path)
    followed(qtbot, program, path)
    curves.run_removed.emit(path)
    assert curves.runs == ()
    assert program.training.followed == ()
    assert path.is_dir()


def test_a_seventh_run_makes_room(program, make_run):
    paths = [make_run(f"run{number}", [line(1)], DONE) for number in range(7)]
    for path in paths:
        program.training.choose(path)
    assert program.training.followed == tuple(map(str, paths[1:]))


def test_what_a_run_s_folder_does_not_allow_is_a_sentence(program, tmp_path):
    dock = program.window.dock("train")
    used = tmp_path / "used"
    used.mkdir()
    (used / "thesis.txt").write_text("mine")
    dock.start_requested.emit(dock.setup.settings, str(used))
    assert "is not empty" in program.window.message.problem_line.sentence.text()
    assert (used / "thesis.txt").read_text() == "mine"
    dock.resume_requested.emit(tmp_path / "none", None)
    assert "cannot be started" in program.window.message.problem_line.sentence.text()
    assert program.training.followed == ()


def test_runs_and_settings_come_back_with_the_next_start(program, make_run, tmp_path):
    dock = program.window.dock("train")
    dock.show_settings(replace(dock.setup.settings, epochs=9, seed=3))
    path = make_run("run", [line(1)], DONE)
    program.training.choose(path)
    save_session(program.controller.session(), tmp_path / "session.json")
    saved = load_session(tmp_path / "session.json")
    assert saved.runs == (str(path),)
    assert saved.training == write_text(dock.setup.settings)
    assert '"epochs": 9' in saved.training


@pytest.mark.parametrize("settings", ["{", "[]", '{"epochs": -1}', '{"what": 1}'])
def test_settings_that_cannot_be_read_are_the_program_s_own(program, settings):
    program.training.restore((), settings)
    assert program.window.dock("train").setup.settings.epochs == 5


def test_the_train_workspace_has_its_docks(program, qtbot):
    program.window.menus.actions["workspace-train"].trigger()
    qtbot.waitUntil(lambda: program.window.dock("curves").is_shown)
    assert program.window.dock("train").is_shown
    assert program.window.dock("filters").is_shown
    assert not program.window.dock("data").is_shown


# -------------------------------------------------------------------------------------------------------------- data


def asked_once(qtbot, program):
    qtbot.waitUntil(lambda: len(program.link.of(ExamineData)) == 1)
    return program.link.of(ExamineData)[0]


def test_data_is_looked_at_only_where_somebody_looks(program, qtbot):
    train = program.window.open_dock("train")
    train.setup._take({"data": DataChoice("shapes")})
    data = program.window.open_dock("data")
    command = asked_once(qtbot, program)
    assert command == ExamineData(DataChoice("shapes"), (1, 28, 28))
    program.gets(DataExamined(command.data, command.shape, SUMMARY, SAMPLES))
    assert data.summary == SUMMARY
    data.hide()
    data.show()
    assert len(program.link.of(ExamineData)) == 1


def test_data_that_is_not_here_is_fetched_on_request_only(program, qtbot):
    program.window.open_dock("train")
    data = program.window.open_dock("data")
    qtbot.waitUntil(data.fetch_button.isVisible)
    assert program.link.of(ExamineData) == []
    qtbot.mouseClick(data.fetch_button, Qt.MouseButton.LeftButton)
    assert program.link.of(ExamineData) == [ExamineData(DataChoice(download=True), (1, 28, 28))]


def test_fetching_is_shown_beside_the_data_and_can_be_cancelled(program, qtbot):
    train = program.window.open_dock("train")
    program.gets(ProgressMade(Progress("data", "Fetching train-images", 0.25, cancellable=True)))
    line = train.setup.data.progress
    qtbot.waitUntil(lambda: line.is_busy)
    qtbot.mouseClick(line.cancel_button, Qt.MouseButton.LeftButton)
    assert program.link.of(Cancel) == [Cancel("data")]


def test_augmented_pictures_are_asked_for_when_they_are_looked_at(program, qtbot):
    train = program.window.open_dock("train")
    train.setup._take({"data": DataChoice("shapes")})
    QTest.mouseClick(train.setup.augmentation_fold.button, Qt.MouseButton.LeftButton)
    command = asked_once(qtbot, program)
    program.gets(DataExamined(command.data, command.shape, SUMMARY, SAMPLES))
    first = program.link.of(ShowAugmentations)[-1]
    train.setup._take({"augmentations.rotation": 20.0})
    second = program.link.of(ShowAugmentations)[-1]
    assert (first.augmentations, second.augmentations) == (Augmentations(), Augmentations(rotation=20.0))
    assert first.seed != second.seed
    program.gets(AugmentationsShown(second.augmentations, np.zeros((4, 2, 8, 8, 3), np.uint8)))
    assert train.setup.preview.view.image.width() == 18


def test_a_picture_of_the_data_becomes_the_input(program):
    program.window.dock("data").picture_chosen.emit(SAMPLES.pictures[1], "square")
    shown = program.link.of(ShowPicture)[-1]
    assert (shown.kind, shown.title) == ("pasted", "square")
    assert np.array_equal(shown.pixels, SAMPLES.pictures[1])


def test_data_that_cannot_be_read_is_said_and_a_new_engine_is_asked_again(program, qtbot):
    train = program.window.open_dock("train")
    train.setup._take({"data": DataChoice("shapes")})
    data = program.window.open_dock("data")
    asked_once(qtbot, program)
    program.gets(ProblemMet(Problem("It is cut off."), "data"))
    assert "cannot be read" in data.message_label.text()
    assert program.window.message.problem_line.sentence.text() == "It is cut off."
    program.gets(EngineReady((), "2"))
    qtbot.waitUntil(lambda: len(program.link.of(ExamineData)) == 2)


def test_the_run_on_view_has_its_own_data(program, qtbot, make_run):
    program.window.open_dock("data")
    path = make_run("run", [line(1)], DONE, data=DataChoice("shapes", seed=7))
    program.training.choose(Path(path))
    train = program.window.open_dock("train")
    followed(qtbot, program, path)
    qtbot.waitUntil(lambda: train.controls.view is not None)
    train.show_runs_page()
    assert train.shown_data == DataChoice("shapes", seed=7)


# ------------------------------------------------------------------------------------------- the learning-rate finder


def test_the_finder_s_curve_comes_to_the_dock_and_leaves_no_run(program, qtbot, tmp_path):
    dock = program.open("train")
    tiny = NetworkSpec("Tiny", (1, 12, 12), named((layer("flatten"), layer("linear", features=6))))
    settings = replace(
        dock.setup.settings, network=NetworkPlan(spec=spec_text(tiny)), data=DataChoice("shapes", limit=192),
        batch_size=16, optimizer=OptimizerChoice("adam"),
    )  # fmt: skip
    dock.show_settings(settings)
    QTest.mouseClick(dock.setup.find_button, Qt.MouseButton.LeftButton)
    finder = dock.setup.finder
    assert program.training.rate_search.is_running
    qtbot.waitUntil(lambda: not finder.is_busy, timeout=90_000)
    assert finder.use_button.isVisible(), finder.words_label.text()
    assert len(finder.plot.steps) > 20
    finder.use_button.click()
    assert finder.use_button.text() == f"Use {dock.setup.settings.optimizer.learning_rate:g}"
    assert replace(dock.setup.settings, optimizer=settings.optimizer) == settings
    assert not (tmp_path / "runs").exists()
    program.training.rate_search.close()


def test_a_refused_search_is_said_in_the_dock_and_cancel_ends_one(program):
    dock = program.open("train")
    dock.show_settings(replace(dock.setup.settings, data=DataChoice("shapes"), accumulation=999))
    dock.setup.find_rate()
    assert "cannot be computed in 999 parts" in dock.setup.finder.words_label.text()
    dock.show_settings(replace(dock.setup.settings, accumulation=1))
    dock.setup.find_rate()
    assert program.training.rate_search.is_running
    dock.setup.finder.cancel_button.click()
    assert not program.training.rate_search.is_running
    program.training.rate_search.close()
