"""Bars of thousands of values as an array: one pass of numpy in place of thousands of rectangles. Free of Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST_GAPPED = 4  # pixels a bar needs before a gap beside it reads better than none


def bars_at(columns: int, count: int) -> NDArray[np.intp]:
    """The bar that each pixel column belongs to, from the left; where several share one, the first of them."""
    return np.arange(columns) * count // columns


def column_values(values: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """The value drawn in each pixel column: where several bars share one, the one furthest from zero. Gaps are NaN."""
    count = len(values)
    if count > columns:
        starts = np.arange(columns) * count // columns
        highest, lowest = np.maximum.reduceat(values, starts), np.minimum.reduceat(values, starts)
        return np.where(highest >= -lowest, highest, lowest)
    bars = bars_at(columns, count)
    drawn = values[bars].astype(np.float32)
    if columns // count >= SMALLEST_GAPPED:
        last_of_bar = np.append(bars[1:] != bars[:-1], [True])
        drawn[last_of_bar] = np.nan
    return drawn


def covered(heights: NDArray[np.float32], rows: int, low: float, high: float) -> NDArray[np.bool_]:
    """rows×columns: the pixels between zero and each column's value; ``high`` is the top edge, ``low`` the bottom."""
    scale = rows / (high - low) if high > low else 0.0
    zero, ends = high * scale, (high - np.clip(heights, low, high)) * scale
    top, bottom = np.minimum(zero, ends), np.maximum(zero, ends)
    centres = np.arange(rows, dtype=np.float32)[:, None] + 0.5
    return (centres >= top) & (centres <= bottom)
