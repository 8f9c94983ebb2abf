"""The network of a run looked into while it is trained, in the real engine: weights replaced under the live loop."""

import itertools
import json
import shutil

import numpy as np
import pytest
import torch

from cnnviz.core.inside.filters import FiltersView
from cnnviz.core.networks.checkpoint import read_checkpoint
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.live_weights import save_live
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_network import load_run_network
from cnnviz.core.training.values import DataChoice, NetworkPlan, OptimizerChoice, Recording, RunConfiguration, RunStatus
from cnnviz.core.views import MapsView, ViewRequest
from cnnviz.engine.commands import ChooseMode, OpenSource, SetView, ShowFilters, Taken, TraceChannels, WatchRun
from cnnviz.engine.events import ChannelsTraced, FiltersShown, NetworkOpened, ProblemMet, ProgressMade, RunWeights

STEPS = (0, 6, 12)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two epochs of six steps on shapes; a batch norm has running statistics."""
    rows = (layer("conv", filters=4, padding=1), layer("batch_norm"), layer("relu"), layer("max_pool"))
    spec = spec_text(NetworkSpec("Tiny", (1, 12, 12), named((*rows, layer("flatten"), layer("linear", features=6)))))
    run = tmp_path_factory.mktemp("runs") / "tiny"
    train_run(
        run,
        RunConfiguration(
            NetworkPlan(spec=spec),
            DataChoice("shapes", limit=96),
            epochs=2,
            batch_size=16,
            optimizer=OptimizerChoice("adam", 0.01),
            recording=Recording(metrics=3, keep_every=1),
        ),
    )
    return run


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "tiny")


@pytest.fixture
def watched(engine, digit, run):
    engine.say(OpenSource(digit), WatchRun(str(run), 0))
    engine.offer = engine.link.event(NetworkOpened).offer
    engine.link.event(RunWeights)
    return engine


def logits_of(run, step, prepared_by) -> np.ndarray:
    """Of the same picture through a network that was loaded anew."""
    loaded = load_run_network(run, step, device="cpu")
    with torch.inference_mode():
        return loaded.module(prepared_by(loaded.preprocessing))[0].numpy()


def seen_by(engine, number: int, layer: str = "conv1"):
    """The snapshot that answers another request; one that was under way with the weights before comes first."""
    view = MapsView(layer, (layer,), (90, 120))
    engine.say(SetView(ViewRequest(number, engine.offer.serial, (view,), predictions=True)))
    for count in itertools.count(len(engine.link.snapshots)):
        engine.say(Taken())
        snapshot = engine.link.wait(lambda wanted=count: engine.link.snapshots[wanted : wanted + 1], "snapshot")[0]
        if snapshot.request == number:
            return snapshot
    raise AssertionError(number)


@pytest.fixture
def prepared(digit):
    from cnnviz.core.sources.picture import read_picture
    from cnnviz.core.sources.preprocessing import prepare

    return lambda preprocessing: prepare(read_picture(digit.location), preprocessing)


def test_each_checkpoint_answers_as_a_network_loaded_from_it(watched, run, prepared):
    for number, step in enumerate(STEPS, 1):
        watched.say(WatchRun(str(run), step))
        assert watched.link.event(RunWeights, number + 1) == RunWeights(str(run), step)
        snapshot = seen_by(watched, number)
        assert np.allclose(snapshot.logits, logits_of(run, step, prepared), atol=1e-5)
    assert sum(isinstance(event, NetworkOpened) for event in watched.link.events) == 1


def test_live_weights_are_taken_whenever_the_trainer_writes_others(watched, run, prepared):
    watched.say(WatchRun(str(run), "live"))
    assert watched.link.event(RunWeights, 2).step == STEPS[-1]
    module = load_run_network(run, 0, device="cpu").module
    save_live(RunFolder(run), module, 20)
    assert watched.link.event(RunWeights, 3).step == 20
    snapshot = seen_by(watched, 1)
    assert np.allclose(snapshot.logits, logits_of(run, 0, prepared), atol=1e-5)


def test_the_newest_checkpoint_follows_the_run(watched, run):
    watched.say(WatchRun(str(run), "latest"))
    watched.link.event(RunWeights, 2)
    folder = RunFolder(run)
    shutil.copytree(folder.checkpoint(0).folder, folder.checkpoint(50).folder)
    assert watched.link.event(RunWeights, 3).step == 50


def test_a_picture_that_stands_still_is_shown_again_with_the_new_weights(watched, run):
    before = seen_by(watched, 1, "conv1")
    watched.say(Taken(), WatchRun(str(run), STEPS[-1]))
    after = watched.link.snapshot(lambda snapshot: snapshot is not before)
    assert (after.request, after.frame) == (before.request, before.frame)
    assert not np.allclose(after.logits, before.logits)


def test_filters_are_measured_anew_and_travel_from_the_first_checkpoint(watched, run):
    watched.say(ShowFilters("conv1", FiltersView((60, 60))))
    still = watched.link.event(FiltersShown)
    watched.say(WatchRun(str(run), STEPS[-1]), ShowFilters("conv1", FiltersView((60, 60))))
    moved = watched.link.event(FiltersShown, 2)
    watched.say(ShowFilters("conv1", FiltersView((60, 60), since_start=True)))
    change = watched.link.event(FiltersShown, 3)
    start, end = (
        read_checkpoint(run / "checkpoints" / f"step-{step:09d}" / "model.safetensors").tensors["conv1.weight"]
        for step in (0, STEPS[-1])
    )
    assert not still.travel.distance.any()
    assert np.allclose(moved.travel.distance, (end - start).flatten(1).norm(dim=1), rtol=1e-5)
    shown = change.sheet.kernels[:, 0]
    assert np.allclose(change.sheet.values[:, 0], (end - start).numpy()[shown, 0], atol=1e-7)
    assert change.sheet.limits[0] == pytest.approx((end - start).abs().max().item(), rel=1e-5)
    assert np.allclose(moved.sheet.values[:, 0], end.numpy()[shown, 0], atol=1e-7)


def test_training_mode_does_not_bring_old_statistics_back(watched, run, prepared):
    watched.say(ChooseMode(training=True), WatchRun(str(run), STEPS[-1]), ChooseMode(training=False))
    watched.link.event(RunWeights, 2)
    snapshot = seen_by(watched, 1)
    assert np.allclose(snapshot.logits, logits_of(run, STEPS[-1], prepared), atol=1e-5)


def test_the_life_of_channels_is_their_highest_activation_at_every_checkpoint(watched, run, prepared):
    seen_by(watched, 1, "relu1")
    watched.say(TraceChannels("relu1"))
    traced = watched.link.event(ChannelsTraced)
    loaded = load_run_network(run, STEPS[1], device="cpu")
    with torch.inference_mode():
        maps = loaded.module[:3](prepared(loaded.preprocessing))[0]
    assert (traced.run, traced.layer, traced.steps) == (str(run), "relu1", STEPS)
    assert np.allclose(traced.highest[1], maps.amax((1, 2)), atol=1e-5)


def test_another_network_ends_the_watching(watched, run):
    watched.say(WatchRun(str(run), "live"))
    watched.link.event(RunWeights, 2)
    watched.open("convnet-mnist")
    save_live(RunFolder(run), load_run_network(run, 0, device="cpu").module, 30)
    watched.open("convnet-mnist", seed=1)
    assert sum(isinstance(event, RunWeights) for event in watched.link.events) == 2


@pytest.mark.parametrize("what", ["gone", "unknown"])
def test_what_cannot_be_watched_is_a_word(engine, run, tmp_path, what):
    place, moment = (tmp_path / "nowhere", "live") if what == "gone" else (run, 777)
    engine.say(WatchRun(str(place), moment))
    problem = engine.link.event(ProblemMet)
    assert ("no run folder" in problem.problem.message) or ("no checkpoint of step 777" in problem.problem.message)
    engine.expected_problems = [problem]


def test_a_run_that_has_no_weights_yet_is_waited_for(engine, run, digit):
    folder = RunFolder(run)
    aside = run.with_name("aside")
    folder.checkpoint_folder.rename(aside)
    folder.write_status(RunStatus("starting"))
    with folder.locked():
        engine.say(OpenSource(digit), WatchRun(str(run), "latest"))
        engine.link.wait(lambda: any("Waiting" in text for text in said(engine)), "word of waiting")
        aside.rename(folder.checkpoint_folder)
        assert engine.link.event(RunWeights).step == STEPS[-1]


def said(engine):
    return [event.progress.text for event in engine.link.events if isinstance(event, ProgressMade)]


def test_a_run_at_work_is_asked_for_weights(watched, run):
    folder = RunFolder(run)
    with folder.locked():
        watched.say(WatchRun(str(run), "live", every=3))
        watched.link.event(RunWeights, 2)
        asked = json.loads(folder.watch.read_text())
    assert asked["every"] == 3
