"""The last layer: found, counted, replaced."""

import pytest
import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.head import class_count, find_head, replace_head
from cnnviz.core.networks.shipped import convnet_mnist


def test_the_lecture_network():
    module = convnet_mnist()
    path, head = find_head(module)
    assert path == "linear"
    assert head is module.linear
    assert class_count(module) == 10


def test_a_linear_head_replaced():
    module = convnet_mnist()
    replace_head(module, 3)
    assert module(torch.zeros(1, 1, 28, 28)).shape == (1, 3)


@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_replaced_keeps_bias_and_precision(bias):
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 1, bias=bias)).half()
    replace_head(module, 2)
    assert class_count(module) == 2
    assert module[1].weight.dtype == torch.float16
    assert (module[1].bias is not None) == bias


def test_a_convolution_that_is_no_plain_head():
    with pytest.raises(NetworkError, match="no plain 1×1 convolution"):
        replace_head(nn.Sequential(nn.Conv2d(3, 4, 3)), 2)


def test_a_network_without_layers_of_weights():
    with pytest.raises(NetworkError, match="neither a linear layer nor a convolution"):
        find_head(nn.Sequential(nn.ReLU()))
