"""Multiply-adds, by hand and against torch's own counter of operations."""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.core.networks.costs import multiply_adds, weight_shape
from cnnviz.core.networks.weightless import weightless
from cnnviz.core.probing.recording import record_calls


class Runs(nn.Module):
    def __init__(self, forward, **tensors):
        super().__init__()
        self.run = forward
        for name, tensor in tensors.items():
            setattr(self, name, tensor)

    def forward(self, x):
        return self.run(self, x)


def counted(module, inputs):
    return sum(multiply_adds(call) for call in record_calls(module, inputs))


def counted_by_torch(module, inputs):
    """Its counter takes a multiplication and an addition for two operations."""
    # The counter of older torches does not know the fused kernels of attention on the CPU.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(inputs)
    assert counter.get_total_flops() % 2 == 0
    return counter.get_total_flops() // 2


def parameter(*shape):
    return nn.Parameter(torch.zeros(shape))


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Conv2d(3, 8, 3), (1, 3, 10, 12), 8 * 8 * 10 * 3 * 9),
        (nn.Conv2d(8, 8, 3, padding=1, groups=8), (1, 8, 10, 12), 8 * 10 * 12 * 9),
        (nn.Conv2d(4, 8, 3, stride=2, dilation=2, groups=2), (1, 4, 11, 11), 8 * 4 * 4 * 2 * 9),
        (nn.ConvTranspose2d(4, 6, 3, stride=2), (1, 4, 5, 5), 4 * 5 * 5 * 6 * 9),
        (nn.ConvTranspose2d(4, 6, 3, groups=2), (1, 4, 5, 5), 4 * 5 * 5 * 3 * 9),
        (nn.Conv1d(4, 6, 3), (1, 4, 9), 6 * 7 * 4 * 3),
        (nn.Linear(20, 30), (1, 20), 600),
        (nn.Linear(20, 30), (1, 7, 5, 20), 600 * 35),
        (nn.BatchNorm2d(4), (1, 4, 5, 5), 0),
        (nn.AvgPool2d(2), (1, 4, 6, 6), 0),
        (nn.Sequential(nn.Flatten(), nn.Linear(16, 3), nn.ReLU()), (1, 1, 4, 4), 48),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, nn.Module) else None,
)
def test_layers(layer, shape, expected):
    inputs = torch.zeros(shape)
    assert counted(layer.eval(), inputs) == expected
    assert counted_by_torch(layer, inputs) == expected


@pytest.mark.parametrize(
    "network",
    [
        Runs(lambda self, x: functional.conv2d(x, self.weight, stride=2), weight=parameter(6, 4, 3, 3)),
        Runs(lambda self, x: functional.conv_transpose2d(x, self.weight), weight=parameter(4, 6, 3, 3)),
        Runs(lambda self, x: functional.linear(x, self.weight), weight=parameter(5, 8)),
        Runs(lambda _self, x: x @ x.transpose(-1, -2)),
        Runs(lambda self, x: x @ self.weight, weight=parameter(8, 3)),
        Runs(lambda self, x: self.weight @ x, weight=parameter(3, 6)),
        Runs(lambda _self, x: torch.bmm(x[0], x[0].transpose(1, 2))),
        Runs(lambda _self, x: torch.einsum("b c h w, b c v w -> b c h v", x, x)),
        Runs(lambda self, x: torch.einsum("...ij,jk->...ik", x, self.weight), weight=parameter(8, 3)),
        Runs(lambda _self, x: torch.einsum("bchw->bhwc", x)),
        Runs(lambda _self, x: functional.scaled_dot_product_attention(x, x, x)),
    ],
)
def test_functions_as_torch_counts_them(network):
    inputs = torch.zeros(1, 4, 6, 8)
    assert counted(network, inputs) == counted_by_torch(network, inputs)


def test_attention_layers_as_torch_counts_them():
    for layer in (
        nn.MultiheadAttention(8, 2, batch_first=True),
        nn.MultiheadAttention(8, 2, bias=False),
        nn.MultiheadAttention(8, 2, kdim=6, vdim=4, batch_first=True),
    ):
        keys, values = torch.ones(3, 5, layer.kdim or 8), torch.ones(3, 5, layer.vdim or 8)
        network = Runs(lambda self, x, k=keys, v=values: self.layer(x, k + x.sum(), v + x.sum())[0], layer=layer)
        inputs = torch.zeros(3, 5, 8)
        layer.train()  # in evaluation mode it takes a short cut that torch does not count
        expected = counted_by_torch(network, inputs)
        assert counted(network, inputs) == expected


def test_shapes_of_weights():
    shapes = [
        weight_shape(call)
        for call in record_calls(nn.Sequential(nn.Conv2d(4, 6, 3), nn.ReLU()), torch.zeros(1, 4, 5, 5))
    ]
    assert shapes == [None, (6, 4, 3, 3), None]


@pytest.mark.parametrize(
    ("name", "options", "size"),
    [("resnet18", {}, 64), ("swin_v2_t", {}, 64), ("maxvit_t", {}, 224), ("shufflenet_v2_x0_5", {}, 64)],
)
def test_whole_networks_as_torch_counts_them(name, options, size):
    with weightless():
        network = torchvision.models.get_model(name, weights=None, **options)
    network.to("meta").eval()
    inputs = torch.zeros(1, 3, size, size, device="meta")
    assert counted(network, inputs) == counted_by_torch(network, inputs)
