"""What the user wishes + what the network offers → one frozen view request, by a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isqrt

from cnnviz.core.networks.values import ACTIVATIONS, LayerInfo, NetworkOffer
from cnnviz.core.views import InputView, LiveView, MapsView, Probe, ViewRequest


@dataclass(frozen=True)
class Selection:
    """One selection, shared by every dock. ``cell``: row and column in the layer's maps."""

    layer: str = ""
    channel: int | None = None
    cell: tuple[int, int] | None = None


@dataclass(frozen=True)
class Wishes:
    """What the visible docks want. A MapsView without layers follows the selection. ``hovered``: the cell under the
    mouse.
    """

    maps: tuple[MapsView, ...] = ()
    input: InputView | None = None
    predictions: bool = False
    frozen: bool = False
    selection: Selection = Selection()
    hovered: Probe | None = None
    paint_rate: float = 30.0
    live: tuple[LiveView, ...] = ()


def resolve(wishes: Wishes, offer: NetworkOffer, number: int) -> ViewRequest:
    """The request of this number: only layers the network has, only pictures that have a size."""
    shown = {layer.name: layer for layer in offer.layers if layer.map_axes}
    views = (_resolve_maps(view, wishes, shown) for view in wishes.maps)
    return ViewRequest(
        number=number,
        network=offer.serial,
        maps=tuple(view for view in views if view is not None),
        input=wishes.input if wishes.input and min(wishes.input.size) > 0 else None,
        predictions=wishes.predictions,
        frozen=wishes.frozen,
        paint_rate=wishes.paint_rate,
        live=tuple(kept for view in wishes.live if (kept := view.among(shown)) is not None),
    )


def _resolve_maps(view: MapsView, wishes: Wishes, shown: dict[str, LayerInfo]) -> MapsView | None:
    layers = tuple(name for name in (view.layers or (wishes.selection.layer,)) if name in shown)
    if not layers or min(view.size) <= 0:
        return None
    channels = shown[layers[0]].channels
    single = view.single if len(layers) == 1 and view.single is not None and view.single < channels else None
    kept = None
    if view.channels is not None and len(layers) == 1:
        kept = tuple(channel for channel in view.channels if channel < channels)
    probe = wishes.hovered if wishes.hovered and wishes.hovered.layer in layers else None
    overlay = view.overlay and single is not None
    return replace(view, layers=layers, single=single, channels=kept, probe=probe, overlay=overlay)


def default_layer(layers: Sequence[LayerInfo]) -> str:
    """What to look at first in a new network: its first activated maps, else its first maps, else its first vector."""
    drawable = [layer for layer in layers if layer.leaf and layer.map_axes]
    maps = [layer for layer in drawable if layer.map_axes == "chw"]
    activated = [layer for layer in maps if layer.kind.lower() in ACTIVATIONS]
    return next((layer.name for layer in (*activated, *maps, *drawable)), "")


def keep_selection(selection: Selection, offer: NetworkOffer) -> Selection:
    """The same layer, channel and cell in the new network as far as it has them, else its default layer."""
    layer = next((layer for layer in offer.layers if layer.name == selection.layer and layer.map_axes), None)
    if layer is None:
        return Selection(default_layer(offer.layers))
    if selection.channel is not None and selection.channel >= layer.channels:
        return Selection(layer.name)
    return selection if selection.cell is None or has_cell(layer, *selection.cell) else replace(selection, cell=None)


def has_cell(layer: LayerInfo, y: int, x: int) -> bool:
    """Whether the layer's maps reach there; a vector has cell (0, 0) only."""
    height, width = map_size(layer)
    return 0 <= y < height and 0 <= x < width


def map_size(layer: LayerInfo) -> tuple[int, int]:
    """Rows and columns of the layer's maps; (1, 1) for a vector, (0, 0) for what cannot be drawn."""
    shape = layer.shape or ()
    match layer.map_axes:
        case "chw":
            return shape[1], shape[2]
        case "hwc":
            return shape[0], shape[1]
        case "tokens":
            return isqrt(shape[0]), isqrt(shape[0])
        case "vector":
            return 1, 1
    return 0, 0


def neighbour_layer(layers: Sequence[LayerInfo], name: str, step: int) -> str:
    """The drawable leaf layer ``step`` places further in running order; ends stay where they are."""
    names = [layer.name for layer in layers if layer.leaf and layer.map_axes]
    if name not in names:
        return default_layer(layers)
    return names[max(0, min(len(names) - 1, names.index(name) + step))]


class Requests:
    """Numbers the view requests, leaves out those that ask for nothing new, and tells which answers are too late."""

    def __init__(self) -> None:
        self._last: ViewRequest | None = None
        self._number = 0
        self._oldest_wanted = 0

    def next(self, request: ViewRequest) -> ViewRequest | None:
        """``request`` with its number; None where the last one asked for the same."""
        last, self._last = self._last, request
        if request == last:
            return None
        self._number += 1
        # Another cell under the mouse changes no picture: answers to the request before may still be shown.
        if last is None or _without_probes(request) != _without_probes(last):
            self._oldest_wanted = self._number
        return replace(request, number=self._number)

    def forget(self) -> None:
        """Another network or engine knows nothing of the last request."""
        self._last = None

    def wants(self, number: int) -> bool:
        """Whether the answer to this request still shows what is wished for."""
        return number >= self._oldest_wanted


def _without_probes(request: ViewRequest) -> ViewRequest:
    return replace(request, maps=tuple(replace(view, probe=None) for view in request.maps))
