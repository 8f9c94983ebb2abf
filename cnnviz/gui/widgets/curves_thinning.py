"""The lowest and highest of a long row of numbers in each pixel column, whatever the zoom. Free of Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]

BIN = 16
"""Numbers of one level that make one of the next coarser."""

_FINEST = 8
"""Bins a column has at least, but at the finest level: its edges are off by an eighth of a column at most."""


class Extremes:
    """Of a row that only grows. Coarser levels are kept: a million numbers are drawn as fast as ten thousand.

    What is not finite is passed over.
    """

    def __init__(self) -> None:
        self._row = _Growing()
        self._lows: list[_Growing] = [self._row]
        self._highs: list[_Growing] = [self._row]

    def __len__(self) -> int:
        return len(self._row)

    @property
    def values(self) -> Numbers:
        """The row itself; NaN where it is not finite."""
        return self._row.numbers

    def append(self, more: Numbers) -> None:
        """Only what is new, and the last bin of each level, is looked at."""
        self._row.put(len(self), np.where(np.isfinite(more), more, np.nan))
        level = 0
        while len(self._lows[level]) > BIN:
            level += 1
            if level == len(self._lows):
                self._lows.append(_Growing())
                self._highs.append(_Growing())
            _rebin(self._lows[level - 1], self._lows[level], np.fmin)
            _rebin(self._highs[level - 1], self._highs[level], np.fmax)

    def columns(self, edges: Places) -> tuple[Numbers, Numbers]:
        """Lowest and highest between each two neighbours of ``edges`` (rising positions in the row); NaN for none."""
        level = self._level(edges)
        finest = BIN**level
        places = edges // finest
        places[-1] = -(-int(edges[-1]) // finest)
        lows, highs = self._lows[level].numbers, self._highs[level].numbers
        return _reduced(lows, places, np.fmin), _reduced(highs, places, np.fmax)

    def _level(self, edges: Places) -> int:
        """The coarsest that is still fine enough."""
        in_a_column = (edges[-1] - edges[0]) / max(1, len(edges) - 1)
        level = 0
        while level + 1 < len(self._lows) and in_a_column / BIN ** (level + 1) >= _FINEST:
            level += 1
        return level


class _Growing:
    """Numbers in a buffer that doubles when it is full."""

    def __init__(self) -> None:
        self._buffer = np.empty(0)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def numbers(self) -> Numbers:
        return self._buffer[: self._count]

    def put(self, first: int, more: Numbers) -> None:
        """From this place on; what was behind it is written over."""
        count = first + len(more)
        if count > len(self._buffer):
            grown = np.empty(max(count, 2 * len(self._buffer)))
            grown[:first] = self._buffer[:first]
            self._buffer = grown
        self._buffer[first:count] = more
        self._count = count


def _rebin(finer: _Growing, coarser: _Growing, join: np.ufunc) -> None:
    """Whole bins that are known stay; the last one may have grown."""
    whole = max(0, len(coarser) - 1)
    rest = finer.numbers[whole * BIN :]
    coarser.put(whole, join.reduceat(rest, np.arange(0, len(rest), BIN)))


def _reduced(row: Numbers, places: Places, join: np.ufunc) -> Numbers:
    found = np.full(len(places) - 1, np.nan)
    filled = np.flatnonzero(places[1:] > places[:-1])
    if len(filled):
        first, last = int(places[filled[0]]), int(places[-1])
        found[filled] = join.reduceat(row[first:last], places[filled] - first)
    return found
