"""Networks built without memory for their weights."""

import pytest
import torch
from torch import nn
from torchvision import models

from cnnviz.core.networks.weightless import weightless


@pytest.mark.parametrize("name", ["resnet18", "regnet_y_400mf", "swin_v2_t", "mobilenet_v3_small"])
def test_the_same_network_without_weights(name):
    with weightless():
        empty = models.get_model(name, weights=None)
    real = models.get_model(name, weights=None)
    assert all(parameter.is_meta for parameter in empty.parameters())
    assert {key: value.shape for key, value in empty.state_dict().items()} == {
        key: value.shape for key, value in real.state_dict().items()
    }
    assert [type(module) for module in empty.modules()] == [type(module) for module in real.modules()]


def test_a_network_larger_than_memory():
    with weightless():
        layer = nn.Linear(10**7, 10**7)
        assert layer.to("cpu", torch.float32).weight.is_meta
    assert layer.weight.shape == (10**7, 10**7)


def test_numbers_inside_stay_numbers():
    with weightless():
        assert torch.arange(4).sum().item() == 6
        assert torch.tensor([1.5]).add_(1).item() == 2.5
        assert torch.zeros(2, device="cpu").fill_(3).tolist() == [3, 3]


def test_it_ends_with_an_error_too():
    with pytest.raises(ValueError, match="no"), weightless():
        raise ValueError("no")
    assert not torch.zeros(1).is_meta
