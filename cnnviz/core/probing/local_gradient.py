"""Gradients of single units at a fraction of the usual cost: convolutions work back only from where a gradient is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.grad import conv2d_input
from torch.overrides import TorchFunctionMode

from cnnviz.core.probing.functions import arguments_of, kind_of

Pair = tuple[int, int]
_REPLACED = frozenset({"conv2d", "batch_norm"})
_STATISTICS = ("input", "running_mean", "running_var", "weight", "bias", "eps")
_OPTIONS = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


class LocalGradients(TorchFunctionMode):
    """While it is on in a thread, 2-D convolutions and batch norms there hand gradients back to their inputs only.

    The gradient of one unit is zero but for a small box, which grows from layer to layer; torch would work on all of
    the maps. For one backward pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self.local = True  # until a gradient fills its maps: those before it will, too

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401 - any torch function
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        kind = kind_of(func) if torch.is_grad_enabled() else ""
        options: Mapping[str, Any] = arguments_of(func, args, kwargs or {}) if kind in _REPLACED else {}
        if kind == "conv2d" and _is_plain(options):
            return _LocalConvolution.apply(self, *(options[name] for name in _OPTIONS))
        if kind == "batch_norm" and options.get("training") is False:
            return _scaled_and_shifted(*(options[name] for name in _STATISTICS))
        return func(*args, **(kwargs or {}))


def _scaled_and_shifted(
    maps: Tensor, mean: Tensor, variance: Tensor, weight: Tensor | None, bias: Tensor | None, epsilon: float
) -> Tensor:
    """Batch norm in evaluation mode, whose own backward pass takes sums over all maps that nobody asks for."""
    with torch.no_grad():
        scale = (variance + epsilon).rsqrt() * (1 if weight is None else weight)
        shift = (0 if bias is None else bias) - mean * scale
    sides = [1] * (maps.dim() - 2)
    return torch.addcmul(shift.view(-1, *sides).to(maps), maps, scale.view(-1, *sides).to(maps))


def _is_plain(options: Mapping[str, Any]) -> bool:
    """Of a batch, with its padding in numbers and weights that do not depend on the picture."""
    maps, weight, bias = (options.get(name) for name in _OPTIONS[:3])
    constants = all(each is None or each.grad_fn is None for each in (weight, bias))
    return isinstance(maps, Tensor) and maps.dim() == 4 and constants and not isinstance(options["padding"], str)


class _LocalConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mode: LocalGradients, maps: Tensor, *options: Any) -> Tensor:  # noqa: ANN401
        weight, bias, *numbers = options
        ctx.save_for_backward(weight)
        ctx.mode, ctx.shape, ctx.options = mode, maps.shape, (*map(_pair, numbers[:3]), numbers[3])
        return torch.conv2d(maps, weight, bias, *numbers)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        (gradient,), (weight,) = gradients, ctx.saved_tensors
        box = _box(gradient) if ctx.mode.local else None
        if box is None:
            ctx.mode.local = False
            result = _input_gradient(ctx.shape, weight, gradient, *ctx.options)
        else:
            result = _back_from(box, gradient, weight, ctx.shape, *ctx.options)
        return None, result, *[None] * (len(_OPTIONS) - 1)


def _box(gradient: Tensor) -> tuple[slice, slice] | None:
    """Rows and columns outside which it is zero; None where they are most of its cells."""
    strength = gradient.abs().amax(dim=(0, 1))
    rows, columns = strength.amax(dim=1).nonzero(), strength.amax(dim=0).nonzero()
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    cells = (box[0].stop - box[0].start) * (box[1].stop - box[1].start)
    return box if 2 * cells <= strength.numel() else None


def _back_from(
    box: tuple[slice, slice],
    gradient: Tensor,
    weight: Tensor,
    shape: Sequence[int],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Tensor:
    """The gradient at the convolution's input; that at its output is zero outside the box."""
    result = gradient.new_zeros(tuple(shape))
    if box[0].stop == 0:
        return result
    part = gradient[:, :, *box]
    reach = [(cells - 1) * gap + 1 for cells, gap in zip(weight.shape[2:], dilation, strict=True)]
    sides = [(cells - 1) * step + each for cells, step, each in zip(part.shape[2:], stride, reach, strict=True)]
    spread = _input_gradient([*shape[:2], *sides], weight, part, stride, (0, 0), dilation, groups)
    starts = [cells.start * step - before for cells, step, before in zip(box, stride, padding, strict=True)]
    places = [_overlap(*each) for each in zip(starts, sides, shape[2:], strict=True)]
    result[:, :, places[0][0], places[1][0]] = spread[:, :, places[0][1], places[1][1]]
    return result


def _input_gradient(
    shape: Sequence[int], weight: Tensor, gradient: Tensor, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    result: Tensor = conv2d_input(shape, weight, gradient, stride, padding, dilation, groups)  # type: ignore[no-untyped-call]
    return result


def _overlap(start: int, length: int, size: int) -> tuple[slice, slice]:
    """Where a strip of ``length`` from ``start`` on lies in ``size`` places, and which part of it that is."""
    first = max(start, 0)
    end = max(first, min(start + length, size))
    return slice(first, end), slice(first - start, end - start)


def _pair(value: int | Sequence[int]) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
