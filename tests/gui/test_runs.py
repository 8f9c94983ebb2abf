"""Runs as the window follows them; the slow tests with real trainers: told what to do, killed, resumed, refused."""

import os
import shutil
import signal
from dataclasses import replace

import pytest

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.errors import ConfigurationError, RunError
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import (
    Control,
    DataChoice,
    MetricsLine,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    RunConfiguration,
    RunStatus,
)
from cnnviz.gui.runs import Runs

PATIENCE = 90_000
TINY = RunConfiguration(
    network=NetworkPlan(
        spec=spec_text(NetworkSpec("Tiny", (1, 12, 12), named((layer("flatten"), layer("linear", features=6)))))
    ),
    data=DataChoice("shapes", limit=192),
    epochs=100_000,
    batch_size=16,
    optimizer=OptimizerChoice("sgd", 0.01),
    recording=Recording(metrics=10, layers=0),
)
DONE = RunStatus("finished", step=2, total_steps=2)


@pytest.fixture
def runs():
    made = Runs()
    yield made
    for trainer in made._processes:
        if trainer.exit_code is None:
            trainer.process.kill()
        trainer.process.wait()
    made.close()
    made.deleteLater()


def line(step):
    return MetricsLine(step, step / 10, "train", 1.0, 0.5, 1e-3, 100.0, step * 0.1, 1e9 + step)


def until(qtbot, runs, path, state):
    """The run's view once its state is this one."""

    def there():
        view = runs.view_of(path)
        return view is not None and view.status.state == state

    qtbot.waitUntil(there, timeout=PATIENCE)
    return runs.view_of(path)


# ------------------------------------------------------------------------------------------------- without trainers


def test_a_run_of_anybody_is_followed_until_it_is_left(runs, qtbot, make_run):
    path = make_run("run", [line(1)], DONE)
    with qtbot.waitSignal(runs.changed) as seen:
        runs.follow(path)
    assert seen.args[0].series["train"].steps.tolist() == [1]
    assert runs.views == (seen.args[0],)
    with qtbot.waitSignal(runs.left) as left:
        runs.leave(path)
    assert left.args == [path]
    assert runs.views == ()


def test_a_change_is_told_once_and_no_change_not_at_all(runs, qtbot, make_run):
    path = make_run("run", [line(1)], DONE)
    seen = []
    runs.changed.connect(seen.append)
    runs.follow(path)
    qtbot.waitUntil(lambda: len(seen) == 1)
    RunFolder(path).write_status(replace(DONE, message="once more"))
    qtbot.waitUntil(lambda: len(seen) == 2)
    shutil.rmtree(path)
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert [view.status.message for view in seen] == ["", "once more", "once more"]
    assert "moved or removed" in seen[2].problem


def test_two_windows_see_the_same_run(runs, qtbot, make_run):
    other = Runs()
    path = make_run("run", [line(1), line(2)], DONE)
    for each in (runs, other):
        with qtbot.waitSignal(each.changed):
            each.follow(path)
    assert [each.view_of(path).series["train"].steps.tolist() for each in (runs, other)] == [[1, 2], [1, 2]]
    other.close()
    other.deleteLater()


def test_what_follows_nothing_has_no_thread(runs, qtbot, make_run):
    path = make_run("run", [line(1)], DONE)
    with qtbot.waitSignal(runs.changed):
        runs.follow(path)
    assert runs._executor is not None
    runs.leave(path)
    qtbot.waitUntil(lambda: runs._executor is None)
    assert runs.followed == ()


def test_the_runs_there_are_come_as_a_list(runs, qtbot, make_run):
    path = make_run("run", (), DONE)
    with qtbot.waitSignal(runs.listed) as listed:
        runs.list_recent((path,))
    assert path in [entry.path for entry in listed.args[0]]


def test_what_cannot_be_is_an_error_before_any_process(runs, tmp_path, make_run):
    with pytest.raises(ConfigurationError, match="either the name of a network or a specification"):
        runs.start(tmp_path / "new", replace(TINY, network=NetworkPlan()))
    with pytest.raises(RunError, match="not empty"):
        runs.start(make_run("used", [line(1)], DONE), TINY)
    with pytest.raises(RunError, match="moved or removed"):
        runs.control(tmp_path / "none", Control("pause"))
    with pytest.raises(RunError, match="cannot be started"):
        runs.resume(tmp_path / "none")
    assert runs.followed == ()
    assert runs._processes == []


# ---------------------------------------------------------------------------------------------------- with trainers


@pytest.mark.slow
def test_a_run_is_told_what_to_do_killed_and_resumed(runs, qtbot, tmp_path):
    path = tmp_path / "run"
    runs.start(path, TINY)
    assert until(qtbot, runs, path, "running").configuration.epochs == TINY.epochs
    runs.control(path, Control("pause"))
    paused = until(qtbot, runs, path, "paused")
    runs.control(path, Control("step"))
    qtbot.waitUntil(lambda: runs.view_of(path).status.step == paused.status.step + 1, timeout=PATIENCE)
    runs.control(path, Control("learning-rate", 0.005))
    runs.control(path, Control("resume"))
    until(qtbot, runs, path, "running")
    qtbot.waitUntil(lambda: any("0.005" in each.event for each in runs.view_of(path).events), timeout=PATIENCE)
    os.kill(runs.view_of(path).status.pid, signal.SIGKILL)
    killed = until(qtbot, runs, path, "failed")
    assert "resume" in killed.status.message
    runs.resume(path, 0.001)
    assert until(qtbot, runs, path, "starting").path == path
    until(qtbot, runs, path, "running")
    qtbot.waitUntil(lambda: any("0.001" in each.event for each in runs.view_of(path).events), timeout=PATIENCE)
    runs.control(path, Control("stop"))
    assert until(qtbot, runs, path, "stopped").can_resume


@pytest.mark.slow
def test_a_trainer_that_finds_no_data_says_so_and_a_second_one_in_a_folder_is_refused(runs, qtbot, tmp_path):
    poor = tmp_path / "poor"
    runs.start(poor, replace(TINY, data=DataChoice("mnist", root=str(tmp_path))))
    assert "MNIST is not in" in until(qtbot, runs, poor, "failed").status.message
    path = tmp_path / "run"
    runs.start(path, TINY)
    until(qtbot, runs, path, "running")
    with qtbot.waitSignal(runs.refused, timeout=PATIENCE) as refused:
        runs.resume(path)
    assert "is being trained" in refused.args[0]
    assert until(qtbot, runs, path, "running").is_at_work
