"""Effective receptive fields: gradients against differences, and the network as it was."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from cnnviz.core.errors import LayerError
from cnnviz.core.probing import receptive_fields
from cnnviz.core.probing.effective_field import effective_field


class Residual(nn.Module):
    """A functional sum, a reused in-place activation, and a network that changes its input in place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1, stride=2)
        self.inner = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.5)
        self.end = Fails()

    def forward(self, x):
        x *= 2
        x = self.relu(self.conv(x))
        return self.end(self.relu(self.dropout(self.inner(x)) + x))


class Fails(nn.Module):
    def forward(self, _x):
        raise AssertionError("nothing behind the layer may run")


@pytest.fixture
def network():
    torch.manual_seed(3)
    made = Residual().double()
    nn.init.constant_(made.conv.bias, 3.0)  # units that fire
    nn.init.constant_(made.inner.bias, 3.0)
    return made


@pytest.fixture
def pictures():
    return torch.rand(1, 2, 10, 12, generator=torch.Generator().manual_seed(5)).double()


@pytest.mark.parametrize(
    ("layer", "cell", "channel"),
    [("conv", (0, 0), 0), ("relu", (2, 3), 1), ("add()", (4, 5), 2), ("relu#2", (2, 2), 0), ("inner", (1, 1), None)],
)
def test_heat_is_how_much_the_unit_changes_with_each_pixel(network, pictures, layer, cell, channel):
    field = effective_field(network, pictures, layer, cell, channel)
    expected = by_differences(network, pictures, layer, cell, channel)
    assert field.heat == pytest.approx(expected, abs=1e-5)
    assert field.heat.shape == (10, 12)
    assert field.heat.any()


def by_differences(network, pictures, layer, cell, channel, step=1e-6):
    """Each number of the picture a little larger, one after the other."""
    network.eval()
    variants = pictures.repeat(pictures.numel() + 1, 1, 1, 1)
    flat = variants[1:].flatten(1)
    flat[torch.arange(len(flat)), torch.arange(len(flat))] += step
    with torch.no_grad():
        conv = network.conv(2 * torch.cat([variants[:1], flat.unflatten(1, pictures.shape[1:])]))
        relu = conv.relu()
        inner = network.inner(relu)
        maps = {"conv": conv, "relu": relu, "inner": inner, "add()": inner + relu, "relu#2": (inner + relu).relu()}
    units = maps[layer][(slice(None), slice(None) if channel is None else [channel], *cell)].sum(1)
    change = (units[1:] - units[0]) / step
    return change.unflatten(0, pictures.shape[1:]).abs().mean(0).numpy()


def test_nothing_outside_the_theoretical_field_counts(network, pictures):
    region = receptive_fields(network.conv, (2, 10, 12))["network"].region((2, 3)).clipped
    heat = effective_field(network, pictures, "conv", (2, 3), 0).heat
    inside = np.zeros_like(heat, dtype=bool)
    inside[region.top : region.bottom, region.left : region.right] = True
    assert heat[inside].all()
    assert not heat[~inside].any()


def test_a_batch_is_the_mean_of_its_pictures(network):
    pictures = torch.rand(3, 2, 10, 12).double()
    batch = effective_field(network, pictures, "add()", (2, 2), 1)
    single = [effective_field(network, picture[None], "add()", (2, 2), 1).heat for picture in pictures]
    assert batch.pictures == 3
    assert batch.heat == pytest.approx(np.mean(single, axis=0), rel=1e-5)


def test_a_dead_unit_has_no_effective_field(network, pictures):
    nn.init.constant_(network.conv.bias, -1e3)
    field = effective_field(network, pictures, "relu", (0, 0), 0)
    assert field.side == 0.0
    assert field.extent is None


@pytest.mark.parametrize("learns", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_network_and_picture_are_left_as_they_were(network, pictures, learns, training):
    network.train(training).requires_grad_(learns)
    network.conv.eval()
    before = pictures.clone()
    effective_field(network, pictures, "relu#2", (1, 1), 0)
    assert torch.equal(pictures, before)
    assert not pictures.requires_grad
    assert [parameter.grad for parameter in network.parameters()] == [None] * 4
    assert {parameter.requires_grad for parameter in network.parameters()} == {learns}
    assert (network.training, network.conv.training, network.inner.training) == (training, False, training)
    assert not any(child._forward_hooks or child._forward_pre_hooks for child in network.modules())


def test_it_works_where_gradients_are_off(network, pictures):
    expected = effective_field(network, pictures, "conv", (1, 1), 0).heat
    with torch.inference_mode():
        inside = effective_field(network, pictures * 1, "conv", (1, 1), 0)
    assert np.array_equal(inside.heat, expected)


@pytest.mark.parametrize(
    ("layer", "cell", "channel", "words"),
    [
        ("conv", (5, 0), 0, r"There is no cell \(5, 0\) in maps of 5×6; choose one inside them"),
        ("conv", (0, -1), 0, r"There is no cell \(0, -1\)"),
        ("conv", (0, 0), 3, "There is no channel 3 among 3; choose one from 0 to 2"),
        ("conv9", (0, 0), 0, 'This network has no layer "conv9"'),
        ("conv#2", (0, 0), 0, 'this network calls "conv" only once'),
    ],
)
def test_what_is_not_there_is_said(network, pictures, layer, cell, channel, words):
    network.end = nn.Identity()
    with pytest.raises(LayerError, match=words):
        effective_field(network, pictures, layer, cell, channel)
    assert not any(child._forward_hooks for child in network.modules())


def test_a_layer_that_does_not_see_the_picture_is_refused():
    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.bend = nn.Linear(4, 4)

        def forward(self, x):
            return x.mean() + self.bend(torch.ones(1, 4))

    with pytest.raises(LayerError, match='"bend" does not depend on the picture'):
        effective_field(Constant(), torch.rand(1, 1, 4, 4), "bend", (0, 0), 1)


def test_vectors_and_channels_last_are_units_too():
    network = torchvision.models.squeezenet1_1(num_classes=5)
    picture = torch.rand(1, 3, 64, 64)
    assert effective_field(network, picture, "network", (0, 0), 4).heat.shape == (64, 64)
    last = nn.Sequential(nn.Conv2d(1, 4, 3), Last(), nn.Linear(4, 2))
    heat = effective_field(last, torch.rand(1, 1, 6, 8), "2", (1, 4), 1, map_axes="hwc").heat
    assert heat[1:4, 4:7].all()
    assert np.count_nonzero(heat) == 9


class Last(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1)
