"""Who answers which live view: works on the activations of one drawn frame, in the stream that has it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor

from cnnviz.core.live_views import Thumbnails, ThumbnailsView
from cnnviz.core.rendering.thumbnails import thumbnail
from cnnviz.core.values import LiveView, MosaicPicture, VectorPicture

_THUMBNAILS_A_FRAME = 8
"""They cost about a tenth of a millisecond each; a graph full of them is new four times a second."""


class Answerer(Protocol):
    """Answers one view, frame after frame: ``begin``, ``take`` for each of its layers, ``finish``."""

    @property
    def layers(self) -> frozenset[str]:
        """What it takes of the present frame."""

    def begin(self, *, whole: bool) -> None:
        """Another frame. ``whole``: it stands still, so the answer must be complete."""

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:
        """``activation`` as the network made it, batch included; ``maps`` as ``as_maps`` reads it. Only now."""

    def finish(self) -> object | None:
        """The answer; None where there is nothing (yet)."""


class ThumbnailsAnswerer:
    """A few layers a frame, in turn."""

    def __init__(self, view: ThumbnailsView) -> None:
        self._view = view
        turns = -(-len(view.layers) // _THUMBNAILS_A_FRAME)
        self._turns = itertools.cycle([frozenset(view.layers[turn::turns]) for turn in range(turns)])
        self._pictures: dict[str, MosaicPicture | VectorPicture] = {}
        self.layers: frozenset[str] = frozenset()

    def begin(self, *, whole: bool) -> None:
        self._pictures = {}
        self.layers = frozenset(self._view.layers) if whole else next(self._turns)

    def take(self, layer: str, activation: Tensor, maps: Tensor) -> None:  # noqa: ARG002 - others need it
        self._pictures[layer] = thumbnail(layer, maps, self._view.side)

    def finish(self) -> Thumbnails | None:
        return Thumbnails(self._pictures) if self._pictures else None


_ANSWERERS: Mapping[type, Callable[..., Answerer]] = {ThumbnailsView: ThumbnailsAnswerer}


def answerer_of(view: LiveView) -> Answerer:
    """A new one for this view."""
    return _ANSWERERS[type(view)](view)
