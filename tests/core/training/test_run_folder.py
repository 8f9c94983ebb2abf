"""A run's folder: made only where nothing is lost, locked by one trainer, replaced files never half there."""

import errno
import multiprocessing

import pytest

from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.errors import ConfigurationError, RunError
from cnnviz.core.training.run_folder import LOCK, RunFolder, replace_file
from cnnviz.core.training.values import DataSummary, RunStatus, SplitSummary


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "deep" / "run")
    folder.make()
    folder.create(LECTURE)
    return folder


def test_a_new_run_has_its_configuration(run):
    assert run.read_configuration().network.name == "convnet-mnist"
    assert run.checkpoints() == ()


def test_a_run_without_a_step_may_be_made_again(run):
    run.write_status(RunStatus("failed", "there is no such data"))
    run.make()
    run.create(LECTURE)
    assert run.read_last_status() is None


@pytest.mark.parametrize("half", ["config.json.5360.partial", "columns.npz.partial", "status.json.17.partial"])
def test_what_a_killed_trainer_left_half_written_is_written_over(tmp_path, half):
    folder = RunFolder(tmp_path)
    half = half.replace("columns.npz", folder.columns.name)
    (tmp_path / half).write_text("{", encoding="utf-8")
    folder.create(LECTURE)
    assert folder.read_configuration().network == LECTURE.network
    assert not (tmp_path / half).exists()


def test_a_half_written_file_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex.partial").write_text("precious", encoding="utf-8")
    with pytest.raises(RunError, match="is not empty"):
        RunFolder(tmp_path).make()


@pytest.mark.parametrize("found", ["holiday.jpg", "checkpoints/step-000000012/model.safetensors", "metrics.jsonl"])
def test_a_folder_with_anything_else_in_it_is_left_alone(run, found):
    (run.path / found).parent.mkdir(parents=True, exist_ok=True)
    (run.path / found).write_text("precious", encoding="utf-8")
    with pytest.raises(RunError, match="is not empty: go on with its run by --resume, or choose another folder"):
        run.make()
    assert (run.path / found).read_text(encoding="utf-8") == "precious"


def test_a_foreign_folder_gets_not_even_a_lock(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunError, match="is not empty"):
        RunFolder(tmp_path).make()
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(RunError, match="is not empty"):
        RunFolder(tmp_path / "run").make()


def test_checkpoints_are_listed_by_step_and_unfinished_ones_are_not(run):
    for name in ("step-000000020", "step-000000003", ".partial-17", ".old-step-000000003", "step-x", "notes"):
        (run.checkpoint_folder / name).mkdir()
    assert [info.step for info in run.checkpoints()] == [3, 20]


def test_values_come_back(run):
    summary = DataSummary("shapes", "Shapes", ("a", "b"), (SplitSummary("train", (3, 4), ((0,), (1, 2))),), 1, (12, 12))
    status = RunStatus("finished", "äöü", 7, 7, 3, best_accuracy=0.5)
    run.write_data(summary)
    run.write_status(status)
    assert (run.read_data(), run.read_status()) == (summary, status)
    assert run.read_status().epoch == pytest.approx(7 / 3)


def test_a_status_that_is_nonsense_is_said(run):
    run.status.write_text('{"state": "flying"}', encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"status\.json: state is 'flying': it must be one of starting, running"
    ):
        run.read_status()


# ------------------------------------------------------------------------------------------------------------- locking


def hold_lock(path, ready, release):
    with RunFolder(path).locked():
        ready.set()
        release.wait(60)


@pytest.fixture
def holder(run):
    """Another process that trains in the folder."""
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    process = context.Process(target=hold_lock, args=(run.path, ready, release))
    process.start()
    assert ready.wait(60)
    yield process
    if process.is_alive():  # a killed one would be waited for
        release.set()
    process.join()


def test_a_second_trainer_is_refused_and_told_who_the_first_is(run, holder):
    run.write_status(RunStatus("running", pid=holder.pid, host="here"))
    with (
        pytest.raises(RunError, match=f"is being trained by process {holder.pid} on here: stop that first"),
        run.locked(),
    ):
        pytest.fail("two trainers in one folder")


def test_a_killed_trainer_leaves_no_lock_but_is_told_from_one_at_work(run, holder):
    run.write_status(RunStatus("running", step=12, pid=holder.pid, host="here"))
    assert run.is_locked()
    assert run.read_status().state == "running"
    holder.kill()
    holder.join()
    assert not run.is_locked()
    status = run.read_status()
    assert (status.state, status.step, status.message) == (
        "failed",
        12,
        "The trainer ended without a word: resume to go on.",
    )
    with run.locked():
        assert run.is_locked()


def test_looking_whether_somebody_trains_makes_no_file(run):
    assert not run.is_locked()
    assert not (run.path / LOCK).exists()


# ------------------------------------------------------------------------------------------------------------- writing


def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path):
    file = tmp_path / "status.json"
    file.write_text("old", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError, match="surrogates"):
        replace_file(file, "new \ud800")
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_on_a_full_disk_the_status_is_written_over_in_its_place(run, monkeypatch):
    run.write_status(RunStatus("running", "a long message before the disk was full"))

    def full(*_arguments, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cnnviz.core.training.run_folder.replace_file", full)
    run.write_status(RunStatus("failed", "full"))
    assert run.read_last_status() == RunStatus("failed", "full")
