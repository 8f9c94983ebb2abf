"""Calls that slide a window: convolutions, pools, padding, interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from torch import nn

from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.fields.located import Located, Shape, UntraceableError, only
from cnnviz.core.probing.fields.options import option, output_shape, pair
from cnnviz.core.receptive_axis import PaddingMode, Taps
from cnnviz.core.receptive_taps import (
    adaptive_taps,
    copied_taps,
    resize_taps,
    slice_taps,
    transposed_taps,
    window_taps,
)

_LARGEST_DENOMINATOR = 1 << 12
"""Of scale factors: 1.1 is not exactly 11/10 in floating point."""

_PADDING_MODES: dict[str, PaddingMode] = {
    "zeros": "zeros",
    "constant": "zeros",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}
_MODULES_OF_PADDING: tuple[tuple[type[nn.Module], PaddingMode], ...] = (
    (nn.ReflectionPad2d, "reflect"),
    (nn.ReplicationPad2d, "replicate"),
    (nn.CircularPad2d, "circular"),
)


def convolution(call: Call, inputs: Sequence[Located]) -> Located:
    kernel, dilation = _kernel(call), pair(option(call, "dilation", 1))
    padding = _padding(option(call, "padding", 0), kernel, dilation)
    mode = _PADDING_MODES[option(call, "padding_mode", "zeros")]
    strides = pair(option(call, "stride", 1))
    taps = [window_taps(*each, mode) for each in zip(kernel, strides, padding, dilation, strict=True)]
    return _sliding(call, inputs, taps)


def transposed_convolution(call: Call, inputs: Sequence[Located]) -> Located:
    options = (_kernel(call), *(pair(option(call, *each)) for each in (("stride", 1), ("padding", 0), ("dilation", 1))))
    return _sliding(call, inputs, [transposed_taps(*each) for each in zip(*options, strict=True)])


def pool(call: Call, inputs: Sequence[Located]) -> Located:
    kernel = pair(option(call, "kernel_size"))
    strides, padding = pair(option(call, "stride", kernel)), pair(option(call, "padding", 0))
    dilation = pair(option(call, "dilation", 1))
    return _sliding(call, inputs, list(map(window_taps, kernel, strides, padding, dilation)))


def adaptive_pool(call: Call, inputs: Sequence[Located]) -> Located:
    """To 1×1 it is global pooling: the whole picture."""
    located = only(inputs)
    height, width = output_shape(call)[-2:]
    if height == width == 1:
        return located.one_cell()
    cells = call.input_shapes[0][-2:]
    return _sliding(call, inputs, [adaptive_taps(cells[0], height), adaptive_taps(cells[1], width)])


def interpolation(call: Call, inputs: Sequence[Located]) -> Located:
    cells, counts = call.input_shapes[0][-2:], output_shape(call)[-2:]
    mode, align_corners = option(call, "mode", "nearest"), bool(option(call, "align_corners", default=False))
    if mode == "area":
        return _sliding(call, inputs, list(map(adaptive_taps, cells, counts)))
    factors = _factors(call)
    taps = []
    for cell, count, factor in zip(cells, counts, factors, strict=True):
        scale = Fraction(max(cell - 1, 0), max(count - 1, 1)) if align_corners else (factor or Fraction(cell, count))
        antialias = bool(option(call, "antialias", default=False))
        taps.append(resize_taps(scale, mode, align_corners=align_corners, antialias=antialias))
    return _sliding(call, inputs, taps)


def pixel_shuffle(call: Call, inputs: Sequence[Located]) -> Located:
    return _sliding(call, inputs, [copied_taps(option(call, "upscale_factor"))] * 2)


def pixel_unshuffle(call: Call, inputs: Sequence[Located]) -> Located:
    factor = option(call, "downscale_factor")
    return _sliding(call, inputs, [window_taps(factor, factor)] * 2)


def padding(call: Call, inputs: Sequence[Located]) -> Located:
    """``F.pad`` and its modules tell left, right, top, bottom; what is cut off is negative."""
    located = only(inputs)
    before = _before(call, len(output_shape(call)))
    mode = _padding_mode(call)
    taps = {dim: Taps(slice_taps(-cells).table, 1, mode) for dim, cells in before.items()}
    return sliced(located, taps, output_shape(call))


def sliced(located: Located, taps: dict[int, Taps], shape: Shape) -> Located:
    """Where each dimension is read by itself; the missing ones are read as they are."""
    if located.row_dim is not None and located.row_dim == located.column_dim and located.row_dim in taps:
        raise UntraceableError("it takes tokens apart")
    return located.through_each(taps, shape)


def _sliding(call: Call, inputs: Sequence[Located], taps: Sequence[Taps]) -> Located:
    located = only(inputs)
    shape = output_shape(call)
    return located.through(taps, (len(shape) - 2, len(shape) - 1), shape)


def _kernel(call: Call) -> tuple[int, int]:
    """Functions tell the weight's shape."""
    return pair(option(call, "weight")[-2:] if call.module is None else option(call, "kernel_size"))


def _padding(padding: object, kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    if padding == "valid":
        return 0, 0
    if padding == "same":
        return dilation[0] * (kernel[0] - 1) // 2, dilation[1] * (kernel[1] - 1) // 2
    return pair(padding)


def _factors(call: Call) -> tuple[Fraction | None, Fraction | None]:
    """Input cells per output cell where torch takes them from ``scale_factor`` and not from the sizes."""
    factor = option(call, "scale_factor")
    if factor is None or option(call, "recompute_scale_factor", default=False):
        return None, None
    factors = factor if isinstance(factor, tuple | list) else (factor, factor)
    down, right = (1 / Fraction(float(each)).limit_denominator(_LARGEST_DENOMINATOR) for each in factors)
    return down, right


def _before(call: Call, ndim: int) -> dict[int, int]:
    told = option(call, "padding") if call.module is not None else option(call, "pad")
    pairs = (told,) * 4 if isinstance(told, int) else tuple(told)
    return {ndim - 1 - axis: cells for axis, cells in enumerate(pairs[::2])}


def _padding_mode(call: Call) -> PaddingMode:
    if call.module is None:
        return _PADDING_MODES[option(call, "mode", "constant")]
    return next((mode for kind, mode in _MODULES_OF_PADDING if isinstance(call.module, kind)), "zeros")
