"""What a unit is called. Free of widgets."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.live_views import WHOLE_MAP
from cnnviz.core.views import Probe


def unit_name(probe: Probe, *, vector: bool = False) -> str:
    """``conv2 · 12 · y 3, x 4``; ``vector``: its layer has no rows and columns."""
    words = f"{probe.layer} · {probe.channel}"
    if probe.y == WHOLE_MAP:
        return f"{words} · {QCoreApplication.translate('UnitNames', 'mean of its map')}"
    return words if vector else f"{words} · y {probe.y}, x {probe.x}"
