"""Convolution and depthwise convolution."""

from __future__ import annotations

from cnnviz.core.networks.spec.field import RowField
from cnnviz.core.networks.spec.kinds import ImpossibleRow, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.layers.common import BIAS, DILATION, divides, filters, kernel, maps, pads, stride
from cnnviz.core.networks.spec.options import Option, Options, Pair
from cnnviz.core.networks.spec.rows import Shape
from cnnviz.core.networks.spec.windows import even, in_short, slid, slides_of

GROUPS = Option(
    "groups", "int", 1, "Input channels are split into so many groups that do not see each other.", 1, 65_536
)
PADDING_MODE = Option(
    "padding_mode",
    "choice",
    "zeros",
    "What padding is filled with.",
    words=("zeros", "reflect", "replicate", "circular"),
)
_OPTIONS = (kernel(3), stride(), pads(words=("same", "valid")), DILATION)


def _conv_work(options: Options, shape: Shape) -> Work:
    channels = maps(shape, "A convolution")[0]
    return _convolved(options, shape, options.integer("filters"), conv_groups(options, channels))


def _conv_module(options: Options, shape: Shape) -> ModuleCall:
    return _conv_call(options, shape[0], options.integer("filters"), options.integer("groups"))


def _depthwise_work(options: Options, shape: Shape) -> Work:
    channels = maps(shape, "A depthwise convolution")[0]
    return _convolved(options, shape, channels * options.integer("multiplier"), channels)


def _depthwise_module(options: Options, shape: Shape) -> ModuleCall:
    channels = shape[0]
    return _conv_call(options, channels, channels * options.integer("multiplier"), channels)


def _convolved(options: Options, shape: Shape, outputs: int, groups: int) -> Work:
    padding = _padding(options)
    _check_mode(options.word("padding_mode"), padding, shape[1:])
    size, formula, field = slid(shape, slides_of(options, padding, stride=options.pair("stride")))
    return learnt(options, shape[0], (outputs, *size), groups, formula, field)


def learnt(
    options: Options, inputs: int, shape: tuple[int, int, int], groups: int, formula: str, field: RowField
) -> Work:
    """Parameters and multiplications of a kernel that makes one cell of the output at each place."""
    outputs, height, width = shape
    high, wide = options.pair("kernel")
    weights = high * wide * (inputs // groups) * outputs
    bias = outputs if options.flag("bias") else 0
    product = f"{high}·{wide}·{share(inputs, groups)}·{outputs}"
    return Work(
        shape,
        formula,
        weights + bias,
        f"{product}{f' + {bias}' if bias else ''} = {weights + bias:,}",
        weights * height * width,
        f"{product}·{height}·{width} = {weights * height * width:,}",
        outputs * height * width,
        field=field,
    )


def share(inputs: int, groups: int) -> str:
    return str(inputs) if groups == 1 else f"({inputs}/{groups})"


def conv_groups(options: Options, channels: int) -> int:
    groups = options.integer("groups")
    divides(groups, channels, "input channels")
    divides(groups, options.integer("filters"), "filters")
    return groups


def _padding(options: Options) -> tuple[Pair, Pair]:
    """Cells before and after, rows and columns."""
    word = options.word("padding")
    if word == "valid":
        return (0, 0), (0, 0)
    if word != "same":
        return even(options.pair("padding"))
    if options.pair("stride") != (1, 1):
        raise ImpossibleRow(
            f'padding "same" with stride {in_short(options.pair("stride"))}',
            f"use stride 1 or padding {_half(options)}",
        )
    rows, columns = (
        dilation * (size - 1) for dilation, size in zip(options.pair("dilation"), options.pair("kernel"), strict=True)
    )
    return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)


def _half(options: Options) -> str:
    high, wide = options.pair("kernel")
    return in_short((high // 2, wide // 2))


def _check_mode(mode: str, padding: tuple[Pair, Pair], sides: Shape) -> None:
    """Padding that copies cells of the map needs enough of them."""
    for pads_, cells in zip(padding, sides, strict=True):
        most = {"reflect": cells - 1, "circular": cells}.get(mode, max(pads_))
        if max(pads_) > most:
            raise ImpossibleRow(
                f"padding {max(pads_)} in mode {mode} on {cells} cells",
                f"use padding {most} at most, or fill it with zeros",
            )


def _conv_call(options: Options, inputs: int, outputs: int, groups: int) -> ModuleCall:
    word = options.word("padding")
    named = given(
        stride=options.pair("stride"),
        padding=word if word == "same" else options.pair("padding") if not word else (0, 0),
        dilation=options.pair("dilation"),
    )
    if groups != 1:
        named += (("groups", groups),)
    if not options.flag("bias"):
        named += (("bias", False),)
    if options.word("padding_mode") != "zeros":
        named += (("padding_mode", options.word("padding_mode")),)
    return ModuleCall("Conv2d", (inputs, outputs, short(options.pair("kernel"))), named)


def given(**pairs: Pair | str) -> tuple[tuple[str, int | Pair | str], ...]:
    """Those that are not what torch takes by itself."""
    usual = {"stride": (1, 1), "dilation": (1, 1), "padding": (0, 0), "output_padding": (0, 0)}
    return tuple((name, short(pair)) for name, pair in pairs.items() if pair != usual[name])


def short(pair: Pair | str) -> int | Pair | str:
    return pair[0] if isinstance(pair, tuple) and pair[0] == pair[1] else pair


CONV = LayerKind(
    "conv",
    "Convolution",
    "convolution",
    "conv",
    "Slides learnt filters over all input maps; each filter makes one map.",
    (filters(32), *_OPTIONS, GROUPS, BIAS, PADDING_MODE),
    _conv_work,
    _conv_module,
)
DEPTHWISE = LayerKind(
    "depthwise",
    "Depthwise convolution",
    "convolution",
    "depthwise",
    "Each map has filters of its own and is never mixed with the others.",
    (
        Option("multiplier", "int", 1, "Filters for each input map.", 1, 256),
        *_OPTIONS,
        BIAS,
        PADDING_MODE,
    ),
    _depthwise_work,
    _depthwise_module,
)
