"""Receptive fields along one axis: exact arithmetic on spans of pixels, without torch.

Two things are kept of every map. ``pattern`` and ``step`` say what its cells would see if pictures and padding never
ended: that is the textbook's size, stride and offset, and it stays exact behind transposed convolutions and upsampling,
where neighbouring cells see different amounts. ``first`` and ``end`` say what every real cell does see of the picture:
less at the borders, by more than cutting off the padding (dilated taps step over it, strides leave a rest unseen).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
"""First pixel and the one after the last."""

Stride = int | Fraction
"""Pixels from one cell's field to the next one's; a fraction behind upsampling."""

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

_Pattern = tuple[Span | None, ...]


@dataclass(frozen=True)
class Taps:
    """Which input cells an output cell reads along one axis.

    Output cell ``i`` reads ``table[i]``, and cell ``i + len(table)`` the same moved on by ``step`` cells. All ranges
    have one step (the dilation). With ``padding_mode`` "zeros" taps outside the map read nothing of the picture.
    """

    table: tuple[range, ...]
    step: int
    padding_mode: PaddingMode = "zeros"


@dataclass(frozen=True)
class AxisField:
    """What every cell of a map sees along one axis of the picture, which has ``input_size`` pixels.

    ``pattern``: the spans of the first cells, padding counted as picture; cell ``i + len(pattern)`` sees cell i's span
    moved by ``step``. None: such a cell sees nothing. ``first`` and ``end``: for each real cell the span it sees of the
    picture; ``first >= end`` where it sees padding only. ``whole``: cells see the picture from edge to edge, whatever
    its size.
    """

    pattern: _Pattern
    step: int
    first: tuple[int, ...]
    end: tuple[int, ...]
    input_size: int
    whole: bool = False

    @classmethod
    def of_input(cls, size: int) -> Self:
        """Of the network's input: every pixel sees itself."""
        return cls(((0, 1),), 1, tuple(range(size)), tuple(range(1, size + 1)), size)

    @property
    def count(self) -> int:
        """Cells of the map."""
        return len(self.first)

    @property
    def size(self) -> int:
        """Pixels of the largest field, padding counted; the picture's where cells see it whole."""
        return max((end - first for first, end in filter(None, self.pattern)), default=0)

    @property
    def stride(self) -> Stride:
        """Pixels from a cell's field to its neighbour's; their average where they vary."""
        stride = Fraction(self.step, len(self.pattern))
        return stride.numerator if stride.denominator == 1 else stride

    @property
    def offset(self) -> int:
        """First pixel of cell 0's field; negative where it begins in padding."""
        return next((first for first, _ in filter(None, self.pattern)), 0)

    def span(self, cell: int) -> Span | None:
        """What ``cell`` sees if padding is counted as picture."""
        group, place = divmod(cell, len(self.pattern))
        return _moved(self.pattern[place], group * self.step)

    def visible(self, cell: int) -> Span | None:
        """The pixels of the picture that ``cell`` really sees; None where it sees padding only."""
        first, end = self.first[cell], self.end[cell]
        return (first, end) if first < end else None

    def through(self, taps: Taps, count: int) -> AxisField:
        """The fields of ``count`` cells, each of which reads cells of this map."""
        first, end = self._visible_through(taps, count)
        pattern, step = (self.pattern, self.step) if self.whole else self._pattern_through(taps)
        return AxisField(pattern, step, first, end, self.input_size, self.whole)

    def gathered(self, count: int = 1) -> AxisField:
        """The fields of ``count`` cells, each of which reads every cell of this map: the whole picture."""
        first, end = min(self.first, default=self.input_size), max(self.end, default=0)
        return AxisField(((0, self.input_size),), 0, (first,) * count, (end,) * count, self.input_size, whole=True)

    def repeated(self, count: int) -> AxisField:
        """The fields of ``count`` cells that all read this map's only cell."""
        return self if count == self.count else self.through(Taps((range(1),), 0), count)

    def _pattern_through(self, taps: Taps) -> tuple[_Pattern, int]:
        period = len(self.pattern)
        turns = period // gcd(period, taps.step)
        reads = [(turn * taps.step, _outermost(cells, period)) for turn in range(turns) for cells in taps.table]
        spans = [_hull(self.span(move + cell) for cell in cells) for move, cells in reads]
        return _shortest(spans, taps.step * turns // period * self.step)

    def _visible_through(self, taps: Taps, count: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        cells, there = _cells_read(taps, count)
        cells, there = _inside(cells, there, self.count, taps.padding_mode)
        first = np.where(there, np.asarray(self.first)[cells], self.input_size).min(axis=1)
        end = np.where(there, np.asarray(self.end)[cells], 0).max(axis=1)
        return tuple(first.tolist()), tuple(end.tolist())


def hull(fields: Iterable[AxisField]) -> AxisField:
    """What cells see that read the same cell of several maps; a map of one cell is read by all of them."""
    return reduce(_joined, dict.fromkeys(fields))


def _joined(one: AxisField, other: AxisField) -> AxisField:
    count = max(one.count, other.count)
    one, other = one.repeated(count), other.repeated(count)
    pattern, step = _joined_patterns(one, other, count)
    return AxisField(
        pattern,
        step,
        tuple(map(min, one.first, other.first)),
        tuple(map(max, one.end, other.end)),
        one.input_size,
        one.whole or other.whole,
    )


def _joined_patterns(one: AxisField, other: AxisField, count: int) -> tuple[_Pattern, int]:
    if one.whole or other.whole:
        return ((0, one.input_size),), 0
    in_step = one.step * len(other.pattern) == other.step * len(one.pattern)
    period = lcm(len(one.pattern), len(other.pattern)) if in_step else count  # no rule holds: each real cell is listed
    spans = [_hull((one.span(cell), other.span(cell))) for cell in range(period)]
    return _shortest(spans, max(round(period * field.step / len(field.pattern)) for field in (one, other)))


# --------------------------------------------------------------------------------------------------------------- spans


def _moved(span: Span | None, by: int) -> Span | None:
    return span and (span[0] + by, span[1] + by)


def _hull(spans: Iterable[Span | None]) -> Span | None:
    seen = [span for span in spans if span]
    return (min(first for first, _ in seen), max(end for _, end in seen)) if seen else None


def _shortest(spans: Sequence[Span | None], step: int) -> tuple[_Pattern, int]:
    """The same pattern with as few spans as say it."""
    period = len(spans)
    for shorter in (length for length in range(1, period) if period % length == 0 and step * length % period == 0):
        move = step * shorter // period
        if all(spans[cell + shorter] == _moved(spans[cell], move) for cell in range(period - shorter)):
            return tuple(spans[:shorter]), move
    return tuple(spans), step


# ---------------------------------------------------------------------------------------------------------------- taps


def _outermost(cells: range, period: int) -> Sequence[int]:
    """Those that can reach farthest: spans only move on from one period to the next."""
    return cells if len(cells) <= 2 * period else (*cells[:period], *cells[-period:])


def _cells_read(taps: Taps, count: int) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Per output cell the cells it reads, and which of them it does read: rows are as long as the longest."""
    group, place = np.divmod(np.arange(count), len(taps.table))
    starts, lengths = (
        np.array(part) for part in zip(*((cells.start, len(cells)) for cells in taps.table), strict=True)
    )
    tap = np.arange(max(1, lengths.max()))
    cells = (starts[place] + group * taps.step)[:, None] + tap * taps.table[0].step
    return cells, tap < lengths[place][:, None]


def _inside(
    cells: NDArray[np.intp], there: NDArray[np.bool_], count: int, mode: PaddingMode
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The cells of the map that taps outside it read, and which read any."""
    last = count - 1
    if mode == "circular":
        return cells % count, there
    if mode == "reflect":
        cells = np.abs(cells)
        cells = np.where(cells > last, 2 * last - cells, cells)
    if mode == "zeros":
        there = there & (cells >= 0) & (cells <= last)
    return cells.clip(0, last), there
