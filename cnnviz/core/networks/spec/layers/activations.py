"""Functions of single values, and softmax."""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.core.networks.spec.field import POINT
from cnnviz.core.networks.spec.kinds import Argument, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.layers.common import unchanged
from cnnviz.core.networks.spec.options import Option, Options
from cnnviz.core.networks.spec.rows import Shape

_Named = Callable[[Options], tuple[tuple[str, Argument], ...]]


def _work(options: Options, shape: Shape) -> Work:  # noqa: ARG001 - any options
    return unchanged(shape, field=POINT)


def _kind(
    name: str, title: str, text: str, module: str, options: tuple[Option, ...] = (), named: _Named = lambda _: ()
) -> LayerKind:
    def call(values: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any shape
        return ModuleCall(module, (), named(values))

    return LayerKind(name, title, "activation", name, text, options, _work, call)


RELU = _kind("relu", "ReLU", "max(0, x): negative sums become 0.", "ReLU")
LEAKY_RELU = _kind(
    "leaky_relu",
    "Leaky ReLU",
    "Like ReLU, but negative sums keep a small slope, so that no unit dies.",
    "LeakyReLU",
    (Option("slope", "float", 0.01, "Slope for negative values.", 0, 1),),
    lambda options: (("negative_slope", options.number("slope")),),
)
GELU = _kind(
    "gelu",
    "GELU",
    "x times the share of a normal distribution below x: a smooth ReLU.",
    "GELU",
    (Option("approximate", "choice", "none", "Exact, or by a tanh formula.", words=("none", "tanh")),),
    lambda options: () if options.word("approximate") == "none" else (("approximate", "tanh"),),
)
SILU = _kind("silu", "SiLU", "x·sigmoid(x), also called Swish.", "SiLU")
TANH = _kind("tanh", "tanh", "Squeezes sums into −1 … 1, as in LeNet-5.", "Tanh")
SIGMOID = _kind("sigmoid", "Sigmoid", "Squeezes sums into 0 … 1.", "Sigmoid")
SOFTMAX = _kind(
    "softmax",
    "Softmax",
    "Turns logits into probabilities that add up to 1, over the channels.",
    "Softmax",
    named=lambda _: (("dim", 1),),
)
