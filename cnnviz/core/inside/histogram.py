"""Counts of values between two limits. No torch: the window draws it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats

BINS = 64

_SINGLE_SPANS = 1e-30, 1e38
"""Between them single precision holds each step, and half as many bits are twice as fast."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """``counts`` (int64) of finite values in bins of equal width from ``low`` to ``high``, both included."""

    counts: NDArray[np.int64]
    low: float
    high: float

    @property
    def edges(self) -> NDArray[np.float64]:
        """One more than there are bins."""
        return np.linspace(self.low, self.high, len(self.counts) + 1)


def histogram_of(values: Floats, low: float, high: float, bins: int = BINS) -> Histogram:
    """Of the finite ``values``; those below ``low`` or above ``high`` are counted in the first and the last bin.

    Where ``low`` equals ``high`` the range is widened by half a unit each way, or by as much as float32 can tell apart.
    """
    low, high = float(low), float(high)
    if not low < high:
        margin = max(0.5, abs(low) * 1e-6)
        low, high = low - margin, high + margin
    flat = values.ravel(order="K")  # in the order of memory: no copy, and any order counts the same
    with np.errstate(invalid="ignore"):  # infinity less infinity
        finite = flat if np.isfinite(flat.sum(dtype=np.float64)) else flat[np.isfinite(flat)]
    steps = _steps(finite, low, bins, high - low)
    np.clip(steps, 0, bins - 1, out=steps)
    counts = np.bincount(steps.astype(np.min_scalar_type(bins)), minlength=bins)
    return Histogram(counts.astype(np.int64, copy=False), low, high)


def _steps(values: Floats, low: float, bins: int, span: float) -> NDArray[np.float32] | NDArray[np.float64]:
    """How many bins above ``low``."""
    number = np.float32 if _SINGLE_SPANS[0] < span < _SINGLE_SPANS[1] else np.float64
    steps = np.subtract(values, low, dtype=number)
    steps *= number(bins / span)
    return steps
