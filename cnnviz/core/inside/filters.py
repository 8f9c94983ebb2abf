"""Filters of a layer, what is measured of them, and their pictures: frozen values. No torch: the window shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats, Size
from cnnviz.core.inside.histogram import Histogram
from cnnviz.core.rendering.layout import MosaicLayout

Indices = NDArray[np.int32]

FilterKind = Literal["convolution", "transposed", "depthwise", "pointwise", "linear", "pictures"]
"""pictures: a linear layer behind a flatten, whose weights for each output are C maps of H×W. pointwise: 1×1."""

FilterArrangement = Literal["filters", "sheet", "output", "input"]
"""filters: one tile per filter (three inputs as a colour picture). sheet: a row per output and a column per input.
output: all kernels of one filter. input: all kernels that read one input channel.
"""

FilterScale = Literal["filter", "layer"]
"""Whose largest |weight| is the end of the range: each filter's own, or the whole layer's."""

FilterOrder = Literal["index", "norm", "similarity", "activation"]

COLOURS = 3
"""Inputs of a layer whose filters are shown as colour pictures."""

NEAR_DEAD = 0.1
"""A filter is nearly dead when its norm is at most this share of the layer's median norm."""

NEAR_DUPLICATE = 0.95
"""Two filters are nearly the same when the cosine of the angle between them is at least this."""

NEAR_ZERO_WEIGHT = 1e-2
"""A weight counts as zero below this share of the layer's largest |weight|."""


@dataclass(frozen=True, eq=False)
class FilterBank:
    """``weights``: float32 outputs × inputs × height × width. With groups the inputs are those of one group: output
    o's kernel i reads channel ``inputs·⌊o / (outputs / groups)⌋ + i``.
    """

    layer: str
    kind: FilterKind
    weights: Floats
    groups: int = 1

    @property
    def outputs(self) -> int:
        return int(self.weights.shape[0])

    @property
    def inputs(self) -> int:
        """That each output reads."""
        return int(self.weights.shape[1])

    @property
    def kernel(self) -> Size:
        return int(self.weights.shape[2]), int(self.weights.shape[3])

    @property
    def coloured(self) -> bool:
        """Whether a filter can be shown as a colour picture."""
        return self.inputs == COLOURS and self.groups == 1 and self.kernel != (1, 1)

    @property
    def arrangement(self) -> FilterArrangement:
        """The natural one."""
        return "filters" if self.coloured or self.inputs == 1 else "sheet"


@dataclass(frozen=True, eq=False)
class FilterSimilarity:
    """Cosines of the angles between filters. ``nearest``: each filter's most similar other one (−1 where it has no
    direction: all zero, or not finite), and ``cosine`` theirs. ``duplicates``: pairs (N×2, the most similar first)
    whose cosine is at least NEAR_DUPLICATE; the first of ``duplicate_count``. ``matrix``: all with all, None where
    there are too many. ``order``: each filter behind one it is similar to.

    ``estimate``: ``nearest``, ``cosine`` and ``order`` are from a part of the weights, and pairs may be missing.
    """

    nearest: Indices
    cosine: Floats
    duplicates: Indices
    duplicate_cosine: Floats
    duplicate_count: int
    matrix: Floats | None
    order: Indices
    estimate: bool


@dataclass(frozen=True, eq=False)
class FilterNumbers:
    """``l1`` and ``l2``: norms per filter. ``mean``, ``deviation``, ``largest`` (|weight|), ``sparsity`` (share that
    counts as zero) and ``histogram`` are of all finite weights. ``near_dead``: filters, weakest first. ``similarity``:
    None where a filter is a single number, or there are too many filters to compare.
    """

    layer: str
    l1: Floats
    l2: Floats
    mean: float
    deviation: float
    largest: float
    sparsity: float
    not_finite: int
    histogram: Histogram
    near_dead: Indices
    similarity: FilterSimilarity | None


@dataclass(frozen=True, eq=False)
class FilterTravel:
    """How far each filter is from where it started: ``distance`` (L2), and ``relative`` to its norm at the start.

    ``order``: filters, the farthest first.
    """

    layer: str
    distance: Floats
    relative: Floats
    order: Indices


@dataclass(frozen=True, eq=False)
class FrequencyResponse:
    """``magnitude``: n×n, how much a kernel passes of each frequency; ``frequencies`` (n) along both sides in cycles
    per cell, from −½, 0 in the middle.
    """

    magnitude: Floats
    frequencies: Floats


@dataclass(frozen=True)
class FiltersView:
    """What the filters dock wants to see. ``size``: the picture's height and width in device pixels.

    ``channel``: the output or input that the arrangements of these names show. ``page``: (down, across), from 0; beyond
    the last is the last. ``cell``: a weight has at least this many pixels each way; what then finds no place is on
    other pages. ``colour``: show colour pictures where the layer has them; ``background``: what is around them, in RGB.
    ``since_start``: what was added to the weights since a run began in their place, where there is such a start.
    """

    size: Size
    arrangement: FilterArrangement | None = None
    channel: int = 0
    page: tuple[int, int] = (0, 0)
    scale: FilterScale = "layer"
    cell: int = 4
    colour: bool = True
    background: tuple[int, int, int] = (24, 24, 24)
    since_start: bool = False


@dataclass(frozen=True)
class FilterWeight:
    """One weight under the pointer. ``values``: one, or red, green and blue. ``input`` None: all of them."""

    output: int
    input: int | None
    row: int
    column: int
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class FilterSheet:
    """One page of filters, drawn. ``layout.channels`` are places in ``kernels``.

    ``pixels``: h×w palette indices of signed values, or h×w×3 RGB where ``colour``; in RGB zero is mid-grey.
    ``kernels``: (output, input channel) of each tile, −1 for all inputs. ``values``: float32 tiles × planes × height ×
    width. ``limits``: each tile's range is ±limit. ``page`` of ``pages``: (down, across).
    """

    layer: str
    arrangement: FilterArrangement
    colour: bool
    layout: MosaicLayout
    pixels: Bytes
    kernels: Indices
    values: Floats
    limits: Floats
    page: tuple[int, int]
    pages: tuple[int, int]

    def weight_at(self, y: int, x: int) -> FilterWeight | None:
        """The weight that a pixel shows; None between tiles."""
        found = self.layout.cell_at(y, x)
        if found is None:
            return None
        tile, row, column = found
        output, read = (int(index) for index in self.kernels[tile])
        values = tuple(float(value) for value in self.values[tile, :, row, column])
        return FilterWeight(output, None if read < 0 else read, row, column, values)
