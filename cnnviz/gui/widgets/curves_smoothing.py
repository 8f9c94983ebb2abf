"""Exponential moving averages of long rows, a block at a time; what is not finite counts as missing. Free of Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_BLOCK = 64
_NOTHING = 1e-18
"""Added to 1 it changes nothing."""


@dataclass(frozen=True)
class Carry:
    """What an average knows of the values so far: their weighted sum, and the sum of the weights."""

    total: float = 0.0
    weight: float = 0.0


def smoothed(values: Numbers, weight: float, carry: Carry | None = None) -> tuple[Numbers, Carry]:
    """``weight`` (0 … 1, exclusive): of the average so far, the rest is the new value's.

    Corrected for its start, so that the first average is the first value. NaN until there is a finite value. The carry
    goes on with values that come later.
    """
    carry = carry or Carry()
    there = np.isfinite(values)
    totals = _filtered(np.where(there, values, 0.0), weight, carry.total)
    if there.all():
        weights = _full(len(values), weight, carry.weight)
    else:
        weights = _filtered(there.astype(np.float64), weight, carry.weight)
    with np.errstate(invalid="ignore"):
        averages: Numbers = totals / weights
    if not len(values):
        return averages, carry
    return averages, Carry(float(totals[-1]), float(weights[-1]))


def _full(count: int, weight: float, before: float) -> Numbers:
    """The sum of the weights where no value is missing: it nears 1."""
    full = np.ones(count)
    short = count if weight <= 0 else min(count, math.ceil(math.log(_NOTHING) / math.log(weight)))
    full[:short] -= (1 - before) * np.power(weight, np.arange(1, short + 1, dtype=np.float64))
    return full


def _filtered(values: Numbers, weight: float, before: float) -> Numbers:
    """y[i] = weight·y[i − 1] + (1 − weight)·values[i]: within a block as one product of matrices."""
    blocks = np.zeros(-(-len(values) // _BLOCK) * _BLOCK)
    blocks[: len(values)] = values
    blocks = blocks.reshape(-1, _BLOCK)
    ages = np.arange(_BLOCK)[:, None] - np.arange(_BLOCK)
    response = np.where(ages >= 0, (1 - weight) * weight ** np.maximum(ages, 0).astype(np.float64), 0.0)
    within = blocks @ response.T
    decay = weight ** np.arange(1, _BLOCK + 1, dtype=np.float64)
    starts = _starts(within[:, -1], float(decay[-1]), before)
    filtered: Numbers = (within + starts[:, None] * decay).ravel()[: len(values)]
    return filtered


def _starts(ends: Numbers, decay: float, before: float) -> Numbers:
    """The average before each block."""
    starts, average = np.empty(len(ends)), before
    for index, end in enumerate(ends.tolist()):
        starts[index] = average
        average = average * decay + end
    return starts
