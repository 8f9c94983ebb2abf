"""Captured activations → what each feature-maps dock asked for.

Maps are drawn after the forward pass from copies: one layer right after the other takes half the time that it takes
between the network's own operations, which turn drawing out of the processor's caches. Live views look at each layer as
it comes, because some of them look at all layers, of which no more than one must be held.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

import torch
from torch import Tensor

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.rendering.colormaps import palette
from cnnviz.core.rendering.maps import as_maps, channel_map, draw_maps, ranges, read_probe
from cnnviz.core.rendering.overlay import Region, overlay_map
from cnnviz.core.rendering.statistics import LayerHistory
from cnnviz.core.views import (
    ChannelOrder,
    ChannelStatistics,
    LiveView,
    MapsPicture,
    MapsView,
    MosaicPicture,
    ProbeValue,
    VectorPicture,
    ViewRequest,
)
from cnnviz.engine.answering import Answerer, Backstage, Pass, answerer_of
from cnnviz.engine.copies import Copies
from cnnviz.engine.input_picture import shrink_to_fit
from cnnviz.engine.tuning import on_one_thread

OVERLAY_STRENGTH = 0.65
_UNUSED = (0, 0, 0)


class Histories:
    """What the streams of one network remember together of the frames before, per layer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layers: dict[str, LayerHistory] = {}

    def keep_only(self, layers: Collection[str]) -> None:
        """Forgets layers that nobody looks at any more."""
        with self._lock:
            self._layers = {name: history for name, history in self._layers.items() if name in layers}

    def measure(
        self, layer: str, maps: Tensor, frame: int, orders: Collection[ChannelOrder]
    ) -> tuple[ChannelStatistics, Floats]:
        """The statistics of this frame's ``maps``, and each channel's strength over the last frames."""
        with self._lock:
            history = self._layers.setdefault(layer, LayerHistory())
            return history.measure(maps, frame, orders), history.strength


class Drawing:
    """One frame at a time: ``begin``, ``take`` for each captured activation, ``finish``.

    ``due``: the layers to take of the present frame. ``seconds``: spent in ``take`` since ``begin``.
    """

    def __init__(self, layers: tuple[LayerInfo, ...], histories: Histories, backstage: Backstage) -> None:
        self._backstage = backstage
        self._axes = {layer.name: layer.map_axes for layer in layers if layer.map_axes}
        self._histories = histories
        self.due: frozenset[str] = frozenset()
        self.seconds = 0.0
        self._hold = False
        self._frame = -1
        self._views: tuple[MapsView, ...] = ()
        self._shown: frozenset[str] = frozenset()
        self._copies = Copies()
        self._answerers: dict[LiveView, Answerer] = {}
        self._takers: list[tuple[frozenset[str], Answerer]] = []
        self._parts: dict[tuple[str, str], MosaicPicture | VectorPicture] = {}
        self._probes: dict[str, ProbeValue] = {}
        self._singles: dict[str, tuple[Floats, ChannelStatistics]] = {}
        self._problems: dict[str, str] = {}

    def begin(self, request: ViewRequest | None, present: Pass, *, hold: bool) -> None:
        """Forgets the last frame. Without a request nothing will be taken. ``hold``: keep copies of all that is taken.

        Of the request's live views those are answered, and of those layers, that this frame's request has.
        """
        self._views = request.maps if request else ()
        self._frame = present.number
        self._hold = hold and request is not None
        self.due = frozenset()
        self.seconds = 0.0
        for kept in (self._parts, self._probes, self._singles, self._problems):
            kept.clear()
        if request is not None:
            self.due = request.layers
            self._copies.forget()
            self._shown = frozenset(name for view in request.maps for name in view.layers)
            self._histories.keep_only(self._shown)
            known = self._answerers
            self._answerers = {view: known.get(view) or answerer_of(view, self._backstage) for view in request.live}
            self._takers = [(frozenset(view.layers), answerer) for view, answerer in self._answerers.items()]
            for answerer in self._answerers.values():
                answerer.begin(present)

    def take(self, layer: str, activation: Tensor) -> None:
        """``activation`` is only read, and only now."""
        started = time.perf_counter()
        if self._hold or layer in self._shown:
            self._copies.add(layer, activation)
        self._ask_answerers(layer, activation)
        self.seconds += time.perf_counter() - started

    def take_held(self, layer: str, copy: Tensor) -> None:
        """``copy``: one of those that ``held`` gave for this frame before."""
        self._copies.borrow(layer, copy)
        self._ask_answerers(layer, copy)

    def held(self) -> dict[str, Tensor]:
        """The copies of all activations that were taken, where ``begin`` asked to hold them."""
        return self._copies.hand_out() if self._hold else {}

    def finish(self, pixels: Bytes, seen: Region, why_missing: Callable[[str], str]) -> tuple[MapsPicture, ...]:
        """The answers, in the order of the views. ``pixels``: the frame; ``seen``: its part that reached the
        network.
        """
        with torch.inference_mode(), on_one_thread():
            for layer, activation in self._copies:
                if layer in self._shown and (maps := self._maps(layer, activation)) is not None:
                    self._draw(layer, maps)
        return tuple(self._answer(view, pixels, seen, why_missing) for view in self._views)

    def _ask_answerers(self, layer: str, activation: Tensor) -> None:
        asked = [answerer for wanted, answerer in self._takers if layer in wanted]
        if not asked:
            return
        with on_one_thread():
            if (maps := self._maps(layer, activation)) is not None:
                for answerer in asked:
                    answerer.take(layer, activation, maps)

    def _maps(self, layer: str, activation: Tensor) -> Tensor | None:
        try:
            return as_maps(activation, self._axes[layer])
        except LayerError as error:
            self._problems[layer] = error.message
            return None

    def live(self) -> tuple[object, ...]:
        """The answers to the request's live views, as far as there are any."""
        answers = (answerer.finish() for answerer in self._answerers.values())
        return tuple(answer for answer in answers if answer is not None)

    def _draw(self, layer: str, maps: Tensor) -> None:
        views = [view for view in self._views if layer in view.layers]
        statistics, strength = self._histories.measure(layer, maps, self._frame, {view.order for view in views})
        for view in views:
            self._parts[view.view, layer] = draw_maps(view, layer, maps, statistics, strength)
            if view.probe is not None and view.probe.layer == layer:
                self._probes[view.view] = read_probe(maps, view.probe)
            if view.overlay and view.single is not None:
                values = channel_map(maps, view.single)
                if values is not None:
                    self._singles[view.view] = values, statistics

    def _answer(self, view: MapsView, pixels: Bytes, seen: Region, why_missing: Callable[[str], str]) -> MapsPicture:
        parts = [self._parts.get((view.view, layer)) for layer in view.layers]
        missing = (layer for layer, part in zip(view.layers, parts, strict=True) if part is None)
        problems = [self._problems.get(layer) or why_missing(layer) for layer in missing]
        return MapsPicture(
            view=view.view,
            parts=tuple(part for part in parts if part is not None),
            overlay=self._overlay(view, pixels, seen) if view.view in self._singles else None,
            probe=self._probes.get(view.view),
            problem=problems[0] if problems else "",
            seen=seen,
        )

    def _overlay(self, view: MapsView, pixels: Bytes, seen: Region) -> Bytes:
        values, statistics = self._singles[view.view]
        assert view.single is not None  # noqa: S101 - take() looked
        low, high = (float(limit[view.single]) for limit in ranges(view.scaling, statistics))
        colours = palette(view.colormap, gap=_UNUSED, dead=_UNUSED)
        picture = shrink_to_fit(pixels, view.size)
        return overlay_map(picture, values, seen, colours, low=low, high=high, strength=OVERLAY_STRENGTH)
