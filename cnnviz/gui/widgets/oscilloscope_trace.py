"""What pinned units said over the last seconds. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats
from cnnviz.core.views import Probe

LONGEST_SECONDS = 30.0
_ROWS = 2400  # more than thirty seconds hold at any paint rate


class UnitTraces:
    """A ring of moments, each with the value of every unit; NaN where there was none.

    ``not_finite``: how many values of each unit were NaN or infinite.
    """

    def __init__(self) -> None:
        self.units: tuple[Probe, ...] = ()
        self.not_finite: dict[Probe, int] = {}
        self.clear()

    def clear(self) -> None:
        """Forgets all moments and counts, and keeps the units."""
        self._times = np.zeros(_ROWS)
        self._values = np.full((_ROWS, len(self.units)), np.nan, np.float32)
        self._rows = 0
        self.not_finite = dict.fromkeys(self.units, 0)

    def set_units(self, units: Sequence[Probe]) -> None:
        """Those that stay keep their past; new ones have none."""
        values = np.full((_ROWS, len(units)), np.nan, np.float32)
        for place, unit in enumerate(units):
            if unit in self.units:
                values[:, place] = self._values[:, self.units.index(unit)]
        self.units, self._values = tuple(units), values
        self.not_finite = {unit: self.not_finite.get(unit, 0) for unit in units}

    def append(self, time: float, values: Mapping[Probe, float | None]) -> None:
        """None: no such unit now. The same moment again is another drawing of its frame; an earlier one is late."""
        last = self._times[(self._rows - 1) % _ROWS] if self._rows else -np.inf
        if time < last:
            return
        again = time == last
        place = (self._rows - again) % _ROWS
        self._count(values, self._values[place] if again else None)
        row = [values.get(unit) for unit in self.units]
        self._times[place] = time
        self._values[place] = [np.nan if value is None else value for value in row]
        self._rows += not again

    def _count(self, values: Mapping[Probe, float | None], before: Floats | None) -> None:
        for place, unit in enumerate(self.units):
            value = values.get(unit)
            new = before is None or np.isnan(before[place])
            if new and value is not None and not np.isfinite(value):
                self.not_finite[unit] += 1

    def lines(self, seconds: float = LONGEST_SECONDS) -> tuple[NDArray[np.float64], Floats]:
        """Times (n) and values (n×units) of the last ``seconds``; infinite values are there as such."""
        places = np.arange(max(0, self._rows - _ROWS), self._rows) % _ROWS
        times = self._times[places]
        recent = places[times >= times[-1] - seconds] if len(places) else places
        return self._times[recent], self._values[recent]


_SMALLEST_SPAN = 1e-30
"""Below, the steps of a scale cannot be told apart any more."""


def nice_range(low: float, high: float) -> tuple[float, float]:
    """A range of round numbers around ``low`` to ``high``, wider than nothing."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    span = max(high - low, _SMALLEST_SPAN) if high != low else abs(high) or 1.0
    step = _round_step(span / 4)
    return float(np.floor(low / step) * step), float(np.ceil(high / step + (high == low)) * step)


def steady_range(before: tuple[float, float] | None, low: float, high: float) -> tuple[float, float]:
    """``nice_range``, but the one before as long as the values fill a good part of it: a scale that jumps cannot be
    read.
    """
    if before is not None and before[0] <= low and high <= before[1] and high - low >= 0.4 * (before[1] - before[0]):
        return before
    return nice_range(low, high)


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, not smaller than ``step``."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9)))
