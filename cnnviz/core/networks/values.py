"""Networks, their layers and weights: what crosses borders between the core, the engine and the window.

Sizes are (height, width), and shapes leave out the batch, unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.core.arrays import Size
from cnnviz.core.receptive_field import ReceptiveField

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
