"""What channels do: to a class when they are muted, and how well they tell two sets of frames apart. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Floats

Reduction = Literal["maximum", "mean"]
"""How a map becomes one number: its highest cell, or the mean of its cells."""


@dataclass(frozen=True, eq=False)
class ChannelRanking:
    """How much one class loses when each channel of a layer is muted, as means over ``pictures`` pictures.

    ``logit`` and ``probability``: of the class with nothing muted. The drops (float32, length C, by channel) are what
    muting takes away; negative where the class gains. ``order``: channels by their drop in logit, largest first, NaN
    last; the logit, because the drop in probability vanishes where the network is sure.
    """

    layer: str
    class_index: int
    pictures: int
    logit: float
    probability: float
    logit_drops: Floats
    probability_drops: Floats
    order: NDArray[np.int32]


@dataclass(frozen=True)
class SeparatingUnit:
    """One channel, and how it tells the frames with the object from those without.

    ``effect``: Hedges' g, the difference of the two means in standard deviations; positive where the channel fires for
    the object, infinite where neither set varies. ``probability``: that a frame with the object excites it more than
    one without, as it follows from g for normal distributions: Φ(g/√2). ``with_count`` and ``without_count``: frames in
    which it was finite.
    """

    layer: str
    channel: int
    effect: float
    probability: float
    mean_with: float
    mean_without: float
    with_count: int
    without_count: int


@dataclass(frozen=True)
class SeparationRanking:
    """The units that separate best, by |effect|, of ``ranked`` units with an effect. ``with_count`` and
    ``without_count``: observed frames. ``problem``: why there are none (yet), in a sentence.
    """

    units: tuple[SeparatingUnit, ...]
    ranked: int
    with_count: int
    without_count: int
    reduction: Reduction
    problem: str = ""
