"""Whose filters are shown for a selected layer. Free of Qt."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from cnnviz.core.networks.values import ACTIVATIONS, LayerInfo

_SAME_CHANNELS = ACTIVATIONS | {"batchnorm2d", "batchnorm1d", "identity", "dropout", "dropout2d"}
"""Kinds of layer whose channel is the channel of the filter before."""


@dataclass(frozen=True)
class FilterLayer:
    """``layer``: the one with the filters. ``own``: it is the selected one. ``same_channels``: a channel of the
    selected layer is the output of that filter.
    """

    layer: LayerInfo
    own: bool
    same_channels: bool


def has_filters(layer: LayerInfo) -> bool:
    """A convolution or a linear layer with a module of its own."""
    return layer.weight is not None and len(layer.weight) >= 2 and not layer.function


def filter_layer(layers: Mapping[str, LayerInfo], name: str) -> FilterLayer | None:
    """The filters of the layer of this name, or of the nearest layer before it that has some; None where none has.

    Of a block: its last filters.
    """
    selected = layers.get(name)
    if selected is None:
        return None
    waiting = deque([(_last_inside(layers, selected), True)])
    seen: set[str] = set()
    while waiting:
        layer, same = waiting.popleft()
        if layer.name in seen:
            continue
        seen.add(layer.name)
        if has_filters(layer):
            return FilterLayer(layer, layer.name == name, same)
        following = same and layer.kind.lower() in _SAME_CHANNELS and len(layer.inputs) == 1
        waiting.extend((layers[before], following) for before in layer.inputs if before in layers)
    return None


def _last_inside(layers: Mapping[str, LayerInfo], layer: LayerInfo) -> LayerInfo:
    """A leaf itself; of a block the leaf that ran last in it."""
    if layer.leaf:
        return layer
    inside = [each for each in layers.values() if each.leaf and _is_inside(layers, each, layer.name)]
    return max(inside, key=lambda each: each.order, default=layer)


def _is_inside(layers: Mapping[str, LayerInfo], layer: LayerInfo, block: str) -> bool:
    above = layer.parent
    while above in layers and above != block:
        above = layers[above].parent
    return above == block
