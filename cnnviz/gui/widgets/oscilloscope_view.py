"""The strip chart of pinned units, on one scale or each on its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Floats
from cnnviz.gui.widgets.number_text import short_value_text
from cnnviz.gui.widgets.oscilloscope_trace import steady_range
from cnnviz.gui.widgets.strip_chart import StripChart, StripLines

GAP_SECONDS = 1.0
"""A line breaks where no frame came for so long."""

Range = tuple[float, float]


class OscilloscopeView(StripChart):
    """``ranges``: what stands at the bottom and at the top, of each line."""

    def __init__(self, parent: QWidget | None = None, *, seconds: float) -> None:
        super().__init__(parent, seconds=seconds, gap=GAP_SECONDS)
        self._common = False
        self._own: dict[str, Range] = {}
        self._shared: Range | None = None

    @property
    def ranges(self) -> tuple[Range, ...]:
        shared = self._shared or (0.0, 1.0)
        return tuple(shared if self._common else self._own[name] for name in self.lines.names)

    def set_common(self, *, common: bool) -> None:
        """One scale for all lines, or each its own."""
        self._common = common
        self.set_lines(self.lines)

    def set_lines(self, lines: StripLines) -> None:
        ends = [_ends(column) for column in lines.values.T]
        self._own = {name: steady_range(self._own.get(name), *end) for name, end in zip(lines.names, ends, strict=True)}
        present = [end for end in ends if np.isfinite(end).all()]
        low, high = min((end[0] for end in present), default=0.0), max((end[1] for end in present), default=1.0)
        self._shared = steady_range(self._shared, low, high)
        super().set_lines(lines)

    def _shares(self, values: Floats) -> Floats:
        low, high = np.array(self.ranges, np.float32).reshape(-1, 2).T
        with np.errstate(invalid="ignore"):
            return (values - low) / (high - low)

    def _ticks(self) -> Sequence[tuple[float, str]]:
        if not self._common and len(self.lines.names) != 1:
            return ((0.0, self.tr("low")), (0.5, ""), (1.0, self.tr("high")))
        low, high = self.ranges[0] if self.lines.names else (0.0, 1.0)
        return tuple((share, short_value_text(low + share * (high - low))) for share in (0.0, 0.5, 1.0))

    def _widest_tick(self) -> str:
        return "−0.0000"


def _ends(column: Floats) -> Range:
    """The least and the largest; NaN where there is none."""
    finite = column[np.isfinite(column)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (np.nan, np.nan)
