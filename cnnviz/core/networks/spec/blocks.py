"""The palette's blocks: each is a few layers and joins, so that all arithmetic follows from its layers'."""

from __future__ import annotations

import functools

from cnnviz.core.networks.spec.kinds import BlockKind, ImpossibleRow, Join, Node
from cnnviz.core.networks.spec.layers.activations import RELU, SIGMOID
from cnnviz.core.networks.spec.layers.common import EPSILON, filters, kernel, maps, stride
from cnnviz.core.networks.spec.layers.convolutions import CONV, DEPTHWISE
from cnnviz.core.networks.spec.layers.normalisation import BATCH_NORM
from cnnviz.core.networks.spec.layers.pooling import AVERAGE_POOL, GLOBAL_POOL, MAX_POOL
from cnnviz.core.networks.spec.options import Option, Options, Pair
from cnnviz.core.networks.spec.rows import Shape
from cnnviz.core.networks.spec.windows import by_both

_NORM = Option("batch_norm", "flag", default=True, help="Batch norm after each convolution, which then has no bias.")
_PROJECTION = Option(
    "projection",
    "choice",
    "auto",
    "A 1×1 convolution on the skip connection: auto where the shape changes.",
    words=("auto", "always", "never"),
)


def _conv(
    options: Options, number: str, outputs: int, size: Pair = (1, 1), step: Pair = (1, 1), *, relu: bool = True
) -> tuple[Node, ...]:
    """A convolution that keeps the size but for its stride, with batch norm and ReLU where wanted."""
    eps = options.number("eps") if options.flag("batch_norm") else None
    return _conv_rows(number, outputs, size, step, eps) + ((_relu(number),) if relu else ())


@functools.lru_cache(maxsize=4096)
def _conv_rows(number: str, outputs: int, size: Pair, step: Pair, eps: float | None) -> tuple[Node, ...]:
    """``eps`` None: without batch norm."""
    padding = (size[0] // 2, size[1] // 2)
    conv = CONV.row(f"conv{number}", filters=outputs, kernel=size, stride=step, padding=padding, bias=eps is None)
    return (conv,) if eps is None else (conv, BATCH_NORM.row(f"norm{number}", eps=eps))


@functools.lru_cache(maxsize=256)
def _relu(number: str) -> Node:
    return RELU.row(f"relu{number}")


def _odd(size: Pair) -> Pair:
    """Only a kernel with a middle keeps the size."""
    if not (size[0] % 2 and size[1] % 2):
        odd = by_both((size[0] // 2 * 2 + 1, size[1] // 2 * 2 + 1))
        raise ImpossibleRow(f"a {by_both(size)} kernel, whose output has another size than its input", f"use {odd}")
    return size


def _vgg(options: Options, shape: Shape) -> tuple[Node, ...]:
    maps(shape, "A VGG block")
    nodes: tuple[Node, ...] = ()
    for number in range(1, options.integer("convs") + 1):
        nodes += _conv(options, str(number), options.integer("filters"), _odd(options.pair("kernel")))
    pool = {"max": (MAX_POOL.row("pool"),), "average": (AVERAGE_POOL.row("pool"),)}
    return (*nodes, *pool.get(options.word("pool"), ()))


def _residual(options: Options, shape: Shape, main: tuple[Node, ...]) -> tuple[Node, ...]:
    """H(x) = F(x) + x, and a ReLU on the sum."""
    skip = Join("sum", "sum", (("main", main), ("shortcut", _shortcut(options, shape))))
    return (skip, RELU.row("relu"))


def _shortcut(options: Options, shape: Shape) -> tuple[Node, ...]:
    outputs, step, wish = options.integer("filters"), options.pair("stride"), options.word("projection")
    strided = tuple((cells - 1) // each + 1 for cells, each in zip(shape[1:], step, strict=True))
    changes = (shape[0], *shape[1:]) != (outputs, *strided)
    if wish == "never" and changes:
        raise ImpossibleRow(
            f"a skip connection without projection cannot turn {shape[0]} maps into {outputs} with stride {max(step)}",
            f'set projection to "auto", or use {shape[0]} filters and stride 1',
        )
    wanted = wish == "always" or (wish == "auto" and changes)
    return _conv(options, "", outputs, step=step, relu=False) if wanted else ()


def _basic(options: Options, shape: Shape) -> tuple[Node, ...]:
    maps(shape, "A residual block")
    outputs, size = options.integer("filters"), _odd(options.pair("kernel"))
    main = _conv(options, "1", outputs, size, options.pair("stride")) + _conv(options, "2", outputs, size, relu=False)
    return _residual(options, shape, main)


def _bottleneck(options: Options, shape: Shape) -> tuple[Node, ...]:
    maps(shape, "A bottleneck block")
    outputs = options.integer("filters")
    width = max(1, outputs // options.integer("reduction"))
    main = (
        _conv(options, "1", width)
        + _conv(options, "2", width, (3, 3), options.pair("stride"))
        + _conv(options, "3", outputs, relu=False)
    )
    return _residual(options, shape, main)


def _inception(options: Options, shape: Shape) -> tuple[Node, ...]:
    maps(shape, "An Inception block")
    large = _odd(options.pair("large_kernel"))
    pool = MAX_POOL.row("pool", kernel=3, stride=1, padding=1, ceil=True)
    branches = (
        ("one", _conv(options, "1", options.integer("ones"))),
        (
            "three",
            _conv(options, "1", options.integer("reduce3")) + _conv(options, "2", options.integer("threes"), (3, 3)),
        ),
        (
            "five",
            _conv(options, "1", options.integer("reduce5")) + _conv(options, "2", options.integer("fives"), large),
        ),
        ("pooled", (pool, *_conv(options, "1", options.integer("pooled")))),
    )
    return (Join("concat", "concat", branches),)


@functools.lru_cache(maxsize=4096)
def _normed_conv(eps: float, number: str, outputs: int, size: int) -> tuple[Node, ...]:
    """DenseNet's order: norm, ReLU, convolution."""
    conv = CONV.row(f"conv{number}", filters=outputs, kernel=size, padding=size // 2, bias=False)
    return BATCH_NORM.row(f"norm{number}", eps=eps), _relu(number), conv


def _dense(options: Options, shape: Shape) -> tuple[Node, ...]:
    maps(shape, "A dense block")
    growth, factor = options.integer("growth"), options.integer("bottleneck")
    narrow = _normed_conv(options.number("eps"), "1", factor * growth, 1) if factor else ()
    branch = (*narrow, *_normed_conv(options.number("eps"), "2" if factor else "1", growth, 3))
    return tuple(
        Join(f"layer{number}", "concat", (("kept", ()), ("new", branch)))
        for number in range(1, options.integer("layers") + 1)
    )


def _transition(options: Options, shape: Shape) -> tuple[Node, ...]:
    channels = maps(shape, "A transition")[0]
    outputs = max(1, int(channels * options.number("compression")))
    return (*_normed_conv(options.number("eps"), "", outputs, 1), AVERAGE_POOL.row("pool"))


def _separable(options: Options, shape: Shape) -> tuple[Node, ...]:
    maps(shape, "A separable convolution")
    size, normed = _odd(options.pair("kernel")), options.flag("batch_norm")
    padding = (size[0] // 2, size[1] // 2)
    first = DEPTHWISE.row("depthwise", kernel=size, stride=options.pair("stride"), padding=padding, bias=not normed)
    norm = (BATCH_NORM.row("norm1", eps=options.number("eps")),) if normed else ()
    return (first, *norm, RELU.row("relu1"), *_conv(options, "2", options.integer("filters")))


def _squeeze_excitation(options: Options, shape: Shape) -> tuple[Node, ...]:
    channels = maps(shape, "Squeeze-and-excitation")[0]
    gate = (
        GLOBAL_POOL.row("squeeze"),
        CONV.row("reduce", filters=max(1, channels // options.integer("reduction")), kernel=1),
        RELU.row("relu"),
        CONV.row("expand", filters=channels, kernel=1),
        SIGMOID.row("sigmoid"),
    )
    return (Join("scale", "product", (("maps", ()), ("gate", gate))),)


def _count(name: str, default: int, text: str, *, low: int = 1, high: int = 4096) -> Option:
    return Option(name, "int", default, text, low, high)


VGG = BlockKind(
    "vgg_block",
    "VGG block",
    "block",
    "block",
    "Convolutions that keep the size, then a pool that halves it.",
    (
        _count("convs", 2, "Convolutions one after the other.", high=16),
        filters(64),
        kernel(3),
        Option("pool", "choice", "max", "The pool at the end.", words=("max", "average", "none")),
        Option("batch_norm", "flag", default=False, help=_NORM.help),
        EPSILON,
    ),
    _vgg,
)
BASIC = BlockKind(
    "residual_block",
    "Residual block",
    "block",
    "residual",
    "Two convolutions learn what to add to their input: H(x) = F(x) + x.",
    (filters(64), kernel(3), stride(), _PROJECTION, _NORM, EPSILON),
    _basic,
)
BOTTLENECK = BlockKind(
    "bottleneck_block",
    "Bottleneck block",
    "block",
    "residual",
    "A residual block that computes on fewer maps: 1×1, 3×3, 1×1.",
    (
        filters(256),
        _count("reduction", 4, "The 3×3 convolution has so many times fewer maps.", high=64),
        stride(),
        _PROJECTION,
        _NORM,
        EPSILON,
    ),
    _bottleneck,
)
INCEPTION = BlockKind(
    "inception_block",
    "Inception block",
    "block",
    "inception",
    "Four parallel paths – 1×1, 3×3, 5×5 and a pool – whose maps are laid side by side.",
    (
        _count("ones", 64, "Filters of the 1×1 path."),
        _count("reduce3", 96, "1×1 filters before the 3×3."),
        _count("threes", 128, "Filters of the 3×3 path."),
        _count("reduce5", 16, "1×1 filters before the 5×5."),
        _count("fives", 32, "Filters of the 5×5 path."),
        _count("pooled", 32, "1×1 filters after the pool."),
        Option("large_kernel", "pair", (5, 5), "Kernel of the 5×5 path.", 1, 15),
        Option("batch_norm", "flag", default=False, help=_NORM.help),
        EPSILON,
    ),
    _inception,
)
DENSE = BlockKind(
    "dense_block",
    "Dense block",
    "block",
    "dense",
    "Each layer sees the maps of all layers before it and adds a few of its own.",
    (
        _count("layers", 6, "Layers that each add maps.", high=128),
        _count("growth", 32, "Maps each layer adds.", high=1024),
        _count("bottleneck", 4, "1×1 convolution before each 3×3, so many times growth wide; 0: none.", low=0, high=64),
        EPSILON,
    ),
    _dense,
)
TRANSITION = BlockKind(
    "transition",
    "Transition",
    "block",
    "transition",
    "Between dense blocks: fewer maps by a 1×1 convolution, half the size by a pool.",
    (Option("compression", "float", 0.5, "Share of the maps that is kept.", 0.001, 1), EPSILON),
    _transition,
)
SEPARABLE = BlockKind(
    "separable_block",
    "Depthwise-separable convolution",
    "block",
    "separable",
    "A filter for each map, then a 1×1 convolution that mixes them: far fewer multiplications.",
    (filters(64), kernel(3), stride(), _NORM, EPSILON),
    _separable,
)
SQUEEZE_EXCITATION = BlockKind(
    "squeeze_excitation",
    "Squeeze-and-excitation",
    "block",
    "attention",
    "Weighs each map by a number between 0 and 1 learnt from all maps' means.",
    (_count("reduction", 16, "The hidden layer has so many times fewer channels.", high=256),),
    _squeeze_excitation,
)
