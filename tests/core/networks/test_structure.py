"""What one dry pass tells of a network."""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.structure import layers_of, structure_of
from cnnviz.core.networks.torchvision_family import TorchvisionFamily
from cnnviz.core.networks.values import Window
from cnnviz.core.networks.weightless import weightless

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
    """Shapes without memory."""
    size = FAMILY.published(name)[0].preprocessing.input_size
    with weightless():
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


# --------------------------------------------------------------------------------------------------------- functions


class Block(nn.Module):
    """A residual block by functions alone, whose first convolution is frozen."""

    def __init__(self):
        super().__init__()
        self.frozen = nn.Conv2d(3, 4, 3, padding=1, bias=False).requires_grad_(requires_grad=False)
        self.kernel = nn.Parameter(torch.zeros(4, 4, 3, 3))
        self.shift = nn.Parameter(torch.zeros(1, 4, 1, 1))

    def forward(self, x):
        x = self.frozen(x)
        y = functional.relu(functional.conv2d(x, self.kernel, padding="same", dilation=2) + self.shift)
        y = torch.cat([x + y, x.view(x.shape).permute(0, 1, 2, 3)], 1)
        return functional.adaptive_avg_pool2d(functional.max_pool2d(y, 2), 1).flatten(1)


def test_functions_are_layers():
    layers = layers_of(Block(), (3, 8, 8))
    assert [(each.name, each.kind, each.inputs, each.shape, each.map_axes) for each in layers] == [
        ("network", "Block", (), (8,), "vector"),
        ("frozen", "Conv2d", ("input",), (4, 8, 8), "chw"),
        ("conv2d()", "conv2d", ("frozen",), (4, 8, 8), "chw"),
        ("add()", "add", ("conv2d()",), (4, 8, 8), "chw"),
        ("relu()", "relu", ("add()",), (4, 8, 8), "chw"),
        ("add()#2", "add", ("frozen", "relu()"), (4, 8, 8), "chw"),
        ("cat()", "cat", ("add()#2", "frozen"), (8, 8, 8), "chw"),
        ("max_pool2d()", "max_pool2d", ("cat()",), (8, 4, 4), "chw"),
        ("adaptive_avg_pool2d()", "adaptive_avg_pool2d", ("max_pool2d()",), (8, 1, 1), "chw"),
        ("flatten()", "flatten", ("adaptive_avg_pool2d()",), (8,), "vector"),
    ]
    assert [each.function for each in layers] == [False, False] + [True] * 8
    assert {each.parent for each in layers[1:]} == {"network"}
    assert [each.detail for each in layers][1:] == [
        "3×3, padding 1",
        "3×3, padding same, dilation 2",
        "",
        "",
        "",
        "2 inputs",
        "2×2, stride 2",
        "to 1×1",
        "",
    ]


def test_costs_of_functions_and_layers():
    layers = named(layers_of(Block(), (3, 8, 8)))
    network, frozen, conv, shifted = (layers[name] for name in ("network", "frozen", "conv2d()", "add()"))
    assert [each.parameters for each in (network, frozen, conv, shifted)] == [108 + 144 + 4, 108, 144, 4]
    assert [each.trainable for each in (network, frozen, conv, shifted)] == [148, 0, 144, 4]
    assert [each.learning for each in (network, frozen, conv, shifted)] == ["partly", "frozen", "learns", "learns"]
    assert (layers["relu()"].learning, layers["relu()"].parameters) == ("nothing", 0)
    assert (frozen.macs, conv.macs, shifted.macs) == (4 * 64 * 27, 4 * 64 * 36, 0)
    assert network.macs == frozen.macs + conv.macs
    assert (frozen.memory, layers["cat()"].memory, network.memory) == (4 * 64 * 4, 8 * 64 * 4, 8 * 4)
    assert (frozen.weight, conv.weight, shifted.weight) == ((4, 3, 3, 3), (4, 4, 3, 3), None)
    assert conv.window == Window((3, 3), (1, 1), (2, 2), (2, 2))
    assert layers["max_pool2d()"].window == Window((2, 2), (2, 2), (0, 0))
    assert layers["add()#2"].receptive_field.size == (7, 7)


@pytest.mark.parametrize(
    ("layer", "window"),
    [
        (nn.Conv2d(4, 4, (3, 5), stride=(1, 2), padding=(0, 1)), Window((3, 5), (1, 2), (0, 1))),
        (nn.Conv2d(4, 4, 4, padding="same", dilation=2, groups=2), Window((4, 4), (1, 1), (3, 3), (2, 2), 2)),
        (nn.Conv2d(4, 4, 3, padding="valid"), Window((3, 3), (1, 1), (0, 0))),
        (nn.ConvTranspose2d(4, 4, 3, 2), Window((3, 3), (2, 2), (0, 0), transposed=True)),
        (nn.MaxPool2d(3), Window((3, 3), (3, 3), (0, 0))),
        (nn.AvgPool2d(3, 2, 1), Window((3, 3), (2, 2), (1, 1))),
        (nn.AdaptiveAvgPool2d(2), None),
        (nn.BatchNorm2d(4), None),
    ],
)
def test_windows(layer, window):
    assert layers_of(nn.Sequential(layer).eval(), (4, 12, 12))[1].window == window


def test_what_backpropagation_changes():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 1),
        nn.BatchNorm2d(4, affine=False),
        nn.BatchNorm2d(4).requires_grad_(requires_grad=False),
        nn.MaxPool2d(2),
        torchvision.ops.FrozenBatchNorm2d(4),
    ).eval()
    network[0].bias.requires_grad_(requires_grad=False)
    layers = layers_of(network, (3, 8, 8))
    assert [each.learning for each in layers] == ["partly", "partly", "statistics", "frozen", "nothing", "nothing"]
    assert [each.buffers for each in layers] == [9 + 9 + 16, 0, 9, 9, 0, 16]
    assert [each.bias for each in layers[1:]] == [True, False, True, False, True]


def test_shared_weights_count_once():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    network, one, other = layers_of(nn.Sequential(first, second), (1, 2, 4))
    assert (network.parameters, one.parameters, other.parameters) == (24, 20, 4)
    assert (one.learning, other.learning) == ("learns", "learns")


def test_a_layer_of_nothing_but_views_is_one_layer():
    class View(nn.Module):
        def forward(self, x):
            return x.reshape(1, 2, -1).transpose(1, 2)[:, :3]

    layers = layers_of(nn.Sequential(nn.Tanh(), View(), nn.Tanh()), (2, 4, 4))
    assert [(each.name, each.leaf, each.inputs) for each in layers[1:]] == [
        ("0", True, ("input",)),
        ("1", True, ("0",)),
        ("2", True, ("1",)),
    ]


def test_views_are_looked_through():
    class Shuffles(nn.Module):
        def forward(self, x):
            left, right = x.view(1, 2, 2, 4, 4).transpose(1, 2).reshape(1, 4, 4, 4).chunk(2, 1)
            return torch.cat([right.relu(), left], 1)

    layers = named(layers_of(nn.Sequential(nn.Tanh(), Shuffles()), (4, 4, 4)))
    assert layers["1.chunk()"].inputs == ("0",)
    assert layers["1.cat()"].inputs == ("1.relu()", "1.chunk()")
    assert "1.view()" not in layers


# ------------------------------------------------------------------------------------------------------- torchvision's


@pytest.mark.parametrize(
    ("name", "layer", "inputs"),
    [
        ("resnet18", "layer2.0.add()", ("layer2.0.bn2", "layer2.0.downsample.1")),
        (
            "inception_v3",
            "Mixed_7b.cat()#3",
            ("Mixed_7b.branch1x1.relu()", "Mixed_7b.cat()", "Mixed_7b.cat()#2", "Mixed_7b.branch_pool.relu()"),
        ),
        (
            "densenet121",
            "features.denseblock1.denselayer2.cat()",
            ("features.pool0", "features.denseblock1.denselayer1.conv2"),
        ),
        (
            "efficientnet_b0",
            "features.1.0.block.1.mul()",
            ("features.1.0.block.1.scale_activation", "features.1.0.block.0.2"),
        ),
        ("shufflenet_v2_x0_5", "stage2.1.cat()", ("stage2.1.chunk()", "stage2.1.branch2.7")),
    ],
)
def test_branches_of_real_networks(name, layer, inputs):
    layers = named(layers_of(*on_meta(name)))
    assert layers[layer].inputs == inputs


NOT_ITS_OWN_COUNT = {"inception_v3": 23_834_568}
"""torchvision counts the auxiliary head that only training uses."""


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILY.names())
def test_every_torchvision_network(name):
    module, shape = on_meta(name)
    structure = structure_of(module, shape)
    weights = torchvision.models.get_model_weights(name)[FAMILY.published(name)[0].info.name]
    layers, published = structure.layers, weights.meta
    assert structure.problem == ""
    assert layers[0].shape == (1000,)
    assert layers[0].parameters == FAMILY.entry(name).parameters
    assert layers[0].parameters == NOT_ITS_OWN_COUNT.get(name, published["num_params"])
    assert layers[0].macs / 1e9 == pytest.approx(published["_ops"], abs=0.0006)  # it has three digits
    assert len(named(layers)) == len(layers)
    known = {"input", *named(layers)}
    assert all(set(each.inputs) <= known for each in layers)
    assert all(each.inputs for each in layers if each.leaf and "cpb_mlp" not in each.path)
    modules = [layer for layer in layers if not layer.function]
    assert len([layer for layer in modules if layer.map_axes]) > 0.4 * len(modules)
    convolutions = [layer for layer in layers if layer.kind in {"Conv2d", "BatchNorm2d", "MaxPool2d"}]
    assert {layer.map_axes for layer in convolutions} == {"chw"}
    chosen = [named(layers)[layer] for layer in spread_layers(layers)]
    assert len(chosen) == 4
    assert {layer.map_axes for layer in chosen} <= {"chw", "hwc", "tokens"}


class NotAllOfIt(nn.Module):
    """No pass uses the second of ``listed``; of ``lent`` a function takes the weight; ``idle`` has nothing."""

    def __init__(self):
        super().__init__()
        self.listed = nn.ModuleList([nn.Conv2d(3, 4, 3), nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))])
        self.lent = nn.Linear(4, 2)
        self.idle = nn.ReLU()

    def forward(self, x):
        return functional.linear(self.listed[0](x).mean((2, 3)), self.lent.weight)


def test_modules_that_are_never_reached():
    structure = structure_of(NotAllOfIt(), (3, 8, 8))
    assert structure.unreached == ("listed.1",)
    assert "listed.1.0" not in named(structure.layers)


def test_a_pass_that_stops_reaches_nobody_knows_what():
    stopping = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Linear(5, 2), nn.Linear(2, 2))
    assert (structure_of(stopping, (3, 8, 8)).complete, structure_of(stopping, (3, 8, 8)).unreached) == (False, ())


def test_heads_for_training_only_are_not_reached():
    with weightless():
        module = torchvision.models.googlenet(weights=None, aux_logits=True, init_weights=False)
    assert structure_of(module.to("meta").eval(), (3, 224, 224)).unreached == ("aux1", "aux2")


@pytest.mark.parametrize("name", ["swin_t", "vit_b_16"])
def test_weights_that_functions_take_are_reached(name):
    assert structure_of(*on_meta(name)).unreached == ()
