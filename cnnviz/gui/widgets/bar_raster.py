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
    drawn = values[bars_at(columns, count)].astype(np.float32)
    drawn[_gaps(columns, count)] = np.nan
    return drawn


def not_finite_columns(values: NDArray[np.float32], columns: int) -> NDArray[np.bool_]:
    """The pixel columns with a NaN or infinite value; gaps are none of them."""
    broken, count = ~np.isfinite(values), len(values)
    if count > columns:
        return np.logical_or.reduceat(broken, np.arange(columns) * count // columns)
    return broken[bars_at(columns, count)] & ~_gaps(columns, count)


def _gaps(columns: int, count: int) -> NDArray[np.bool_]:
    """The last pixel column of each bar, where bars are wide enough for that."""
    bars = bars_at(columns, count)
    last_of_bar = np.append(bars[1:] != bars[:-1], [True])
    return last_of_bar & (columns // count >= SMALLEST_GAPPED)


def covered(heights: NDArray[np.float32], rows: int, low: float, high: float) -> NDArray[np.bool_]:
    """rows×columns: the pixels between zero and each column's value; ``high`` is the top edge, ``low`` the bottom."""
    scale = rows / (high - low) if high > low else 0.0
    zero, ends = high * scale, (high - np.clip(heights, low, high)) * scale
    top, bottom = np.minimum(zero, ends), np.maximum(zero, ends)
    centres = np.arange(rows, dtype=np.float32)[:, None] + 0.5
    return (centres >= top) & (centres <= bottom)
