"""Every layer through the whole run as one picture: how large its gradient, or its step, was. Free of Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes
from cnnviz.core.rendering.colormaps import GAP, shade
from cnnviz.core.training.run_reader import LayerSeries
from cnnviz.gui.widgets.curves_axis import Axis

Numbers = NDArray[np.float64]
Measure = Literal["gradient_norms", "update_ratios", "silent"]
"""By the name ``LayerSeries`` has for it."""

_SPAN = 1e-8  # of the largest: less is drawn as the least


@dataclass(frozen=True)
class HeatRange:
    """The values drawn darkest and brightest."""

    low: float
    high: float
    log: bool = True


SHARES: Final = HeatRange(0.0, 1.0, log=False)
"""Of what is a part of all."""


def heat_range(values: Numbers) -> HeatRange:
    """From the 1st to the 99th percentile of what is above zero, at least a factor of ten apart."""
    found = np.sort(values[np.isfinite(values) & (values > 0)])  # np.percentile imports half of NumPy first
    if not len(found):
        return HeatRange(1e-4, 1.0)
    low, high = (float(found[round(part * (len(found) - 1))]) for part in (0.01, 0.99))
    low = max(low, high * _SPAN)
    spread = max(1.0, math.sqrt(10 * low / high)) if high < 10 * low else 1.0
    return HeatRange(low / spread, high * spread)


def heat_indices(values: Numbers, scale: HeatRange) -> Bytes:
    """Steps × layers → layers × steps palette places (see ``rendering.colormaps``), the first layer on top.

    GAP where nothing was measured. Zero is drawn as the lowest.
    """
    rows = values.T
    if scale.log:
        indices = shade(np.log10(np.maximum(rows, scale.low)), math.log10(scale.low), math.log10(scale.high))
    else:
        indices = shade(rows, scale.low, scale.high)
    indices[np.isnan(rows)] = GAP
    return indices


def columns_on_view(places: Numbers, across: Axis, count: int) -> NDArray[np.intp]:
    """For each of ``count`` pixel columns the nearest measurement; −1 where none is near."""
    if not len(places):
        return np.full(count, -1, np.intp)
    edges = across.values(np.arange(count + 1) / count)
    centres = across.values((np.arange(count) + 0.5) / count)
    after = np.clip(np.searchsorted(places, centres), 1, max(1, len(places) - 1))
    before = after - 1
    after = np.minimum(after, len(places) - 1)
    nearest = np.where(centres - places[before] <= places[after] - centres, before, after)
    reach = np.maximum(np.diff(edges), 0.75 * float(np.max(np.diff(places), initial=0.0)))
    nearest[np.abs(places[nearest] - centres) > reach] = -1
    return nearest.astype(np.intp)


def layer_values(layers: LayerSeries, measure: Measure) -> Numbers:
    values: Numbers = getattr(layers, measure)
    return values
