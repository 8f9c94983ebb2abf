"""Colours of right and wrong answers: blue and orange, which everybody can tell apart, on light and on dark."""

from __future__ import annotations

from PySide6.QtGui import QColor

HIT = QColor(40, 112, 190)
MISS = QColor(224, 98, 20)
_DARK_INK, _LIGHT_INK = QColor(16, 18, 20), QColor(250, 250, 250)
_HALF = 0.5


def ink_on(color: QColor) -> QColor:
    """Text that reads on ``color``."""
    red, green, blue = (channel / 255 for channel in color.getRgb()[:3])
    return _DARK_INK if 0.299 * red + 0.587 * green + 0.114 * blue > _HALF else _LIGHT_INK
