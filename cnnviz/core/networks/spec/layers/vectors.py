"""Dropout, flatten, linear and upsample."""

from __future__ import annotations

import math
from fractions import Fraction

from cnnviz.core.networks.spec.field import EVERYTHING, RowField, Span
from cnnviz.core.networks.spec.kinds import Argument, ImpossibleRow, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.layers.common import BIAS, maps, unchanged
from cnnviz.core.networks.spec.layers.convolutions import short
from cnnviz.core.networks.spec.limits import CHANNELS
from cnnviz.core.networks.spec.options import Option, Options
from cnnviz.core.networks.spec.rows import Shape

_PROBABILITY = Option("p", "float", 0.5, "Share that is dropped while training.", 0, 1)


def _dropout_work(options: Options, shape: Shape) -> Work:  # noqa: ARG001 - any share
    return unchanged(shape)


def _spatial_work(options: Options, shape: Shape) -> Work:  # noqa: ARG001 - any share
    return unchanged(maps(shape, "Spatial dropout"))


def _dropout_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any shape
    return ModuleCall("Dropout", (options.number("p"),))


def _spatial_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any shape
    return ModuleCall("Dropout2d", (options.number("p"),))


def _flatten_work(options: Options, shape: Shape) -> Work:  # noqa: ARG001 - no options
    features = math.prod(shape)
    formula = f"{'·'.join(map(str, shape))} = {features:,}" if len(shape) > 1 else "as the input"
    return Work((features,), formula, values=features, field=EVERYTHING)


def _flatten_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - no options
    return ModuleCall("Flatten")


def _linear_work(options: Options, shape: Shape) -> Work:
    if len(shape) != 1:
        raise ImpossibleRow(
            f"a linear layer needs a vector, but its input is {'×'.join(map(str, shape))}", "add flatten above it"
        )
    inputs, outputs = shape[0], options.integer("features")
    bias = outputs if options.flag("bias") else 0
    weights = inputs * outputs
    return Work(
        (outputs,),
        "one sum for each feature",
        weights + bias,
        f"{inputs}·{outputs}{f' + {bias}' if bias else ''} = {weights + bias:,}",
        weights,
        f"{inputs}·{outputs} = {weights:,}",
        outputs,
        field=EVERYTHING,
    )


def _linear_module(options: Options, shape: Shape) -> ModuleCall:
    named: tuple[tuple[str, Argument], ...] = () if options.flag("bias") else (("bias", False),)
    return ModuleCall("Linear", (shape[0], options.integer("features")), named)


def _upsample_work(options: Options, shape: Shape) -> Work:
    channels, *sides = maps(shape, "Upsampling")
    factors = options.pair("factor")
    size = tuple(side * factor for side, factor in zip(sides, factors, strict=True))
    formula = ", ".join(f"{side}·{factor} = {side * factor}" for side, factor in zip(sides, factors, strict=True))
    rows, columns = (_taken(options, side, factor) for side, factor in zip(sides, factors, strict=True))
    return Work((channels, *size), formula, values=channels * size[0] * size[1], field=RowField(rows, columns))


def _taken(options: Options, cells: int, factor: int) -> Span:
    """The cells interpolated between: one, two or four beside the place (cell + ½)/factor − ½ of the input."""
    taps = {"nearest": 1, "bilinear": 2, "bicubic": 4}[options.word("mode")]
    if taps == 1:
        return Span(1, Fraction(1, factor), Fraction(1 - factor, factor))
    before = taps // 2 - 1
    if options.flag("align_corners"):
        steps = max(cells * factor - 1, 1)
        return Span(taps, Fraction(cells - 1, steps), Fraction(1 - steps, steps) - before)
    return Span(taps, Fraction(1, factor), Fraction(2 - 3 * factor, 2 * factor) - before)


def _upsample_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any number of maps
    factors, mode = options.pair("factor"), options.word("mode")
    named: tuple[tuple[str, Argument], ...] = (("scale_factor", short(factors)), ("mode", mode))
    if mode != "nearest" and options.flag("align_corners"):
        named += (("align_corners", True),)
    return ModuleCall("Upsample", (), named)


DROPOUT = LayerKind(
    "dropout",
    "Dropout",
    "regularisation",
    "dropout",
    "Sets single values to 0 at random while training and scales the others by 1/(1 − p).",
    (_PROBABILITY,),
    _dropout_work,
    _dropout_module,
)
SPATIAL_DROPOUT = LayerKind(
    "spatial_dropout",
    "Spatial dropout",
    "regularisation",
    "dropout",
    "Sets whole maps to 0 at random while training.",
    (_PROBABILITY,),
    _spatial_work,
    _spatial_module,
)
FLATTEN = LayerKind(
    "flatten",
    "Flatten",
    "vector",
    "flatten",
    "Writes all maps into one vector, for the linear layers.",
    (),
    _flatten_work,
    _flatten_module,
)
LINEAR = LayerKind(
    "linear",
    "Linear",
    "vector",
    "linear",
    "Each output is a weighted sum of all inputs (a dense layer).",
    (Option("features", "int", 10, "Numbers it makes: classes in the last one.", 1, CHANNELS), BIAS),
    _linear_work,
    _linear_module,
)
UPSAMPLE = LayerKind(
    "upsample",
    "Upsample",
    "pooling",
    "upsample",
    "Makes maps larger by repeating or interpolating; nothing to learn.",
    (
        Option("factor", "pair", (2, 2), "How many times as high and wide.", 1, 64),
        Option("mode", "choice", "nearest", "Repeat or interpolate.", words=("nearest", "bilinear", "bicubic")),
        Option("align_corners", "flag", default=False, help="Corner cells keep their places (not for nearest)."),
    ),
    _upsample_work,
    _upsample_module,
)
