""" "What fires for this?": two growing sets of frames, and the units that tell them apart."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.core.inside.channel_effects import Reduction, SeparatingUnit, SeparationRanking
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.channel_axis import channel_cells

FEWEST_FRAMES = 2
"""Of each set: one frame has no variance."""

_Doubles = NDArray[np.float64]


@dataclass
class RunningMoments:
    """Count, mean and sum of squared deviations per channel, by Welford's recurrence: exact in one pass."""

    count: _Doubles
    mean: _Doubles
    squares: _Doubles

    @classmethod
    def of(cls, channels: int) -> RunningMoments:
        """Of nothing yet."""
        return cls(np.zeros(channels), np.zeros(channels), np.zeros(channels))

    def add(self, values: _Doubles) -> None:
        """One observation of every channel; those that are not finite are left out."""
        finite = np.isfinite(values)
        self.count += finite
        change = np.where(finite, values, 0) - np.where(finite, self.mean, 0)
        self.mean += change / np.maximum(self.count, 1)
        self.squares += change * np.where(finite, values - self.mean, 0)


@dataclass
class _Layer:
    """``sets``: the frames without the object, and those with it."""

    channels: int
    sets: tuple[RunningMoments, RunningMoments] = field(init=False)

    def __post_init__(self) -> None:
        self.sets = RunningMoments.of(self.channels), RunningMoments.of(self.channels)


class Separation:
    """Observes frames with and without an object, and ranks every channel of every observed layer between them.

    Any thread may observe. ``reduction``: how a channel's map becomes one number. The highest cell finds what appears
    somewhere in the picture; the mean finds what fills it.
    """

    def __init__(self, layers: Mapping[str, LayerInfo], reduction: Reduction = "maximum") -> None:
        self._layers = layers
        self._reduction = reduction
        self._lock = threading.Lock()
        self._moments: dict[str, _Layer] = {}
        self._frames = [0, 0]
        self._last: list[int | None] = [None, None]

    def observe(self, activations: Mapping[str, Tensor], *, present: bool) -> None:
        """One frame: the activations (a batch of one) of some layers. ``present``: the object is in view.

        Raises:
            LayerError: one of them has no channels.
        """
        values = {name: self._reduced(name, activation) for name, activation in activations.items()}
        self.observe_reduced(values, present=present)

    def observe_reduced(self, values: Mapping[str, _Doubles], *, present: bool, frame: int | None = None) -> None:
        """One frame: each layer's channels as ``reduce_channels`` gives them. A layer of another size starts anew.

        ``frame``: its number; the same again (a picture that stands still) counts once in each set.
        """
        with self._lock:
            if frame is not None and frame == self._last[present]:
                return
            self._last[present] = frame
            self._frames[present] += 1
            for name, channels in values.items():
                known = self._moments.get(name)
                if known is None or known.channels != len(channels):
                    known = self._moments[name] = _Layer(len(channels))
                known.sets[present].add(channels)

    def reset(self) -> None:
        """Forgets all frames."""
        with self._lock:
            self._moments.clear()
            self._frames = [0, 0]
            self._last = [None, None]

    def ranking(self, count: int = 200) -> SeparationRanking:
        """The ``count`` best units now."""
        with self._lock:
            without, present = self._frames
            found = {name: _effects(layer) for name, layer in self._moments.items()}
            best = _best(found, count)
            units = tuple(self._unit(name, channel, found[name][channel]) for name, channel in best)
        ranked = sum(int((~np.isnan(effects)).sum()) for effects in found.values())
        return SeparationRanking(units, ranked, present, without, self._reduction, _missing(present, without))

    def _reduced(self, name: str, activation: Tensor) -> _Doubles:
        return reduce_channels(activation, self._layers[name], self._reduction)

    def _unit(self, name: str, channel: int, effect: float) -> SeparatingUnit:
        without, present = self._moments[name].sets
        return SeparatingUnit(
            layer=name,
            channel=channel,
            effect=float(effect),
            probability=0.5 * (1 + math.erf(float(effect) / 2)),
            mean_with=float(present.mean[channel]),
            mean_without=float(without.mean[channel]),
            with_count=int(present.count[channel]),
            without_count=int(without.count[channel]),
        )


def reduce_channels(activation: Tensor, layer: LayerInfo, reduction: Reduction) -> _Doubles:
    """One number for each channel of the first picture of a batch.

    Raises:
        LayerError: the activation has no channels.
    """
    cells = channel_cells(activation[:1], layer.map_axes)[0]
    reduced = cells.amax(1) if reduction == "maximum" else cells.mean(1)
    return np.asarray(reduced.cpu().numpy(), np.float64)


def _effects(layer: _Layer) -> _Doubles:
    """Hedges' g of each channel, NaN where a set has too few frames.

    Cohen's d overstates small sets, which are the rule here, so it is multiplied with Hedges' correction (1981).
    Unlike the area under the ROC curve it needs no observation to be kept: all layers of a network stay cheap.
    """
    without, present = layer.sets
    freedom = without.count + present.count - 2
    enough = (without.count >= FEWEST_FRAMES) & (present.count >= FEWEST_FRAMES)
    difference = present.mean - without.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.sqrt((without.squares + present.squares) / freedom)
        cohens = np.where(difference == 0, 0.0, difference / pooled)
        hedges = cohens * (1 - 3 / (4 * freedom - 1))
    return np.where(enough, hedges, np.nan)


def _best(effects: Mapping[str, _Doubles], count: int) -> list[tuple[str, int]]:
    """Layer and channel of the largest |effect|, ties in the order of the layers."""
    if not effects:
        return []
    names, sizes = list(effects), np.array([len(own) for own in effects.values()])
    ends = np.cumsum(sizes)
    strength = np.nan_to_num(np.abs(np.concatenate(list(effects.values()))), nan=-1.0, posinf=np.inf)
    order = np.argsort(-strength, kind="stable")[: max(0, count)]
    best = order[strength[order] >= 0]
    layers = np.searchsorted(ends, best, side="right")
    channels = best - (ends - sizes)[layers]
    return [(names[layer], channel) for layer, channel in zip(layers.tolist(), channels.tolist(), strict=True)]


def _missing(present: int, without: int) -> str:
    if min(present, without) >= FEWEST_FRAMES:
        return ""
    return (
        f"So far {present} with the object and {without} without it are counted: "
        f"observe at least {FEWEST_FRAMES} frames of each."
    )
