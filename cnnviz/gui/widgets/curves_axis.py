"""An axis: values to places and back, on a linear or logarithmic scale, and where its labels stand. Free of Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Unit = Literal["number", "percent", "seconds"]

_STEPS = (1.0, 2.0, 5.0)
_TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)
_LARGE, _HUGE = 1e5, 1e12  # from the first on with a letter, from the second on, which no letter is for, as a power
_NARROWEST = 1e-9  # of the larger end


@dataclass(frozen=True)
class Axis:
    """From ``low`` to ``high``, which are both above 0 on a logarithmic one."""

    low: float
    high: float
    log: bool = False
    unit: Unit = "number"

    def fractions(self, values: Numbers) -> Numbers:
        """0 at ``low``, 1 at ``high``; NaN for what has no place on a logarithmic axis."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.where(values > 0, np.log10(values), np.nan)
        return (values - low) / (high - low)

    def fraction(self, value: float) -> float:
        return float(self.fractions(np.array([value]))[0])

    def value(self, fraction: float) -> float:
        """The inverse of ``fraction``."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        scaled = low + fraction * (high - low)
        return 10**scaled if self.log else scaled

    def values(self, fractions: Numbers) -> Numbers:
        """The inverse of ``fractions``."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        scaled: Numbers = low + fractions * (high - low)
        return np.power(10.0, scaled) if self.log else scaled

    def zoomed(self, factor: float, about: float) -> Axis:
        """``about``: the fraction that keeps its value."""
        return self._between(about - about / factor, about + (1 - about) / factor)

    def moved(self, fraction: float) -> Axis:
        """To larger values by this part of its length."""
        return self._between(fraction, 1 + fraction)

    def _between(self, low: float, high: float) -> Axis:
        ends = self.value(low), self.value(high)
        sound = all(map(math.isfinite, ends)) and ends[1] - ends[0] > _NARROWEST * max(map(abs, ends))
        return replace(self, low=ends[0], high=ends[1]) if sound else self

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.log else value

    # --------------------------------------------------------------------------------------------------------- labels

    def ticks(self, most: int) -> tuple[tuple[float, str], ...]:
        """Round values and their texts, about as many as ``most`` at the largest."""
        return tuple((value, tick_text(value, self.unit, step)) for value, step in self._round_values(max(1, most)))

    def _round_values(self, most: int) -> list[tuple[float, float]]:
        if self.log and self.high / self.low > 5:
            return self._decades(most)
        step = _round_step((self.high - self.low) / most, self.unit)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(number * step, step) for number in range(first, last + 1)]

    def _decades(self, most: int) -> list[tuple[float, float]]:
        """Powers of ten; with 2 and 5 between them where there is room, or there would be hardly any."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        stride = max(1, math.ceil((last - first) / most))
        tens = self._on_view([10.0**power for power in range(first, last + 1, stride)])
        finer = self._on_view([step * 10.0**power for power in range(first, last + 1) for step in _STEPS])
        return [(value, value) for value in (finer if len(finer) <= most or len(tens) < 2 else tens)]

    def _on_view(self, values: list[float]) -> list[float]:
        return [value for value in values if self.low * 0.999 <= value <= self.high * 1.001]


def _round_step(rough: float, unit: Unit) -> float:
    """The next larger of 1, 2, 5, 10 …; of seconds, of minutes and hours too."""
    if unit == "seconds" and rough > 1:
        return float(next((step for step in _TIME_STEPS if step >= rough), math.ceil(rough / 86_400) * 86_400))
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (*_STEPS, 10.0) if step * power >= rough * 0.999)


def tick_text(value: float, unit: Unit, step: float) -> str:
    """With as many digits as the distance between two ticks needs."""
    if unit == "seconds":
        return clock_text(value) if step >= 1 else f"{value:g} s"
    if unit == "percent":
        return f"{100 * value:.{_digits(100 * step)}f} %"
    if _LARGE <= abs(value) < _HUGE:
        return _large_text(value)
    if value and (abs(value) < 1e-3 or step < 1e-4 or abs(value) >= _HUGE):
        return _small_text(value, step)
    return f"{value:.{_digits(step)}f}".replace("-", "−")


def _digits(step: float) -> int:
    return max(0, math.ceil(-math.log10(step) - 1e-9)) if step > 0 else 0


def _small_text(value: float, step: float) -> str:
    digits = max(0, math.floor(math.log10(abs(value)) + 1e-9) - math.floor(math.log10(step) + 1e-9))
    mantissa, _, power = f"{value:.{digits}e}".partition("e")
    return f"{mantissa}e{int(power)}".replace("-", "−")


def _large_text(value: float) -> str:
    power, letter = (1e9, "G") if abs(value) >= 1e9 else (1e6, "M") if abs(value) >= 1e6 else (1e3, "k")
    return f"{value / power:g} {letter}".replace("-", "−")


def clock_text(seconds: float) -> str:
    """``42 s``, ``3:05``, ``2:07:00``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def spanning(low: float, high: float, *, log: bool, unit: Unit, margin: float = 0.04) -> Axis:
    """An axis with these values a little within its ends."""
    if log:
        low, high = max(low, 1e-12), max(high, 1e-12)
        if high <= low * 1.01:
            low, high = low / 1.5, high * 1.5
        reach = (high / low) ** margin
        return Axis(low / reach, high * reach, log=True, unit=unit)
    if high - low <= _NARROWEST * max(abs(low), abs(high), 1e-12):
        rest = abs(low) * 0.1 or 0.5
        low, high = low - rest, high + rest
    reach = (high - low) * margin
    return Axis(low - reach, high + reach, unit=unit)
