"""Layers of ``torch.nn`` in place of one saved operation, so that files show Conv2d as other networks do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Arguments = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """One call of an aten operation: its name without overload, and its arguments by the schema's names."""

    name: str
    arguments: Arguments


def native_layer(operation: Operation) -> nn.Module | None:
    """The layer that does just this with the same tensors as its weights; None where torch.nn has none.

    The operation's input is whatever its first argument is.
    """
    make = _LAYERS.get(operation.name.rstrip("_"))
    if make is None:
        return None
    try:
        with torch.device("meta"):  # the weights are replaced at once: none are allocated
            layer = make(operation.arguments)
        if layer is not None:
            _take_tensors(layer, operation.arguments)
    except (TypeError, ValueError, KeyError, IndexError):  # arguments that the layer cannot have
        return None
    return layer


def _take_tensors(layer: nn.Module, arguments: Arguments) -> None:
    for name, parameter in dict(layer.named_parameters(recurse=False)).items():
        tensor = arguments[name]
        same = tensor if isinstance(tensor, nn.Parameter) else nn.Parameter(tensor, requires_grad=tensor.requires_grad)
        if same.shape != parameter.shape:
            raise ValueError(name)
        layer.register_parameter(name, same)
    for name in dict(layer.named_buffers(recurse=False)):
        layer.register_buffer(name, arguments[name] if name in arguments else torch.zeros((), dtype=torch.long))


# -------------------------------------------------------------------------------------------------------------- layers


def _pair(value: Any) -> tuple[int, int]:  # noqa: ANN401 - a saved list of one or two numbers
    sides = (value, value) if isinstance(value, int) else tuple(value)
    return (sides[0], sides[-1])


def _convolution(arguments: Arguments) -> nn.Module:
    weight, groups = arguments["weight"], arguments.get("groups", 1)
    padding = arguments.get("padding", 0)
    return nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        _pair(weight.shape[2:]),
        stride=_pair(arguments.get("stride", 1)),
        padding=padding if isinstance(padding, str) else _pair(padding),
        dilation=_pair(arguments.get("dilation", 1)),
        groups=groups,
        bias=arguments.get("bias") is not None,
    )


def _transposed_convolution(arguments: Arguments) -> nn.Module:
    weight, groups = arguments["weight"], arguments.get("groups", 1)
    return nn.ConvTranspose2d(
        weight.shape[0],
        weight.shape[1] * groups,
        _pair(weight.shape[2:]),
        stride=_pair(arguments.get("stride", 1)),
        padding=_pair(arguments.get("padding", 0)),
        output_padding=_pair(arguments.get("output_padding", 0)),
        dilation=_pair(arguments.get("dilation", 1)),
        groups=groups,
        bias=arguments.get("bias") is not None,
    )


def _any_convolution(arguments: Arguments) -> nn.Module | None:
    """What traced programs call: one operation for convolutions of all dimensions."""
    if arguments["weight"].dim() != 4:
        return None
    return _transposed_convolution(arguments) if arguments["transposed"] else _convolution(arguments)


def _flat_convolution(arguments: Arguments) -> nn.Module | None:
    return _convolution(arguments) if arguments["weight"].dim() == 4 else None


def _linear(arguments: Arguments) -> nn.Module:
    outputs, inputs = arguments["weight"].shape
    return nn.Linear(inputs, outputs, bias=arguments.get("bias") is not None)


def _batch_norm(arguments: Arguments) -> nn.Module | None:
    if arguments.get("training") or arguments["input"].dim() != 4 or arguments.get("running_mean") is None:
        return None
    affine = arguments.get("weight") is not None
    channels = arguments["running_mean"].shape[0]
    return nn.BatchNorm2d(channels, eps=arguments["eps"], momentum=arguments["momentum"], affine=affine)


def _layer_norm(arguments: Arguments) -> nn.Module:
    affine = arguments.get("weight") is not None
    return nn.LayerNorm(
        list(arguments["normalized_shape"]),
        eps=arguments.get("eps", 1e-5),
        elementwise_affine=affine,
        bias=arguments.get("bias") is not None,
    )


def _group_norm(arguments: Arguments) -> nn.Module:
    affine = arguments.get("weight") is not None
    channels = arguments["input"].shape[1]
    return nn.GroupNorm(arguments["num_groups"], channels, eps=arguments.get("eps", 1e-5), affine=affine)


def _clipped(arguments: Arguments) -> nn.Module:
    low, high = arguments.get("min_val", -1), arguments.get("max_val", 1)
    return nn.ReLU6() if (low, high) == (0, 6) else nn.Hardtanh(low, high)


def _max_pool(arguments: Arguments) -> nn.Module:
    kernel = _pair(arguments["kernel_size"])
    return nn.MaxPool2d(
        kernel,
        stride=_pair(arguments.get("stride") or kernel),
        padding=_pair(arguments.get("padding", 0)),
        dilation=_pair(arguments.get("dilation", 1)),
        ceil_mode=arguments.get("ceil_mode", False),
    )


def _average_pool(arguments: Arguments) -> nn.Module:
    kernel = _pair(arguments["kernel_size"])
    return nn.AvgPool2d(
        kernel,
        stride=_pair(arguments.get("stride") or kernel),
        padding=_pair(arguments.get("padding", 0)),
        ceil_mode=arguments.get("ceil_mode", False),
        count_include_pad=arguments.get("count_include_pad", True),
        divisor_override=arguments.get("divisor_override"),
    )


def _flatten(arguments: Arguments) -> nn.Module:
    return nn.Flatten(arguments.get("start_dim", 0), arguments.get("end_dim", -1))


_LAYERS: Mapping[str, Callable[[Arguments], nn.Module | None]] = {
    "conv2d": _flat_convolution,
    "_convolution": _any_convolution,
    "convolution": _any_convolution,
    "conv_transpose2d": _transposed_convolution,
    "linear": _linear,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "relu": lambda _: nn.ReLU(),
    "relu6": lambda _: nn.ReLU6(),
    "hardtanh": _clipped,
    "leaky_relu": lambda arguments: nn.LeakyReLU(arguments.get("negative_slope", 0.01)),
    "elu": lambda arguments: nn.ELU(arguments.get("alpha", 1.0)),
    "gelu": lambda arguments: nn.GELU(arguments.get("approximate", "none")),
    "silu": lambda _: nn.SiLU(),
    "mish": lambda _: nn.Mish(),
    "sigmoid": lambda _: nn.Sigmoid(),
    "tanh": lambda _: nn.Tanh(),
    "hardswish": lambda _: nn.Hardswish(),
    "hardsigmoid": lambda _: nn.Hardsigmoid(),
    "softmax": lambda arguments: nn.Softmax(arguments["dim"]),
    "max_pool2d": _max_pool,
    "avg_pool2d": _average_pool,
    "adaptive_avg_pool2d": lambda arguments: nn.AdaptiveAvgPool2d(_pair(arguments["output_size"])),
    "adaptive_max_pool2d": lambda arguments: nn.AdaptiveMaxPool2d(_pair(arguments["output_size"])),
    "dropout": lambda arguments: nn.Dropout(arguments["p"]),
    "feature_dropout": lambda arguments: nn.Dropout2d(arguments["p"]),
    "flatten": _flatten,
}
"""Operations without their trailing underscore: in place or not is the same layer, made the safe way."""
