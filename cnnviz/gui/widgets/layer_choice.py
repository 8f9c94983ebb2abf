"""Which layers a list of layers offers, and which a strip through the network shows. Free of Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cnnviz.core.networks.values import ACTIVATIONS, LayerInfo


def drawable(layers: Sequence[LayerInfo]) -> tuple[LayerInfo, ...]:
    """Those with something to show, in the order they run."""
    return tuple(layer for layer in layers if layer.channels)


def strip_layers(layers: Sequence[LayerInfo], count: int) -> tuple[str, ...]:
    """``count`` layers spread evenly from first to last: activated maps, or convolutions, or any leaves, whichever
    there are two of.
    """
    leaves = [layer for layer in drawable(layers) if layer.leaf]
    maps = [layer for layer in leaves if layer.map_axes == "chw" and has_maps(layer)]
    activated = [layer for layer in maps if layer.kind.lower() in ACTIVATIONS]
    convolutions = [layer for layer in maps if layer.kind.startswith("Conv")]
    names = [layer.name for layer in next((found for found in (activated, convolutions) if len(found) > 1), leaves)]
    if count >= len(names):
        return tuple(names)
    if count < 2:
        return tuple(names[:count])
    return tuple(names[place * (len(names) - 1) // (count - 1)] for place in range(count))


_PASSES_ON = frozenset({"flatten", "dropout", "dropout2d", "identity"})


def passes_on(layer: LayerInfo) -> bool:
    """In evaluation mode its output is what it takes: its units are those of the layer before."""
    return layer.kind.lower() in _PASSES_ON


def has_maps(layer: LayerInfo) -> bool:
    """It has rows and columns, and not one value per channel."""
    return math.prod(_cells(layer)) > 1


def contents_text(layer: LayerInfo) -> str:
    """What a layer consists of, in words: ``64 maps of 55×55``."""
    if not has_maps(layer):
        return f"{layer.channels} values"
    cells = "×".join(map(str, _cells(layer)))
    return f"{layer.channels} maps of {cells}{' tokens' if layer.map_axes == 'tokens' else ''}"


def _cells(layer: LayerInfo) -> tuple[int, ...]:
    shape = layer.shape or ()
    return {"chw": shape[1:], "hwc": shape[:2], "tokens": shape[:1]}.get(layer.map_axes, ())
