"""What the curves view shows: which panels, along which axis, from where to where; and where everything lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from PySide6.QtCore import QRectF

from cnnviz.core.training.values import Split
from cnnviz.gui.widgets.curves_axis import Axis, Unit, spanning
from cnnviz.gui.widgets.curves_heat import Measure
from cnnviz.gui.widgets.curves_series import UNITS, Across, Quantity, RunCurves
from cnnviz.gui.widgets.curves_shape import value_range

PanelName = Literal["loss", "accuracy", "learning_rate", "images_per_second", "layers"]
PANELS: Final[tuple[PanelName, ...]] = ("loss", "accuracy", "learning_rate", "images_per_second", "layers")
LAYERS: Final = "layers"

_SHARES: Final[dict[str, float]] = {"learning_rate": 0.6, "images_per_second": 0.6}
_LINES: Final[tuple[Split, ...]] = ("train", "validation", "test")
_GAP = 10.0


@dataclass(frozen=True)
class CurvesChoices:
    """What the user chose of the curves dock. ``smoothing``: weight of the average so far, 0 for none."""

    panels: tuple[PanelName, ...] = ("loss", "accuracy", "layers")
    across: Across = "epoch"
    smoothing: float = 0.7
    log_across: bool = False
    log_values: bool = False
    measure: Measure = "gradient_norms"


@dataclass(frozen=True, eq=False)
class Scene:
    """``runs``: those that are drawn. ``chosen``: the one whose layers are shown. ``across`` and ``upwards``: what the
    user zoomed to; all that there is where he did not.
    """

    choices: CurvesChoices = CurvesChoices()
    runs: tuple[RunCurves, ...] = ()
    chosen: RunCurves | None = None
    across: Axis | None = None
    upwards: dict[Quantity, Axis] = field(default_factory=dict)

    @property
    def unit_across(self) -> Unit:
        return "seconds" if self.choices.across == "seconds" else "number"

    def across_axis(self) -> Axis:
        """What is on view of the steps, epochs or seconds."""
        return self.across or self.whole_across()

    def whole_across(self) -> Axis:
        """From the first to the last line of all runs on view."""
        rows = [run.places(split, self.choices.across) for run in self.runs for split in _LINES]
        rows = [row for row in rows if len(row)]
        if not rows:
            return Axis(1.0 if self.choices.log_across else 0.0, 10.0, self.choices.log_across, self.unit_across)
        high = max(float(row[-1]) for row in rows)
        if self.choices.log_across:
            lowest = min(float(np.min(row[row > 0], initial=high)) for row in rows)
            return spanning(lowest, high, log=True, unit=self.unit_across, margin=0.0)
        return Axis(0.0, high or 1.0, unit=self.unit_across)

    def upwards_axis(self, quantity: Quantity) -> Axis:
        """All values between the ends of the x-axis, unless the user zoomed."""
        if quantity in self.upwards:
            return self.upwards[quantity]
        log, unit, across = self.is_log(quantity), UNITS[quantity], self.across_axis()
        found = [value_range(*row, across, positive=log) for row in self._rows(quantity)]
        ranges = [each for each in found if each is not None]
        if not ranges:
            return Axis(0.001 if log else 0.0, 1.0, log, unit)
        low, high = min(each[0] for each in ranges), max(each[1] for each in ranges)
        low = 0.0 if quantity in {"images_per_second", "learning_rate"} and not log else low
        return spanning(low, high, log=log, unit=unit)

    def is_log(self, quantity: Quantity) -> bool:
        """An accuracy has no logarithm worth looking at."""
        return self.choices.log_values and quantity in {"loss", "learning_rate"}

    def _rows(self, quantity: Quantity) -> list[tuple[object, object]]:
        curves = ((run, split, run.curve(quantity, split)) for run in self.runs for split in _LINES)
        return [(run.places(split, self.choices.across), curve.raw) for run, split, curve in curves if curve]

    # -------------------------------------------------------------------------------------------------- user's hand

    def zoomed(self, factor: float, about: float) -> Scene:
        """Along the x-axis, up to all there is."""
        return self._within(self.across_axis().zoomed(factor, about))

    def moved(self, fraction: float) -> Scene:
        """To later steps by this part of what is on view."""
        return self._within(self.across_axis().moved(fraction)) if self.across else self

    def _within(self, axis: Axis) -> Scene:
        whole = self.whole_across()
        length, most = (axis.fraction(axis.high), whole)
        low, high = whole.fraction(axis.low), whole.fraction(axis.high)
        if not length or high - low >= 1:
            return replace(self, across=None)
        shift = max(0.0, -low) - max(0.0, high - 1)
        return replace(self, across=replace(axis, low=most.value(low + shift), high=most.value(high + shift)))

    def zoomed_upwards(self, quantity: Quantity, factor: float, about: float) -> Scene:
        """Of one panel's values."""
        return replace(self, upwards={**self.upwards, quantity: self.upwards_axis(quantity).zoomed(factor, about)})

    def moved_upwards(self, quantity: Quantity, fraction: float) -> Scene:
        """Only where the values were zoomed."""
        if quantity not in self.upwards:
            return self
        return replace(self, upwards={**self.upwards, quantity: self.upwards[quantity].moved(fraction)})

    def reset(self) -> Scene:
        return replace(self, across=None, upwards={})


def panel_areas(panels: Sequence[PanelName], inside: QRectF, title: float) -> dict[PanelName, QRectF]:
    """Where each panel's plot lies, one below the other, with ``title`` pixels above each for its name."""
    shares = [_SHARES.get(name, 1.0) for name in panels]
    room = inside.height() - len(panels) * (title + _GAP) + _GAP
    areas, top = {}, inside.top()
    for name, share in zip(panels, shares, strict=True):
        height = max(1.0, room * share / sum(shares))
        areas[name] = QRectF(inside.left(), top + title, inside.width(), height)
        top += title + height + _GAP
    return areas
