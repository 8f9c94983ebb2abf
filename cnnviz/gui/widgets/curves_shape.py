"""From a curve's numbers to what is drawn of them in a plot: points where they are few, columns where many. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.gui.widgets.curves_axis import Axis
from cnnviz.gui.widgets.curves_thinning import Extremes

Numbers = NDArray[np.float64]

DENSE = 1
"""Points a pixel column from which on its lowest and highest are drawn instead."""


@dataclass(frozen=True, eq=False)
class Points:
    """In fractions of the plot, from the left and from the bottom; only those that have a place."""

    x: Numbers
    y: Numbers


@dataclass(frozen=True, eq=False)
class Columns:
    """``low`` and ``high``: of each pixel column, as fractions of the height; NaN where it has none."""

    low: Numbers
    high: Numbers


def shape_of(places: Numbers, row: Extremes, across: Axis, upwards: Axis, columns: int) -> Points | Columns:
    """``places``: rising, one for each number of ``row``. What is beside the plot is left out but for neighbours."""
    first = max(0, int(np.searchsorted(places, across.low)) - 1)
    last = min(len(row), int(np.searchsorted(places, across.high, side="right")) + 1)
    if last - first > DENSE * columns:
        return _columns(places, row, across, upwards, columns)
    x, y = across.fractions(places[first:last]), upwards.fractions(row.values[first:last])
    there = np.isfinite(x) & np.isfinite(y)
    return Points(x[there], y[there])


def _columns(places: Numbers, row: Extremes, across: Axis, upwards: Axis, columns: int) -> Columns:
    edges = across.values(np.linspace(0, 1, columns + 1))
    indices = np.searchsorted(places, edges)
    indices[-1] = np.searchsorted(places, edges[-1], side="right")
    low, high = row.columns(indices.astype(np.intp))
    return Columns(upwards.fractions(low), upwards.fractions(high))


def covered(columns: Columns, rows: int) -> NDArray[np.bool_]:
    """rows×columns, the top row first: the pixels that the columns cover, each joined to the one before it."""
    low, high = columns.low.copy(), columns.high.copy()
    both = np.isfinite(low[1:]) & np.isfinite(low[:-1])
    low[1:] = np.where(both, np.minimum(low[1:], columns.high[:-1]), low[1:])
    high[1:] = np.where(both, np.maximum(high[1:], columns.low[:-1]), high[1:])
    with np.errstate(invalid="ignore"):
        top = np.floor((1 - high) * rows - 0.5)
        bottom = np.maximum(np.ceil((1 - low) * rows - 0.5), top + 1)
        lines = np.arange(rows)[:, None]
        return (lines >= top) & (lines < bottom)


def middles(columns: Columns) -> Points:
    """A line through the middles of the columns."""
    count = len(columns.low)
    there = np.flatnonzero(np.isfinite(columns.low) & np.isfinite(columns.high))
    return Points((there + 0.5) / count, (columns.low[there] + columns.high[there]) / 2)


def value_range(places: Numbers, row: Extremes, across: Axis, *, positive: bool) -> tuple[float, float] | None:
    """The lowest and highest on view; ``positive``: of those above zero. None for none."""
    first = int(np.searchsorted(places, across.low))
    last = int(np.searchsorted(places, across.high, side="right"))
    if last <= first:
        return None
    low, high = (float(each[0]) for each in row.columns(np.array([first, last], np.intp)))
    if positive and low <= 0:
        values = row.values[first:last]
        low = float(np.min(values[values > 0], initial=np.inf))
    return (low, high) if np.isfinite(low) and np.isfinite(high) and low <= high else None
