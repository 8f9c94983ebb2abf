"""Who answers which live view: works on the activations of one drawn frame, in the stream that has it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
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
from cnnviz.core.probing.layer_statistics import LayerMeters, compare_batch_norm, correlate_channels
from cnnviz.core.probing.separation import Separation, reduce_channels
from cnnviz.core.probing.unit import explain_unit
from cnnviz.core.rendering.maps import read_probe
from cnnviz.core.rendering.thumbnails import thumbnail
from cnnviz.core.values import NETWORK_INPUT, LayerInfo, LiveView, MosaicPicture, Probe, ProbeValue, VectorPicture

_LAYERS_A_TURN = 8
"""Thumbnails and statistics cost about a tenth of a millisecond a layer; 64 thumbnails are new four times a second."""

_UNIT_TURNS = 3
"""Of a moving picture every third drawn frame is worked out: nobody reads a sum ten times a second."""

_STATISTICS_TURNS = 3
"""Likewise: every cell of a large first layer takes eight milliseconds, and ten times a second is as good as thirty."""

_CORRELATION_TURNS = 9
"""Of drawn frames; a multiple of the above."""

_RANKING_TURNS = 3


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
    network's input. ``whole``: it stands still, so answers must be complete.
    """

    number: int
    seconds: float
    prepared: Tensor
    whole: bool


class Answerer(Protocol):
    """Answers one view, frame after frame: ``begin``, ``take`` for each of its layers, ``finish``."""

    @property
    def layers(self) -> frozenset[str]:
        """What it takes of the present frame."""

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
    """A few layers a frame, in turn."""

    def __init__(self, view: ThumbnailsView, _: Backstage) -> None:
        self._view = view
        self._turns = _turns(view.layers)
        self._pictures: dict[str, MosaicPicture | VectorPicture] = {}
        self.layers: frozenset[str] = frozenset()

    def begin(self, present: Pass) -> None:
        self._pictures = {}
        self.layers = frozenset(self._view.layers) if present.whole else next(self._turns)

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        self._pictures[layer] = thumbnail(layer, maps, self._view.side)

    def finish(self) -> Thumbnails | None:
        return Thumbnails(self._pictures) if self._pictures else None


class UnitAnswerer:
    """Keeps copies of what the layer takes until it has given its output."""

    def __init__(self, view: UnitView, backstage: Backstage) -> None:
        self._view = view
        self._backstage = backstage
        self._frames = itertools.count()
        self._taken: dict[str, Tensor] = {}
        self.layers: frozenset[str] = frozenset()

    def begin(self, present: Pass) -> None:
        self._taken = {NETWORK_INPUT: present.prepared}
        due = next(self._frames) % _UNIT_TURNS == 0 or present.whole
        self.layers = frozenset(self._view.layers) if due else frozenset()

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        self._taken[layer] = activation[:1].clone()

    def finish(self) -> UnitAnswer | None:
        if not self.layers:
            return None
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
        self.layers = frozenset(view.layers)

    def begin(self, present: Pass) -> None:  # noqa: ARG002 - every frame is alike
        self._values = {}

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        for probe in self._view.probes:
            if probe.layer == layer:
                self._values[probe] = _read(maps, probe)

    def finish(self) -> TraceValues:
        return TraceValues(tuple(self._values.get(probe, ProbeValue(probe, None)) for probe in self._view.probes))


class StatisticsAnswerer:
    """One layer in full, the others in turn; of a moving picture every few frames."""

    def __init__(self, view: StatisticsView, backstage: Backstage) -> None:
        self._view = view
        self._backstage = backstage
        self._turns = _turns(view.through)
        self._frames = itertools.count()
        self._present: Pass | None = None
        self._numbers: dict[str, LayerNumbers] = {}
        self._batch_norm: BatchNormNumbers | None = None
        self._correlation: ChannelCorrelation | None = None
        self._correlates = False
        self.layers: frozenset[str] = frozenset()

    def begin(self, present: Pass) -> None:
        view, self._present = self._view, present
        self._numbers, self._batch_norm, self._correlation = {}, None, None
        frame = 0 if present.whole else next(self._frames)
        if frame % _STATISTICS_TURNS:
            self.layers = frozenset()
            return
        self._correlates = view.correlation and frame % _CORRELATION_TURNS == 0
        turn = frozenset(view.through) if present.whole else next(self._turns)
        self.layers = turn | {view.detail} | ({view.normalised} - {"", NETWORK_INPUT})
        if view.normalised == NETWORK_INPUT:
            self._compare(present.prepared)

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:
        view, present = self._view, self._present
        assert present is not None  # noqa: S101 - begin() comes first
        exact = layer == view.detail
        measure = self._backstage.meters.measure
        self._numbers[layer] = measure(layer, maps, present.number, present.seconds, exact=exact)
        if layer == view.normalised:
            self._compare(activation)
        if exact and self._correlates and maps.dim() == 3:
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
        self._frames = itertools.count()
        self._values: dict[str, NDArray[np.float64]] = {}
        self._frame = 0
        self._ranks = False
        self.layers = frozenset(view.layers)

    def begin(self, present: Pass) -> None:
        self._values, self._frame = {}, present.number
        self._ranks = present.whole or next(self._frames) % _RANKING_TURNS == 0

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


def _turns(layers: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """A few of the ``layers``, then others, and so on for ever."""
    count = max(1, -(-len(layers) // _LAYERS_A_TURN))
    return itertools.cycle([frozenset(layers[turn::count]) for turn in range(count)])


def _read(maps: Tensor, probe: Probe) -> ProbeValue:
    if probe.y != WHOLE_MAP:
        return read_probe(maps, probe)
    there = 0 <= probe.channel < len(maps)
    return ProbeValue(probe, float(maps[probe.channel].mean()) if there else None)
