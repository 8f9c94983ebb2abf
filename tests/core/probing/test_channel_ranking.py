"""What muting each channel costs a class: by hand, and by muting the channels one at a time."""

import threading

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from cnnviz.core.errors import LayerError, NetworkError
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.probing.channel_ranking import rank_channels

SHAPE = (4, 3, 3)


class Linear(nn.Module):
    """Class 0 adds up the channels with the weights 1, −2, 0 and 3."""

    def forward(self, x):
        weights = torch.tensor([[1.0, -2.0, 0.0, 3.0], [0.0, 0.0, 0.0, 0.0]], dtype=x.dtype)
        return x.mean((2, 3)) @ weights.T


class Branches(nn.Module):
    """A branch around the layer joins it again: by concatenation it needs the whole batch, by a sum it does not."""

    def __init__(self, join):
        super().__init__()
        self.layer = nn.Conv2d(4, 4, 1, bias=False)
        self.join = join

    def forward(self, x):
        if self.join == "sum":
            return Linear()(self.layer(x) + x)
        if self.join == "sum in place":
            kept = x * 1
            kept += self.layer(x)
            return Linear()(kept)
        return Linear()(torch.cat([self.layer(x), x], 1)[:, 1:5])


def layer_of(network, name, shape=SHAPE):
    return next(layer for layer in layers_of(network, shape) if layer.name == name)


def finish(steps):
    fractions = []
    while True:
        try:
            fractions.append(next(steps))
        except StopIteration as end:
            return end.value, fractions


def one_at_a_time(network, name, picture, class_index):
    """A plain second version: a hook and a forward pass for each channel."""
    module = network.get_submodule(name)
    logits, probabilities = [], []
    for channel in [None, *range(4)]:

        def mute(_module, _args, output, channel=channel):
            output = output.clone()
            if channel is not None:
                output[:, channel] = 0
            return output

        handle = module.register_forward_hook(mute)
        with torch.no_grad():
            output = network(picture)[0]
        handle.remove()
        logits.append(output[class_index].item())
        probabilities.append(output.softmax(0)[class_index].item())
    return np.array(logits[0]) - logits[1:], np.array(probabilities[0]) - probabilities[1:]


def test_by_hand():
    network = nn.Sequential(nn.ReLU(), Linear())
    picture = torch.ones(1, *SHAPE) * torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 4, 1, 1)
    ranking, fractions = finish(rank_channels(network, layer_of(network, "0"), [picture], 0, batch=2))
    assert ranking.logit_drops.tolist() == [1, -4, 0, 12]
    assert ranking.order.tolist() == [3, 0, 2, 1]
    assert ranking.logit == 9
    assert ranking.probability == pytest.approx(1 / (1 + np.exp(-9)))
    assert ranking.probability_drops[3] == pytest.approx(1 / (1 + np.exp(-9)) - 1 / (1 + np.exp(3)), abs=1e-6)
    assert (ranking.layer, ranking.class_index, ranking.pictures) == ("0", 0, 1)
    assert fractions == [0.5, 1.0]


@pytest.mark.parametrize("batch", [1, 2, 3, 16])
@pytest.mark.parametrize("join", ["sum", "sum in place", "concatenation"])
def test_the_same_as_one_channel_at_a_time(join, batch):
    torch.manual_seed(0)
    network = Branches(join)
    picture = torch.randn(1, *SHAPE)
    ranking, _ = finish(rank_channels(network, layer_of(network, "layer"), [picture], 0, batch=batch))
    logits, probabilities = one_at_a_time(network, "layer", picture, 0)
    np.testing.assert_allclose(ranking.logit_drops, logits, atol=1e-6)
    np.testing.assert_allclose(ranking.probability_drops, probabilities, atol=1e-6)


def test_the_mean_over_pictures():
    network = nn.Sequential(nn.ReLU(), Linear())
    pictures = [torch.full((1, *SHAPE), value) for value in (1.0, 3.0)]
    ranking, fractions = finish(rank_channels(network, layer_of(network, "0"), pictures, 0))
    assert ranking.logit_drops.tolist() == [2, -4, 0, 6]
    assert (ranking.logit, ranking.pictures, fractions) == (4, 2, [0.5, 1.0])


def test_what_comes_before_the_layer_runs_once_a_pass():
    sizes = []

    class Notes(nn.Module):
        def forward(self, x):
            sizes.append(len(x))
            return x

    network = nn.Sequential(Notes(), nn.ReLU(), Linear())
    finish(rank_channels(network, layer_of(network, "1"), [torch.ones(1, *SHAPE)], 0, batch=2))
    assert sizes[1:] == [1, 2, 1, 1, 1]  # untouched, once both ways, then twice one picture


def test_channels_that_are_not_numbers_come_last():
    network = nn.Sequential(nn.ReLU(), Linear())
    picture = torch.ones(1, *SHAPE)
    picture[0, 2] = torch.nan
    ranking, _ = finish(rank_channels(network, layer_of(network, "0"), [picture], 0))
    assert np.isnan(ranking.logit_drops).tolist() == [True] * 4  # the class itself is no number
    assert ranking.order.tolist() == [0, 1, 2, 3]


def test_other_threads_see_the_network_as_it_is():
    network = nn.Sequential(nn.ReLU(), Linear())
    picture = torch.ones(1, *SHAPE)
    steps = rank_channels(network, layer_of(network, "0"), [picture], 0, batch=1)
    next(steps)
    elsewhere = []
    thread = threading.Thread(target=lambda: elsewhere.append(network(picture)[0, 0].item()))
    thread.start()
    thread.join()
    assert elsewhere == [2.0]
    steps.close()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"class_index": 2}, NetworkError, "There is no class 2: choose one from 0 to 1"),
        ({"class_index": -1}, NetworkError, "There is no class -1"),
        ({"pictures": []}, LayerError, 'Without a picture the channels of "0" cannot be ranked'),
    ],
)
def test_what_cannot_be_ranked_is_explained(change, error, sentence):
    network = nn.Sequential(nn.ReLU(), Linear())
    arguments = {"pictures": [torch.ones(1, *SHAPE)], "class_index": 0} | change
    with pytest.raises(error, match=sentence):
        finish(rank_channels(network, layer_of(network, "0"), **arguments))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_network_without_class_scores_is_explained():
    network = nn.Sequential(nn.ReLU())
    with pytest.raises(NetworkError, match="gives no class scores"):
        finish(rank_channels(network, layer_of(network, "0"), [torch.ones(1, *SHAPE)], 0))


def test_a_layer_that_is_not_reached_is_explained():
    class Skips(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.ReLU()
            self.skip = False

        def forward(self, x):
            return Linear()(x if self.skip else self.layer(x))

    network = Skips()
    layer = layer_of(network, "layer")
    network.skip = True
    with pytest.raises(LayerError, match="not called on this input"):
        finish(rank_channels(network, layer, [torch.ones(1, *SHAPE)], 0))


@pytest.mark.parametrize(("name", "layer"), [("resnet18", "layer3.0.conv1"), ("squeezenet1_1", "features.6.squeeze")])
def test_a_real_network_channel_by_channel(name, layer):
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)(num_classes=5).eval()
    picture = torch.randn(1, 3, 64, 64)
    steps = rank_channels(network, layer_of(network, layer, (3, 64, 64)), [picture], 2, batch=16)
    ranking, _ = finish(steps)
    logits, probabilities = one_at_a_time(network, layer, picture, 2)
    np.testing.assert_allclose(ranking.logit_drops[:4], logits, atol=1e-5)
    np.testing.assert_allclose(ranking.probability_drops[:4], probabilities, atol=1e-5)
