"""Weights for those who watch: asked for, written, loaded in place, and as the network of a choice."""

import json
import time

import pytest
import torch
from safetensors import safe_open

from cnnviz.core.errors import CheckpointError
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.training.errors import RunError
from cnnviz.core.training.live_weights import live_identity, load_run_weights, save_live, weights_file
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_network import load_run_network, moment_of
from cnnviz.core.training.watching import Watchers, watch_run


@pytest.fixture
def run(tiny_run, tmp_path):
    train_run(tmp_path / "run", tiny_run)
    return tmp_path / "run"


def weights_of(module):
    return torch.cat([each.flatten().float() for each in module.state_dict().values()])


# ------------------------------------------------------------------------------------------------------------- requests


def test_nobody_watches_unless_asked_and_not_for_ever(run, monkeypatch):
    watchers = Watchers(RunFolder(run).watch)
    assert not watchers.want(10)
    watch_run(run, every=5, seconds=30)
    assert [watchers.want(step) for step in (9, 10, 11, 15)] == [False, True, False, True]
    later = time.time() + 31
    monkeypatch.setattr(time, "time", lambda: later)
    assert not watchers.want(10)


def test_writing_weights_takes_little_of_the_training(run, monkeypatch):
    watch_run(run, every=1)
    watchers, now = Watchers(RunFolder(run).watch), time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert watchers.want(1)
    watchers.served(1.0)
    assert not watchers.want(2)
    monkeypatch.setattr(time, "monotonic", lambda: now + 18.9)
    assert not watchers.want(3)
    monkeypatch.setattr(time, "monotonic", lambda: now + 19.1)
    assert watchers.want(4)


@pytest.mark.parametrize("text", ["", "{", '{"every": 0, "until": 9e18}', '{"until": "always"}', "[" * 900])
def test_a_request_that_is_none_is_passed_over(run, text):
    RunFolder(run).watch.write_text(text)
    assert not Watchers(RunFolder(run).watch).want(10)


def test_what_is_no_run_cannot_be_watched(tmp_path):
    with pytest.raises(RunError, match="There is no run folder"):
        watch_run(tmp_path / "none", 1)


# ------------------------------------------------------------------------------------------------------------- trainer


def test_a_run_that_is_watched_writes_its_weights_and_else_none(tiny_run, tmp_path):
    run = tmp_path / "run"
    seen = []

    def watch(_status, _validation):
        seen.append(live_identity(run))
        watch_run(run, every=5)

    train_run(run, tiny_run, watch=watch)
    assert seen[0] is None
    with safe_open(RunFolder(run).live, "pt") as file:
        assert int(file.metadata()["step"]) in {15, 20}


# -------------------------------------------------------------------------------------------------------------- loading


def test_weights_are_replaced_in_place(run):
    module = load_run_network(run, device="cpu").module
    parameters, last = list(module.parameters()), weights_of(module)
    assert load_run_weights(module, run, 0) == 0
    assert list(module.parameters()) == parameters
    assert all(now is before for now, before in zip(module.parameters(), parameters, strict=True))
    assert not torch.equal(weights_of(module), last)
    assert load_run_weights(module, run, "latest") == 24
    assert torch.equal(weights_of(module), last)


def test_live_weights_count_until_a_checkpoint_is_newer(run):
    module = load_run_network(run, 0, device="cpu").module
    save_live(RunFolder(run), module, 30)
    assert weights_file(RunFolder(run), "live") == (RunFolder(run).live, 30)
    other = load_run_network(run, device="cpu").module
    assert load_run_weights(other, run, "live") == 30
    assert torch.equal(weights_of(other), weights_of(module))
    save_live(RunFolder(run), module, 20)
    assert weights_file(RunFolder(run), "live")[1] == 24
    RunFolder(run).live.write_bytes(b"no tensors")
    assert weights_file(RunFolder(run), "live")[1] == 24


def test_half_precision_takes_the_weights_too(run):
    module = load_run_network(run, 0, device="cpu").module.half()
    load_run_weights(module, run)
    expected = weights_of(load_run_network(run, device="cpu").module.half())
    assert torch.equal(weights_of(module), expected)


def test_weights_of_another_network_are_refused_and_leave_it_as_it_is(run):
    module = torch.nn.Linear(3, 3)
    before = weights_of(module)
    with pytest.raises(CheckpointError, match="is of another network than the one that is loaded"):
        load_run_weights(module, run)
    assert torch.equal(weights_of(module), before)


@pytest.mark.parametrize(("checkpoint", "step"), [("latest", 24), ("live", 24), ("12", 12)])
def test_a_runs_network_is_a_choice_like_any_other(run, checkpoint, step):
    choice = NetworkChoice("Tiny", run=str(run), checkpoint=checkpoint)
    loaded = load_network(choice, device="cpu")
    assert loaded.choice == choice
    assert loaded.weights == f"run, step {step}"
    assert loaded.class_names == ("circle", "square", "triangle", "cross", "ring", "bars")
    expected = load_run_network(run, step, device="cpu")
    assert torch.equal(weights_of(loaded.module), weights_of(expected.module))
    assert loaded.preprocessing.mean == tuple(json.loads((run / "data.json").read_text())["mean"])


def test_a_moment_is_a_step_or_a_word():
    assert [moment_of(text) for text in ("live", "latest", "120")] == ["live", "latest", 120]
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        moment_of("-3")
