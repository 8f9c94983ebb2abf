"""Kinds of layer in a few families, as the graph colours and stacks them."""

from __future__ import annotations

from typing import Literal, get_args

from cnnviz.core.networks.values import ACTIVATIONS, LayerInfo

Family = Literal["convolution", "linear", "normalization", "activation", "pooling", "join", "attention", "other"]

FAMILIES: tuple[Family, ...] = get_args(Family)

_ACTIVATION_WORDS = ACTIVATIONS | {
    "celu", "glu", "hard_swish", "hardshrink", "hardsigmoid", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid",
    "logsoftmax", "prelu", "rrelu", "softmax", "softmax2d", "softmin", "softplus", "softshrink", "softsign",
    "tanhshrink", "threshold",
}  # fmt: skip
_JOINS = frozenset({"add", "iadd", "cat", "concat", "stack", "mul", "imul", "sub", "div", "matmul", "bmm", "einsum"})
_PARTS: tuple[tuple[Family, tuple[str, ...]], ...] = (
    ("attention", ("attention",)),
    ("convolution", ("conv",)),
    ("pooling", ("pool",)),
    ("normalization", ("norm",)),
    ("linear", ("linear",)),
)
"""Parts of a kind's name that tell its family, the most telling first."""


def family(layer: LayerInfo) -> Family:
    """By the kind's name, whether a module's (``Conv2d``) or a function's (``max_pool2d``)."""
    kind = layer.kind.lower().strip("_")
    if kind in _JOINS:
        return "join"
    if kind in _ACTIVATION_WORDS:
        return "activation"
    return next((one for one, parts in _PARTS if any(part in kind for part in parts)), "other")


def follows(layer: LayerInfo) -> bool:
    """It only changes the numbers of what is before it: the graph draws it attached to that."""
    return family(layer) in {"normalization", "activation"} or "dropout" in layer.kind.lower()
