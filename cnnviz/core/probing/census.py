"""A census: what every channel of some layers does over a whole set of pictures."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import LayerError
from cnnviz.core.inside.layer_numbers import Census, LayerCensus
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.capture import Capture
from cnnviz.core.probing.channel_axis import channel_cells
from cnnviz.core.probing.separation import RunningMoments

_Doubles = NDArray[np.float64]


def take_census(
    module: nn.Module, layers: Sequence[LayerInfo], batches: Iterable[Tensor]
) -> Generator[int, None, Census]:
    """Runs the network on all ``batches`` (N×C×H×W, prepared) and yields the number of pictures seen so far.

    ``module`` must be in evaluation mode; other threads may run it meanwhile. Closing the generator takes the hooks
    off. Pictures are numbered from 0 in their order. Layers that cannot be measured are in the result's ``missing``.
    """
    counter = _Counter(layers)
    with Capture(module, counter.take) as capture:
        capture.listen_to(threading.get_ident())
        capture.watch({layer.name for layer in layers})
        for batch in batches:
            counter.begin(len(batch))
            with torch.inference_mode():
                module(batch)
            yield counter.pictures + counter.batch
        absent = {layer.name for layer in layers} - counter.reached
        missing = {name: capture.why_missing(name) for name in absent} if counter.batch else {}
    return counter.result(missing)


class _Counter:
    """Takes what is captured of each batch."""

    def __init__(self, layers: Sequence[LayerInfo]) -> None:
        self._layers = {layer.name: layer for layer in layers}
        self._accumulators: dict[str, _Accumulator] = {}
        self._problems: dict[str, str] = {}
        self.pictures = 0
        self.batch = 0
        self.reached: set[str] = set()

    def begin(self, batch: int) -> None:
        """The last batch has passed, one of this many pictures follows."""
        self.pictures += self.batch
        self.batch = batch

    def take(self, name: str, activation: Tensor) -> None:
        self.reached.add(name)
        try:
            rows = self._rows(name, activation)
        except LayerError as error:
            self._problems[name] = error.message
            return
        known = self._accumulators.get(name)
        if known is None:
            known = self._accumulators[name] = _Accumulator.of(rows.shape[2])
        known.add(rows, self.pictures)

    def result(self, missing: Mapping[str, str]) -> Census:
        pictures = self.pictures + self.batch
        counted = {name: known for name, known in self._accumulators.items() if name not in self._problems}
        layers = {name: known.result(name, pictures) for name, known in counted.items()}
        return Census(pictures, layers, {**missing, **self._problems})

    def _rows(self, name: str, activation: Tensor) -> _Doubles:
        if len(activation) != self.batch:
            raise LayerError(f'"{name}" mixes the pictures of a batch, so they cannot be told apart: leave it out.')
        rows = picture_rows(channel_cells(activation, self._layers[name].map_axes))
        known = self._accumulators.get(name)
        if known is not None and rows.shape[2] != len(known.maximum):
            raise LayerError(f'"{name}" has another number of channels on some pictures: use pictures of one size.')
        return rows


def picture_rows(cells: Tensor) -> _Doubles:
    """4×N×C of N×C×cells: mean and highest of the finite cells, share of cells above 0, whether any is not finite.

    Without finite cells the mean is NaN and the highest is −∞.
    """
    high, mean = cells.amax(2), cells.mean(2)
    if not bool(mean.isfinite().all()):
        finite = cells.isfinite()
        high = cells.where(finite, -torch.inf).amax(2)
        mean = cells.where(finite, 0).sum(2) / finite.sum(2)
        damaged = (~finite).any(2).float()
    else:
        damaged = torch.zeros_like(mean)
    density = (cells > 0).float().mean(2)
    return np.asarray(torch.stack([mean, high, density, damaged]).cpu().numpy(), np.float64)


@dataclass
class _Accumulator:
    """Of one layer, all per channel."""

    moments: RunningMoments
    maximum: _Doubles
    strongest: NDArray[np.int32]
    fired: _Doubles
    density: _Doubles
    not_finite: NDArray[np.int32]

    @classmethod
    def of(cls, channels: int) -> _Accumulator:
        return cls(
            moments=RunningMoments.of(channels),
            maximum=np.full(channels, -np.inf),
            strongest=np.full(channels, -1, np.int32),
            fired=np.zeros(channels),
            density=np.zeros(channels),
            not_finite=np.zeros(channels, np.int32),
        )

    def add(self, rows: _Doubles, first_picture: int) -> None:
        """The rows of ``picture_rows`` of one batch; its first picture's number."""
        mean, high, density, damaged = rows
        for picture in mean:
            self.moments.add(picture)
        best = high.argmax(0)
        highest = high.max(0)
        self.strongest = np.where(highest > self.maximum, best + first_picture, self.strongest).astype(np.int32)
        self.maximum = np.maximum(self.maximum, highest)
        self.fired += (high > 0).sum(0)
        self.density += density.sum(0)
        self.not_finite += damaged.sum(0).astype(np.int32)

    def result(self, layer: str, pictures: int) -> LayerCensus:
        count = self.moments.count
        with np.errstate(divide="ignore", invalid="ignore"):
            deviation = np.sqrt(self.moments.squares / count)
        return LayerCensus(
            layer=layer,
            mean=_floats(np.where(count > 0, self.moments.mean, np.nan)),
            deviation=_floats(deviation),
            maximum=_floats(np.where(np.isneginf(self.maximum), np.nan, self.maximum)),
            strongest=self.strongest,
            frequency=_floats(self.fired / pictures),
            density=_floats(self.density / pictures),
            not_finite=self.not_finite,
        )


def _floats(values: _Doubles) -> Floats:
    return values.astype(np.float32)
