"""Who answers which live view: works on the activations of one drawn frame, in the stream that has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.core.errors import LayerError
from cnnviz.core.inside.channel_effects import SeparationRanking
from cnnviz.core.inside.layer_numbers import BatchNormNumbers, ChannelCorrelation, LayerNumbers
from cnnviz.core.live_views import (
    WHOLE_MAP,
    ObserveView,
    Statistics,
    StatisticsView,
    Thumbnails,
    ThumbnailsView,
    TraceValues,
    TraceView,
    UnitAnswer,
    UnitView,
)
from cnnviz.core.networks.values import NETWORK_INPUT, LayerInfo
from cnnviz.core.probing.layer_statistics import LayerMeters, compare_batch_norm, correlate_channels
from cnnviz.core.probing.separation import Separation, reduce_channels
from cnnviz.core.probing.unit import explain_unit
from cnnviz.core.rendering.maps import read_probe
from cnnviz.core.rendering.thumbnails import thumbnail
from cnnviz.core.views import LiveView, MosaicPicture, Probe, ProbeValue, VectorPicture

_RANKING_SECONDS = 0.09
"""Of a moving picture: with every third frame of thirty a second."""


@dataclass(frozen=True, eq=False)
class Backstage:
    """What answerers of one network share, in all its streams."""

    module: nn.Module
    layers: Mapping[str, LayerInfo]
    meters: LayerMeters
    separation: Separation

    @classmethod
    def of(cls, module: nn.Module, layers: tuple[LayerInfo, ...]) -> Backstage:
        """Of a network that was just loaded."""
        drawn = [layer for layer in layers if layer.map_axes]
        by_name = {layer.name: layer for layer in layers}
        return cls(module, by_name, LayerMeters(drawn), Separation(by_name))

    def module_of(self, layer: str) -> nn.Module | None:
        """None for a function's call."""
        info = self.layers[layer]
        return None if info.function else self.module.get_submodule(info.path)


@dataclass(frozen=True, eq=False)
class Pass:
    """One drawn frame on its way. ``number`` of the pass, ``seconds``: when it was captured. ``prepared``: the
    network's input. ``whole``: it stands still, so no later frame will complete an answer.
    """

    number: int
    seconds: float
    prepared: Tensor
    whole: bool


class Answerer(Protocol):
    """Answers one view, in every frame that has it: ``begin``, ``take`` for each of the view's layers, ``finish``."""

    def begin(self, present: Pass) -> None:
        """Another frame."""

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:
        """``activation`` as the network made it, batch included; ``maps`` as ``as_maps`` reads it. Only now."""

    def finish(self) -> object | None:
        """The answer; None where there is nothing (yet)."""


def answerer_of(view: LiveView, backstage: Backstage) -> Answerer:
    """A new one for this view."""
    return _ANSWERERS[type(view)](view, backstage)


class ThumbnailsAnswerer:
    """Draws each layer as it comes."""

    def __init__(self, view: ThumbnailsView, _: Backstage) -> None:
        self._view = view
        self._pictures: dict[str, MosaicPicture | VectorPicture] = {}

    def begin(self, present: Pass) -> None:  # noqa: ARG002 - every frame is alike
        self._pictures = {}

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        self._pictures[layer] = thumbnail(layer, maps, self._view.side)

    def finish(self) -> Thumbnails | None:
        return Thumbnails(self._pictures) if self._pictures else None


class UnitAnswerer:
    """Keeps copies of what the layer takes until it has given its output."""

    def __init__(self, view: UnitView, backstage: Backstage) -> None:
        self._view = view
        self._backstage = backstage
        self._taken: dict[str, Tensor] = {}

    def begin(self, present: Pass) -> None:
        self._taken = {NETWORK_INPUT: present.prepared}

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        self._taken[layer] = activation[:1].clone()

    def finish(self) -> UnitAnswer:
        missing = [name for name in self._view.layers if name not in self._taken]
        if missing:
            words = f'"{missing[0]}" was not called on this input, so there is nothing to work out.'
            return UnitAnswer(self._view.probe, None, words)
        return self._explained()

    def _explained(self) -> UnitAnswer:
        probe = self._view.probe
        layer = self._backstage.layers[probe.layer]
        try:
            unit = explain_unit(
                probe.layer,
                self._backstage.module_of(probe.layer),
                [self._taken[name] for name in self._view.inputs],
                self._taken[probe.layer],
                probe.channel,
                (probe.y, probe.x),
                kind=layer.kind,
                map_axes=layer.map_axes,
            )
        except LayerError as error:
            return UnitAnswer(probe, None, error.message)
        return UnitAnswer(probe, unit)


class TraceAnswerer:
    """Reads pinned units."""

    def __init__(self, view: TraceView, _: Backstage) -> None:
        self._view = view
        self._values: dict[Probe, ProbeValue] = {}

    def begin(self, present: Pass) -> None:  # noqa: ARG002 - every frame is alike
        self._values = {}

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        for probe in self._view.probes:
            if probe.layer == layer:
                self._values[probe] = _read(maps, probe)

    def finish(self) -> TraceValues:
        return TraceValues(tuple(self._values.get(probe, ProbeValue(probe, None)) for probe in self._view.probes))


class StatisticsAnswerer:
    """One layer in full, of the others a sample."""

    def __init__(self, view: StatisticsView, backstage: Backstage) -> None:
        self._view = view
        self._backstage = backstage
        self._present: Pass | None = None
        self._numbers: dict[str, LayerNumbers] = {}
        self._batch_norm: BatchNormNumbers | None = None
        self._correlation: ChannelCorrelation | None = None

    def begin(self, present: Pass) -> None:
        self._present = present
        self._numbers, self._batch_norm, self._correlation = {}, None, None
        if self._view.normalised == NETWORK_INPUT:
            self._compare(present.prepared)

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:
        view, present = self._view, self._present
        assert present is not None  # noqa: S101 - begin() comes first
        exact = layer == view.detail
        measure = self._backstage.meters.measure
        self._numbers[layer] = measure(layer, maps, present.number, present.seconds, exact=exact)
        if layer == view.normalised:
            self._compare(activation)
        if exact and view.correlation and maps.dim() == 3:
            self._correlation = correlate_channels(layer, maps)

    def finish(self) -> Statistics | None:
        if not self._numbers:
            return None
        return Statistics(self._view.detail, self._numbers, self._batch_norm, self._correlation)

    def _compare(self, inputs: Tensor) -> None:
        layer = self._backstage.layers[self._view.detail]
        module = self._backstage.module_of(layer.name)
        if module is not None:
            self._batch_norm = compare_batch_norm(layer, module, inputs)


class ObserveAnswerer:
    """Reduces each layer as it comes, and counts the frame when all have."""

    def __init__(self, view: ObserveView, backstage: Backstage) -> None:
        self._view = view
        self._backstage = backstage
        self._ranked = -math.inf
        self._values: dict[str, NDArray[np.float64]] = {}
        self._frame = 0
        self._ranks = False

    def begin(self, present: Pass) -> None:
        self._values, self._frame = {}, present.number
        self._ranks = present.whole or present.seconds - self._ranked >= _RANKING_SECONDS
        self._ranked = present.seconds if self._ranks else self._ranked

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        self._values[layer] = reduce_channels(activation, self._backstage.layers[layer], "maximum")

    def finish(self) -> SeparationRanking | None:
        separation = self._backstage.separation
        separation.observe_reduced(self._values, present=self._view.present, frame=self._frame)
        return separation.ranking() if self._ranks else None


_ANSWERERS: Mapping[type, Callable[..., Answerer]] = {
    ThumbnailsView: ThumbnailsAnswerer,
    UnitView: UnitAnswerer,
    TraceView: TraceAnswerer,
    StatisticsView: StatisticsAnswerer,
    ObserveView: ObserveAnswerer,
}


def _read(maps: Tensor, probe: Probe) -> ProbeValue:
    if probe.y != WHOLE_MAP:
        return read_probe(maps, probe)
    there = 0 <= probe.channel < len(maps)
    return ProbeValue(probe, float(maps[probe.channel].mean()) if there else None)
