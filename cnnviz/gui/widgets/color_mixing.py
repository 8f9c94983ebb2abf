"""One colour between two."""

from __future__ import annotations

from PySide6.QtGui import QColor


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """``share`` of ``other`` in ``one``."""
    parts = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return QColor(*(round(a + (b - a) * share) for a, b in parts))
