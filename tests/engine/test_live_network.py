"""Frames on their way: order, streams, hooks that move only when nothing flies."""

import itertools
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.live_views import StatisticsView
from cnnviz.core.networks import traced
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.probing.capture import collect
from cnnviz.core.sources.test_card import card_frames
from cnnviz.core.sources.values import Frame
from cnnviz.core.views import MapsView, ViewRequest
from cnnviz.engine.engine import offer_of
from cnnviz.engine.live_network import LiveNetwork, _candidates
from cnnviz.engine.tuning import Configuration, Tuner

PATIENCE, NOW = 30, 1000.0


@pytest.fixture
def landing():
    return threading.Semaphore(0)


@pytest.fixture
def network(landing):
    loaded = load_network(NetworkChoice("cifar10-small"), device="cpu")
    network = LiveNetwork(loaded, offer_of(loaded), landing.release)
    network._tuner = Tuner((Configuration(2, 1, channels_last=True),))
    yield network
    network.close()


def frame(number: int) -> Frame:
    return Frame(card_frames()[number % 32], number, float(number))


def asks(number: int, *layers: str) -> ViewRequest:
    return ViewRequest(number, 0, tuple(MapsView(layer, (layer,), (64, 64)) for layer in layers))


def hooks(network: LiveNetwork) -> int:
    return sum(len(each._forward_hooks) + len(each._forward_pre_hooks) for each in network.loaded.module.modules())


def land(network: LiveNetwork, landing: threading.Semaphore, count: int) -> list:
    arrived = []
    while len(arrived) < count:
        assert landing.acquire(timeout=PATIENCE)
        arrived += network.landed()
    return arrived


@pytest.mark.parametrize(("device", "channels_last"), [("cuda:0", True), ("mps", False)])
def test_a_gpu_takes_one_frame_after_the_other(device, channels_last):
    assert _candidates(device) == (Configuration(1, 1, channels_last),)


def test_two_frames_fly_at_once_and_land_in_order(network, landing):
    request, go_on = asks(1, "block1.relu1"), threading.Event()
    waiting = network.loaded.module.register_forward_pre_hook(lambda *_: go_on.wait(PATIENCE) and None)
    network.launch(frame(1), request, NOW, hold=False)
    assert network.may_launch(request, NOW, hold=False)
    network.launch(frame(2), request, NOW, hold=False)
    assert not network.may_launch(None, NOW, hold=False)
    go_on.set()
    waiting.remove()
    arrived = land(network, landing, 2)
    assert [each.frame.number for each in arrived] == [1, 2]
    assert all(each.maps[0].parts[0].layer == "block1.relu1" for each in arrived)
    assert not network.busy


def test_each_of_two_frames_at_once_has_its_own_answer(network, landing):
    """The route beside: one frame after the other through the bare module."""
    flown = []
    for number in range(1, 21, 2):
        network.launch(frame(number), asks(number, "block2.conv1"), NOW, hold=True)
        network.launch(frame(number + 1), asks(number, "block2.conv1"), NOW, hold=True)
        flown += land(network, landing, 2)
    for inference in flown:
        expected = collect(network.loaded.module, inference.prepared, ("block2.conv1", "network"))
        torch.testing.assert_close(inference.held["block2.conv1"], expected["block2.conv1"])
        np.testing.assert_allclose(inference.logits, expected["network"][0].numpy(), rtol=1e-3, atol=1e-4)


def test_hooks_move_only_when_nothing_flies(network, landing):
    network.launch(frame(1), asks(1, "block1.relu1"), NOW, hold=False)
    before = hooks(network)
    assert not network.may_launch(asks(2, "conv4"), NOW, hold=False)
    land(network, landing, 1)
    assert network.may_launch(asks(2, "conv4"), NOW, hold=False)
    network.launch(frame(2), asks(2, "conv4"), NOW, hold=False)
    assert hooks(network) == before
    (answer,) = land(network, landing, 1)
    assert [part.layer for part in answer.maps[0].parts] == ["conv4"]


def test_a_frame_that_nobody_looks_at_is_not_captured(network, landing):
    network.launch(frame(1), asks(1, "conv4"), NOW, hold=False)
    network.launch(frame(2), None, NOW, hold=False)
    looked_at, passed = land(network, landing, 2)
    assert looked_at.maps
    assert passed.maps == ()
    assert passed.logits.shape == (10,)


def unwatched_logits(network: LiveNetwork, landing: threading.Semaphore, number: int) -> np.ndarray:
    network.launch(frame(number), None, NOW, hold=False)
    (passed,) = land(network, landing, 1)
    return passed.logits


def test_frames_that_nobody_looks_at_give_the_same_logits_without_python(network, landing, monkeypatch):
    monkeypatch.setattr(traced, "_made", itertools.count(1))  # whatever other tests have traced
    python_ran = []
    network.loaded.module.register_forward_pre_hook(lambda *_: python_ran.append(1))
    first = unwatched_logits(network, landing, 1)
    passes = len(python_ran)
    again = unwatched_logits(network, landing, 1)
    assert len(python_ran) == passes
    network.launch(frame(1), asks(1, "conv4"), NOW, hold=False)
    (looked_at,) = land(network, landing, 1)
    np.testing.assert_array_equal(first, looked_at.logits)
    np.testing.assert_array_equal(again, looked_at.logits)


def test_interventions_training_mode_and_new_weights_reach_frames_that_nobody_looks_at(network, landing):
    before = unwatched_logits(network, landing, 1)
    network.intervene((Intervention("conv4", "mute"),))
    muted = unwatched_logits(network, landing, 1)
    network.intervene(())
    network.use_mode(training=True)
    training = unwatched_logits(network, landing, 1)
    network.use_mode(training=False)
    np.testing.assert_array_equal(unwatched_logits(network, landing, 1), before)

    def halve(module: nn.Module) -> int:
        with torch.no_grad():
            module.block1.conv1.weight.mul_(0.5)
        return 7

    assert network.use_weights(halve) == 7
    halved = unwatched_logits(network, landing, 1)
    for changed in (muted, training, halved):
        assert np.abs(changed - before).max() > 1e-3


def test_a_held_frame_is_drawn_anew_without_the_network(network, landing):
    network.launch(frame(1), asks(1, "block1.relu1"), NOW, hold=True)
    (first,) = land(network, landing, 1)
    with torch.no_grad():
        network.loaded.module.block1.conv1.weight.zero_()  # would change every map
    network.launch_redraw(first, asks(2, "block1.relu1"), NOW)
    (again,) = land(network, landing, 1)
    np.testing.assert_array_equal(again.maps[0].parts[0].indices, first.maps[0].parts[0].indices)
    assert again.request.number == 2


def test_closing_waits_for_the_frames_and_takes_the_hooks_off(network):
    network.launch(frame(1), asks(1, "block1.relu1"), NOW, hold=False)
    network.close()
    assert hooks(network) == 0
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("cnnviz-stream")]


def test_what_takes_turns_is_hooked_for_its_frame_alone_and_a_stream_that_rests_has_no_hooks(network):
    network._tuner = Tuner((Configuration(1, 1, channels_last=True),))
    shown = "block1.relu1"
    request = replace(asks(1, shown), live=(StatisticsView(("block2.conv1",), "conv4"),))
    watched = []
    for step in range(14):
        network.launch(frame(step + 1), request, NOW + step / 30, hold=False)
        (inference,) = network.landed()
        watched.append((network._streams[0].watched, bool(inference.live)))
    all_three = frozenset({shown, "block2.conv1", "conv4"})
    lean = (frozenset({shown}), False)
    assert watched == [(all_three, True), *[lean] * 11, (all_three, True), lean]
    assert network._streams[1].watched == frozenset()
    assert inference.request is request


def test_with_two_streams_hooks_that_only_the_frame_before_needed_stay_until_none_flies(network, landing):
    request = replace(asks(1, "block1.relu1"), live=(StatisticsView((), "conv4"),))
    network.launch(frame(1), request, NOW, hold=False)
    assert network.may_launch(request, NOW + 0.03, hold=False)
    network.launch(frame(2), request, NOW + 0.03, hold=False)
    first, second = land(network, landing, 2)
    assert [bool(first.live), bool(second.live)] == [True, False]
    network.launch(frame(3), request, NOW + 0.06, hold=False)
    assert network._streams[0].watched == {"block1.relu1"}
    land(network, landing, 1)
