"""What a layer's activations are like, live: their histogram and moments, and which units are dead or saturated."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import LayerError
from cnnviz.core.inside.histogram import Histogram, histogram_of
from cnnviz.core.inside.layer_numbers import (
    NEAR_BOUND,
    NEAR_ZERO,
    SATURATED_CELLS,
    BatchNormNumbers,
    ChannelCorrelation,
    LayerNumbers,
    StuckUnits,
)
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.rendering.statistics import LayerHistory
from cnnviz.core.views import ChannelStatistics

MOST_VALUES = 1 << 14
"""Of one layer in one frame: the error of a mean is then below a hundredth of the deviation."""

_LARGEST_CORRELATION = 256
_CORRELATED_CELLS = 4096
_RANGE_MEMORY = 0.95
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu6": (-math.inf, 6.0),  # below it is 0, which is off and not saturated
}
_UNBOUNDED_SPAN = 6.0  # of ReLU6, from 0

_Flags = NDArray[np.bool_]


def sample_cells(maps: Tensor, most: int) -> Tensor:
    """A regular grid of cells of every channel of C×H×W, at least one each and about ``most`` values; a view."""
    if maps.dim() != 3 or maps.numel() <= most:
        return maps
    cells = max(1, most // len(maps))
    step = math.ceil(math.sqrt(maps.shape[1] * maps.shape[2] / cells))
    offsets = (min(step, length) // 2 for length in maps.shape[1:])
    return maps[:, next(offsets) :: step, next(offsets) :: step]


class LayerMeter:
    """Measures one layer frame after frame. One thread at a time; ``LayerMeters`` is for several.

    ``most``: values that are looked at in a frame; None for all of them.
    """

    def __init__(self, layer: LayerInfo, most: int | None = MOST_VALUES) -> None:
        self._layer = layer
        self._most = most
        self._history = LayerHistory()
        self._range = _Range()
        self._dead = _Stuck()
        self._saturated = _Stuck()
        self._frame: int | None = None
        self._numbers: LayerNumbers | None = None

    def measure(self, maps: Tensor, frame: int, seconds: float) -> LayerNumbers:
        """The numbers of the frame of this number, seen at ``seconds``. ``maps``: C×H×W or C, as ``as_maps`` gives.

        The same ``frame`` again counts once.
        """
        if self._numbers is None or frame != self._frame:
            self._frame, self._numbers = frame, self._measured(maps, frame, seconds)
        return self._numbers

    def _measured(self, maps: Tensor, frame: int, seconds: float) -> LayerNumbers:
        sample = maps if self._most is None else sample_cells(maps, self._most)
        channels = self._history.measure(sample, frame, ("mean", "variance"))
        values = np.asarray(sample.cpu().numpy(), np.float32).reshape(len(sample), -1)
        low, high = _extreme(np.fmin, channels.low), _extreme(np.fmax, channels.high)
        mean, variance = _pooled_moments(channels, values.shape[1])
        saturated = self._saturated_now(values)
        return LayerNumbers(
            layer=self._layer.name,
            channels=len(maps),
            cells=maps.numel(),
            measured=values.size,
            not_finite=int(channels.not_finite.sum()),
            histogram=self._range.histogram(values, low, high),
            low=low,
            high=high,
            mean=mean,
            variance=variance,
            sparsity=_sparsity(values, low, high),
            dead=self._dead.follow(channels.silent > 0, seconds),
            saturated=None if saturated is None else self._saturated.follow(saturated, seconds),
        )

    def _saturated_now(self, values: Floats) -> _Flags | None:
        bounds = _BOUNDS.get(self._layer.kind.lower())
        if bounds is None:
            return None
        span = bounds[1] - bounds[0] if math.isfinite(bounds[0]) else _UNBOUNDED_SPAN
        margin = NEAR_BOUND * span
        near = (values <= bounds[0] + margin) | (values >= bounds[1] - margin)
        return np.asarray(near.mean(1) >= SATURATED_CELLS)


class LayerMeters:
    """The meters of a network's layers, for all of its streams. ``exact``: layers whose every cell is looked at."""

    def __init__(self, layers: Collection[LayerInfo]) -> None:
        self._layers = {layer.name: layer for layer in layers}
        self._lock = threading.Lock()
        self._meters: dict[tuple[str, bool], LayerMeter] = {}

    def measure(self, layer: str, maps: Tensor, frame: int, seconds: float, *, exact: bool = False) -> LayerNumbers:
        """As ``LayerMeter.measure``; frames that overtake each other are measured as they come."""
        with self._lock:
            meter = self._meters.get((layer, exact))
            if meter is None:
                meter = LayerMeter(self._layers[layer], None if exact else MOST_VALUES)
                self._meters[layer, exact] = meter
            return meter.measure(maps, frame, seconds)

    def keep_only(self, layers: Collection[str]) -> None:
        """Forgets layers that nobody looks at any more."""
        with self._lock:
            self._meters = {key: meter for key, meter in self._meters.items() if key[0] in layers}


class _Stuck:
    """Since when channels have been as they should not be."""

    def __init__(self) -> None:
        self._frames: NDArray[np.int32] = np.zeros(0, np.int32)
        self._since: NDArray[np.float64] = np.zeros(0)

    def follow(self, stuck: _Flags, seconds: float) -> StuckUnits:
        if len(stuck) != len(self._frames):
            self._frames, self._since = np.zeros(len(stuck), np.int32), np.full(len(stuck), seconds)
        self._since = np.where(self._frames == 0, seconds, self._since)
        self._frames = np.where(stuck, self._frames + 1, 0).astype(np.int32)
        channels = np.flatnonzero(stuck)
        return StuckUnits(
            channels.astype(np.int32), self._frames[channels], (seconds - self._since[channels]).astype(np.float32)
        )


class _Range:
    """A histogram's limits: they widen at once and narrow slowly, so that the bars of two frames can be compared."""

    def __init__(self) -> None:
        self._limits: tuple[float, float] | None = None

    def histogram(self, values: Floats, low: float, high: float) -> Histogram:
        if math.isnan(low):
            return histogram_of(values, *(self._limits or (0.0, 0.0)))
        before_low, before_high = self._limits or (low, high)
        self._limits = min(low, _towards(before_low, low)), max(high, _towards(before_high, high))
        return histogram_of(values, *self._limits)


def _towards(before: float, now: float) -> float:
    return _RANGE_MEMORY * before + (1 - _RANGE_MEMORY) * now


def _extreme(of: np.ufunc, values: Floats) -> float:
    return float(of.reduce(values))


def _pooled_moments(channels: ChannelStatistics, cells: int) -> tuple[float, float]:
    """Mean and variance of all finite cells, from those of each channel."""
    if channels.mean is None or channels.variance is None:
        raise ValueError("the moments of a layer need those of its channels")
    count = (cells - channels.not_finite).astype(np.float64)
    total = count.sum()
    if not total:
        return math.nan, math.nan
    means = np.where(count > 0, channels.mean, 0).astype(np.float64)
    within = np.where(count > 0, channels.variance, 0).astype(np.float64)
    mean = (count * means).sum() / total
    return float(mean), float((count * (within + (means - mean) ** 2)).sum() / total)


def _sparsity(values: Floats, low: float, high: float) -> float:
    if math.isnan(low):
        return math.nan
    limit = NEAR_ZERO * max(abs(low), abs(high))
    finite = values if math.isfinite(float(values.sum())) else values[np.isfinite(values)]
    return float(np.mean((finite <= limit) & (finite >= -limit)))


# ----------------------------------------------------------------------------------------------------------- batch norm


def compare_batch_norm(layer: LayerInfo, module: nn.Module, inputs: Tensor) -> BatchNormNumbers:
    """Running statistics of a batch norm layer beside those of its present input (N×C×…).

    Raises:
        LayerError: the layer keeps no running statistics, or its input has another number of channels.
    """
    running_mean, running_variance = getattr(module, "running_mean", None), getattr(module, "running_var", None)
    if not isinstance(running_mean, Tensor) or not isinstance(running_variance, Tensor):
        raise LayerError(f'"{layer.name}" keeps no running statistics; choose a batch norm layer that does.')
    if inputs.dim() < 2 or inputs.shape[1] != len(running_mean):
        shape = "×".join(map(str, inputs.shape))
        raise LayerError(f'"{layer.name}" normalises {len(running_mean)} channels; an input of {shape} has others.')
    cells = inputs.detach().movedim(1, 0).flatten(1).float()
    mean = cells.mean(1)
    variance = (cells - mean[:, None]).square_().sum(1) / (cells.shape[1] - 1 if cells.shape[1] > 1 else math.nan)
    rows = torch.stack([running_mean.float(), running_variance.float(), mean, variance]).cpu().numpy()
    return _batch_norm_numbers(layer.name, np.asarray(rows, np.float32), float(getattr(module, "eps", 0.0)))


def _batch_norm_numbers(layer: str, rows: Floats, eps: float) -> BatchNormNumbers:
    running_mean, running_variance, mean, variance = rows
    deviation = np.sqrt(np.maximum(running_variance, 0) + np.float32(eps))
    with np.errstate(invalid="ignore", divide="ignore"):
        return BatchNormNumbers(
            layer=layer,
            running_mean=running_mean,
            running_variance=running_variance,
            mean=mean,
            variance=variance,
            shift=(mean - running_mean) / deviation,
            spread=np.sqrt(variance + np.float32(eps)) / deviation,
        )


# ---------------------------------------------------------------------------------------------------------- correlation


def correlate_channels(layer: str, maps: Tensor, most: int = _LARGEST_CORRELATION) -> ChannelCorrelation:
    """How alike the maps (C×H×W) of a layer are: of the ``most`` channels with the largest variance.

    Raises:
        LayerError: its channels have one value each: there is nothing to correlate within one picture.
    """
    if maps.dim() != 3:
        raise LayerError(f'Each channel of "{layer}" has one value; choose a layer whose channels have maps.')
    cells = sample_cells(maps, _CORRELATED_CELLS * len(maps)).flatten(1)
    centred = cells - cells.mean(1, keepdim=True)
    variance = centred.square().mean(1)
    strength = np.nan_to_num(variance.cpu().numpy(), nan=-1.0, posinf=-1.0)
    channels = np.sort(np.argsort(-strength, kind="stable")[:most])
    chosen = torch.from_numpy(channels).to(maps.device)
    matrix = _correlations(centred.index_select(0, chosen), variance.index_select(0, chosen))
    return ChannelCorrelation(
        layer=layer,
        channels=channels.astype(np.int32),
        matrix=matrix,
        left_out=len(maps) - len(channels),
        cells=maps.shape[1] * maps.shape[2],
        measured=cells.shape[1],
    )


def _correlations(centred: Tensor, variance: Tensor) -> Floats:
    unit = centred / (variance * centred.shape[1]).sqrt()[:, None]  # 0 / 0 is NaN: a constant map has no correlation
    matrix = np.asarray((unit @ unit.T).clamp_(-1, 1).cpu().numpy(), np.float32)
    defined = np.isfinite(np.diagonal(matrix))
    matrix[~defined] = matrix[:, ~defined] = np.nan
    matrix[defined, defined] = 1
    return matrix
