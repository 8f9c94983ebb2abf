"""Networks that do not run, or give what is no class scores: explained, and shown as far as they ran."""

import re

import pytest
import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.shipped import cifar10_small
from cnnviz.core.networks.structure import layers_of, structure_of


class Asks(nn.Module):
    """A network whose forward is anybody's."""

    def __init__(self, forward):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.forward = forward.__get__(self)


def returns(value):
    return Asks(lambda self, x: value(self.first(x)))


def test_a_network_that_throws_shows_what_ran():
    class Head(nn.Module):
        def forward(self, x):
            return torch.cat([x, x[:, :, :2]], 1)

    structure = structure_of(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU(), Head()), nn.Tanh()), (3, 8, 8))
    assert not structure.complete
    assert re.fullmatch(
        r'This network cannot run on a 8×8 input with 3 channels: "1\.1\.cat\(\)" stops with “Sizes of tensors .*”\. '
        r"Choose another input size, or correct the network there\.",
        structure.problem,
    )
    assert structure.details.startswith("RuntimeError: Sizes")
    assert [(each.name, each.shape) for each in structure.layers] == [
        ("network", None),
        ("0", (4, 6, 6)),
        ("1", None),
        ("1.0", (4, 6, 6)),
        ("1.1", None),
    ]
    assert structure.layers[0].parameters == 112
    with pytest.raises(NetworkError, match="stops with"):
        layers_of(nn.Sequential(Head()), (3, 8, 8))


def test_errors_without_words_and_long_ones_are_named():
    def fails(_self, _x):
        raise KeyError

    def raves(_self, _x):
        raise ValueError("no " * 1000)

    assert "stops with “KeyError”" in structure_of(Asks(fails), (3, 8, 8)).problem
    assert len(structure_of(Asks(raves), (3, 8, 8)).problem) < 400


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        (lambda _self, x, y: x + y, r"needs 2 inputs \(x, y\), but it is given one picture: wrap it"),
        (lambda _self: torch.zeros(1), r"takes no input, but it is given one picture: wrap it"),
    ],
)
def test_a_network_for_other_inputs(forward, words):
    structure = structure_of(Asks(forward), (3, 8, 8))
    assert (structure.complete, structure.layers) == (False, ())
    assert re.search(words, structure.problem)


@pytest.mark.parametrize(
    "forward",
    [lambda self, x, mask=None: self.first(x if mask is None else mask), lambda self, *parts: self.first(*parts)],
)
def test_more_inputs_that_need_not_be_given_are_no_problem(forward):
    assert structure_of(Asks(forward), (3, 8, 8)).problem == ""


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (returns(lambda x: {"out": x, "aux": x}), r"returns a dictionary \(out, aux\): its first tensor"),
        (returns(lambda x: (x, x)), r"returns a tuple of 2: its first tensor"),
        (returns(lambda x: [x]), r"returns a list of 1: its first tensor"),
        (returns(lambda _x: None), r"returns no tensor \(NoneType\)"),
        (returns(lambda _x: {}), r"returns no tensor \(dict\)"),
        (returns(lambda x: x / 0), r'"div\(\)" is the first layer whose output has NaN or infinity'),
        (returns(lambda x: (x - x).log() + 1), r'"log\(\)" is the first layer'),
    ],
)
def test_outputs_that_are_no_class_scores(network, words):
    structure = structure_of(network, (3, 8, 8))
    assert structure.complete
    assert len(structure.layers) >= 2
    assert re.search(words, structure.problem)


def test_weights_that_are_not_finite():
    network = cifar10_small()
    network.block2.norm1.weight.data[3] = torch.nan
    assert '"block2.norm1" is the first layer' in structure_of(network.eval(), (3, 32, 32)).problem
