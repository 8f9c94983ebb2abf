"""Kinds of layer by family, modules and functions alike."""

import pytest
import torchvision
from torch import nn

from cnnviz.core.graph.families import family, follows
from cnnviz.core.networks.values import LayerInfo


def layer(kind):
    return LayerInfo("x", "x", kind, 0, 0, leaf=True, shape=(1,), parameters=0, trainable=0, map_axes="vector")


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("Conv2d", "convolution"), ("ConvTranspose2d", "convolution"), ("conv2d", "convolution"), ("Linear", "linear"),
        ("BatchNorm2d", "normalization"), ("LayerNorm2d", "normalization"), ("FrozenBatchNorm2d", "normalization"),
        ("LocalResponseNorm", "normalization"), ("ReLU", "activation"), ("relu", "activation"), ("relu_", "activation"),
        ("Hardsigmoid", "activation"), ("Softmax", "activation"), ("AdaptiveAvgPool2d", "pooling"),
        ("max_pool2d", "pooling"), ("add", "join"), ("add_", "join"), ("__iadd__", "join"), ("cat", "join"),
        ("mul", "join"), ("MultiheadAttention", "attention"), ("scaled_dot_product_attention", "attention"),
        ("Dropout", "other"), ("flatten", "other"), ("NonDynamicallyQuantizableLinear", "linear"),
    ],
)  # fmt: skip
def test_the_family_of_a_kind(kind, wanted):
    assert family(layer(kind)) == wanted


def test_what_follows_only_changes_numbers():
    kinds = ("ReLU", "BatchNorm2d", "Dropout", "Conv2d", "MaxPool2d", "add")
    assert [kind for kind in kinds if follows(layer(kind))] == ["ReLU", "BatchNorm2d", "Dropout"]


def test_every_activation_of_torch_is_one():
    names = [name for name in nn.modules.activation.__all__ if "Attention" not in name]
    assert len(names) > 20
    assert [name for name in names if family(layer(name)) != "activation"] == []


def test_torchvisions_own_layers_are_known():
    assert family(layer(torchvision.ops.StochasticDepth.__name__)) == "other"
    assert family(layer(torchvision.ops.DeformConv2d.__name__)) == "convolution"
