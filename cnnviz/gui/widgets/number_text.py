"""Numbers as the window writes them: four digits, a real minus sign, no jumping width; shapes with ×."""

from __future__ import annotations

import math
from collections.abc import Sequence

HUNDREDTH_OF_A_PERCENT = 0.0001


def value_text(value: float) -> str:
    """Four significant digits: ``0.8312``, ``−12.05``, ``3.1e−07``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−")


def short_value_text(value: float) -> str:
    """Three significant digits, for where there is little room."""
    return value_text(float(f"{value:.3g}"))


def percent_text(probability: float) -> str:
    """``93.1 %``; what rounds to nothing but is not nothing is ``< 0.01 %``."""
    if math.isnan(probability):
        return "NaN"
    if 0 < probability < HUNDREDTH_OF_A_PERCENT:
        return "< 0.01 %"
    digits = 1 if probability >= 0.01 or probability == 0 else 2
    return f"{100 * probability:.{digits}f} %"


def shape_text(shape: Sequence[int] | None) -> str:
    """``64×56×56``; a vector's length: ``120``; a dash where the output is no tensor."""
    return "–" if shape is None else "×".join(map(str, shape))
