"""Weights as filters: each kind of layer against what the layer computes with them."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.filter_bank import filter_bank, flattened_shape


def layer(kind="Conv2d"):
    return LayerInfo("a", "a", kind, 1, 1, leaf=True, shape=(1,), parameters=0, trainable=0, map_axes="chw")


@pytest.mark.parametrize(
    ("module", "kind", "shape", "groups"),
    [
        (nn.Conv2d(3, 8, (3, 5)), "convolution", (8, 3, 3, 5), 1),
        (nn.Conv2d(4, 8, 3, groups=2), "convolution", (8, 2, 3, 3), 2),
        (nn.Conv2d(4, 8, 3, groups=4), "depthwise", (8, 1, 3, 3), 4),
        (nn.Conv2d(1, 8, 3), "convolution", (8, 1, 3, 3), 1),
        (nn.Conv2d(4, 8, 1), "pointwise", (8, 4, 1, 1), 1),
        (nn.Conv1d(4, 8, 7), "convolution", (8, 4, 1, 7), 1),
        (nn.ConvTranspose2d(4, 6, 3), "transposed", (6, 4, 3, 3), 1),
        (nn.ConvTranspose2d(4, 6, 3, groups=2), "transposed", (6, 2, 3, 3), 2),
        (nn.Linear(5, 7), "linear", (7, 5, 1, 1), 1),
    ],
    ids=str,
)
def test_each_kind_of_layer(module, kind, shape, groups):
    bank = filter_bank(layer(), module)
    assert (bank.kind, bank.weights.shape, bank.groups) == (kind, shape, groups)
    assert bank.weights.dtype == np.float32
    assert not bank.weights.flags.writeable


def test_a_transposed_kernel_is_what_one_input_cell_spreads():
    module = nn.ConvTranspose2d(4, 6, 3, groups=2, bias=False)
    bank = filter_bank(layer(), module)
    for channel in range(4):
        impulse = torch.zeros(1, 4, 1, 1)
        impulse[0, channel] = 1
        spread = module(impulse)[0].detach().numpy()
        for output in range(6):
            reads = channel // 2 == output // 3
            expected = bank.weights[output, channel % 2] if reads else 0
            np.testing.assert_array_equal(spread[output], np.broadcast_to(expected, (3, 3)))


def test_half_precision_and_channels_last():
    module = nn.Conv2d(3, 4, 3).half().to(memory_format=torch.channels_last)
    np.testing.assert_array_equal(filter_bank(layer(), module).weights, module.weight.detach().float().numpy())


def test_weights_computed_from_others():
    module = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 3, 1))
    np.testing.assert_array_equal(filter_bank(layer(), module).weights, module.weight.detach().numpy())


@pytest.mark.parametrize("module", [nn.ReLU(), nn.BatchNorm2d(3), nn.Sequential(nn.Conv2d(1, 1, 1))], ids=str)
def test_a_layer_without_filters_is_explained(module):
    with pytest.raises(LayerError, match=r'"a" \(Other\) has no filters; choose a convolution or a linear layer'):
        filter_bank(layer("Other"), module)


def test_a_linear_layer_behind_a_flatten_as_pictures():
    module = nn.Linear(2 * 3 * 4, 5, bias=False)
    bank = filter_bank(layer("Linear"), module, (2, 3, 4))
    assert (bank.kind, bank.weights.shape) == ("pictures", (5, 2, 3, 4))
    maps = torch.randn(1, 2, 3, 4)
    as_convolution = functional.conv2d(maps, torch.tensor(bank.weights)).flatten(1)
    torch.testing.assert_close(as_convolution, module(maps.flatten(1)), rtol=1e-5, atol=1e-6)
    assert filter_bank(layer("Linear"), module, (2, 3, 5)).kind == "linear"


class Reshapes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.dense, self.head = nn.Conv2d(1, 2, 3), nn.Linear(2 * 6 * 6, 4), nn.Linear(4, 3)

    def forward(self, x):
        x = self.conv(x)
        x = x.view(x.size(0), -1)
        return self.head(self.dense(functional.dropout(x.relu(), 0.5, self.training)).relu())


@pytest.mark.parametrize(
    ("network", "shape", "name", "expected"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), (1, 8, 8), "1", (1, 8, 8)),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)), (3, 8, 8), "3", (4, 6, 6)),
        (nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 3)), (3, 8, 8), "2", None),
        (Reshapes(), (1, 8, 8), "dense", (2, 6, 6)),
        (Reshapes(), (1, 8, 8), "head", None),
    ],
)
def test_where_the_inputs_of_a_linear_layer_were(network, shape, name, expected):
    by_name = {each.name: each for each in layers_of(network.eval(), shape)}
    assert flattened_shape(by_name[name], by_name, shape) == expected


def test_the_first_linear_layer_of_alexnet():
    with torch.device("meta"):
        network = torchvision.models.alexnet().eval()
    by_name = {each.name: each for each in layers_of(network, (3, 224, 224))}
    assert flattened_shape(by_name["classifier.1"], by_name, (3, 224, 224)) == (256, 6, 6)
    assert flattened_shape(by_name["classifier.4"], by_name, (3, 224, 224)) is None
