"""Whose filters a selected layer shows."""

import pytest

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.filters_layer import filter_layer


def layer(name, kind, *inputs, order=0, weight=None, leaf=True, parent="", function=False):
    return LayerInfo(name, name, kind, order, 1, leaf, (8, 4, 4), 0, 0, "chw", function=function, parent=parent,
                     inputs=inputs, weight=weight)  # fmt: skip


def network():
    made = (
        layer("block", "Block", leaf=False),
        layer("conv", "Conv2d", "input", order=1, weight=(8, 3, 3, 3), parent="block"),
        layer("norm", "BatchNorm2d", "conv", order=2, parent="block"),
        layer("relu", "ReLU", "norm", order=3, parent="block"),
        layer("pool", "MaxPool2d", "relu", order=4),
        layer("side", "Conv2d", "relu", order=5, weight=(8, 8, 1, 1)),
        layer("add()", "add", "pool", "side", order=6, function=True),
        layer("conv2d()", "conv2d", "add()", order=7, weight=(8, 8, 1, 1), function=True),
        layer("lost", "ReLU", "nowhere", order=8),
    )
    return {each.name: each for each in made}


@pytest.mark.parametrize(
    ("selected", "filters", "own", "same_channels"),
    [
        ("conv", "conv", True, True),
        ("relu", "conv", False, True),
        ("pool", "conv", False, False),
        ("add()", "side", False, False),
        ("conv2d()", "side", False, False),
        ("block", "conv", False, True),
    ],
)
def test_the_layer_itself_or_the_nearest_before_it(selected, filters, own, same_channels):
    found = filter_layer(network(), selected)
    assert (found.layer.name, found.own, found.same_channels) == (filters, own, same_channels)


@pytest.mark.parametrize("selected", ["lost", "gone", ""])
def test_where_there_are_none_before(selected):
    assert filter_layer(network(), selected) is None


def test_a_circle_of_inputs_ends():
    layers = {"a": layer("a", "ReLU", "b"), "b": layer("b", "ReLU", "a")}
    assert filter_layer(layers, "a") is None
