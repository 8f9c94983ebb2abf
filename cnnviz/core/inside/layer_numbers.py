"""What is measured of a layer's activations, live and over a data set. No torch: the window draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats
from cnnviz.core.inside.histogram import Histogram

Indices = NDArray[np.int32]

NEAR_ZERO = 1e-3
"""A cell counts as zero below this share of the layer's largest |activation|."""

NEAR_BOUND = 0.01
"""A cell is saturated within this share of the function's range from its bound."""

SATURATED_CELLS = 0.95
"""A unit is saturated when at least this share of its cells is."""


@dataclass(frozen=True, eq=False)
class StuckUnits:
    """Channels that are dead or saturated now: for how many measured ``frames`` in a row, and for how long."""

    channels: Indices
    frames: Indices
    seconds: Floats


@dataclass(frozen=True, eq=False)
class LayerNumbers:
    """One layer in one frame. Moments are of the finite cells that were looked at, NaN where there are none.

    ``cells`` of the layer, ``measured`` of them; where those are fewer, everything here is an ``estimate`` from a
    regular grid of cells of every channel. ``not_finite``: NaN or infinite cells among them. ``sparsity``: share of the
    finite cells that count as zero (see NEAR_ZERO). ``dead``: channels whose whole map has one value, or, of one cell,
    is 0. ``saturated``: see SATURATED_CELLS; None for a function without bounds.
    """

    layer: str
    channels: int
    cells: int
    measured: int
    not_finite: int
    histogram: Histogram
    low: float
    high: float
    mean: float
    variance: float
    sparsity: float
    dead: StuckUnits
    saturated: StuckUnits | None

    @property
    def estimate(self) -> bool:
        return self.measured < self.cells

    @property
    def dead_share(self) -> float:
        return len(self.dead.channels) / self.channels

    @property
    def saturated_share(self) -> float | None:
        return None if self.saturated is None else len(self.saturated.channels) / self.channels


@dataclass(frozen=True, eq=False)
class BatchNormNumbers:
    """What a batch norm layer divides by (its running statistics) beside what it is given now, float32 per channel.

    Variances are unbiased, as the running ones are; that of a single value is NaN. ``shift``: the present mean's
    distance from the running one in running standard deviations. ``spread``: present over running standard deviation.
    Both are 0 and 1 where the present input is like the training data.
    """

    layer: str
    running_mean: Floats
    running_variance: Floats
    mean: Floats
    variance: Floats
    shift: Floats
    spread: Floats


@dataclass(frozen=True, eq=False)
class ChannelCorrelation:
    """Pearson's correlation of the maps of ``channels`` (indices, ascending), cell by cell; K×K float32.

    NaN where a map is constant or not finite. ``left_out``: weaker channels (by variance) that found no place.
    ``measured`` of ``cells`` cells a map were compared.
    """

    layer: str
    channels: Indices
    matrix: Floats
    left_out: int
    cells: int
    measured: int

    @property
    def estimate(self) -> bool:
        return self.measured < self.cells


@dataclass(frozen=True, eq=False)
class LayerCensus:
    """Per channel over all pictures (float32, length C), of finite cells, NaN where there were none.

    ``mean``: of the maps' means, and ``deviation`` their standard deviation; ``maximum``: the highest cell, and
    ``strongest`` the number of the picture it is in (−1 where there is none). ``frequency``: share of the pictures in
    which any cell is above 0. ``density``: mean share of cells above 0. ``not_finite``: pictures with NaN or infinite
    cells.
    """

    layer: str
    mean: Floats
    deviation: Floats
    maximum: Floats
    strongest: Indices
    frequency: Floats
    density: Floats
    not_finite: Indices

    @property
    def dead(self) -> Indices:
        """Channels that fired in no picture."""
        return np.flatnonzero(self.frequency == 0).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Census:
    """Every layer over a data set, by name. ``missing``: layers that gave nothing, and why."""

    pictures: int
    layers: Mapping[str, LayerCensus]
    missing: Mapping[str, str]
