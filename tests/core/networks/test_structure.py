"""What one dry pass tells of a network."""

import pytest
import torch
from torch import nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.torchvision_family import TorchvisionFamily

FAMILY = TorchvisionFamily()


def named(layers):
    return {layer.name: layer for layer in layers}


def test_the_lecture_network_layer_by_layer():
    layers = layers_of(convnet_mnist().eval(), (1, 28, 28))
    assert [(layer.name, layer.kind, layer.shape, layer.parameters, layer.map_axes) for layer in layers] == [
        ("network", "Sequential", (10,), 104_202, "vector"),
        ("conv1", "Conv2d", (32, 26, 26), 320, "chw"),
        ("relu1", "ReLU", (32, 26, 26), 0, "chw"),
        ("pool1", "MaxPool2d", (32, 13, 13), 0, "chw"),
        ("conv2", "Conv2d", (64, 11, 11), 18_496, "chw"),
        ("relu2", "ReLU", (64, 11, 11), 0, "chw"),
        ("pool2", "MaxPool2d", (64, 5, 5), 0, "chw"),
        ("conv3", "Conv2d", (128, 3, 3), 73_856, "chw"),
        ("relu3", "ReLU", (128, 3, 3), 0, "chw"),
        ("flatten", "Flatten", (1152,), 0, "vector"),
        ("linear", "Linear", (10,), 11_530, "vector"),
    ]
    assert [layer.order for layer in layers] == list(range(11))
    assert [layer.depth for layer in layers] == [0] + [1] * 10
    assert [layer.leaf for layer in layers] == [False] + [True] * 10


def test_details_in_a_few_words():
    module = nn.Sequential(
        nn.Conv2d(4, 8, 3, stride=2, padding=1, dilation=2, groups=4),
        nn.Conv2d(8, 8, (1, 7), padding=(0, 3)),
        nn.MaxPool2d(3, stride=2),
        nn.AdaptiveAvgPool2d((1, None)),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(240, 5),
    ).eval()
    assert [layer.detail for layer in layers_of(module, (4, 126, 126))] == [
        "",
        "3×3, stride 2, padding 1, dilation 2, groups 4",
        "1×7, padding 0×3",
        "3×3, stride 2",
        "to 1×same",
        "",
        "p = 0.25",
        "240 → 5",
    ]


class Reused(nn.Module):
    """One convolution called twice, frozen."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1).requires_grad_(requires_grad=False)

    def forward(self, x):
        return self.conv(self.conv(x)), "no tensor"


def test_a_second_call_has_a_name_of_its_own_and_no_parameters_again():
    network, first, second = layers_of(Reused(), (2, 8, 8))
    assert (first.name, second.name) == ("conv", "conv#2")
    assert first.path == second.path == "conv"
    assert (network.parameters, first.parameters, second.parameters) == (38, 38, 0)
    assert first.trainable == 0


def test_the_network_is_left_as_it_was():
    module = cifar10_small().train()
    module.block1.norm1.eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    flags = {name: child.training for name, child in module.named_modules()}
    layers_of(module, (3, 32, 32))
    assert {name: child.training for name, child in module.named_modules()} == flags
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert not any(child._forward_hooks or child._forward_pre_hooks for child in module.modules())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_runs_in_the_precision_of_the_network():
    assert layers_of(convnet_mnist().to(torch.bfloat16), (1, 28, 28))[0].shape == (10,)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28)])
def test_an_input_it_cannot_take(shape):
    with pytest.raises(NetworkError, match=rf"cannot run on a {shape[1]}×{shape[2]} input with {shape[0]} channels"):
        layers_of(convnet_mnist(), shape)


def test_the_default_layers_are_convolutions_from_first_to_last():
    assert spread_layers(layers_of(convnet_mnist(), (1, 28, 28))) == ("conv1", "conv2", "conv3")
    layers = layers_of(cifar10_small(), (3, 32, 32))
    assert spread_layers(layers) == ("block1.conv1", "block2.conv1", "block3.conv1", "conv4")
    assert spread_layers(layers, 1) == ("block1.conv1",)
    assert len(spread_layers(layers, 100)) == 7


def test_a_network_without_maps_still_has_default_layers():
    layers = layers_of(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2))
    assert spread_layers(layers) == ("network", "0", "1")


def on_meta(name):
    """Shapes without memory; what cannot be built there (RegNet computes its widths with tensors) is moved there."""
    size = FAMILY.published(name)[0].preprocessing.input_size
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        module = FAMILY.build(name, size, initialise=False)
    return module.to("meta").eval(), (3, *size)


def test_a_transformer_on_tokens():
    layers = layers_of(*on_meta("vit_b_16"))
    block = named(layers)["encoder.layers.encoder_layer_5"]
    assert (block.shape, block.map_axes, block.channels) == ((197, 768), "tokens", 768)
    assert named(layers)["encoder.layers.encoder_layer_0.self_attention"].detail == "12 heads"
    assert spread_layers(layers) == tuple(f"encoder.layers.encoder_layer_{index}" for index in (0, 3, 7, 11))


def test_a_transformer_with_channels_last():
    layers = named(layers_of(*on_meta("swin_t")))
    block = layers["features.5.3"]
    assert (block.shape, block.map_axes, block.channels) == ((14, 14, 384), "hwc", 384)
    assert layers["features.0.0"].map_axes == "chw"
    assert layers["permute"].map_axes == "chw"


def test_convnext_changes_its_axes_and_back():
    layers = named(layers_of(*on_meta("convnext_tiny")))
    block = [layers[f"features.1.0.block.{index}"] for index in range(7)]
    assert [layer.map_axes for layer in block] == ["chw", "hwc", "hwc", "hwc", "hwc", "hwc", "chw"]
    assert {layer.channels for layer in block} == {96, 384}


@pytest.mark.slow
def test_every_torchvision_network():
    for name in FAMILY.names():
        module, shape = on_meta(name)
        layers = layers_of(module, shape)
        assert layers[0].shape == (1000,), name
        assert layers[0].parameters == FAMILY.entry(name).parameters, name
        assert len(named(layers)) == len(layers), name
        assert len([layer for layer in layers if layer.map_axes]) > 0.4 * len(layers), name
        convolutions = [layer for layer in layers if layer.kind in {"Conv2d", "BatchNorm2d", "MaxPool2d"}]
        assert {layer.map_axes for layer in convolutions} == {"chw"}, name
        chosen = [named(layers)[layer] for layer in spread_layers(layers)]
        assert len(chosen) == 4, name
        assert {layer.map_axes for layer in chosen} <= {"chw", "hwc", "tokens"}, name
