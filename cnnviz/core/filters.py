"""What the filters of a layer are like: norms, likeness, distribution, frequencies. numpy only."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import LayerError
from cnnviz.core.inside.filters import (
    NEAR_DEAD,
    NEAR_DUPLICATE,
    NEAR_ZERO_WEIGHT,
    FilterBank,
    FilterNumbers,
    FilterOrder,
    FilterSimilarity,
    FilterTravel,
    FrequencyResponse,
    Indices,
)
from cnnviz.core.inside.histogram import BINS, Histogram, histogram_of

_CHUNK = 1 << 22
"""Weights looked at together: the first linear layer of VGG has a hundred million."""

_MOST_PRODUCTS = 1 << 33
"""Of a comparison of all filters with all: about a quarter of a second."""

_FEWEST_DIMENSIONS = 64
_LARGEST_CHAIN = 2048
_LARGEST_MATRIX = 512
_MOST_PAIRS = 1000
_MOST_CANDIDATES = 20_000
_CANDIDATE_MARGIN = 0.05

_Doubles = NDArray[np.float64]


def measure_filters(bank: FilterBank) -> FilterNumbers:
    """Norms, moments, histogram and likeness of all filters: up to a second for the largest layers there are."""
    filters = bank.weights.reshape(bank.outputs, -1)
    l1, l2 = _norms(filters)
    moments = _Moments(filters)
    return FilterNumbers(
        layer=bank.layer,
        l1=l1,
        l2=l2,
        mean=moments.mean,
        deviation=moments.deviation,
        largest=moments.largest,
        sparsity=moments.sparsity(filters),
        not_finite=filters.size - moments.count,
        histogram=moments.histogram(filters),
        near_dead=_near_dead(l2),
        similarity=_similarity(filters, l2),
    )


def filter_order(order: FilterOrder, numbers: FilterNumbers, activation: Floats | None = None) -> Indices:
    """Filters in the order of showing: largest first, NaN last. ``activation``: of each output channel."""
    if order == "similarity" and numbers.similarity is not None:
        return numbers.similarity.order
    if order == "activation" and activation is not None and len(activation) == len(numbers.l2):
        return _falling(activation)
    return _falling(numbers.l2) if order == "norm" else np.arange(len(numbers.l2), dtype=np.int32)


def distance_travelled(bank: FilterBank, start: FilterBank) -> FilterTravel:
    """From where each filter was at the start to where it is now.

    Raises:
        LayerError: the two are not the same layer: their weights have other shapes.
    """
    _, distance = _norms(difference(bank, start).weights.reshape(bank.outputs, -1))
    _, norm = _norms(start.weights.reshape(start.outputs, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = (distance / norm).astype(np.float32)
    return FilterTravel(bank.layer, distance, relative, _falling(distance))


def difference(bank: FilterBank, start: FilterBank) -> FilterBank:
    """What was added to each weight since the start.

    Raises:
        LayerError: their weights have other shapes.
    """
    if bank.weights.shape != start.weights.shape:
        now, before = ("×".join(map(str, each.weights.shape)) for each in (bank, start))
        raise LayerError(
            f'The weights of "{bank.layer}" are {now} now and were {before}: only filters of one shape can be compared.'
        )
    return FilterBank(bank.layer, bank.kind, bank.weights - start.weights, bank.groups)


def frequency_response(kernel: Floats, size: int = 32) -> FrequencyResponse:
    """The magnitude of a kernel's (height × width) Fourier transform at ``size`` frequencies each way."""
    padded = max(size, *kernel.shape)
    transform = np.fft.fft2(np.asarray(kernel, np.float64), s=(padded, padded))
    frequencies = np.fft.fftshift(np.fft.fftfreq(padded))
    return FrequencyResponse(np.abs(np.fft.fftshift(transform)).astype(np.float32), frequencies.astype(np.float32))


# -------------------------------------------------------------------------------------------------- norms and moments


def _chunks(filters: Floats) -> Iterator[tuple[slice, Floats]]:
    rows = max(1, _CHUNK // max(1, filters.shape[1]))
    for first in range(0, len(filters), rows):
        part = slice(first, first + rows)
        yield part, filters[part]


def _norms(filters: Floats) -> tuple[Floats, Floats]:
    """L1 and L2 of each row, added up in double precision."""
    l1, l2 = np.zeros(len(filters), np.float32), np.zeros(len(filters), np.float32)
    for part, weights in _chunks(filters):
        l1[part] = np.abs(weights).sum(1, dtype=np.float64)
        l2[part] = np.sqrt(np.square(weights, dtype=np.float64).sum(1))
    return l1, l2


class _Moments:
    """Of all finite weights; NaN where there are none."""

    def __init__(self, filters: Floats) -> None:
        parts = [_finite(weights) for _, weights in _chunks(filters)]
        parts = [part for part in parts if part.size]
        self.count = sum(part.size for part in parts)
        if not self.count:
            self.mean = self.deviation = self.largest = self.low = self.high = math.nan
            return
        self.mean = sum(float(part.sum(dtype=np.float64)) for part in parts) / self.count
        squares = sum(float(np.square(part - self.mean, dtype=np.float64).sum()) for part in parts)
        self.deviation = math.sqrt(squares / self.count)
        self.low, self.high = min(float(part.min()) for part in parts), max(float(part.max()) for part in parts)
        self.largest = max(abs(self.low), abs(self.high))

    def sparsity(self, filters: Floats) -> float:
        if not self.count:
            return math.nan
        limit = NEAR_ZERO_WEIGHT * self.largest
        zeros = sum(int((np.abs(weights) <= limit).sum()) for _, weights in _chunks(filters))
        return zeros / self.count

    def histogram(self, filters: Floats) -> Histogram:
        if not self.count:
            return histogram_of(np.zeros(0, np.float32), 0.0, 0.0)
        parts = [histogram_of(weights, self.low, self.high) for _, weights in _chunks(filters)]
        counts = np.sum([part.counts for part in parts], axis=0).reshape(BINS)
        return Histogram(counts, parts[0].low, parts[0].high)


def _finite(weights: Floats) -> Floats:
    """A view where all are."""
    finite = np.isfinite(weights)
    return weights if finite.all() else weights[finite]


def _near_dead(norms: Floats) -> Indices:
    known = norms[np.isfinite(norms)]
    if not known.size:
        return np.zeros(0, np.int32)
    with np.errstate(invalid="ignore"):
        weak = np.flatnonzero(norms <= NEAR_DEAD * float(np.median(known)))
    return weak[np.argsort(norms[weak], kind="stable")].astype(np.int32)


def _falling(values: Floats) -> Indices:
    return np.argsort(-values, kind="stable").astype(np.int32)


# ----------------------------------------------------------------------------------------------------------- likeness


def _similarity(filters: Floats, norms: Floats) -> FilterSimilarity | None:
    count, dimensions = filters.shape
    affordable = _MOST_PRODUCTS // max(1, count * count)
    if count < 2 or dimensions < 2 or affordable < min(dimensions, _FEWEST_DIMENSIONS):
        return None
    step = -(-dimensions // affordable)
    directions = _directions(filters[:, ::step])
    search = _Search(directions, NEAR_DUPLICATE - (_CANDIDATE_MARGIN if step > 1 else 0))
    pairs, cosines = _duplicates(filters, norms, search)
    matrix = search.matrix()
    return FilterSimilarity(
        nearest=search.nearest,
        cosine=search.cosine,
        duplicates=pairs[:_MOST_PAIRS],
        duplicate_cosine=cosines[:_MOST_PAIRS],
        duplicate_count=len(pairs),
        matrix=matrix if matrix is not None and count <= _LARGEST_MATRIX else None,
        order=_falling(search.cosine) if matrix is None else _chain(matrix, norms),
        estimate=step > 1,
    )


def _directions(filters: Floats) -> Floats:
    """Filters of length 1; NaN where there is no direction."""
    values = np.ascontiguousarray(filters, np.float32)
    length = np.sqrt(np.square(values, dtype=np.float64).sum(1, keepdims=True)).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        directions = values / length
    directions[~np.isfinite(directions).all(1)] = np.nan
    return np.asarray(directions, np.float32)


class _Search:
    """Compares all filters with all, a block of them at a time. ``pairs``: those at or above the threshold, N×2."""

    def __init__(self, directions: Floats, threshold: float) -> None:
        self._known = ~np.isnan(directions[:, 0])
        self._directions = np.where(self._known[:, None], directions, 0)
        self.nearest = np.full(len(directions), -1, np.int32)
        self.cosine = np.full(len(directions), np.nan, np.float32)
        pairs = [self._block(rows, threshold) for rows in self._blocks()]
        self.pairs: Indices = np.concatenate(pairs).astype(np.int32)

    def matrix(self) -> Floats | None:
        """None where there are too many filters."""
        if len(self._directions) > _LARGEST_CHAIN:
            return None
        cosines = np.clip(self._directions @ self._directions.T, -1, 1)
        cosines[~self._known] = cosines[:, ~self._known] = np.nan
        np.fill_diagonal(cosines, np.where(self._known, 1, np.nan))
        return np.asarray(cosines, np.float32)

    def _blocks(self) -> Iterator[NDArray[np.intp]]:
        size = max(1, _CHUNK // len(self._directions))
        for first in range(0, len(self._directions), size):
            yield np.arange(first, min(first + size, len(self._directions)))

    def _block(self, rows: NDArray[np.intp], threshold: float) -> NDArray[np.intp]:
        cosines = np.clip(self._directions[rows] @ self._directions.T, -1, 1)
        cosines[:, ~self._known] = -2
        cosines[np.arange(len(rows)), rows] = -2
        best = cosines.argmax(1)
        found = self._known[rows] & (cosines[np.arange(len(rows)), best] > -2)
        self.nearest[rows] = np.where(found, best, -1)
        self.cosine[rows] = np.where(found, cosines[np.arange(len(rows)), best], np.nan)
        alike = (cosines >= threshold) & self._known[rows, None]
        first, second = np.nonzero(alike)
        later = second > rows[first]
        return np.stack([rows[first[later]], second[later]], axis=1)


def _duplicates(filters: Floats, norms: Floats, search: _Search) -> tuple[Indices, Floats]:
    """Pairs that are nearly the same in all of their weights, the most similar first."""
    pairs = search.pairs[:_MOST_CANDIDATES]
    products = np.array([np.dot(filters[first], filters[second]) for first, second in pairs], np.float64)
    lengths = norms[pairs[:, 0]].astype(np.float64) * norms[pairs[:, 1]]
    cosines = np.clip(products / lengths, -1, 1).astype(np.float32)
    kept = cosines >= NEAR_DUPLICATE
    pairs, cosines = pairs[kept], cosines[kept]
    order = np.argsort(-cosines, kind="stable")
    return pairs[order], cosines[order]


def _chain(matrix: Floats, norms: Floats) -> Indices:
    """From the strongest filter always on to the most similar one that is left; those without direction last."""
    left = ~np.isnan(np.diagonal(matrix))
    chain = []
    present = int(np.argmax(np.where(left, norms, -1)))
    while left.any():
        chain.append(present)
        left[present] = False
        present = int(np.argmax(np.where(left, matrix[present], -2)))
    rest = np.flatnonzero(np.isnan(np.diagonal(matrix)))
    return np.concatenate([np.array(chain, np.int32), rest.astype(np.int32)])
