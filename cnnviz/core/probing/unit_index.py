"""Where one unit's number stands in a layer's output."""

from __future__ import annotations

from math import isqrt

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import MapAxes

Index = tuple[int | slice, ...]
_BY_DIMENSIONS: dict[int, MapAxes] = {1: "vector", 2: "tokens", 3: "chw"}


def unit_index(shape: tuple[int, ...], channel: int | None, cell: tuple[int, int], map_axes: MapAxes = "") -> Index:
    """The index of a unit in an output of this shape, the batch left out of both; ``channel`` None: of all channels.

    ``map_axes``: as in LayerInfo; "" takes what the number of dimensions suggests.

    Raises:
        LayerError: the output has no such channel or cell.
    """
    axes = map_axes or _BY_DIMENSIONS.get(len(shape), "")
    channels, height, width = _layout(shape, axes)
    y, x = cell
    if channel is not None and not 0 <= channel < channels:
        raise LayerError(f"There is no channel {channel} among {channels}; choose one from 0 to {channels - 1}.")
    if not (0 <= y < height and 0 <= x < width):
        raise LayerError(f"There is no cell ({y}, {x}) in maps of {height}×{width}; choose one inside them.")
    place = slice(None) if channel is None else channel
    token = shape[0] - height * width + y * width + x  # a class token stands before the others
    return {"chw": (place, y, x), "hwc": (y, x, place), "tokens": (token, place), "vector": (place,)}[axes]


def _layout(shape: tuple[int, ...], axes: MapAxes) -> tuple[int, int, int]:
    """Channels, height and width."""
    dimensions = {"chw": 3, "hwc": 3, "tokens": 2, "vector": 1}
    if dimensions.get(axes) != len(shape) or 0 in shape:
        raise LayerError(f"An output of {'×'.join(map(str, shape))} values has no maps; choose a layer that has.")
    if axes == "chw":
        return shape[0], shape[1], shape[2]
    if axes == "hwc":
        return shape[2], shape[0], shape[1]
    if axes == "tokens":
        return shape[1], isqrt(shape[0]), isqrt(shape[0])
    return shape[0], 1, 1
