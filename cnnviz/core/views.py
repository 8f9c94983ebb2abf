"""What the window asks to see of each frame, and what the engine answers: frozen values, numpy at most.

Sizes are (height, width) and shapes leave out the batch, unless a name says otherwise. Times are seconds of
``time.monotonic``, which every process on the machine shares; durations are milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats, Size
from cnnviz.core.rendering.layout import MosaicLayout

# --------------------------------------------------------------------------------------------- what the window asks

ScalingMode = Literal["channel", "layer", "fixed", "signed"]
ChannelOrder = Literal["index", "mean", "maximum", "variance", "change"]


@dataclass(frozen=True)
class Scaling:
    """How activations become shades. channel: each map's own minimum to maximum; layer: one range for all maps;
    fixed: ``low`` to ``high``; signed: one symmetric range ±max|a| around zero for the layer.
    """

    mode: ScalingMode = "channel"
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Probe:
    """One cell of one layer. For vectors ``y`` and ``x`` are 0."""

    layer: str
    channel: int
    y: int
    x: int


@dataclass(frozen=True)
class MapsView:
    """What one feature-maps dock wants. ``size``: its picture's height and width in device pixels.

    ``channels``: only these (the search's answer); None for all. ``single``: this one channel as large as fits.
    ``overlay``: the single channel laid over the input picture in ``colormap`` (which nothing else needs: the window
    colours mosaics itself). ``layers`` has one name for a mosaic; with several the view is a strip: one row of
    the strongest channels per layer.
    """

    view: str
    layers: tuple[str, ...]
    size: Size
    scaling: Scaling = Scaling()
    order: ChannelOrder = "index"
    hide_dead: bool = False
    channels: tuple[int, ...] | None = None
    single: int | None = None
    overlay: bool = False
    colormap: str = "viridis"
    probe: Probe | None = None


@dataclass(frozen=True)
class InputView:
    """``size``: height and width in device pixels. ``tensor``: also what the network receives."""

    size: Size
    tensor: bool = False


class LiveView(Protocol):
    """What else a dock may ask of every drawn frame; ``live_views`` has them all."""

    @property
    def layers(self) -> tuple[str, ...]:
        """What must be captured for it."""

    def among(self, layers: Collection[str]) -> Self | None:
        """What is left of it in a network that can show these layers."""


@dataclass(frozen=True)
class ViewRequest:
    """Everything the window wants to see, joined. ``number`` grows with every change; answers carry it."""

    number: int = 0
    network: int = 0  # the offer's serial this was made for
    maps: tuple[MapsView, ...] = ()
    input: InputView | None = None
    predictions: bool = False
    frozen: bool = False
    paint_rate: float = 30.0  # snapshots a second, at most
    live: tuple[LiveView, ...] = ()

    @property
    def layers(self) -> frozenset[str]:
        """Every layer that must be captured."""
        views: tuple[MapsView | LiveView, ...] = (*self.maps, *self.live)
        return frozenset(name for view in views for name in view.layers)


# ------------------------------------------------------------------------------------------ what the engine answers


@dataclass(frozen=True)
class ProbeValue:
    """The activation at ``probe``; None where there is no such cell (any more)."""

    probe: Probe
    value: float | None


@dataclass(frozen=True, eq=False)
class ChannelStatistics:
    """Per channel of one layer, float32 of length C. ``silent``: frames in a row (this one included) in which the
    whole map had one value; a channel with ``silent`` > 0 is dead for this picture. ``not_finite``: NaN or infinite
    cells.
    """

    low: Floats
    high: Floats
    mean: Floats | None
    variance: Floats | None
    change: Floats | None
    silent: NDArray[np.int32]
    not_finite: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class MosaicPicture:
    """Maps of one layer, drawn. ``indices``: h×w uint8, see ``rendering.colormaps`` for what an index means.

    ``low`` and ``high`` are the values shown as the first and last shade, per shown channel in the layout's order.
    """

    layer: str
    shape: tuple[int, ...]  # channels, height, width of the maps
    layout: MosaicLayout
    indices: Bytes
    low: Floats
    high: Floats
    statistics: ChannelStatistics


@dataclass(frozen=True, eq=False)
class VectorPicture:
    """A layer without rows and columns: its ``values`` (C), to be drawn as bars in the order of ``order``."""

    layer: str
    values: Floats
    order: NDArray[np.int32]
    statistics: ChannelStatistics


@dataclass(frozen=True, eq=False)
class MapsPicture:
    """The answer to one MapsView: one part per layer (several only for a strip). ``overlay``: h×w×3 uint8 RGB; its map
    lies over ``seen`` (see InputPicture).

    ``problem``: why a layer could not be drawn, in a sentence.
    """

    view: str
    parts: tuple[MosaicPicture | VectorPicture, ...]
    overlay: Bytes | None = None
    probe: ProbeValue | None = None
    problem: str = ""
    seen: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class InputPicture:
    """``frame``: h×w×3 RGB at the size asked for. ``seen``: (top, left, bottom, right) in fractions of the frame that
    reaches the network (may pass the edges where padded). ``tensor``: C×H×W float32 as the network received it.
    ``tensor_picture``: H×W×3 RGB, the tensor with its normalisation undone.
    """

    frame: Bytes
    frame_size: Size
    seen: tuple[float, float, float, float]
    tensor: Floats | None = None
    tensor_picture: Bytes | None = None


@dataclass(frozen=True)
class FrameBudget:
    """Milliseconds of each stage of one painted frame; paint is added by the window."""

    grab: float = 0.0
    prepare: float = 0.0
    forward: float = 0.0
    reduce: float = 0.0
    copy: float = 0.0
    paint: float = 0.0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One frame as the window asked to see it. ``request`` is the ViewRequest's number it answers. ``live``: answers to
    its live views, as far as there are any. ``logits_before``: of a frame not long ago, without interventions.

    ``history``: (captured_at, logits) of every frame inferred since the last snapshot, oldest first, this one included.
    """

    request: int
    network: int
    frame: int
    captured_at: float
    maps: tuple[MapsPicture, ...]
    input: InputPicture | None
    logits: Floats | None
    history_times: NDArray[np.float64]
    history_logits: Floats  # N×classes
    budget: FrameBudget
    frames_per_second: float
    inferred: int  # frames inferred since the engine started
    dropped: int  # frames the source delivered that were never inferred
    live: tuple[object, ...] = ()
    logits_before: Floats | None = None
