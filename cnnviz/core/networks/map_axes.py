"""Which axes of a layer's output are channels, rows and columns.

torch does not say: a 3-D output can be C×H×W, H×W×C (Swin, parts of ConvNeXt) or no picture at all (windows of MaxViT).
Convolutions, pools and 2-D norms are always C×H×W, so their maps tell which sizes maps have in this network; other
layers' axes are recognised by these.
"""

import math
from collections.abc import Iterable
from typing import Literal

from torch import nn

from cnnviz.core.arrays import Size

MapAxes = Literal["chw", "hwc", "tokens", "vector", ""]

_CHANNELS_FIRST = (
    nn.Conv2d,
    nn.ConvTranspose2d,
    nn.BatchNorm2d,
    nn.InstanceNorm2d,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d,
    nn.Upsample,
    nn.PixelShuffle,
)
_CHANNELS_LAST = (nn.LayerNorm, nn.Linear)
_FIRST_FUNCTIONS = frozenset(
    {"conv2d", "conv_transpose2d", "batch_norm", "instance_norm", "max_pool2d", "avg_pool2d", "pixel_shuffle"}
    | {"adaptive_avg_pool2d", "adaptive_max_pool2d", "interpolate"}
)
_LAST_FUNCTIONS = frozenset({"layer_norm", "linear"})
_SMALLEST_GRID = 2

Layer = nn.Module | str
"""A module, or the kind of a function: ``add``, ``max_pool2d``."""


def map_sizes(input_size: Size, calls: Iterable[tuple[Layer, tuple[int, ...] | None]]) -> frozenset[Size]:
    """Height and width of every map this network surely makes, with all their halves and one double.

    ``calls``: layers with their output shapes, the batch left out.
    """
    known = {input_size}
    known.update((shape[1], shape[2]) for layer, shape in calls if shape and is_channels_first(layer, shape))
    sizes = {(2 * height, 2 * width) for height, width in known}
    while known:
        sizes |= known
        known = {half for size in known for half in _halves(size)} - sizes
    return frozenset(sizes)


def _halves(size: Size) -> tuple[Size, Size]:
    """Halving drops an odd row or pads it."""
    height, width = size
    return (max(1, height // 2), max(1, width // 2)), (math.ceil(height / 2), math.ceil(width / 2))


def is_channels_first(layer: Layer, shape: tuple[int, ...]) -> bool:
    """Whether torch's own definition of the layer makes its output C×H×W."""
    return len(shape) == 3 and (isinstance(layer, _CHANNELS_FIRST) or layer in _FIRST_FUNCTIONS)


def map_axes(layer: Layer, shape: tuple[int, ...] | None, sizes: frozenset[Size]) -> MapAxes:
    """How an output of this shape, the batch left out, is read; "" where it is no maps. ``sizes``: of ``map_sizes``."""
    if not shape or 0 in shape:
        return ""
    if len(shape) == 1:
        return "vector"
    if len(shape) == 2:
        return "tokens" if is_token_grid(shape[0]) else ""
    return _picture_axes(layer, shape, sizes) if len(shape) == 3 else ""


def is_token_grid(tokens: int) -> bool:
    """Whether the tokens are a square grid, with or without a class token before it."""
    return any(count >= _SMALLEST_GRID**2 and math.isqrt(count) ** 2 == count for count in (tokens, tokens - 1))


def _picture_axes(layer: Layer, shape: tuple[int, ...], sizes: frozenset[Size]) -> MapAxes:
    first, second, third = shape
    channels_first, channels_last = (second, third) in sizes, (first, second) in sizes
    if is_channels_first(layer, shape) or (channels_first and not channels_last):
        return "chw"
    if channels_last and not channels_first:
        return "hwc"
    if channels_first and channels_last:
        return "hwc" if isinstance(layer, _CHANNELS_LAST) or layer in _LAST_FUNCTIONS else "chw"
    return ""
