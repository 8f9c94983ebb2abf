"""Transposed convolution: spreads each cell over a window of a larger map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from cnnviz.core.networks.spec.field import RowField, Span, Step
from cnnviz.core.networks.spec.kinds import ImpossibleRow, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.layers.common import BIAS, DILATION, filters, kernel, maps, pads, stride
from cnnviz.core.networks.spec.layers.convolutions import GROUPS, conv_groups, given, learnt, share, short
from cnnviz.core.networks.spec.options import Option, Options, Pair
from cnnviz.core.networks.spec.rows import Shape
from cnnviz.core.networks.spec.windows import in_short, in_words


@dataclass(frozen=True)
class _Spread:
    """Along one axis."""

    kernel: int
    stride: int
    padding: int
    dilation: int
    extra: int

    def output(self, cells: int) -> int:
        return (cells - 1) * self.stride - 2 * self.padding + self.dilation * (self.kernel - 1) + self.extra + 1

    def formula(self, cells: int) -> str:
        reach = f"{self.dilation}·({self.kernel} − 1)"
        counted = f"({cells} − 1)·{self.stride} − 2·{self.padding} + {reach} + {self.extra} + 1"
        return f"{counted} = {self.output(cells)}"

    @property
    def span(self) -> Span:
        """Output cell o takes input cells i with o + padding − dilation·(kernel − 1) ≤ i·stride ≤ o + padding."""
        reach = self.dilation * (self.kernel - 1)
        return Span(reach // self.stride + 1, _ratio(1, self.stride), _ratio(self.padding - reach, self.stride))


def _ratio(numerator: int, denominator: int) -> Step:
    return Fraction(numerator, denominator) if numerator % denominator else numerator // denominator


def _spreads(options: Options) -> tuple[_Spread, _Spread]:
    names = ("kernel", "stride", "padding", "dilation", "output_padding")
    rows, columns = (_Spread(*(options.pair(name)[axis] for name in names)) for axis in range(2))
    return rows, columns


def _work(options: Options, shape: Shape) -> Work:
    channels, height, width = maps(shape, "A transposed convolution")
    groups = conv_groups(options, channels)
    _check_extra(options)
    rows, columns = _spreads(options)
    size = rows.output(height), columns.output(width)
    if min(size) < 1:
        padding = in_short(options.pair("padding"))
        raise ImpossibleRow(f"padding {padding} cuts all of the output away", "use less padding or a larger kernel")
    formula = in_words((rows.formula(height), columns.formula(width)))
    output = (options.integer("filters"), *size)
    work = learnt(options, channels, output, groups, formula, RowField(rows.span, columns.span))
    return _with_macs(work, options, (height, width), share(channels, groups), work.parameters)


def _with_macs(work: Work, options: Options, sides: Pair, inputs: str, parameters: int) -> Work:
    """Each cell of the input, not of the output, is multiplied with the whole kernel."""
    weights = parameters - (work.shape[0] if options.flag("bias") else 0)
    macs = weights * sides[0] * sides[1]
    high, wide = options.pair("kernel")
    product = f"{high}·{wide}·{inputs}·{work.shape[0]}·{sides[0]}·{sides[1]}"
    return replace(work, macs=macs, macs_formula=f"{product} = {macs:,}")


def _check_extra(options: Options) -> None:
    """torch's rule: more would be rows that no kernel reaches."""
    sides = zip(options.pair("output_padding"), options.pair("stride"), options.pair("dilation"), strict=True)
    if any(extra >= max(stride_, dilation) for extra, stride_, dilation in sides):
        raise ImpossibleRow(
            f"output padding {in_short(options.pair('output_padding'))} is not smaller than stride or dilation",
            "use less output padding or a larger stride",
        )


def _module(options: Options, shape: Shape) -> ModuleCall:
    named = given(
        stride=options.pair("stride"),
        padding=options.pair("padding"),
        output_padding=options.pair("output_padding"),
        dilation=options.pair("dilation"),
    )
    if options.integer("groups") != 1:
        named += (("groups", options.integer("groups")),)
    if not options.flag("bias"):
        named += (("bias", False),)
    arguments = (shape[0], options.integer("filters"), short(options.pair("kernel")))
    return ModuleCall("ConvTranspose2d", arguments, named)


TRANSPOSED = LayerKind(
    "transposed",
    "Transposed convolution",
    "convolution",
    "transposed",
    "Spreads each cell over a window of a larger map, with learnt weights: upsampling that learns.",
    (
        filters(32),
        kernel(2),
        stride(2),
        pads(),
        Option("output_padding", "pair", (0, 0), "Rows and columns added on one side of the output.", 0, 255),
        DILATION,
        GROUPS,
        BIAS,
    ),
    _work,
    _module,
)
