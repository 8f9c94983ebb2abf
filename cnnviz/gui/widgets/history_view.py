"""Probabilities over the last seconds, one line per class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from cnnviz.core.arrays import Floats
from cnnviz.gui.widgets.number_text import percent_text
from cnnviz.gui.widgets.prediction_history import SECONDS
from cnnviz.gui.widgets.strip_chart import StripChart

LOWEST_LABELLED = 0.05


class HistoryView(StripChart):
    """The whole height is 100 %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, seconds=SECONDS)

    def _shares(self, values: Floats) -> Floats:
        return values

    def _ticks(self) -> Sequence[tuple[float, str]]:
        return tuple((percent / 100, f"{percent} %") for percent in (0, 50, 100))

    def _widest_tick(self) -> str:
        return "100 %"

    def _value_text(self, value: float) -> str:
        return percent_text(value) if value >= LOWEST_LABELLED else ""
