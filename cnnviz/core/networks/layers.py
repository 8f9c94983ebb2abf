"""The layers of a network: what one forward pass calls, in order, with shapes."""

from collections import Counter

import torch
from torch import nn

from cnnviz.core.errors import CnnvizError, DeviceError, NetworkError
from cnnviz.core.networks.map_axes import map_axes, map_sizes
from cnnviz.core.probing.capture import ModuleCall, record_calls
from cnnviz.core.values import LayerInfo, Size


def layers_of(module: nn.Module, input_shape: tuple[int, int, int]) -> tuple[LayerInfo, ...]:
    """Every call of one dry forward pass on zeros, in the order they start. ``input_shape``: channels, height, width.

    The pass runs on the module's device and in its precision; on the meta device it computes nothing but shapes.
    Raises NetworkError where the network cannot run on such an input.
    """
    calls = _dry_pass(module, input_shape)
    shapes = [None if call.shape is None else call.shape[1:] for call in calls]
    sizes = map_sizes(input_shape[1:], zip((call.module for call in calls), shapes, strict=True))
    times: Counter[str] = Counter()
    layers = []
    for order, (call, shape) in enumerate(zip(calls, shapes, strict=True)):
        times[call.path] += 1
        layers.append(_layer(call, shape, order, sizes, first=times[call.path] == 1))
    return tuple(layers)


def _dry_pass(module: nn.Module, input_shape: tuple[int, int, int]) -> tuple[ModuleCall, ...]:
    example = next(module.parameters(), torch.empty(0))
    zeros = torch.zeros(1, *input_shape, device=example.device, dtype=example.dtype)
    try:
        with torch.inference_mode():
            return record_calls(module, zeros)
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            f"{example.device} has not enough memory left to run this network: choose a smaller one or another device.",
            details=str(error),
        ) from error
    except CnnvizError:
        raise
    except Exception as error:
        channels, height, width = input_shape
        raise NetworkError(
            f"This network cannot run on a {height}×{width} input with {channels} channels: "
            "choose another input size in its preprocessing.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def _layer(
    call: ModuleCall, shape: tuple[int, ...] | None, order: int, sizes: frozenset[Size], *, first: bool
) -> LayerInfo:
    parameters = list(call.module.parameters()) if first else []
    return LayerInfo(
        name=call.name,
        path=call.path,
        kind=type(call.module).__name__,
        order=order,
        depth=call.depth,
        leaf=next(call.module.children(), None) is None,
        shape=shape,
        parameters=sum(parameter.numel() for parameter in parameters),
        trainable=sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
        map_axes=map_axes(call.module, shape, sizes),
        detail=_detail(call.module),
    )


# ------------------------------------------------------------------------------------------------------------- detail

_Sides = int | tuple[int | None, ...] | str | None


def _detail(module: nn.Module) -> str:
    """What sets this layer apart from others of its kind, in a few words."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return _window(
            module.kernel_size, module.stride, module.padding, dilation=module.dilation, groups=module.groups
        )
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        return _window(module.kernel_size, module.stride, module.padding)
    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        return f"to {_sides(module.output_size)}"
    if isinstance(module, nn.Linear):
        return f"{module.in_features} → {module.out_features}"
    if isinstance(module, nn.Dropout):
        return f"p = {module.p:g}"
    return f"{module.num_heads} heads" if isinstance(module, nn.MultiheadAttention) else ""


def _window(kernel: _Sides, stride: _Sides, padding: _Sides, *, dilation: _Sides = 1, groups: int = 1) -> str:
    parts = (
        _sides(kernel),
        "" if _sides(stride) == "1×1" else f"stride {_short(stride)}",
        "" if _sides(padding) == "0×0" else f"padding {_short(padding)}",
        "" if _sides(dilation) == "1×1" else f"dilation {_short(dilation)}",
        "" if groups == 1 else f"groups {groups}",
    )
    return ", ".join(part for part in parts if part)


def _sides(sides: _Sides) -> str:
    """Height×width of what torch lets be one number or two; "same" for None, the input's side."""
    if isinstance(sides, str):
        return sides
    height, width = (sides[0], sides[-1]) if isinstance(sides, tuple) else (sides, sides)
    return f"{'same' if height is None else height}×{'same' if width is None else width}"


def _short(sides: _Sides) -> str:
    """One number where both sides are equal."""
    words = _sides(sides)
    height, _, width = words.partition("×")
    return height if height == width else words
