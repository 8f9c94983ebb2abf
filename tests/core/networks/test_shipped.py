"""The two shipped networks' layers."""

import torch

from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist


def test_the_lecture_network_has_its_parameters_layer_by_layer():
    counts = {
        name: sum(parameter.numel() for parameter in layer.parameters())
        for name, layer in convnet_mnist().named_children()
        if next(layer.parameters(), None) is not None
    }
    assert counts == {"conv1": 320, "conv2": 18_496, "conv3": 73_856, "linear": 11_530}


def test_both_give_ten_logits():
    assert convnet_mnist()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert cifar10_small()(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_together_below_three_megabytes():
    modules = (convnet_mnist(), cifar10_small())
    assert sum(tensor.nbytes for module in modules for tensor in module.state_dict().values()) < 3e6
