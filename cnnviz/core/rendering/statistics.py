"""What is measured of every channel of a layer: its range, moments, change, and for how long it has been silent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.core.arrays import Floats
from cnnviz.core.views import ChannelOrder, ChannelStatistics

_Moment = Literal["mean", "variance", "change"]
_MOMENTS: tuple[_Moment, ...] = ("mean", "variance", "change")

_STRENGTH_MEMORY = 0.95
"""Share of the frames before in a channel's strength: at 30 frames a second it follows within a second."""


_VECTOR = 32


@dataclass
class _Past:
    """``maps``: those of the present frame, kept for the next one once change was asked for."""

    key: tuple[object, ...] = ()
    frame: int = -1
    statistics: ChannelStatistics | None = None
    silent_before: NDArray[np.int32] | None = None
    maps: Tensor | None = None
    maps_before: Tensor | None = None


class LayerHistory:
    """What one layer's statistics need of the frames before. One per layer; maps of another size start it anew.

    ``strength``: each channel's highest value, smoothed over frames so that an order by it does not shuffle.
    """

    def __init__(self) -> None:
        self.strength: Floats = np.zeros(0, np.float32)
        self._past = _Past()

    def measure(self, maps: Tensor, frame: int, orders: Collection[ChannelOrder] = ()) -> ChannelStatistics:
        """The statistics of ``maps`` (C×H×W or C, as ``as_maps`` gives them) for the frame of this number.

        ``orders``: what is to be ordered by; mean, variance and change cost time and are None unless wanted. Ranges and
        moments are those of the finite cells, NaN where there are none. Change is the mean absolute difference to the
        last frame measured with it, 0 on the first. A channel of one cell is silent when that is 0. The same ``frame``
        again (drawn anew at another size or order) counts once.
        """
        flat = maps.flatten(1) if maps.dim() > 1 else maps[:, None]
        self._advance(frame, (flat.shape, flat.device))
        known = self._past.statistics
        moments = [moment for moment in _MOMENTS if moment in orders or getattr(known, moment, None) is not None]
        if known is not None and all(getattr(known, moment) is not None for moment in moments):
            return known
        if "change" in moments and self._past.maps is None:
            self._past.maps = flat.clone()
        self._past.statistics = self._measured(flat, moments)
        if known is None:
            self._follow(self._past.statistics.high)
        return self._past.statistics

    def _advance(self, frame: int, key: tuple[object, ...]) -> None:
        past = self._past
        if key != past.key:
            self._past = _Past(key, frame)
            self.strength = np.zeros(0, np.float32)
        elif frame != past.frame:
            silent = past.statistics.silent if past.statistics else None
            self._past = _Past(key, frame, silent_before=silent, maps_before=past.maps)

    def _measured(self, flat: Tensor, moments: Collection[_Moment]) -> ChannelStatistics:
        numbers = _to_host(_plain_numbers(flat, self._past.maps_before, moments))
        not_finite = np.zeros(len(flat), np.int32)
        if not all(np.isfinite(row).all() for row in numbers.values()):
            numbers = _to_host(_finite_numbers(flat, self._past.maps_before, moments))
            not_finite = numbers.pop("not_finite").astype(np.int32)
        return ChannelStatistics(
            low=numbers["low"],
            high=numbers["high"],
            mean=numbers.get("mean"),
            variance=numbers.get("variance"),
            change=numbers.get("change"),
            silent=self._silent(numbers["low"], numbers["high"], not_finite, cells=flat.shape[1]),
            not_finite=not_finite,
        )

    def _silent(self, low: Floats, high: Floats, not_finite: NDArray[np.int32], *, cells: int) -> NDArray[np.int32]:
        still = (low == high) & (not_finite == 0)
        if cells == 1:
            still &= low == 0
        before = self._past.silent_before
        return np.where(still, 1 if before is None else before + 1, 0).astype(np.int32)

    def _follow(self, high: Floats) -> None:
        known = np.where(np.isnan(high), 0, high)
        before = self.strength if len(self.strength) == len(known) else known
        self.strength = (_STRENGTH_MEMORY * before + (1 - _STRENGTH_MEMORY) * known).astype(np.float32)


def _plain_numbers(flat: Tensor, before: Tensor | None, moments: Collection[_Moment]) -> dict[str, Tensor]:
    """Per channel of C×cells, as if all cells were finite: amin and amax are much faster than aminmax on the CPU."""
    low, high = _extremes(flat)
    numbers = {"low": low, "high": high}
    if "mean" in moments or "variance" in moments:
        mean = flat.mean(1)
        if "mean" in moments:
            numbers["mean"] = mean
        if "variance" in moments:
            numbers["variance"] = (flat - mean[:, None]).square_().mean(1)
    if "change" in moments:
        numbers["change"] = torch.zeros_like(numbers["low"]) if before is None else (flat - before).abs_().mean(1)
    return numbers


def _extremes(flat: Tensor) -> tuple[Tensor, Tensor]:
    """The lowest and the highest of each channel of C×cells.

    torch compares vectors of 32 numbers or more: on fewer channels that lie side by side in memory it takes twenty
    times as long, unless rows of several cells are compared first.
    """
    channels, cells = flat.shape
    if channels < _VECTOR and (flat.stride(0), flat.stride(1)) == (1, channels):
        together = next((count for count in range(-(-_VECTOR // channels), cells) if cells % count == 0), 0)
        if together:
            rows = flat.T.reshape(cells // together, together * channels)
            return rows.amin(0).view(together, channels).amin(0), rows.amax(0).view(together, channels).amax(0)
    return flat.amin(1), flat.amax(1)


def _finite_numbers(flat: Tensor, before: Tensor | None, moments: Collection[_Moment]) -> dict[str, Tensor]:
    """The same of the finite cells only, and how many are not."""
    finite = flat.isfinite()
    count = finite.sum(1)
    low, high = flat.where(finite, torch.inf).amin(1), flat.where(finite, -torch.inf).amax(1)
    numbers = {
        "low": low.where(count > 0, torch.nan),
        "high": high.where(count > 0, torch.nan),
        "not_finite": (flat.shape[1] - count).float(),
    }
    mean = flat.where(finite, 0).sum(1) / count
    if "mean" in moments:
        numbers["mean"] = mean
    if "variance" in moments:
        numbers["variance"] = (flat - mean[:, None]).square().where(finite, 0).sum(1) / count
    if "change" in moments:
        numbers["change"] = _finite_change(flat, flat if before is None else before)
    return numbers


def _finite_change(flat: Tensor, before: Tensor) -> Tensor:
    both = flat.isfinite() & before.isfinite()
    return (flat - before).abs().where(both, 0).sum(1) / both.sum(1)


def _to_host(numbers: Mapping[str, Tensor]) -> dict[str, Floats]:
    """All rows in one copy from the device."""
    rows = torch.stack(list(numbers.values())).cpu().numpy()
    return dict(zip(numbers, rows, strict=True))
