"""What the window reads of a run's folder, while it grows, breaks and vanishes."""

import os
import shutil
from pathlib import Path

import pytest

from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.transfer_values import LearningPlan, Phase, Stage
from cnnviz.core.training.values import DataChoice, LayerMeasures, MetricsLine, NetworkPlan, OptimizerChoice, RunStatus
from cnnviz.gui.run_places import new_run_path, recent_runs
from cnnviz.gui.run_view import RunFollower, run_state
from cnnviz.gui.trainer_process import last_words
from cnnviz.gui.training_settings import differences, limits_at, value_at, with_values


def line(step, loss=1.0, **changes):
    return MetricsLine(step, step / 10, "train", loss, 0.5, 1e-3, 100.0, step * 0.1, 1e9 + step, **changes)


def append(path: Path, text: bytes) -> None:
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(text)


@pytest.fixture
def follower(make_run):
    return RunFollower(make_run("run", [line(1), line(2)], RunStatus("finished", step=2, total_steps=2)))


def test_a_run_is_read_and_an_unchanged_one_is_the_same_value(follower):
    view = follower.look(layers=False)
    assert view.configuration.network == NetworkPlan("convnet-mnist")
    assert view.series["train"].steps.tolist() == [1, 2]
    assert set(view.series) == {"train"}
    assert view.status.state == "finished"
    assert follower.look(layers=False) is view


def test_new_lines_are_added_and_half_of_one_waits_for_its_rest(follower):
    from cnnviz.core.training.metrics import format_line

    first = follower.look(layers=False)
    text = format_line(line(3, 0.25))
    append(follower.view.path, text[:20])
    assert follower.look(layers=False) is first
    append(follower.view.path, text[20:])
    view = follower.look(layers=False)
    assert view.series["train"].loss.tolist() == [1.0, 1.0, 0.25]
    assert (view.version, view.generation) == (first.version + 1, first.generation)


def test_lines_that_cannot_be_read_are_counted_and_left_out(follower):
    append(follower.view.path, b"not a line\n")
    from cnnviz.core.training.metrics import format_line

    append(follower.view.path, format_line(line(9)))
    view = follower.look(layers=False)
    assert view.unreadable == 1
    assert view.series["train"].steps.tolist() == [1, 2, 9]


def test_a_folder_that_is_removed_is_told_and_what_was_seen_stays(follower):
    before = follower.look(layers=False)
    shutil.rmtree(before.path)
    view = follower.look(layers=False)
    assert "moved or removed" in view.problem
    assert view.series["train"].steps.tolist() == [1, 2]
    assert not view.is_at_work
    assert not view.can_resume
    assert follower.look(layers=False) is view


def test_a_folder_that_comes_back_is_another_generation(follower, make_run, tmp_path):
    before = follower.look(layers=False)
    (tmp_path / "run").rename(tmp_path / "away")
    assert follower.look(layers=False).problem
    make_run("run", [line(5)], RunStatus("finished"))
    view = follower.look(layers=False)
    assert view.problem == ""
    assert view.generation > before.generation
    assert view.series["train"].steps.tolist() == [5]


def test_layers_are_read_only_where_somebody_looks(make_run):
    measured = {"conv": LayerMeasures(0.5, 1e-3)}
    follower = RunFollower(make_run("run", [line(1, layers=measured)], RunStatus("finished")))
    assert follower.look(layers=False).layers is None
    layers = follower.look(layers=True).layers
    assert layers.names == ("conv",)
    assert layers.gradient_norms.tolist() == [[0.5]]


def test_a_trainer_that_vanished_is_told_from_one_that_trains(make_run):
    view = RunFollower(make_run("run", [line(1)], RunStatus("running", step=1, pid=1))).look(layers=False)
    assert view.status.state == "failed"
    assert "resume" in view.status.message
    assert view.can_resume


def test_what_is_no_run_is_a_sentence(tmp_path):
    assert "moved or removed" in RunFollower(tmp_path / "none").look(layers=False).problem
    assert "no config.json" in run_state(tmp_path).message


# ------------------------------------------------------------------------------------------------------------ places


def test_a_new_run_has_a_folder_of_its_own_and_a_name_that_any_system_takes(tmp_path, follower):
    settings = follower.look(layers=False).configuration
    path = new_run_path(settings, "My/net: 1", tmp_path)
    assert path.parent == tmp_path
    assert path.name.startswith("my-net-1-mnist-rmsprop-")
    path.mkdir()
    assert new_run_path(settings, "My/net: 1", tmp_path) != path


def test_recent_runs_are_the_newest_first_with_their_state(make_run, tmp_path):
    import os

    for number, name in enumerate(("old", "new")):
        run = make_run(name, (), RunStatus("finished", best_accuracy=0.5 + number / 10))
        os.utime(run / "status.json", (1e9 + number, 1e9 + number))
    (tmp_path / "no-run").mkdir()
    entries = recent_runs((), tmp_path)
    assert [entry.path.name for entry in entries] == ["new", "old"]
    assert entries[0].status.best_accuracy == pytest.approx(0.6)
    assert recent_runs((tmp_path / "old",), tmp_path / "nowhere")[0].path.name == "old"


def test_the_last_words_of_a_log_are_its_last_error_or_else_its_last_line(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"one\n" * 10_000 + "zwölf\n\n".encode())
    assert last_words(log) == "zwölf"
    heard = log.stat().st_size
    log.write_bytes(log.read_bytes() + b"cnnviz: it is full\nanother trainer's line\n")
    assert last_words(log, heard) == last_words(log) == "it is full"
    assert last_words(log, log.stat().st_size) == ""
    assert last_words(tmp_path / "none") == ""


def test_a_refusal_is_found_though_the_trainer_at_work_writes_on(tmp_path):
    log = tmp_path / "trainer.log"
    epochs = "".join(f"epoch {epoch}: validation loss 1.7918, accuracy 0.1667\n" for epoch in range(1, 1000))
    log.write_text(epochs, "utf-8")
    heard = log.stat().st_size
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"cnnviz: run is being trained by process 1.\n{epochs}")
    assert last_words(log, heard) == "run is being trained by process 1."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which this system lacks")
def test_a_pipe_under_the_name_of_a_log_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "trainer.log")
    assert last_words(tmp_path / "trainer.log") == ""


# ---------------------------------------------------------------------------------------------------------- settings


def test_settings_are_read_and_changed_by_their_places(follower):
    settings = follower.look(layers=False).configuration
    changed = with_values(settings, {"optimizer.momentum": 0.9, "epochs": 7})
    assert (changed.optimizer.momentum, changed.epochs) == (0.9, 7)
    assert value_at(changed, "optimizer.momentum") == 0.9
    assert settings.optimizer.momentum == 0.0
    assert (limits_at(settings, "optimizer.momentum").high, limits_at(settings, "epochs").low) == (0.9999, 1)


def test_only_what_differs_is_a_difference(follower):
    settings = follower.look(layers=False).configuration
    other = with_values(settings, {"optimizer": OptimizerChoice("sgd", 0.1), "data": DataChoice(root="/elsewhere")})
    found = {each.place: each.texts for each in differences([settings, other])}
    assert found == {"optimizer.name": ("rmsprop", "sgd"), "optimizer.learning_rate": ("0.001", "0.1")}
    assert differences([settings]) == ()


# --------------------------------------------------------------------------------------------------------- diagnosis


def test_a_run_is_diagnosed_from_its_numbers_and_again_only_with_others(make_run):
    losses = [2.3] * 3 + [2.0, 40.0, 900.0, 5000.0]
    lines = [
        MetricsLine(step, step / 10, "train", loss, 0.1, 0.1, 1.0, 1.0, 1e9) for step, loss in enumerate(losses, 1)
    ]
    follower = RunFollower(make_run("swings", lines, RunStatus("stopped", step=7, total_steps=70)))
    view = follower.look(layers=False)
    assert [each.kind for each in view.diagnoses] == ["exploding-gradients"]
    assert follower.look(layers=False) is view


def test_a_healthy_run_has_no_diagnosis(make_run):
    lines = [MetricsLine(step, step / 10, "train", 2.3 / step, 0.5, 1e-3, 1.0, 1.0, 1e9) for step in range(1, 9)]
    assert RunFollower(make_run("well", lines, RunStatus("stopped"))).look(layers=False).diagnoses == ()


def test_which_stages_learn_when_is_read_once_it_is_decided(make_run):
    folder = RunFolder(make_run("run", [line(1)], RunStatus("running", step=1)))
    follower = RunFollower(folder.path)
    assert follower.look(layers=False).learning is None
    plan = LearningPlan("feature-extraction", (Stage("body", ("conv",), 9), Stage("head", ("fc",), 3)),
                        (Phase(0, (0.0, 1.0)),))  # fmt: skip
    folder.write_learning(plan)
    assert follower.look(layers=False).learning == plan


def test_a_run_that_is_just_made_is_the_newest(make_run, tmp_path):
    old = make_run("old", [line(1)], RunStatus("finished"))
    for file in (old / "status.json", old / "config.json"):
        os.utime(file, (1e9, 1e9))
    new = make_run("new")
    (new / "status.json").unlink(missing_ok=True)
    entries = recent_runs(folder=tmp_path)
    assert [entry.path for entry in entries] == [new, old]
    assert entries[0].changed > 1e9
