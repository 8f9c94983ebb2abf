"""What a call slides over its input, and what sets it apart from others of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from cnnviz.core.arrays import Size
from cnnviz.core.networks.values import Window
from cnnviz.core.probing.calls import Call

_WINDOWED = (nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d)
_CONVOLUTIONS = frozenset({"conv2d", "conv_transpose2d"})
_POOLS = frozenset({"max_pool2d", "avg_pool2d", "lp_pool2d"})
_ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)
_ADAPTIVE_FUNCTIONS = frozenset({"adaptive_avg_pool2d", "adaptive_max_pool2d"})
_SETTINGS = ("kernel_size", "stride", "padding", "dilation", "groups")


def window_of(call: Call) -> Window | None:
    """Of 2-D convolutions and pools; None of anything else."""
    settings = _settings(call)
    kernel = _pair(settings.get("kernel_size"))
    if kernel is None:
        return None
    stride, dilation = _pair(settings.get("stride")) or kernel, _pair(settings.get("dilation")) or (1, 1)
    groups = settings.get("groups", 1)
    return Window(
        kernel=kernel,
        stride=stride,
        padding=_padding(settings.get("padding", 0), kernel, dilation),
        dilation=dilation,
        groups=groups if isinstance(groups, int) else 1,
        transposed=isinstance(call.module, nn.ConvTranspose2d) or call.kind == "conv_transpose2d",
    )


def _settings(call: Call) -> Mapping[str, object]:
    if isinstance(call.module, _WINDOWED):
        return {name: getattr(call.module, name) for name in _SETTINGS if hasattr(call.module, name)}
    if call.module is None and call.kind in _POOLS:
        return call.arguments
    if call.module is None and call.kind in _CONVOLUTIONS:
        weight = call.arguments.get("weight")
        return {**call.arguments, "kernel_size": weight[2:] if isinstance(weight, tuple) else None}
    return {}


def _pair(value: object) -> Size | None:
    """Height and width of what torch lets be one number, two, or left out."""
    if isinstance(value, int):
        return value, value
    sides = [side for side in value if isinstance(side, int)] if isinstance(value, tuple | list) else []
    return (sides[0], sides[-1]) if 1 <= len(sides) <= 2 else None


def _padding(value: object, kernel: Size, dilation: Size) -> Size:
    """Rows above and columns to the left; torch puts the odd one of "same" below and to the right."""
    if value == "same":
        return (kernel[0] - 1) * dilation[0] // 2, (kernel[1] - 1) * dilation[1] // 2
    return _pair(value) or (0, 0)


# ------------------------------------------------------------------------------------------------------------- detail


def detail_of(call: Call, window: Window | None) -> str:
    """In a few words."""
    if window is not None:
        return _window_words(window, same=getattr(call.module, "padding", call.arguments.get("padding")) == "same")
    if isinstance(call.module, _ADAPTIVE) or (call.module is None and call.kind in _ADAPTIVE_FUNCTIONS):
        return f"to {_sides(getattr(call.module, 'output_size', call.arguments.get('output_size')))}"
    return _module_detail(call.module) if call.module is not None else _function_detail(call)


def _module_detail(module: nn.Module) -> str:
    if isinstance(module, nn.Linear):
        return f"{module.in_features} → {module.out_features}"
    if isinstance(module, nn.modules.dropout._DropoutNd):  # noqa: SLF001 - torch's one name for all of them
        return f"p = {module.p:g}"
    return f"{module.num_heads} heads" if isinstance(module, nn.MultiheadAttention) else ""


def _function_detail(call: Call) -> str:
    weight, other = call.arguments.get("weight"), call.arguments.get("other")
    if call.kind == "linear" and isinstance(weight, tuple):
        return f"{weight[1]} → {weight[0]}"
    if call.kind == "cat":
        return f"{len(call.inputs)} inputs"
    return f"{other:g}" if isinstance(other, int | float) and len(call.inputs) == 1 else ""


def _window_words(window: Window, *, same: bool) -> str:
    parts = (
        f"{window.kernel[0]}×{window.kernel[1]}",
        "" if window.stride == (1, 1) else f"stride {_short(window.stride)}",
        "padding same" if same else "" if window.padding == (0, 0) else f"padding {_short(window.padding)}",
        "" if window.dilation == (1, 1) else f"dilation {_short(window.dilation)}",
        "" if window.groups == 1 else f"groups {window.groups}",
    )
    return ", ".join(part for part in parts if part)


def _sides(value: object) -> str:
    """Height×width of what torch lets be one number or two; "same" for None, the input's side."""
    sides = tuple(value) if isinstance(value, tuple | list) else (value,)
    height, width = ("same" if side is None else str(side) for side in (sides[0], sides[-1]))
    return f"{height}×{width}"


def _short(sides: Size) -> str:
    """One number where both sides are equal."""
    return str(sides[0]) if sides[0] == sides[1] else f"{sides[0]}×{sides[1]}"
