"""The logits of the last seconds, thinned to what a plot can show. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats
from cnnviz.core.predictions import probabilities

SECONDS = 10.0
ROWS_PER_SECOND = 30
_CAPACITY = int(SECONDS * ROWS_PER_SECOND) + 2


class PredictionHistory:
    """A ring: what is older than ``SECONDS`` is overwritten. Probabilities stand beside the logits."""

    def __init__(self, classes: int, temperature: float = 1.0) -> None:
        self._temperature = temperature
        self._times = np.zeros(_CAPACITY)
        self._logits = np.zeros((_CAPACITY, classes), np.float32)
        self._probabilities = np.zeros((_CAPACITY, classes), np.float32)
        self._rows = 0

    @property
    def classes(self) -> int:
        return self._logits.shape[1]

    def append(self, times: NDArray[np.float64], logits: Floats) -> None:
        """``logits``: one row per time, rising. Rows closer than the plot can show are left out."""
        for time, row in zip(times.tolist(), logits, strict=True):
            if self._rows and time - self._times[self._place(self._rows - 1)] < 1 / ROWS_PER_SECOND - 1e-3:
                continue
            place = self._place(self._rows)
            self._times[place], self._logits[place] = time, row
            self._probabilities[place] = probabilities(row, self._temperature)
            self._rows += 1

    def set_temperature(self, temperature: float) -> None:
        """All of it is seen at another temperature."""
        if temperature != self._temperature:
            self._temperature = temperature
            places = self._places()
            self._probabilities[places] = probabilities(self._logits[places], temperature)

    def lines(self, classes: Sequence[int]) -> tuple[NDArray[np.float64], Floats]:
        """Times (n), and the probability of each of ``classes`` at them (n×classes), of the last ``SECONDS``."""
        places = self._places()
        times = self._times[places]
        recent = times >= times[-1] - SECONDS if len(times) else np.zeros(0, bool)
        return times[recent], self._probabilities[np.ix_(places[recent], np.asarray(classes, np.intp))]

    def _place(self, row: int) -> int:
        return row % _CAPACITY

    def _places(self) -> NDArray[np.intp]:
        return np.arange(max(0, self._rows - _CAPACITY), self._rows) % _CAPACITY
