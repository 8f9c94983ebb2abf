"""What docks ask of the live loop beside maps, input and predictions, and the answers: frozen values, numpy at most.

Each view says which layers it needs and what is left of it in a network that lacks some of them (``LiveView`` in
``values``); ``engine.answering`` has the one who answers it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from cnnviz.core.inside.layer_numbers import BatchNormNumbers, ChannelCorrelation, LayerNumbers
from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.unit import Unit
from cnnviz.core.views import MosaicPicture, Probe, ProbeValue, VectorPicture

WHOLE_MAP = -1
"""``Probe.y`` and ``x`` of a unit that stands for its whole map: its mean is read."""


@dataclass(frozen=True)
class ThumbnailsView:
    """The strongest map of each of these ``layers``, at most ``side`` device pixels high and wide. On moving pictures
    they take turns: an answer holds some of them.
    """

    layers: tuple[str, ...]
    side: int = 48

    def among(self, layers: Collection[str]) -> Self | None:
        """Without the layers this network does not have."""
        kept = tuple(name for name in self.layers if name in layers)
        return replace(self, layers=kept) if kept else None


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """By layer: a mosaic of its one strongest channel, or a vector's values."""

    pictures: Mapping[str, MosaicPicture | VectorPicture]


@dataclass(frozen=True)
class UnitView:
    """The arithmetic of one cell. ``inputs``: the leaf calls its layer takes, as in LayerInfo."""

    probe: Probe
    inputs: tuple[str, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        captured = (name for name in self.inputs if name != NETWORK_INPUT)
        return (self.probe.layer, *dict.fromkeys(captured))

    def among(self, layers: Collection[str]) -> Self | None:
        """None where this network does not have the layer or what it takes."""
        return self if set(self.layers) <= set(layers) else None


@dataclass(frozen=True, eq=False)
class UnitAnswer:
    """``unit`` None: there is no such cell (any more), and ``problem`` says why."""

    probe: Probe
    unit: Unit | None
    problem: str = ""


@dataclass(frozen=True)
class TraceView:
    """The values of pinned units in every drawn frame; see WHOLE_MAP."""

    probes: tuple[Probe, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(probe.layer for probe in self.probes))

    def among(self, layers: Collection[str]) -> Self | None:
        """Without the units this network does not have."""
        kept = tuple(probe for probe in self.probes if probe.layer in layers)
        return replace(self, probes=kept) if kept else None


@dataclass(frozen=True)
class TraceValues:
    """``values`` in the order of the view's probes."""

    values: tuple[ProbeValue, ...]


@dataclass(frozen=True)
class StatisticsView:
    """Numbers of every layer of ``through``, which take turns on moving pictures; of ``detail`` in every answer, from
    all its cells. ``correlation``: also its channels' correlation. ``normalised``: what ``detail`` takes, where it is a
    batch norm layer; "" else.
    """

    through: tuple[str, ...]
    detail: str
    correlation: bool = False
    normalised: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        names = (self.detail, self.normalised, *self.through)
        return tuple(dict.fromkeys(name for name in names if name not in ("", NETWORK_INPUT)))

    def among(self, layers: Collection[str]) -> Self | None:
        """Without the layers this network does not have."""
        if self.detail not in layers:
            return None
        normalised = self.normalised if self.normalised in {*layers, NETWORK_INPUT} else ""
        return replace(self, through=tuple(name for name in self.through if name in layers), normalised=normalised)


@dataclass(frozen=True)
class ObserveView:
    """Counts every drawn frame with the object (``present``) or without it, for every channel of ``layers``; answers
    are a SeparationRanking, now and then.
    """

    layers: tuple[str, ...]
    present: bool

    def among(self, layers: Collection[str]) -> Self | None:
        """Without the layers this network does not have."""
        kept = tuple(name for name in self.layers if name in layers)
        return replace(self, layers=kept) if kept else None


@dataclass(frozen=True, eq=False)
class Statistics:
    """``layers``: those whose turn it was, by name; ``detail``'s is among them."""

    detail: str
    layers: Mapping[str, LayerNumbers] = field(default_factory=dict)
    batch_norm: BatchNormNumbers | None = None
    correlation: ChannelCorrelation | None = None
