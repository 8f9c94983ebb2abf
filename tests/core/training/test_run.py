"""Whole runs in this process: what is left in the folder, orders that are followed, faults that are told clearly."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.core.errors import CheckpointError
from cnnviz.core.training.controls import send_control
from cnnviz.core.training.errors import ConfigurationError, DataError, RunError, RunFailedError
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_network import load_run_network
from cnnviz.core.training.task import lone_task
from cnnviz.core.training.values import (
    Control,
    DataChoice,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    ScheduleChoice,
)


@pytest.fixture
def run(tmp_path):
    return tmp_path / "run"


def after_first_epoch(action):
    """Calls ``action`` once, when the first epoch is over."""
    waiting = [action]

    def watch(_status, _validation):
        if waiting:
            waiting.pop()()

    return watch


# ---------------------------------------------------------------------------------------------------------- a whole run


def test_a_run_leaves_everything_in_its_folder(tiny_run, run, read_run):
    end = train_run(run, tiny_run)
    reader = read_run(run)
    assert (end.status, end.signal) == (reader.status(), 0)
    assert (end.status.state, end.status.step, end.status.total_steps, end.status.epoch) == ("finished", 24, 24, 2)
    assert replace(reader.configuration(), versions={}) == tiny_run
    assert reader.data().classes == ("circle", "square", "triangle", "cross", "ring", "bars")
    assert [info.step for info in reader.checkpoints()] == [0, 12, 24]
    assert reader.series("train").steps.tolist() == [5, 10, 12, 15, 20, 24]
    assert reader.series("validation").steps.tolist() == [12, 24]
    assert reader.layers().steps.tolist() == [1, 2, 4, 8, 12, 16, 20, 24]
    assert sorted(each.name for each in run.iterdir() if each.suffix) == [
        "config.json", "data.json", "learning.json", "metrics.columns", "metrics.jsonl", "status.json", "trainer.lock",
    ]  # fmt: skip


def test_the_best_is_the_validation_with_the_highest_accuracy(tiny_run, run, read_run):
    status = train_run(run, replace(tiny_run, epochs=4, recording=Recording(keep_last=1))).status
    validation = read_run(run).series("validation")
    best = int(np.argmax(validation.accuracy))
    assert status.best_accuracy == validation.accuracy[best]
    assert status.best_step == validation.steps[best]
    assert [info.step for info in RunFolder(run).checkpoints()] == sorted({0, status.best_step, 48})


def test_checkpoints_of_certain_steps_are_kept(tiny_run, run):
    train_run(run, replace(tiny_run, recording=Recording(checkpoints=3, keep_last=1, keep_every=6)))
    kept = [info.step for info in RunFolder(run).checkpoints()]
    assert {0, 6, 12, 18, 24} <= set(kept) <= {0, 6, 12, 18, 24}


def test_a_third_part_is_tested_at_the_end(tiny_run, run, read_run):
    train_run(run, replace(tiny_run, data=replace(tiny_run.data, validation=0.1)))
    reader = read_run(run)
    assert reader.series("test").steps.tolist() == [24]
    assert [split.split for split in reader.data().splits] == ["test", "train", "validation"]


def test_the_network_of_a_run_answers_as_it_did_in_training(tiny_run, run, read_run):
    train_run(run, tiny_run)
    loaded = load_run_network(run, device="cpu")
    task = lone_task(tiny_run)
    pictures = task.data.splits["validation"].pictures.data.float() / 255
    mean, std = loaded.preprocessing.mean[0], loaded.preprocessing.std[0]
    with torch.no_grad():
        found = loaded.module((pictures - mean) / std).argmax(1)
    accuracy = float((found == task.data.splits["validation"].labels).double().mean())
    assert accuracy == pytest.approx(read_run(run).series("validation").accuracy[-1])
    assert loaded.class_names == task.data.classes
    assert loaded.weights == "run, step 24"
    with pytest.raises(CheckpointError, match=r"has no checkpoint of step 7 \(any more\)"):
        load_run_network(run, 7)


def test_the_same_seed_is_the_same_run_and_another_is_not(tiny_run, tmp_path, metrics_of):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train_run(tmp_path / name, replace(tiny_run, seed=seed))
    a, b, c = (metrics_of(tmp_path / name) for name in "abc")
    assert a == b
    assert a != c


def test_early_stopping_ends_a_run_that_gets_no_better(tiny_run, run):
    configuration = replace(tiny_run, epochs=50, early_stopping=2, optimizer=OptimizerChoice("sgd", 0.0))
    status = train_run(run, configuration).status
    assert (status.state, status.message) == ("finished", "No lower validation loss in 2 epochs.")
    assert status.epoch == 3


# -------------------------------------------------------------------------------------------------------------- resume


@pytest.mark.parametrize(
    "place_and_value",
    [
        ("optimizer", OptimizerChoice("sgd", 0.1, 0.9)),
        ("optimizer", OptimizerChoice("rmsprop", 1e-3, 0.5)),
        ("schedule", ScheduleChoice("one-cycle", warmup=0.5)),
        ("accumulation", 2),
        ("gradient_clipping", 0.5),
        ("memory_format", "contiguous"),
    ],
    ids=str,
)
def test_stopped_and_resumed_is_as_never_stopped(tiny_run, tmp_path, metrics_of, place_and_value):
    place, value = place_and_value
    configuration = replace(tiny_run, **{place: value})
    train_run(tmp_path / "whole", configuration)
    broken = tmp_path / "broken"
    stopped = train_run(broken, configuration, watch=after_first_epoch(lambda: send_control(broken, Control("stop"))))
    assert (stopped.status.state, stopped.status.message) == ("stopped", "Stopped by hand; it can be resumed.")
    assert 12 <= stopped.status.step < 24
    assert train_run(broken, None).status.state == "finished"
    assert metrics_of(broken) == metrics_of(tmp_path / "whole")


def test_lines_after_the_last_checkpoint_are_cut_and_come_again(tiny_run, tmp_path, metrics_of):
    """As a kill leaves it: the last checkpoint is old, the metrics went on, their last line is half there."""
    train_run(tmp_path / "whole", tiny_run)
    broken = RunFolder(tmp_path / "broken")
    train_run(broken.path, tiny_run)
    last = broken.checkpoints()[-1]
    Path(last.folder).rename(tmp_path / "lost")
    broken.metrics.write_bytes(broken.metrics.read_bytes() + b'{"step": 24, "epo')
    broken.columns.write_bytes(broken.columns.read_bytes() + b"half")
    broken.status.unlink()
    assert train_run(broken.path, None).status.state == "finished"
    assert metrics_of(broken.path) == metrics_of(tmp_path / "whole")
    assert (broken.checkpoint_folder / "step-000000024" / "model.safetensors").read_bytes() == (
        tmp_path / "lost" / "model.safetensors"
    ).read_bytes()


def test_killed_before_the_first_checkpoint_a_run_begins_anew(tiny_run, tmp_path, metrics_of):
    train_run(tmp_path / "whole", tiny_run)
    broken = RunFolder(tmp_path / "broken")
    broken.make()
    broken.create(tiny_run)
    train_run(broken.path, None)
    assert metrics_of(broken.path) == metrics_of(tmp_path / "whole")


def test_a_finished_run_has_nothing_left_to_do(tiny_run, run):
    end = train_run(run, tiny_run)
    before = {each: each.stat().st_mtime_ns for each in run.rglob("*")}
    assert train_run(run, None).status == end.status
    assert {each: each.stat().st_mtime_ns for each in run.rglob("*")} == before


def test_a_run_is_not_begun_over_another(tiny_run, run):
    train_run(run, tiny_run)
    with pytest.raises(RunError, match="is not empty: go on with its run by --resume"):
        train_run(run, tiny_run)


def test_a_resumed_run_may_get_another_rate(tiny_run, run, read_run):
    train_run(run, tiny_run, watch=after_first_epoch(lambda: send_control(run, Control("stop"))))
    train_run(run, None, learning_rate=0.125)
    reader = read_run(run)
    assert [event.event for event in reader.events()] == ["learning rate 0.01 → 0.125, by hand"]
    assert reader.series("train").learning_rate[-1] == 0.125


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "state.pt").write_bytes(b"junk"), r"state\.pt is"),
        (lambda folder: (folder / "state.pt").unlink(), r"There is no weights file"),
        (
            lambda folder: torch.save({"format": 1}, folder / "state.pt"),
            "step 24 cannot be gone on from: remove its folder",
        ),
        (
            lambda folder: torch.save({"format": 9}, folder / "state.pt"),
            "step 24 cannot be gone on from: remove its folder",
        ),
        (lambda folder: torch.save([1, 2], folder / "state.pt"), "step 24 cannot be gone on from"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), r"model\.safetensors is empty"),
    ],
    ids=["junk", "missing", "too little", "another format", "a list", "no weights"],
)
def test_a_damaged_checkpoint_is_said(tiny_run, run, damage, words):
    train_run(run, tiny_run)
    folder = RunFolder(run)
    damage(folder.checkpoint_folder / "step-000000024")
    folder.status.unlink()
    with pytest.raises(RunFailedError, match=words):
        train_run(run, None)
    assert folder.read_status().state == "failed"


def test_weights_of_another_network_are_said(tiny_run, tiny_spec, run):
    train_run(run, tiny_run)
    folder = RunFolder(run)
    wider = json.loads(folder.config.read_text(encoding="utf-8"))
    wider["network"]["spec"] = tiny_spec.replace('"filters": 4', '"filters": 5')
    folder.config.write_text(json.dumps(wider), encoding="utf-8")
    folder.status.unlink()
    with pytest.raises(RunFailedError, match=r"of another network: was the run's config\.json changed\?"):
        train_run(run, None)


# -------------------------------------------------------------------------------------------------------------- orders


def test_settings_change_by_hand_and_it_is_told_and_kept(tiny_run, run, read_run):
    def change():
        for control in (Control("learning-rate", 0.5), Control("momentum", 0.25), Control("weight-decay", 0.125)):
            send_control(run, control)

    configuration = replace(tiny_run, optimizer=OptimizerChoice("sgd", 0.1))
    train_run(run, configuration, watch=after_first_epoch(change))
    reader = read_run(run)
    assert [event.event for event in reader.events()] == [
        "learning rate 0.1 → 0.5, by hand",
        "momentum 0 → 0.25, by hand",
        "weight decay 0 → 0.125, by hand",
    ]
    series = reader.series("train")
    assert series.learning_rate[series.steps <= 12].tolist() == [0.1] * 3
    assert set(series.learning_rate[series.steps > 13].tolist()) == {0.5}
    assert 13 in [info.step for info in reader.checkpoints()]


def test_what_cannot_be_changed_is_told(tiny_run, run, read_run):
    configuration = replace(tiny_run, optimizer=OptimizerChoice("sgd", 0.1, 0.9, nesterov=True))
    train_run(run, configuration, watch=after_first_epoch(lambda: send_control(run, Control("momentum", 0.0))))
    (event,) = read_run(run).events()
    assert event.event.startswith("momentum stays at 0.9: Nesterov's momentum cannot become 0")


def test_finish_epoch_ends_with_its_validation(tiny_run, run, read_run):
    configuration = replace(tiny_run, epochs=9)
    status = train_run(
        run, configuration, watch=after_first_epoch(lambda: send_control(run, Control("finish-epoch")))
    ).status
    assert (status.state, status.epoch) == ("stopped", 2)
    assert read_run(run).series("validation").steps.tolist() == [12, 24]


def test_a_checkpoint_on_demand(tiny_run, run):
    train_run(
        run,
        replace(tiny_run, recording=Recording(keep_last=9)),
        watch=after_first_epoch(lambda: send_control(run, Control("checkpoint"))),
    )
    assert [info.step for info in RunFolder(run).checkpoints()] == [0, 12, 13, 24]


def test_pause_single_steps_and_resume(tiny_run, tmp_path, metrics_of):
    """Another thread waits for each pause and gives the next order; the run is as without all that."""
    train_run(tmp_path / "whole", tiny_run)
    run, paused_at, tick = tmp_path / "paused", [], threading.Event()

    def give_orders():
        for order in ("step", "step", "resume"):
            last = paused_at[-1] if paused_at else -1
            while (status := RunFolder(run).read_last_status()).state != "paused" or status.step == last:
                tick.wait(0.01)
            paused_at.append(status.step)
            send_control(run, Control(order))

    thread = threading.Thread(target=give_orders)

    def start():
        send_control(run, Control("pause"))
        thread.start()

    status = train_run(run, tiny_run, watch=after_first_epoch(start)).status
    thread.join()
    assert paused_at == [13, 14, 15]
    assert status.state == "finished"
    assert metrics_of(run) == metrics_of(tmp_path / "whole")


# -------------------------------------------------------------------------------------------------------------- faults


def failed(run):
    status = RunFolder(run).read_status()
    assert status.state == "failed"
    return status.message


def test_a_loss_that_explodes_ends_the_run_and_keeps_the_last_good_checkpoint(tiny_run, run, read_run):
    configuration = replace(tiny_run, optimizer=OptimizerChoice("sgd", 1000.0), network=NetworkPlan("convnet-mnist"))
    with pytest.raises(RunFailedError, match=r"The loss became (nan|inf) before step \d+"):
        train_run(run, configuration)
    assert "--resume --lr" in failed(run)
    assert not np.isfinite(read_run(run).series("train").loss[-1])
    for info in RunFolder(run).checkpoints():
        loaded = load_run_network(run, info.step)
        assert all(torch.isfinite(each).all() for each in loaded.module.parameters())


def test_a_full_disk_is_said_and_nothing_is_lost(tiny_run, tmp_path, metrics_of):
    """The system lets no file grow beyond what the metrics have after the first epoch, as if nothing more fitted."""
    resource = pytest.importorskip("resource", reason="needs a limit of the operating system that Windows has not")
    train_run(tmp_path / "whole", tiny_run)
    run, before = tmp_path / "full", resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, ((run / "metrics.jsonl").stat().st_size + 10, before[1]))

    try:
        with pytest.raises(RunFailedError, match=r"The disk of .*full is full: free some space, then resume the run"):
            train_run(run, tiny_run, watch=after_first_epoch(fill))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "is full" in failed(run)
    assert not (run / "metrics.jsonl").read_bytes().endswith(b"\n")
    train_run(run, None)
    assert metrics_of(run) == metrics_of(tmp_path / "whole")


def test_a_folder_that_is_removed_while_it_is_trained_is_said_and_not_made_again(tiny_run, run, tmp_path):
    with pytest.raises(RunError, match="was moved or removed while it was trained"):
        train_run(run, tiny_run, watch=after_first_epoch(lambda: run.rename(tmp_path / "elsewhere")))
    assert not run.exists()
    moved = RunFolder(tmp_path / "elsewhere")
    assert [info.step for info in moved.checkpoints()] == [0, 12]
    assert train_run(moved.path, None).status.state == "finished"


@pytest.fixture
def own_pictures(tmp_path):
    """Forty pictures of two classes, too many for a memory limit of nothing."""
    folder = tmp_path / "own"
    for label, name in enumerate(("dark", "light")):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            shades = np.random.default_rng(number).integers(0, 120, (12, 12), np.uint8) + 100 * label
            Image.fromarray(shades.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def from_disk(tiny_run, folder, **more):
    data = DataChoice("folder", str(folder), memory_limit=0, validation=0.2)
    return replace(tiny_run, data=data, batch_size=8, **more)


def test_a_file_that_breaks_while_it_is_trained_on_is_left_out_and_named(tiny_run, own_pictures, run, read_run):
    configuration = from_disk(tiny_run, own_pictures, epochs=3)
    task = lone_task(configuration)
    victim = task.data.splits["train"].files[0]
    status = train_run(
        run, configuration, watch=after_first_epoch(lambda: (own_pictures / victim).write_bytes(b"broken"))
    ).status
    assert status.state == "finished"
    (event,) = read_run(run).events()
    assert event.event.startswith(f"{victim} is left out: ")
    assert event.epoch > 1


def test_pictures_that_vanish_altogether_end_the_run_clearly(tiny_run, own_pictures, run, tmp_path):
    with pytest.raises(
        RunFailedError, match=r"None of 8 pictures in a row can be read: is the data folder .*own still"
    ):
        train_run(
            run,
            from_disk(tiny_run, own_pictures, epochs=3),
            watch=after_first_epoch(lambda: own_pictures.rename(tmp_path / "gone")),
        )
    assert "still there" in failed(run)
    (tmp_path / "gone").rename(own_pictures)
    assert train_run(run, None).status.state == "finished"


def test_from_disk_a_run_resumes_exactly_too(tiny_run, own_pictures, tmp_path, metrics_of):
    configuration = from_disk(tiny_run, own_pictures)
    train_run(tmp_path / "whole", configuration)
    broken = tmp_path / "broken"
    train_run(broken, configuration, watch=after_first_epoch(lambda: send_control(broken, Control("stop"))))
    train_run(broken, None)
    assert metrics_of(broken) == metrics_of(tmp_path / "whole")


def cuda_is_full():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


def cudnn_is_full():
    raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")


def memory_is_full():
    torch.empty(2**58)


@pytest.mark.parametrize("fill", [cuda_is_full, cudnn_is_full, memory_is_full])
def test_too_little_memory_suggests_a_batch_size(tiny_run, run, monkeypatch, fill):
    """No test may fill the memory: the first forward pass meets what PyTorch would."""

    def no_room(*_arguments, **_more):
        fill()

    monkeypatch.setattr("torch.nn.functional.cross_entropy", no_room)
    words = (
        "not enough memory for a batch of 16 pictures: start again with a batch size of 8, or with steps computed in 2"
    )
    with pytest.raises(RunFailedError, match=words):
        train_run(run, tiny_run)
    assert "not enough memory" in failed(run)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"data": DataChoice("imagenet")}, DataError, "There is no data set 'imagenet'"),
        ({"network": NetworkPlan("resnet999")}, Exception, "There is no network 'resnet999'"),
        ({"network": NetworkPlan("convnet-mnist", input_size=(9, 9))}, Exception, "cannot run on 9×9 pictures"),
        ({"precision": "bfloat16"}, ConfigurationError, "Mixed precision needs a CUDA device"),
    ],
)
def test_bad_input_is_said_before_the_first_step_and_the_folder_can_be_used_again(tiny_run, run, changes, kind, words):
    with pytest.raises(kind, match=words) as said:
        train_run(run, replace(tiny_run, **changes))
    assert not isinstance(said.value, RunFailedError)
    assert words in failed(run)
    assert train_run(run, replace(tiny_run, epochs=1)).status.state == "finished"
