"""Numbers of layers in words."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from cnnviz.core.inside.layer_numbers import LayerNumbers
from cnnviz.gui.widgets.number_text import percent_text, short_value_text
from cnnviz.gui.widgets.placeholders import filled

_translate = QCoreApplication.translate
MINUTE, HOUR = 60, 3600


def moments_text(numbers: LayerNumbers) -> str:
    """The first line: mean, deviation, zeros."""
    words = _translate("Statistics", "mean %1 · deviation %2 · %3 near zero")
    deviation = math.sqrt(numbers.variance) if numbers.variance >= 0 else math.nan
    return filled(words, short_value_text(numbers.mean), short_value_text(deviation), percent_text(numbers.sparsity))


def units_text(numbers: LayerNumbers) -> str:
    """Dead and saturated channels."""
    dead, channels = len(numbers.dead.channels), numbers.channels
    text = filled(_translate("Statistics", "%1 of %2 dead (%3)"), dead, channels, percent_text(numbers.dead_share))
    if numbers.saturated is not None:
        share = percent_text(numbers.saturated_share)
        text += filled(_translate("Statistics", " · %1 saturated (%2)"), len(numbers.saturated.channels), share)
    return text


def trouble_text(numbers: LayerNumbers) -> str:
    """NaN and infinities, and what is estimated; empty where there is neither."""
    parts = []
    if numbers.not_finite:
        words = _translate("Statistics", "%1 of %2 cells are NaN or ∞ and left out")
        parts.append(filled(words, f"{numbers.not_finite:,}", f"{numbers.measured:,}"))
    if numbers.estimate:
        words = _translate("Statistics", "an estimate from %1 of %2 cells")
        parts.append(filled(words, f"{numbers.measured:,}", f"{numbers.cells:,}"))
    return " · ".join(parts)


def duration_text(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min``, ``2 h``."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / MINUTE:.0f} min" if seconds < HOUR else f"{seconds / HOUR:.1f} h"
