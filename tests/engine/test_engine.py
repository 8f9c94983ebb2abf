"""The engine in this process: real networks, real pictures, every command."""

import gc
import itertools
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks import traced
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.sources.values import SourceCommand, SourceSpec
from cnnviz.core.views import InputView, MapsView, Probe, ViewRequest
from cnnviz.engine.commands import (
    ChooseDevice,
    ChooseMode,
    ChoosePreprocessing,
    ControlSource,
    Intervene,
    ListNetworks,
    OpenNetwork,
    OpenSource,
    SetView,
    ShowPicture,
    Taken,
    UseMemory,
)
from cnnviz.engine.events import (
    EngineReady,
    InterventionsChanged,
    ModeChanged,
    NetworkOpened,
    NetworksListed,
    ProblemMet,
    SourceChanged,
)


def test_it_says_first_which_devices_there_are(engine):
    ready = engine.link.event(EngineReady)
    assert "cpu" in [device.name for device in ready.devices]
    assert ready.torch_version == torch.__version__


def test_a_picture_passes_the_network_and_its_maps_are_sent(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    snapshot = engine.look(offer, 1, "conv1", "relu2", input=InputView((200, 300), tensor=True))
    first, second = (picture.parts[0] for picture in snapshot.maps)
    assert (first.layer, first.shape) == ("conv1", (32, 26, 26))
    assert (second.layer, second.shape) == ("relu2", (64, 11, 11))
    assert first.indices.shape == (90, 120)
    assert snapshot.logits.shape == (10,)
    assert int(snapshot.logits.argmax()) == 3
    assert snapshot.input.tensor.shape == (1, 28, 28)
    assert snapshot.input.frame.shape[2] == 3


def test_the_logits_are_the_bare_networks(engine, digit):
    from cnnviz.core.networks.catalog import load_network
    from cnnviz.core.sources.preprocessing import prepare

    engine.say(OpenSource(digit))
    offer = engine.open()
    snapshot = engine.look(offer, 1, "conv1", input=InputView((280, 280), tensor=True))
    loaded = load_network(NetworkChoice("convnet-mnist"), device="cpu")
    with torch.inference_mode():
        by_hand = loaded.module(torch.from_numpy(np.array(snapshot.input.tensor))[None])[0].numpy()
    np.testing.assert_allclose(snapshot.logits, by_hand, rtol=1e-4, atol=1e-4)
    assert prepare(snapshot.input.frame, offer.preprocessing).shape == (1, 1, 28, 28)


def test_a_still_picture_is_computed_once(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    first = engine.look(offer, 1, "conv1")
    again = engine.look(offer, 2, "conv1")
    other = engine.look(offer, 3, "conv2")
    assert again.inferred == first.inferred
    assert again.frame == other.frame == first.frame


def test_the_probe_reads_the_exact_activation(engine, digit):
    from cnnviz.core.networks.catalog import load_network

    engine.say(OpenSource(digit))
    offer = engine.open()
    probe = Probe("conv1", 5, 10, 12)
    view = MapsView("m", ("conv1",), (90, 120), probe=probe)
    request = ViewRequest(4, offer.serial, (view,), InputView((99, 99), tensor=True))
    engine.say(SetView(request), Taken())
    snapshot = engine.link.snapshot(lambda each: each.request == 4)
    module = load_network(NetworkChoice("convnet-mnist"), device="cpu").module
    with torch.inference_mode():
        expected = module.conv1(torch.from_numpy(np.array(snapshot.input.tensor))[None])[0, 5, 10, 12]
    assert snapshot.maps[0].probe.probe == probe
    assert snapshot.maps[0].probe.value == pytest.approx(float(expected), abs=1e-4)


def test_no_snapshot_is_sent_before_the_last_one_is_taken(engine, moving):
    engine.say(OpenSource(moving))
    offer = engine.open()
    engine.say(SetView(ViewRequest(1, offer.serial, predictions=True, paint_rate=2.0)))  # time to ask for another
    engine.link.snapshot(lambda each: each.request == 1)
    before = len(engine.link.snapshots)
    modes = sum(isinstance(event, ModeChanged) for event in engine.link.events)
    engine.say(SetView(ViewRequest(2, offer.serial, predictions=True)), ChooseMode(training=False))
    engine.link.event(ModeChanged, modes + 1)  # then what was said before is known too
    assert len(engine.link.snapshots) == before
    engine.say(Taken())
    snapshot = engine.answer(2, before)
    assert snapshot.inferred > before, "frames between two paintings pass the network all the same"
    assert len(snapshot.history_times) == len(snapshot.history_logits) > 0


def test_an_answer_needs_the_present_network(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    engine.say(SetView(ViewRequest(1, offer.serial + 1, predictions=True)))
    engine.look(offer, 2, "conv1")
    assert [snapshot.request for snapshot in engine.link.snapshots] == [2]


def test_frozen_the_frame_stays_while_the_source_goes_on(engine, moving):
    engine.say(OpenSource(moving))
    offer = engine.open()
    held = engine.look(offer, 1, "conv1", frozen=True)
    again = engine.look(offer, 2, "conv2", frozen=True)
    assert again.frame == held.frame
    moved = engine.look(offer, 3, "conv1", frozen=False)
    assert moved.frame > held.frame


def test_another_network_takes_over_and_the_first_one_loses_its_hooks(engine, digit):
    engine.say(OpenSource(digit))
    first = engine.open()
    engine.look(first, 1, "conv1")
    module = engine.engine._loop.network.loaded.module
    assert sum(len(child._forward_hooks) for child in module.modules()) > 0
    second = engine.open("cifar10-small")
    engine.look(second, 2, "block1.conv1")
    assert second.serial == first.serial + 1
    assert sum(len(child._forward_hooks) + len(child._forward_pre_hooks) for child in module.modules()) == 0


def test_a_sketch_is_shown_as_it_is_drawn(engine):
    offer = engine.open()
    pixels = np.zeros((280, 280, 3), np.uint8)
    pixels[40:240, 130:150] = 255
    engine.say(ShowPicture(pixels, "sketch", "Sketch pad"))
    snapshot = engine.look(offer, 1, "conv1")
    assert int(snapshot.logits.argmax()) == 1
    assert engine.link.event(SourceChanged).state.spec.kind == "sketch"


def test_preprocessing_can_be_overridden_and_given_back(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    view = InputView((99, 99), tensor=True)
    own = engine.look(offer, 1, "conv1", input=view).input.tensor
    engine.say(ChoosePreprocessing(replace(offer.preprocessing, invert=True)))
    inverted = engine.look(offer, 2, "conv1", input=view).input.tensor
    engine.say(ChoosePreprocessing(None))
    back = engine.look(offer, 3, "conv1", input=view).input.tensor
    mean, std = offer.preprocessing.mean[0], offer.preprocessing.std[0]
    np.testing.assert_allclose((inverted * std + mean) + (own * std + mean), 1.0, atol=1e-5)
    np.testing.assert_array_equal(back, own)


def test_an_impossible_input_size_is_explained_and_the_engine_goes_on(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    engine.look(offer, 1, "conv1")
    engine.say(ChoosePreprocessing(replace(offer.preprocessing, input_size=(4, 4), resize=None)))
    engine.say(SetView(ViewRequest(2, offer.serial, predictions=True)), Taken())
    problem = engine.link.event(ProblemMet)
    assert "4×4" in problem.problem.message
    engine.expected_problems = [problem]
    engine.say(ChoosePreprocessing(None))
    assert engine.look(offer, 3, "conv1").logits is not None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (OpenNetwork(NetworkChoice("lenet-500")), "lenet-500"),
        (OpenNetwork(NetworkChoice("convnet-mnist", weights_file="/no/such/file.pth")), "file.pth"),
        (OpenSource(SourceSpec("picture", "/no/such/picture.png")), "picture.png"),
        (ChooseDevice("cuda:77"), "cuda:77"),
        (ChooseDevice("cpu", half=True), "Half precision"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_rest_goes_on(engine, digit, command, words):
    engine.say(OpenSource(digit))
    offer = engine.open()
    engine.say(command)
    problem = engine.link.event(ProblemMet)
    assert words in problem.problem.message
    engine.expected_problems = [problem]
    assert engine.look(offer, 1, "conv1").logits is not None


def test_the_same_network_comes_back_on_another_device_choice(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    engine.say(ChooseDevice("cpu"))
    again = engine.link.event(NetworkOpened, 2).offer
    assert (again.device, again.serial) == ("cpu", offer.serial + 1)
    assert engine.look(again, 1, "conv1").logits is not None


def test_a_video_is_paused_and_stepped(engine, shared_data):
    engine.say(OpenSource(SourceSpec("video", str(shared_data / "video" / "bottles.mp4"))))
    offer = engine.open()
    engine.link.event(SourceChanged)
    engine.say(ControlSource(SourceCommand("pause")))
    engine.link.wait(
        lambda: any(isinstance(e, SourceChanged) and not e.state.playing for e in engine.link.events), "pause"
    )
    paused = engine.look(offer, 1, "conv1")
    engine.say(ControlSource(SourceCommand("step")), Taken())
    stepped = engine.link.snapshot(lambda each: each.frame > paused.frame)
    assert stepped.frame == paused.frame + 1


def test_the_registry_is_listed_on_request(engine):
    engine.say(ListNetworks())
    names = {entry.name for entry in engine.link.event(NetworksListed).entries}
    assert {"convnet-mnist", "cifar10-small", "resnet18", "vgg16", "squeezenet1_1"} <= names


def test_a_snapshot_that_does_not_fit_comes_when_there_is_room(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    engine.link.room = 0
    engine.say(SetView(ViewRequest(1, offer.serial, predictions=True)))
    engine.link.wait(lambda: "no room" in engine.link.events, "refusal")
    engine.say(UseMemory("larger"))
    assert engine.link.snapshot(lambda each: each.request == 1).logits is not None
    assert engine.link.memory == "larger"


def test_a_network_that_is_closed_is_gone_when_the_next_one_is_there(engine, moving, monkeypatch):
    """Also what traced it, and without waiting for Python to look for circles by itself."""
    monkeypatch.setattr(traced, "_traced", {})
    monkeypatch.setattr(traced, "_made", itertools.count(1))
    engine.say(OpenSource(moving))
    first = engine.open()
    engine.look(first, 1, "conv1")
    engine.link.wait(lambda: traced._traced, "trace")
    module = engine.engine._loop.network.loaded.module
    left = [weakref.ref(module), weakref.ref(module.conv1.weight)]
    del module
    gc.disable()
    try:
        second = engine.open("cifar10-small")
        engine.look(second, 2, "block1.conv1")
        assert [each() for each in left] == [None, None]
    finally:
        gc.enable()


# ---------------------------------------------------------------------------------------------------------------- mode


def test_in_training_mode_a_still_picture_passes_again_with_another_dropout_mask(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open("cifar10-small")
    calm = engine.look(offer, 1, "dropout").logits
    count = len(engine.link.snapshots)
    engine.say(ChooseMode(training=True), Taken())
    assert engine.link.event(ModeChanged, 2) == ModeChanged(training=True)
    engine.link.wait(lambda: len(engine.link.snapshots) > count, "snapshot in training mode")
    engine.say(Taken())
    engine.link.wait(lambda: len(engine.link.snapshots) > count + 1, "second snapshot in training mode")
    first, second = (snapshot.logits for snapshot in engine.link.snapshots[-2:])
    assert not np.array_equal(first, second)
    engine.say(ChooseMode(training=False), Taken())
    engine.link.event(ModeChanged, 3)
    again = engine.look(offer, 2, "relu4")
    np.testing.assert_allclose(again.logits, calm, atol=1e-5)  # nothing was stored


# ------------------------------------------------------------------------------------------------------- interventions


def test_a_muted_layer_changes_the_prediction_and_the_one_before_stays_in_view(engine, digit):
    engine.say(OpenSource(digit))
    offer = engine.open()
    calm = engine.look(offer, 1, "conv1").logits
    mute = Intervention("conv1", "mute", tuple(range(32)))
    engine.say(Intervene((mute,)), Taken())
    assert engine.link.event(InterventionsChanged) == InterventionsChanged((mute,))
    changed = engine.link.snapshot(lambda snapshot: snapshot.logits_before is not None)
    np.testing.assert_allclose(changed.logits_before, calm, atol=1e-5)
    assert not np.allclose(changed.logits, calm, atol=0.1)
    assert np.ptp(changed.maps[0].parts[0].statistics.high) == 0.0  # the map is silent, and shown so
    engine.say(Intervene(()), Taken())
    engine.link.event(InterventionsChanged, 2)
    np.testing.assert_allclose(engine.look(offer, 2, "conv2").logits, calm, atol=1e-5)


def test_in_another_network_the_interventions_that_fit_it_stay(engine, digit):
    engine.say(OpenSource(digit))
    engine.open()
    kept, lost = Intervention("linear", "scale", (3,), 2.0), Intervention("conv3", "mute", (5,))
    engine.say(Intervene((kept, lost)))
    assert engine.link.event(InterventionsChanged).active == (kept, lost)
    engine.open("cifar10-small")
    moved = engine.link.event(InterventionsChanged, 2)
    assert moved.active == (kept,)
    assert [problem.intervention for problem in moved.problems] == [lost]
    assert 'no layer "conv3"' in moved.problems[0].message


# ------------------------------------------------------------------------------------------- networks that do not work

STOPS = """
import torch
from torch import nn

class Stops(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.late = nn.Linear(7, 2)

    def forward(self, picture):
        return self.late(torch.relu(self.conv(picture)))

def network():
    return Stops()
"""

DIVIDES = STOPS.replace(
    "self.late(torch.relu(self.conv(picture)))", "(torch.relu(self.conv(picture)) / 0).mean((2, 3))"
)


def own(tmp_path, source, **choice):
    file = tmp_path / "own.py"
    file.write_text(source, encoding="utf-8")
    return NetworkChoice("own", file=str(file), confirmed_code=True, **choice)


def test_of_a_network_whose_forward_throws_as_much_as_ran_is_shown(engine, digit, tmp_path):
    engine.say(OpenSource(digit), OpenNetwork(own(tmp_path, STOPS)))
    offer = engine.link.event(NetworkOpened).offer
    problem = engine.link.event(ProblemMet)
    engine.expected_problems = [problem]
    assert not offer.complete
    assert '"late"' in problem.problem.message
    assert [layer.name for layer in offer.layers if layer.leaf and layer.shape] == ["conv", "relu()"]
    snapshot = engine.look(offer, 1, "conv", "relu()")
    assert snapshot.logits is None
    assert [picture.parts[0].layer for picture in snapshot.maps] == ["conv", "relu()"]


def test_an_output_that_is_not_finite_is_named_with_the_layer_where_it_began(engine, digit, tmp_path):
    engine.say(OpenSource(digit), OpenNetwork(own(tmp_path, DIVIDES)))
    offer = engine.link.event(NetworkOpened).offer
    engine.look(offer, 1, "conv")
    on_opening, on_picture = (engine.link.event(ProblemMet, number) for number in (1, 2))
    engine.expected_problems = [on_opening, on_picture]
    assert "no finite numbers" in on_opening.problem.message
    assert "on this picture" in on_picture.problem.message
