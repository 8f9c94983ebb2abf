"""A layer at a glance: the map of its strongest channel, small."""

from __future__ import annotations

from torch import Tensor

from cnnviz.core.rendering.maps import draw_maps
from cnnviz.core.rendering.statistics import LayerHistory
from cnnviz.core.views import MapsView, MosaicPicture, VectorPicture


def thumbnail(layer: str, maps: Tensor, side: int) -> MosaicPicture | VectorPicture:
    """The channel with the largest mean absolute activation, in its own range. ``maps``: C×H×W, or C for bars."""
    strongest = int(maps.abs().flatten(1).mean(1).argmax()) if maps.dim() == 3 else None
    chosen = maps if strongest is None else maps[strongest, None]
    return draw_maps(MapsView("", (layer,), (side, side)), layer, chosen, LayerHistory().measure(chosen, 0))
