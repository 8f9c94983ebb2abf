"""One saved operation as a layer of torch.nn: the same numbers, the same tensors."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.core.networks.native_layers import Operation, native_layer

RANDOM = torch.Generator().manual_seed(5)
PICTURE = torch.randn(2, 4, 9, 9, generator=RANDOM)
VECTOR = torch.randn(2, 6, generator=RANDOM)
KERNEL = torch.randn(8, 2, 3, 3, generator=RANDOM)
SPREADING = torch.randn(4, 3, 2, 2, generator=RANDOM)
MATRIX = torch.randn(5, 6, generator=RANDOM)
SIX = torch.rand(6, generator=RANDOM)
FOUR = torch.rand(4, generator=RANDOM) + 0.5
CONVOLUTION = {
    "input": PICTURE, "weight": KERNEL, "bias": None,
    "stride": [2, 1], "padding": [1, 0], "dilation": [1, 2], "groups": 2,
}  # fmt: skip
NORM = {
    "input": PICTURE, "weight": FOUR, "bias": FOUR, "running_mean": FOUR, "running_var": FOUR, "training": False,
    "momentum": 0.1, "eps": 1e-3, "cudnn_enabled": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("conv2d", CONVOLUTION, nn.Conv2d),
        ("_convolution", {**CONVOLUTION, "transposed": False, "output_padding": [0, 0]}, nn.Conv2d),
        ("conv2d", {"input": PICTURE, "weight": torch.ones(3, 4, 1, 1), "bias": torch.ones(3)}, nn.Conv2d),
        ("conv_transpose2d", {"input": PICTURE, "weight": SPREADING, "stride": [2, 2]}, nn.ConvTranspose2d),
        ("linear", {"input": VECTOR, "weight": MATRIX, "bias": torch.ones(5)}, nn.Linear),
        ("batch_norm", NORM, nn.BatchNorm2d),
        ("layer_norm", {"input": VECTOR, "normalized_shape": [6], "weight": SIX, "bias": SIX}, nn.LayerNorm),
        ("group_norm", {"input": PICTURE, "num_groups": 2, "weight": FOUR, "bias": FOUR}, nn.GroupNorm),
        ("relu_", {"self": PICTURE}, nn.ReLU),
        ("hardtanh_", {"self": PICTURE, "min_val": 0, "max_val": 6}, nn.ReLU6),
        ("hardtanh", {"self": PICTURE, "min_val": -2, "max_val": 2}, nn.Hardtanh),
        ("leaky_relu", {"self": PICTURE, "negative_slope": 0.3}, nn.LeakyReLU),
        ("gelu", {"self": PICTURE, "approximate": "tanh"}, nn.GELU),
        ("silu", {"self": PICTURE}, nn.SiLU),
        ("hardswish", {"self": PICTURE}, nn.Hardswish),
        ("softmax", {"self": VECTOR, "dim": 1}, nn.Softmax),
        ("max_pool2d", {"self": PICTURE, "kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1]}, nn.MaxPool2d),
        ("max_pool2d", {"self": PICTURE, "kernel_size": [2, 2], "stride": []}, nn.MaxPool2d),
        ("avg_pool2d", {"self": PICTURE, "kernel_size": [3], "stride": [2], "count_include_pad": False}, nn.AvgPool2d),
        ("adaptive_avg_pool2d", {"self": PICTURE, "output_size": [2, 3]}, nn.AdaptiveAvgPool2d),
        ("flatten", {"self": PICTURE, "start_dim": 1}, nn.Flatten),
        ("dropout", {"input": PICTURE, "p": 0.4, "train": False}, nn.Dropout),
    ],
)  # fmt: skip
def test_a_layer_does_what_the_operation_does(name, arguments, kind):
    layer = native_layer(Operation(name, arguments)).eval()
    assert type(layer) is kind
    operation = getattr(torch, name.rstrip("_"), None) or getattr(functional, name.rstrip("_"))
    values = {key: value for key, value in arguments.items() if key not in {"input", "self"}}
    if name == "_convolution":
        operation = torch.conv2d
        values = {key: value for key, value in values.items() if key not in {"transposed", "output_padding"}}
    given = next(iter(arguments.values()))
    torch.testing.assert_close(layer(given), operation(given, **values))


def test_its_weights_are_the_tensors_themselves():
    weight = nn.Parameter(MATRIX.clone(), requires_grad=False)
    layer = native_layer(Operation("linear", {"input": VECTOR, "weight": weight, "bias": None}))
    assert layer.weight is weight
    assert layer.bias is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add", {"self": PICTURE, "other": PICTURE}),
        ("conv2d", {"input": PICTURE, "weight": torch.ones(3, 4, 2)}),
        ("batch_norm", {**NORM, "training": True}),
        ("batch_norm", {**NORM, "input": VECTOR}),
        ("linear", {"input": VECTOR}),
        ("conv2d", {**CONVOLUTION, "bias": torch.ones(3)}),
    ],
)
def test_what_is_no_layer(name, arguments):
    assert native_layer(Operation(name, arguments)) is None
