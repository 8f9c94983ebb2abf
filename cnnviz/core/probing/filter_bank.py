"""The weights of a layer as filters, whatever kind of layer it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor, nn

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import LayerError
from cnnviz.core.inside.filters import FilterBank, FilterKind
from cnnviz.core.networks.values import NETWORK_INPUT, LayerInfo

_KEEP_PLACES = frozenset({"flatten", "reshape", "view", "dropout", "identity", "relu", "contiguous"})
"""Kinds of layer (in lower case) behind which a value still belongs to the same cell of the same map."""

_Convolution = nn.Conv1d | nn.Conv2d | nn.ConvTranspose1d | nn.ConvTranspose2d
_LONGEST_WAY = 8


def filter_bank(
    layer: LayerInfo, module: nn.Module, picture: tuple[int, ...] | None = None, weight: Tensor | None = None
) -> FilterBank:
    """The filters of ``module``, which ``layer`` calls; their weights are its own where they are float32 on the CPU.

    ``picture``: the shape C×H×W that a linear layer's inputs were flattened from (see ``flattened_shape``). ``weight``:
    in place of the present one.

    Raises:
        LayerError: the layer has no filters.
    """
    if isinstance(module, _Convolution):
        return _of_convolution(layer.name, module, module.weight if weight is None else weight)
    if isinstance(module, nn.Linear):
        return _of_linear(layer.name, module.weight if weight is None else weight, picture)
    raise LayerError(f'"{layer.name}" ({layer.kind}) has no filters; choose a convolution or a linear layer.')


def flattened_shape(
    layer: LayerInfo, layers: Mapping[str, LayerInfo], input_shape: tuple[int, ...]
) -> tuple[int, ...] | None:
    """The shape C×H×W of the maps whose cells are the inputs of ``layer``, one by one; None where there are none.

    ``layers``: all by name. ``input_shape``: the network's, without the batch.
    """
    for _ in range(_LONGEST_WAY):
        before = layer.inputs[0] if len(layer.inputs) == 1 else ""
        if before == NETWORK_INPUT:
            return _as_picture(input_shape)
        if before not in layers:
            return None
        layer = layers[before]
        if layer.shape is not None and len(layer.shape) == 3:
            return _as_picture(layer.shape) if layer.map_axes == "chw" else None
        if layer.kind.lower() not in _KEEP_PLACES:
            return None
    return None


def _as_picture(shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """None where the maps have a single cell."""
    return shape if len(shape) == 3 and shape[1] * shape[2] > 1 else None


def _of_convolution(name: str, module: _Convolution, weight: Tensor) -> FilterBank:
    weights = _numbers(weight)
    if module.transposed:
        weights = _outputs_first(weights, module.groups)
    if weights.ndim == 3:
        weights = weights[:, :, None]
    return _bank(name, _kind(module, weights), weights, module.groups)


def _kind(module: _Convolution, weights: Floats) -> FilterKind:
    if module.transposed:
        return "transposed"
    if module.groups > 1 and weights.shape[1] == 1:
        return "depthwise"
    return "pointwise" if weights.shape[2:] == (1, 1) else "convolution"


def _outputs_first(weights: Floats, groups: int) -> Floats:
    """torch keeps a transposed convolution's weights as inputs × outputs of a group × …"""
    inputs, outputs = weights.shape[:2]
    grouped = weights.reshape(groups, inputs // groups, *weights.shape[1:]).swapaxes(1, 2)
    return grouped.reshape(groups * outputs, inputs // groups, *weights.shape[2:])


def _of_linear(name: str, weight: Tensor, picture: tuple[int, ...] | None) -> FilterBank:
    weights = _numbers(weight)
    if picture is not None and len(picture) == 3 and np.prod(picture) == weights.shape[1]:
        return _bank(name, "pictures", weights.reshape(len(weights), *picture))
    return _bank(name, "linear", weights[:, :, None, None])


def _bank(name: str, kind: FilterKind, weights: Floats, groups: int = 1) -> FilterBank:
    """Read-only: the weights may be the network's own."""
    kept = weights.view()
    kept.flags.writeable = False
    return FilterBank(name, kind, kept, groups)


def _numbers(weight: Tensor) -> Floats:
    return np.asarray(weight.detach().float().cpu().numpy(), np.float32)
