"""The curves of a run: raw and smoothed, ready to be drawn at any zoom; only what is new is worked out. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.training.run_reader import RunSeries
from cnnviz.core.training.values import MetricsLine, Split
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.curves_axis import Unit
from cnnviz.gui.widgets.curves_smoothing import Carry, smoothed
from cnnviz.gui.widgets.curves_thinning import Extremes
from cnnviz.gui.widgets.series_colors import RGB

Numbers = NDArray[np.float64]
Quantity = Literal["loss", "accuracy", "learning_rate", "images_per_second"]
Across = Literal["steps", "epoch", "seconds"]
"""What stands along the x-axis, by the name ``RunSeries`` has for it."""

QUANTITIES: Final[tuple[Quantity, ...]] = ("loss", "accuracy", "learning_rate", "images_per_second")
UNITS: Final[dict[Quantity, Unit]] = {
    "loss": "number", "accuracy": "percent", "learning_rate": "number", "images_per_second": "number",
}  # fmt: skip
SMOOTHED: Final[frozenset[Quantity]] = frozenset({"loss", "accuracy", "images_per_second"})
"""What jumps from batch to batch. Only training is smoothed: validation is of all pictures."""


class Curve:
    """One quantity of one split. ``raw`` as logged; ``smooth``: its moving average, empty where there is none."""

    def __init__(self) -> None:
        self.raw = Extremes()
        self.smooth = Extremes()
        self._weight = 0.0
        self._carry = Carry()

    def extend(self, values: Numbers, weight: float) -> None:
        """``values``: the whole row, of which what is known stays."""
        if weight != self._weight:
            self._weight, self._carry, self.smooth = weight, Carry(), Extremes()
        self.raw.append(values[len(self.raw) :])
        if weight:
            averages, self._carry = smoothed(values[len(self.smooth) :], weight, self._carry)
            self.smooth.append(averages)

    @property
    def shown(self) -> Extremes:
        """What is drawn strong, and read."""
        return self.smooth if len(self.smooth) else self.raw


@dataclass(frozen=True)
class BestPoint:
    """The lowest loss or highest accuracy on the validation pictures; ``index`` in their series."""

    index: int
    value: float


class RunCurves:
    """``title`` and ``color`` are its own for as long as it is on view."""

    def __init__(self, path: Path, title: str, color: RGB) -> None:
        self.path, self.title, self.color = path, title, color
        self.view = RunView(path)
        self._weight = 0.0
        self._curves: dict[tuple[Quantity, Split], Curve] = {}

    def show(self, view: RunView, weight: float) -> None:
        """What the run says now, and how strongly it is smoothed (0: not at all)."""
        if view.generation != self.view.generation:
            self._curves.clear()
        self.view, self._weight = view, weight
        for quantity, split in self._curves:
            self._extend(quantity, split)

    def curve(self, quantity: Quantity, split: Split) -> Curve | None:
        """Worked out when it is first looked at; None where the run has no such numbers."""
        if split not in self.view.series:
            return None
        if (quantity, split) not in self._curves:
            self._curves[quantity, split] = Curve()
            self._extend(quantity, split)
        return self._curves[quantity, split]

    def _extend(self, quantity: Quantity, split: Split) -> None:
        smooth = quantity in SMOOTHED and split == "train"
        values = getattr(self.view.series[split], quantity)
        self._curves[quantity, split].extend(values, self._weight if smooth else 0.0)

    def places(self, split: Split, across: Across) -> Numbers:
        """Where its values stand along the x-axis."""
        series = self.view.series.get(split)
        return np.empty(0) if series is None else np.asarray(getattr(series, across), np.float64)

    def events(self, across: Across) -> list[tuple[float, str]]:
        """What was done by hand, with its place."""
        return [(_place_of(line, across), line.event) for line in self.view.events]

    def best(self, quantity: Quantity) -> BestPoint | None:
        """None where no validation has been."""
        series = self.view.series.get("validation")
        if series is None or quantity not in {"loss", "accuracy"}:
            return None
        values = getattr(series, quantity)
        finite = np.flatnonzero(np.isfinite(values))
        if not len(finite):
            return None
        index = int(finite[np.argmin(values[finite]) if quantity == "loss" else np.argmax(values[finite])])
        return BestPoint(index, float(values[index]))

    def row_at(self, split: Split, across: Across, place: float) -> int | None:
        """The line nearest to a place; None without any."""
        places = self.places(split, across)
        if not len(places):
            return None
        after = int(np.clip(np.searchsorted(places, place), 1, max(1, len(places) - 1)))
        before = after - 1
        return min(
            before if place - places[before] <= places[min(after, len(places) - 1)] - place else after, len(places) - 1
        )

    def value_at(self, quantity: Quantity, split: Split, row: int) -> float:
        """As it is drawn strong; NaN where it is not finite."""
        curve = self.curve(quantity, split)
        return float("nan") if curve is None else float(curve.shown.values[row])


def _place_of(line: MetricsLine, across: Across) -> float:
    return float({"steps": line.step, "epoch": line.epoch, "seconds": line.seconds}[across])


def series_rows(series: RunSeries) -> list[tuple[object, ...]]:
    """Of one split, a row a line, for a table."""
    columns = (series.steps, series.epoch, series.seconds, *(getattr(series, name) for name in QUANTITIES))
    return list(zip(*(column.tolist() for column in columns), strict=True))
