"""What docks ask of the live loop beside maps, input and predictions, and the answers: frozen values, numpy at most.

Each view says which layers it needs and what is left of it in a network that lacks some of them (``LiveView`` in
``values``); ``engine.answering`` has the one who answers it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

from cnnviz.core.values import MosaicPicture, VectorPicture


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
