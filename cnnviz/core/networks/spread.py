"""A handful of layers that shows a whole network: for a strip, a snapshot, a bench. No torch."""

import math
from collections import Counter
from collections.abc import Sequence

from cnnviz.core.networks.values import LayerInfo


def spread_layers(layers: Sequence[LayerInfo], count: int = 4) -> tuple[str, ...]:
    """A handful from first to last that shows what the network does: convolutions, or a transformer's blocks."""
    drawable = [layer for layer in layers if _has_maps(layer)]
    convolutions = [layer for layer in drawable if layer.kind == "Conv2d"]
    chosen = convolutions if len(convolutions) > 1 else _blocks(drawable) or list(layers)
    steps = range(min(count, len(chosen)))
    return tuple(chosen[step * (len(chosen) - 1) // max(1, len(steps) - 1)].name for step in steps)


def _blocks(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """The calls of the kind that is repeated most; of several, the one that holds the others, which starts first."""
    kinds = Counter(
        layer.kind for layer in layers if layer.parameters and not (layer.leaf or layer.kind == "Sequential")
    )
    repeated = kinds.most_common(1)[0][0] if kinds else ""
    return [layer for layer in layers if layer.kind == repeated]


def _has_maps(layer: LayerInfo) -> bool:
    """Whether it shows pictures; the single cells of squeeze-and-excitation and of the last pool are none."""
    values = math.prod(layer.shape or ())
    return layer.map_axes not in {"vector", ""} and values > layer.channels
