"""What a machine does to a run, done for real: killed at random instants, the disk full, the folder removed, its parent
gone. Each trainer is a process of its own, forked from one that has torch already, so that twenty of them take seconds.
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from cnnviz.core.training.errors import RunError, RunFailedError
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import Recording

INSTANTS = 20


@pytest.fixture
def configuration(tiny_run):
    return replace(tiny_run, epochs=4, recording=Recording(metrics=2, layers=4, checkpoints=7))


@pytest.fixture(scope="module")
def processes():
    """Makes processes that can be killed, quickly where the system can fork; the first one is slow, and over."""
    quick = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if quick else "spawn")
    if quick:
        context.set_forkserver_preload(["cnnviz.core.training.run", "torch._dynamo"])  # optimisers import the second
    first = context.Process(target=time.perf_counter)
    first.start()
    first.join()
    return context


def train(path, configuration):
    """In a process of its own. One thread: a tiny network only waits for a second one."""
    torch.set_num_threads(1)
    train_run(path, configuration)


def killed_after(processes, path, configuration, seconds):
    trainer = processes.Process(target=train, args=(path, configuration))
    trainer.start()
    trainer.join(seconds)
    trainer.kill()
    trainer.join()


def check_whole(run):
    """Every file that has its final name can be read, and the metrics are there as far as the last checkpoint says."""
    assert run.read_configuration()
    assert run.read_status().state in {"starting", "failed", "finished"}
    for info in run.checkpoints():
        assert safetensors.torch.load_file(info.weights)
        state = torch.load(Path(info.folder) / "state.pt", weights_only=True)
        assert state["progress"]["step"] == info.step
        kept = run.metrics.read_bytes()[: state["recorded"]["bytes"]]
        assert len(kept) == state["recorded"]["bytes"]
        assert [json.loads(line)["step"] <= info.step for line in kept.splitlines()].count(False) == 0


@pytest.mark.slow
def test_killed_at_random_instants_every_run_goes_on_to_exactly_the_same_metrics(
    configuration, tmp_path, processes, metrics_of
):
    started = time.perf_counter()
    killed_after(processes, tmp_path / "whole", configuration, None)
    longest, instants, steps = time.perf_counter() - started, np.random.default_rng(0), set()
    expected = metrics_of(tmp_path / "whole")
    assert expected[-1]["step"] == 48
    for number in range(INSTANTS):
        run = RunFolder(tmp_path / str(number))
        killed_after(processes, run.path, configuration, instants.uniform(0, longest))
        begun = run.config.exists()
        if begun:
            check_whole(run)
            steps.add(run.checkpoints()[-1].step if run.checkpoints() else None)
        train_run(run.path, None if begun else configuration)
        assert metrics_of(run.path) == expected
    assert len(steps) > 2  # it was killed at quite different places


def test_what_a_kill_left_half_done_is_cleared_and_no_checkpoint_is_missed(configuration, tmp_path, metrics_of):
    """As it is between two renames, in the middle of writing a checkpoint, and in the middle of removing one."""
    run = RunFolder(tmp_path / "run")
    train_run(run.path, configuration)
    expected, last = metrics_of(run.path), Path(run.checkpoints()[-1].folder)
    weights = (last / "model.safetensors").read_bytes()
    last.rename(last.with_name(f".old-{last.name}"))
    for name in (".partial-1", ".removed-step-000000014", ".old-step-000000000"):
        (run.checkpoint_folder / name).mkdir()
        (run.checkpoint_folder / name / "state.pt").write_bytes(b"half")
    run.status.unlink()
    assert train_run(run.path, None).status.state == "finished"
    assert (last / "model.safetensors").read_bytes() == weights
    assert list(run.checkpoint_folder.glob(".*")) == []
    assert metrics_of(run.path) == expected
    check_whole(run)


# ----------------------------------------------------------------------------------------------------------- full disk


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a megabyte."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can make a file system to fill")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(file):
    with suppress(OSError), file.open("wb", buffering=0) as stream:
        while stream.write(bytes(4096)):
            pass
    assert shutil.disk_usage(file).free == 0


def test_a_disk_that_is_full_is_said_and_nothing_is_lost(configuration, small_disk, tmp_path, metrics_of):
    train_run(tmp_path / "whole", configuration)
    run, filler = small_disk / "run", small_disk / "filler"

    def watch(status, _validation):
        if status.epoch == 1:
            fill(filler)

    with pytest.raises(RunFailedError, match=r"The disk of .*run is full: free some space, then resume the run"):
        train_run(run, configuration, watch=watch)
    assert "is full" in RunFolder(run).read_status().message
    check_whole(RunFolder(run))
    filler.unlink()
    train_run(run, None)
    assert metrics_of(run) == metrics_of(tmp_path / "whole")


def test_no_run_is_begun_on_a_full_disk(configuration, small_disk):
    fill(small_disk / "filler")
    with pytest.raises(RunError, match=r"is full: free some space|No space left on device"):
        train_run(small_disk / "run", configuration)


# ------------------------------------------------------------------------------------------------- folder, parent gone


def test_a_folder_that_is_deleted_while_it_is_trained_is_said_and_not_made_again(configuration, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(RunFailedError, match=r"The run folder .*run was moved or removed while it was trained"):
        train_run(run, configuration, watch=lambda *_: shutil.rmtree(run, ignore_errors=True))
    assert not run.exists()
