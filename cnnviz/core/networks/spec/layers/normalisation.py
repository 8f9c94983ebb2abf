"""Batch, group, layer, instance and local response normalisation."""

from __future__ import annotations

import math

from cnnviz.core.networks.spec.field import EVERYTHING, POINT, RowField
from cnnviz.core.networks.spec.kinds import Argument, ImpossibleRow, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.layers.common import AFFINE, EPSILON, divides, divisors, maps, unchanged
from cnnviz.core.networks.spec.options import Option, Options
from cnnviz.core.networks.spec.rows import Shape

_LIKE_INPUT = "as the input"


def _scaled(options: Options, shape: Shape, *, each: int, buffers: int = 0, field: RowField = POINT) -> Work:
    """γ and β for ``each`` of so many, unless switched off."""
    parameters = 2 * each if options.flag("affine") else 0
    formula = f"2·{each} = {parameters:,}" if parameters else ""
    return Work(shape, _LIKE_INPUT, parameters, formula, values=math.prod(shape), buffers=buffers, field=field)


def _settings(options: Options, **others: tuple[Argument, Argument]) -> tuple[tuple[str, Argument], ...]:
    """What differs from torch's own: ``others`` are (value, torch's)."""
    wanted = {"eps": (options.number("eps"), 1e-5), **others}
    return tuple((name, value) for name, (value, usual) in wanted.items() if value != usual)


def _batch_work(options: Options, shape: Shape) -> Work:
    """Running mean and variance of each channel, and a count of batches, are kept."""
    return _scaled(options, shape, each=shape[0], buffers=2 * shape[0] + 1)


def _batch_module(options: Options, shape: Shape) -> ModuleCall:
    named = _settings(options, momentum=(options.number("momentum"), 0.1), affine=(options.flag("affine"), True))
    return ModuleCall("BatchNorm2d" if len(shape) == 3 else "BatchNorm1d", (shape[0],), named)


def _group_work(options: Options, shape: Shape) -> Work:
    groups = options.integer("groups")
    divides(groups, shape[0], "channels")
    if math.prod(shape) == groups:
        fewer = divisors(groups)[-2:-1] or [1]
        raise ImpossibleRow("each group has a single value, whose variance is 0", f"use {fewer[0]} groups or fewer")
    return _scaled(options, shape, each=shape[0], field=EVERYTHING)


def _group_module(options: Options, shape: Shape) -> ModuleCall:
    named = _settings(options, affine=(options.flag("affine"), True))
    return ModuleCall("GroupNorm", (options.integer("groups"), shape[0]), named)


def _layer_work(options: Options, shape: Shape) -> Work:
    return _scaled(options, shape, each=math.prod(shape), field=EVERYTHING)


def _layer_module(options: Options, shape: Shape) -> ModuleCall:
    return ModuleCall("LayerNorm", (shape,), _settings(options, elementwise_affine=(options.flag("affine"), True)))


def _instance_work(options: Options, shape: Shape) -> Work:
    channels, height, width = maps(shape, "Instance norm")
    if height * width == 1:
        raise ImpossibleRow("instance norm of 1×1 maps, whose variance is 0", "move it above the last pool")
    return _scaled(options, shape, each=channels, field=EVERYTHING)


def _instance_module(options: Options, shape: Shape) -> ModuleCall:
    return ModuleCall("InstanceNorm2d", (shape[0],), _settings(options, affine=(options.flag("affine"), False)))


def _response_work(options: Options, shape: Shape) -> Work:  # noqa: ARG001 - any options
    maps(shape, "Local response normalisation")
    return unchanged(shape)


def _response_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any number of maps
    usual = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
    named = tuple((name, options.number(name)) for name, value in usual.items() if options.number(name) != value)
    return ModuleCall("LocalResponseNorm", (options.integer("size"),), named)


BATCH_NORM = LayerKind(
    "batch_norm",
    "Batch norm",
    "normalisation",
    "norm",
    "Normalises each channel: by the batch's statistics in training, by the running ones in evaluation.",
    (
        EPSILON,
        Option("momentum", "float", 0.1, "Share of the newest batch in the running statistics.", 0, 1),
        AFFINE,
    ),
    _batch_work,
    _batch_module,
)
GROUP_NORM = LayerKind(
    "group_norm",
    "Group norm",
    "normalisation",
    "norm",
    "Normalises groups of channels of one picture together; the batch does not matter.",
    (Option("groups", "int", 8, "Groups the channels are split into.", 1, 65_536), EPSILON, AFFINE),
    _group_work,
    _group_module,
)
LAYER_NORM = LayerKind(
    "layer_norm",
    "Layer norm",
    "normalisation",
    "norm",
    "Normalises all values of one picture together, with a scale and shift for each value.",
    (EPSILON, AFFINE),
    _layer_work,
    _layer_module,
)
INSTANCE_NORM = LayerKind(
    "instance_norm",
    "Instance norm",
    "normalisation",
    "norm",
    "Normalises each map of one picture on its own: contrast and brightness vanish.",
    (EPSILON, AFFINE),
    _instance_work,
    _instance_module,
)
RESPONSE_NORM = LayerKind(
    "response_norm",
    "Local response normalisation",
    "normalisation",
    "lrn",
    "Divides each value by what neighbouring channels show at the same place (AlexNet).",
    (
        Option("size", "int", 5, "Neighbouring channels that count.", 1, 1024),
        Option(
            "alpha",
            "float",
            1e-4,
            "How strongly the mean of their squares counts; other programs give 1/size of it.",
            0,
            1e6,
        ),
        Option("beta", "float", 0.75, "Power of the divisor.", 0, 100),
        Option("k", "float", 1.0, "Added to the divisor.", 0, 1e6),
    ),
    _response_work,
    _response_module,
)
