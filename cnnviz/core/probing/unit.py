"""How one number of a layer's output comes about, from the layer's weights and the inputs it was given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.core.networks.values import MapAxes
from cnnviz.core.probing.patches import cut_patch, transposed_places, window_places
from cnnviz.core.probing.unit_index import Index, unit_index
from cnnviz.core.unit import (
    Addition,
    Arithmetic,
    Average,
    Copy,
    Function,
    Maximum,
    Normalisation,
    Patch,
    Rank,
    Unit,
    WeightedSum,
)

_FLOAT32_STEP = torch.finfo(torch.float32).eps
_SURE = 6.0
_TENSOR_FLOAT_STEP = 2.0**-11
"""Of TensorFloat-32, which has 10 bits after the point: NVIDIA's GPUs round the factors of convolutions to it."""


def explain_unit(
    layer: str,
    module: nn.Module | None,
    inputs: Sequence[Tensor],
    output: Tensor,
    channel: int,
    cell: tuple[int, int] = (0, 0),
    *,
    kind: str = "",
    map_axes: MapAxes = "",
) -> Unit:
    """The unit ``channel`` at ``cell`` of the first picture in ``output``, and the arithmetic that leads to it.

    ``inputs``: what the call was given, copied before anything rewrote it; ``module`` None and ``kind`` ("add", "cat",
    "relu") for a function. Batches are included in all shapes.

    Raises:
        LayerError: the output has no such channel or cell.
    """
    name = type(module).__name__ if module is not None else kind
    index = unit_index(tuple(output.shape[1:]), channel, cell, map_axes)
    value = float(output[0][index])
    explain = _explanation(module, kind)
    arithmetic = explain(module, inputs, (channel, *cell), index) if explain is not None else None
    if "dropout" in name.lower() and isinstance(arithmetic, Copy) and arithmetic.result != value:
        arithmetic = None  # it is at work: it drops numbers and enlarges the others
    rank = _rank(output[0], channel, cell, map_axes)
    tolerance = _tolerance(value, arithmetic, output.dtype, factor_step(output))
    return Unit(layer, name, channel, cell, value, rank, arithmetic, tolerance)


Explain = Callable[[Any, Sequence[Tensor], tuple[int, int, int], Index], Arithmetic | None]
"""Gets the module, its inputs, the unit's channel, row and column, and its index in the output."""


def _convolution(
    module: nn.Conv2d, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index
) -> Arithmetic | None:
    channel, *cell = unit
    picture = inputs[0][0]
    per_group = module.in_channels // module.groups
    first = channel // (module.out_channels // module.groups) * per_group
    options = (module.kernel_size, module.stride, _padding(module), module.dilation, picture.shape[-2:])
    rows, columns = (
        window_places(*each, padding_mode=module.padding_mode) for each in zip(cell, *options, strict=True)
    )
    patch = cut_patch(picture, range(first, first + per_group), rows, columns)
    return WeightedSum(patch, _numbers(module.weight[channel]), _at(module.bias, channel))


def _padding(module: nn.Conv2d) -> tuple[int, int]:
    """Rows above and columns to the left."""
    if isinstance(module.padding, str):
        reach = [(kernel - 1) * dilation for kernel, dilation in zip(module.kernel_size, module.dilation, strict=True)]
        return (0, 0) if module.padding == "valid" else (reach[0] // 2, reach[1] // 2)
    return module.padding[0], module.padding[-1]


def _transposed_convolution(
    module: nn.ConvTranspose2d, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index
) -> Arithmetic | None:
    channel, *cell = unit
    picture = inputs[0][0]
    out_per_group, in_per_group = module.out_channels // module.groups, module.in_channels // module.groups
    group, within = divmod(channel, out_per_group)
    channels = range(group * in_per_group, (group + 1) * in_per_group)
    options = (module.kernel_size, module.stride, _pair(module.padding), module.dilation, picture.shape[-2:])
    rows, columns = (transposed_places(*each) for each in zip(cell, *options, strict=True))
    kernel = _numbers(module.weight[channels.start : channels.stop, within])
    return WeightedSum(cut_patch(picture, channels, rows, columns), kernel, _at(module.bias, channel))


def _linear(module: nn.Linear, inputs: Sequence[Tensor], unit: tuple[int, int, int], index: Index) -> Arithmetic | None:
    values = _numbers(inputs[0][0][index[:-1]])
    place = np.zeros(1, dtype=np.int64)
    patch = Patch(values[:, None, None], np.arange(len(values)), place, place)
    return WeightedSum(patch, _numbers(module.weight[unit[0]])[:, None, None], _at(module.bias, unit[0]))


def _max_pool(
    module: nn.MaxPool2d, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index
) -> Arithmetic | None:
    return Maximum(_pooled(module, inputs[0][0], unit, _pair(module.dilation)))


def _pooled(module: nn.MaxPool2d | nn.AvgPool2d, picture: Tensor, unit: tuple[int, int, int], dilation: Pair) -> Patch:
    channel, *cell = unit
    options = (_pair(module.kernel_size), _pair(module.stride), _pair(module.padding), dilation, picture.shape[-2:])
    rows, columns = (window_places(*each) for each in zip(cell, *options, strict=True))
    return cut_patch(picture, (channel,), rows, columns)


def _average_pool(
    module: nn.AvgPool2d, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index
) -> Arithmetic | None:
    patch = _pooled(module, inputs[0][0], unit, (1, 1))
    return Average(patch, module.divisor_override or _counted(module, inputs[0].shape[-2:], unit, patch))


def _counted(module: nn.AvgPool2d, cells: Sequence[int], unit: tuple[int, int, int], patch: Patch) -> int:
    """Places a mean counts: those of the map, and padding where it is included, but nothing beyond that."""
    if not module.count_include_pad:
        return int(np.count_nonzero(patch.inside))
    kernel, stride, padding = _pair(module.kernel_size), _pair(module.stride), _pair(module.padding)
    starts = [place * step - before for place, step, before in zip(unit[1:], stride, padding, strict=True)]
    ends = [min(start + k, n + p) for start, k, n, p in zip(starts, kernel, cells, padding, strict=True)]
    return (ends[0] - starts[0]) * (ends[1] - starts[1])


def _adaptive_average(
    module: nn.AdaptiveAvgPool2d, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index
) -> Arithmetic | None:
    channel, *cell = unit
    cells = inputs[0].shape[-2:]
    counts = [count or size for count, size in zip(_pair(module.output_size), cells, strict=True)]
    rows, columns = (
        np.arange(place * size // count, -(-(place + 1) * size // count))
        for place, size, count in zip(cell, cells, counts, strict=True)
    )
    return Average(cut_patch(inputs[0][0], (channel,), rows, columns), len(rows) * len(columns))


def _batch_norm(
    module: nn.BatchNorm2d, inputs: Sequence[Tensor], unit: tuple[int, int, int], index: Index
) -> Arithmetic | None:
    statistics = _statistics(module, inputs[0], unit[0])
    if statistics is None:
        return None
    return Normalisation(
        input=float(inputs[0][0][index]),
        mean=statistics[0],
        variance=statistics[1],
        epsilon=module.eps,
        weight=_at(module.weight, unit[0], 1.0),
        bias=_at(module.bias, unit[0]),
    )


def _statistics(module: nn.BatchNorm2d, inputs: Tensor, channel: int) -> tuple[float, float] | None:
    """Mean and variance it normalises a channel with: its running ones, or in training mode those of the batch."""
    if module.training:
        cells = _numbers(inputs[:, channel])
        return float(cells.mean()), float(cells.var())
    if module.running_mean is None or module.running_var is None:
        return None
    return _at(module.running_mean, channel), _at(module.running_var, channel)


def _activation(module: nn.Module, inputs: Sequence[Tensor], _unit: tuple[int, int, int], index: Index) -> Arithmetic:
    """The module itself says what it makes of this one number; called past its hooks, which others watch."""
    number = inputs[0][0][index].detach().clone()
    with torch.no_grad():
        return Function(float(number), float(module.forward(number)))


def _relu(_module: None, inputs: Sequence[Tensor], _unit: tuple[int, int, int], index: Index) -> Arithmetic:
    number = inputs[0][0][index].detach()
    return Function(float(number), float(torch.relu(number)))


def _addition(_module: None, inputs: Sequence[Tensor], _unit: tuple[int, int, int], index: Index) -> Arithmetic | None:
    if len({tensor.shape for tensor in inputs}) > 1:
        return None
    return Addition(tuple(float(tensor[0][index]) for tensor in inputs))


def _concatenation(
    _module: None, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index
) -> Arithmetic | None:
    channel, y, x = unit
    for place, tensor in enumerate(inputs):
        if channel < tensor.shape[1]:
            vector = tensor.dim() == 2
            return Copy(place, channel, y, x, float(tensor[0, channel] if vector else tensor[0, channel, y, x]))
        channel -= tensor.shape[1]
    return None


def _same(_module: None, inputs: Sequence[Tensor], unit: tuple[int, int, int], index: Index) -> Arithmetic | None:
    return Copy(0, *unit, float(inputs[0][0][index]))


def _flatten(_module: None, inputs: Sequence[Tensor], unit: tuple[int, int, int], _index: Index) -> Arithmetic | None:
    if inputs[0].dim() != 4:
        return None
    channel, y, x = (int(each) for each in np.unravel_index(unit[0], tuple(inputs[0].shape[1:])))
    return Copy(0, channel, y, x, float(inputs[0][0, channel, y, x]))


Pair = tuple[int, int]

# fmt: off
_ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.Tanh,
    nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.Softplus, nn.Softsign, nn.Threshold, nn.LogSigmoid,
    nn.Hardshrink, nn.Softshrink, nn.Tanhshrink,
)
# fmt: on
_MODULES: dict[type[nn.Module], Explain] = {
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _transposed_convolution,
    nn.Linear: _linear,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _average_pool,
    nn.AdaptiveAvgPool2d: _adaptive_average,
    nn.Flatten: _flatten,
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d), _batch_norm),
    **dict.fromkeys((nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout), _same),
    **dict.fromkeys(_ACTIVATIONS, _activation),
}
_FUNCTIONS: Mapping[str, Explain] = {
    "add": _addition,
    "cat": _concatenation,
    "flatten": _flatten,
    "relu": _relu,
    "dropout": _same,
}


def _explanation(module: nn.Module | None, kind: str) -> Explain | None:
    """Of the module's class, or of the one whose ``forward`` it takes over unchanged."""
    if module is None:
        return _FUNCTIONS.get(kind)
    known = next((base for base in type(module).__mro__ if base in _MODULES), None)
    return _MODULES[known] if known is not None and type(module).forward is known.forward else None


def _rank(output: Tensor, channel: int, cell: tuple[int, int], map_axes: MapAxes) -> Rank:
    shape = tuple(output.shape)
    here = output[unit_index(shape, None, cell, map_axes)]
    value = here[channel]
    if bool(value.isnan()):
        return Rank(None, here.numel(), None, output.numel())
    stronger = (int((numbers > value).sum()) for numbers in (here, output))
    return Rank(next(stronger) + 1, here.numel(), next(stronger) + 1, output.numel())


def factor_step(output: Tensor) -> float:
    """By how much of itself a factor may be rounded before it is multiplied, where ``output`` was computed."""
    if output.device.type != "cuda" or output.dtype != torch.float32:
        return 0.0
    return _TENSOR_FLOAT_STEP if torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32 else 0.0


def _tolerance(value: float, arithmetic: Arithmetic | None, dtype: torch.dtype, factor_step: float) -> float:
    """A sum of n products in single precision is off by a few √n steps of the sum of their sizes: 6 make it all but
    sure whatever the order (Higham and Mary, "A New Approach to Probabilistic Rounding Error Analysis", 2019).
    """
    own = torch.finfo(dtype).eps * abs(value) if dtype.is_floating_point else 0.0
    match arithmetic:
        case WeightedSum():
            size = float(np.abs(arithmetic.products).sum()) + abs(arithmetic.bias)
            return own + (_steps(arithmetic.kernel.size) + 2 * factor_step) * size
        case Average():
            values = arithmetic.patch.values
            return own + _steps(values.size) * float(np.abs(values).sum()) / arithmetic.divisor
        case Normalisation():
            scale = abs(arithmetic.weight) / float(np.sqrt(arithmetic.variance + arithmetic.epsilon))
            size = (abs(arithmetic.input) + abs(arithmetic.mean)) * scale + abs(arithmetic.bias)
            return own + 8 * _FLOAT32_STEP * size
        case Function():
            return own + 8 * _FLOAT32_STEP * abs(arithmetic.input)
        case Addition():
            return own + _FLOAT32_STEP * sum(map(abs, arithmetic.inputs))
    return own


def _steps(count: int) -> float:
    return min(float(count), _SURE * math.sqrt(count)) * _FLOAT32_STEP


def _numbers(tensor: Tensor) -> np.ndarray[Any, np.dtype[np.float64]]:
    return tensor.detach().cpu().double().numpy()  # in this order: MPS knows no float64


def _at(values: Tensor | None, channel: int, missing: float = 0.0) -> float:
    return missing if values is None else float(values.detach()[channel])


def _pair(value: Any) -> Pair:  # noqa: ANN401 - a number or two
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
