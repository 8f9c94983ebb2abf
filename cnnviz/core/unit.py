"""The arithmetic behind one number of a feature map, spelled out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Rank:
    """How a unit compares, 1 for the strongest: with the other ``channels`` at its cell, and with all ``units`` of its
    layer. None where its value is NaN.
    """

    here: int | None
    channels: int
    overall: int | None
    units: int


@dataclass(frozen=True, eq=False)
class Patch:
    """What a window covers of its input: ``values`` K×h×w for the K input channels it reads, numbered in ``channels``.

    ``rows`` (h) and ``columns`` (w) are places in the input map that the values are from, −1 in padding with zeros.
    """

    values: Numbers
    channels: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """h×w: which places are in the map, the others being padding."""
        return (self.rows >= 0)[:, None] & (self.columns >= 0)


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """A convolution, transposed or not, or a linear layer: Σ patch × kernel + bias. ``kernel``: K×h×w like the patch.

    A transposed convolution's kernel is laid out as it is stored; places that do not reach the cell read 0 from row −1
    or column −1. A linear layer has one row and column.
    """

    patch: Patch
    kernel: Numbers
    bias: float

    @property
    def products(self) -> Numbers:
        """K×h×w: patch × kernel."""
        products: Numbers = self.patch.values * self.kernel
        return products

    @property
    def terms(self) -> Numbers:
        """K: what each input channel adds."""
        terms: Numbers = self.products.sum(axis=(1, 2))
        return terms

    @property
    def result(self) -> float:
        return float(self.terms.sum() + self.bias)


@dataclass(frozen=True, eq=False)
class Maximum:
    """Max pooling: the largest value of the patch, which has one channel; padding never wins."""

    patch: Patch

    @property
    def winner(self) -> tuple[int, int]:
        """Row and column in the input map of the value that won; the first of equal ones, NaN before all."""
        values = np.where(self.patch.inside, self.patch.values[0], -np.inf)
        y, x = np.unravel_index(np.argmax(values), values.shape)
        return int(self.patch.rows[y]), int(self.patch.columns[x])

    @property
    def result(self) -> float:
        return float(np.max(self.patch.values[0], where=self.patch.inside, initial=-np.inf))


@dataclass(frozen=True, eq=False)
class Average:
    """Average pooling: the sum of the patch, which has one channel, by ``divisor``."""

    patch: Patch
    divisor: int

    @property
    def result(self) -> float:
        return float(self.patch.values.sum() / self.divisor)


@dataclass(frozen=True)
class Normalisation:
    """Batch norm: (input − mean) / √(variance + epsilon) × weight + bias; in training mode mean and variance are those
    of the batch.
    """

    input: float
    mean: float
    variance: float
    epsilon: float
    weight: float
    bias: float

    @property
    def result(self) -> float:
        with np.errstate(invalid="ignore", divide="ignore"):
            deviation = np.sqrt(np.float64(self.variance + self.epsilon))
            return float((self.input - self.mean) / deviation * self.weight + self.bias)


@dataclass(frozen=True)
class Function:
    """An activation function of one number. ``result`` is torch's own answer for ``input``."""

    input: float
    result: float


@dataclass(frozen=True)
class Addition:
    """The sum of the same cell and channel of several maps, as at the end of a residual block."""

    inputs: tuple[float, ...]

    @property
    def result(self) -> float:
        return float(np.sum(self.inputs))


@dataclass(frozen=True)
class Copy:
    """The number is handed on from one of the inputs: a concatenation, dropout while it is off, a flatten.

    ``input``: which of them; ``channel``, ``row`` and ``column`` in it, rows and columns of a vector being 0.
    """

    input: int
    channel: int
    row: int
    column: int
    result: float


Arithmetic = WeightedSum | Maximum | Average | Normalisation | Function | Addition | Copy


@dataclass(frozen=True, eq=False)
class Unit:
    """One number of a layer's output. ``value``: as captured. ``arithmetic``: how it comes about, worked out in double
    precision; None where the layer's kind is not known. ``tolerance``: rounding can make the two differ by this much.
    """

    layer: str
    kind: str
    channel: int
    cell: tuple[int, int]
    value: float
    rank: Rank
    arithmetic: Arithmetic | None = None
    tolerance: float = 0.0

    @property
    def difference(self) -> float | None:
        """Captured minus worked out."""
        return None if self.arithmetic is None else self.value - self.arithmetic.result

    @property
    def agrees(self) -> bool | None:
        """Whether both numbers are the same but for rounding, two NaN included; None where there is only one."""
        if self.arithmetic is None:
            return None
        worked_out = self.arithmetic.result
        same = self.value == worked_out or (np.isnan(self.value) and np.isnan(worked_out))
        return bool(same or abs(self.value - worked_out) <= self.tolerance)
