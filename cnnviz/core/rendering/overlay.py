"""One feature map laid over the picture it was computed from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.rendering.colormaps import NOT_FINITE, apply_palette, shade

Region = tuple[float, float, float, float]


def overlay_map(
    picture: Bytes, values: Floats, seen: Region, colours: Bytes, *, low: float, high: float, strength: float
) -> Bytes:
    """``picture`` (H×W×3 RGB) with a map's ``values`` (h×w) in ``colours`` over the region ``seen``.

    ``seen``: (top, left, bottom, right) in fractions of the picture; it may pass the edges. The map is enlarged by
    linear interpolation between cell centres, or averaged where it has more cells than pixels. ``low`` to ``high`` are
    the first to the last shade. ``strength`` 0 leaves the picture, 1 hides it. Cells that are not finite have their own
    colour.
    """
    height, width = picture.shape[:2]
    rows, row_edges = _covered(height, seen[0], seen[2])
    columns, column_edges = _covered(width, seen[1], seen[3])
    result = picture.copy()
    if not result[rows, columns].size or not values.size:
        return result
    indices = _enlarged_shades(values, row_edges, column_edges, low, high)
    result[rows, columns] = _blend(picture[rows, columns], apply_palette(indices, colours), strength)
    return result


def _covered(pixels: int, start: float, end: float) -> tuple[slice, NDArray[np.float64]]:
    """The pixels whose centre lies inside, and where their edges fall in fractions of the map."""
    span = end - start
    if span <= 0:
        return slice(0, 0), np.zeros(0)
    first = max(0, int(np.ceil(start * pixels - 0.5)))
    stop = min(pixels, int(np.ceil(end * pixels - 0.5)))
    edges = (np.arange(first, max(first, stop) + 1) / pixels - start) / span
    return slice(first, max(first, stop)), edges


def _enlarged_shades(
    values: Floats, row_edges: NDArray[np.float64], column_edges: NDArray[np.float64], low: float, high: float
) -> Bytes:
    rows = _weights(row_edges, values.shape[0])
    columns = _weights(column_edges, values.shape[1])
    finite = np.isfinite(values)
    enlarged = rows @ np.where(finite, values, 0) @ columns.T
    shades = shade(enlarged.astype(np.float32), low, high)
    if not finite.all():
        touched = rows @ (~finite).astype(np.float32) @ columns.T > 0
        shades[touched] = NOT_FINITE
    return shades


def _weights(edges: NDArray[np.float64], cells: int) -> Floats:
    """pixels×cells: how much of each cell is in a pixel; each row sums to 1."""
    starts, ends = edges[:-1, None] * cells, edges[1:, None] * cells
    if np.any(ends - starts >= 1):
        return _area_weights(starts.clip(0, cells), ends.clip(0, cells), cells)
    centres = ((starts + ends) / 2 - 0.5).clip(0, cells - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(centres - np.arange(cells))), np.float32)


def _area_weights(starts: NDArray[np.float64], ends: NDArray[np.float64], cells: int) -> Floats:
    cell = np.arange(cells)
    overlap = np.clip(np.minimum(ends, cell + 1) - np.maximum(starts, cell), 0, None)
    return np.asarray(overlap / overlap.sum(axis=1, keepdims=True), np.float32)


def _blend(below: Bytes, above: Bytes, strength: float) -> Bytes:
    """In float32: 8-bit products wrap."""
    share = np.float32(min(1.0, max(0.0, strength)))
    mixed = below.astype(np.float32) * (1 - share) + above.astype(np.float32) * share
    return np.rint(mixed).astype(np.uint8)
