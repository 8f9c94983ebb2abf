"""What crosses borders between the core, the engine and the window: frozen values, numpy at most.

Sizes are (height, width) and shapes leave out the batch, unless a name says otherwise. Times are seconds of
``time.monotonic``, which every process on the machine shares; durations are milliseconds.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.core.rendering.layout import MosaicLayout

Size = tuple[int, int]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# ------------------------------------------------------------------------------------------------------------ sources

SourceKind = Literal["picture", "folder", "video", "camera", "stream", "pasted", "sketch", "test-card"]


@dataclass(frozen=True)
class SourceSpec:
    """Where pictures come from. ``location``: a path, a URL, or a camera's number as text.

    ``size`` (height, width) and ``rate`` (frames per second) are what a camera is asked for; it may give another.
    """

    kind: SourceKind
    location: str = ""
    size: Size | None = None
    rate: float | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture: ``pixels`` H×W×3 uint8 RGB, read-only. ``captured_at``: when it was handed over."""

    pixels: Bytes
    number: int
    captured_at: float
    grab_ms: float = 0.0


@dataclass(frozen=True)
class SourceState:
    """What the input dock shows of a source. A still source has one frame; only seekable ones have a position."""

    spec: SourceSpec
    title: str
    size: Size | None = None
    still: bool = False
    playing: bool = True
    seekable: bool = False
    looping: bool = True
    speed: float = 1.0
    rate: float | None = None
    frame_index: int = 0
    frame_count: int = 0
    notice: str = ""  # camera lost, file ends early: one sentence


@dataclass(frozen=True)
class CameraInfo:
    """A camera that really opened. ``modes``: (height, width, frames per second) it delivers."""

    index: int
    name: str
    modes: tuple[tuple[int, int, float], ...] = ()


SourceAction = Literal["play", "pause", "step", "step-back", "seek", "speed", "loop"]


@dataclass(frozen=True)
class SourceCommand:
    """``value``: frame index for seek, factor for speed, 0 or 1 for loop."""

    action: SourceAction
    value: float = 0.0


# ----------------------------------------------------------------------------------------------------------- networks

Fit = Literal["crop", "squash", "pad"]
Interpolation = Literal["nearest", "bilinear", "bicubic"]


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the network's input; it belongs to the weights.

    ``resize``: the shorter side is brought to this before a centre crop of ``input_size`` (None: to fit exactly).
    ``invert``: dark-on-light pictures for networks trained on light-on-dark (digits on paper).
    """

    input_size: Size = (224, 224)
    channels: Literal[1, 3] = 3
    resize: int | None = 256
    fit: Fit = "crop"
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    invert: bool = False


@dataclass(frozen=True)
class WeightsInfo:
    """One published set of weights of a registry entry. ``cached``: already on this machine."""

    name: str
    megabytes: float
    cached: bool
    accuracy: float | None = None  # top-1 in percent, as published
    data: str = ""  # what it was trained and measured on


Origin = Literal["cnnviz", "course", "torchvision", "timm"]
"""Where a network of the registry comes from. course: one of the course's networks, built from a spec."""


@dataclass(frozen=True)
class NetworkEntry:
    """One network of the registry, known without building it. None: not known.

    ``macs``: multiply-adds at ``input_size``, one per multiplication of convolutions and linear layers. ``accuracy``:
    the original's published one in percent, where no set of ``weights`` carries any. ``depth``: layers with weights on
    the longest path, as the network's authors count them. ``note``: what else to know, in words.
    """

    name: str
    title: str
    origin: Origin
    parameters: int | None = None
    input_size: Size = (224, 224)
    channels: int = 3
    weights: tuple[WeightsInfo, ...] = ()
    year: int | None = None
    depth: int | None = None
    macs: int | None = None
    accuracy: float | None = None
    note: str = ""


@dataclass(frozen=True)
class NetworkChoice:
    """What the user asks for. ``weights``: a published set's name, "default", "none", or use ``weights_file``.

    ``replace_head``: give the network the class count of the weights file instead of refusing it.
    ``preprocessing`` and ``class_names_file`` override what the weights carry.

    The network itself is ``name`` in the registry, or else a ``file`` (a spec, TorchScript, ``torch.export``, ONNX or
    Python file), or else a ``spec`` (the JSON text of one); ``name`` is then only what it is called.
    ``confirmed_code``: the user allowed the Python ``file`` to run.

    Or it is that of a training ``run``, given as its folder: of the ``checkpoint`` of a step, "latest", or "live".
    """

    name: str
    weights: str = "default"
    weights_file: str = ""
    replace_head: bool = False
    preprocessing: Preprocessing | None = None
    class_names_file: str = ""
    seed: int = 0
    file: str = ""
    spec: str = ""
    confirmed_code: bool = False
    run: str = ""
    checkpoint: str = "latest"


MapAxes = Literal["chw", "hwc", "tokens", "vector", ""]
"""How a shape is read as maps: "tokens" is T×C on a square grid; "" can not be drawn."""

Learning = Literal["learns", "frozen", "partly", "statistics", "nothing"]
"""What backpropagation changes in a layer. partly: some of its parameters are frozen; statistics: nothing, but running
means and variances are kept in training mode.
"""

NETWORK_INPUT = "input"
"""What ``LayerInfo.inputs`` calls the network's own input."""


@dataclass(frozen=True)
class Window:
    """What a convolution or a pool slides over its input: (height, width) each. ``padding``: rows above and columns to
    the left; ``transposed``: it spreads instead of gathers.
    """

    kernel: Size
    stride: Size
    padding: Size
    dilation: Size = (1, 1)
    groups: int = 1
    transposed: bool = False


@dataclass(frozen=True)
class LayerInfo:
    """One call during a forward pass: of a module, or of a function such as ``torch.add`` or ``F.relu``.

    ``name`` is the module's path; a second call of the same module is ``path#2``. A function's name is its place and
    its own with brackets: ``layer1.0.add()``. The whole network is called "network".

    ``shape`` leaves out the batch; None where the output is no tensor. ``parameters``, ``trainable`` and ``buffers``
    are numbers of the module's own and its children's, counted once (on its first call). ``leaf``: nothing is recorded
    inside it. ``parent``: the call around it. ``inputs``: the leaf calls whose outputs it takes, NETWORK_INPUT among
    them. ``macs``: one per multiplication of convolutions and linear layers, as torchvision counts them. ``memory``:
    bytes of its output for one picture. ``weight``: shape of its kernel or matrix.
    """

    name: str
    path: str
    kind: str
    order: int
    depth: int
    leaf: bool
    shape: tuple[int, ...] | None
    parameters: int
    trainable: int
    map_axes: MapAxes
    detail: str = ""  # kernel, stride … in a few words
    function: bool = False
    parent: str = ""
    inputs: tuple[str, ...] = ()
    buffers: int = 0
    macs: int = 0
    memory: int = 0
    learning: Learning = "nothing"
    window: Window | None = None
    weight: tuple[int, ...] | None = None
    bias: bool = False
    receptive_field: ReceptiveField | None = None

    @property
    def channels(self) -> int:
        """Number of maps (or bars) this layer shows."""
        if not self.shape or not self.map_axes:
            return 0
        return {"chw": self.shape[0], "vector": self.shape[0]}.get(self.map_axes, self.shape[-1])


ACTIVATIONS = frozenset(
    {"relu", "relu6", "leakyrelu", "leaky_relu", "elu", "selu", "gelu", "silu", "hardswish", "mish", "sigmoid", "tanh"}
)
"""Kinds of layer and of function, in small letters, that turn a convolution's sums into activations."""


@dataclass(frozen=True)
class NetworkOffer:
    """What a loaded network offers to the window. ``problem``: what is wrong with its output, in a sentence; where it
    is not ``complete`` its forward pass stopped, and ``layers`` are those that ran. ``unreached``: paths of modules
    with parameters that it does not come to.
    """

    choice: NetworkChoice
    title: str
    weights: str  # in words: where they came from
    device: str
    half: bool
    input_shape: tuple[int, int, int]  # channels, height, width
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    layers: tuple[LayerInfo, ...]  # in the order they start to run
    parameters: int
    trainable: int
    serial: int = 0  # counts loaded networks: tells two loads of the same one apart
    complete: bool = True
    problem: str = ""
    unreached: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeviceInfo:
    """``name`` as torch spells it (cpu, cuda:0, mps); ``title`` in words."""

    name: str
    title: str
    half: bool = False  # half precision can be offered


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


@dataclass(frozen=True)
class Problem:
    """An error as the window shows it: one sentence, details behind a button."""

    message: str
    details: str = ""
    way_out: NetworkChoice | None = None  # would work: with a new head, or with the code allowed to run


@dataclass(frozen=True)
class Progress:
    """Of anything over 0.3 s. ``fraction`` None: unknown. ``task`` is what a cancel names."""

    task: str
    text: str
    fraction: float | None = None
    cancellable: bool = False
    done: bool = field(default=False)
