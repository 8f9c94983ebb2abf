"""Max, average, adaptive and global pooling."""

from __future__ import annotations

from cnnviz.core.networks.spec.field import EVERYTHING, RowField
from cnnviz.core.networks.spec.kinds import Argument, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.layers.common import DILATION, KERNEL_HIGH, kernel, limited_padding, maps, pads
from cnnviz.core.networks.spec.layers.convolutions import short
from cnnviz.core.networks.spec.options import Option, Options, Pair
from cnnviz.core.networks.spec.rows import Shape
from cnnviz.core.networks.spec.windows import by_both, cells_shared, even, slid, slides_of

_STRIDE = Option(
    "stride", "pair", None, "Cells the window moves on by.", 1, KERNEL_HIGH, empty_means="as far as the kernel is long"
)
_CEIL = Option("ceil", "flag", default=False, help="Also a last window that runs over the map's end (ceil mode).")
_WINDOW = (kernel(2), _STRIDE, pads(), _CEIL)


def _stride(options: Options) -> Pair:
    return options.pair("kernel") if options["stride"] is None else options.pair("stride")


def _pool_work(options: Options, shape: Shape) -> Work:
    channels = maps(shape, "A pool")[0]
    slides = slides_of(options, even(options.pair("padding")), stride=_stride(options))
    limited_padding(options.pair("padding"), options.pair("kernel"), "a pool")
    size, formula, field = slid(shape, slides)
    return Work((channels, *size), formula, values=channels * size[0] * size[1], field=field)


def _pool_call(module: str, options: Options) -> ModuleCall:
    named: tuple[tuple[str, Argument], ...] = ()
    if options["stride"] is not None:
        named += (("stride", short(options.pair("stride"))),)
    if options.pair("padding") != (0, 0):
        named += (("padding", short(options.pair("padding"))),)
    if options.flag("ceil"):
        named += (("ceil_mode", True),)
    return ModuleCall(module, (short(options.pair("kernel")),), named)


def _max_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any number of maps
    call = _pool_call("MaxPool2d", options)
    dilation = options.pair("dilation")
    extra = () if dilation == (1, 1) else (("dilation", short(dilation)),)
    return ModuleCall(call.module, call.arguments, call.named + extra)


def _average_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any number of maps
    call = _pool_call("AvgPool2d", options)
    extra = () if options.flag("count_padding") else (("count_include_pad", False),)
    return ModuleCall(call.module, call.arguments, call.named + extra)


def _adaptive_work(options: Options, shape: Shape) -> Work:
    channels, height, width = maps(shape, "A pool")
    rows, columns = options.pair("size")
    formula = f"{height}×{width} shared out among {rows}×{columns} windows"
    field = RowField(cells_shared(height, rows), cells_shared(width, columns))
    return Work((channels, rows, columns), formula, values=channels * rows * columns, field=field)


def _adaptive_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any number of maps
    module = "AdaptiveAvgPool2d" if options.word("mode") == "average" else "AdaptiveMaxPool2d"
    return ModuleCall(module, (short(options.pair("size")),))


def _global_work(options: Options, shape: Shape) -> Work:  # noqa: ARG001 - one size
    channels = maps(shape, "A global pool")[0]
    return Work((channels, 1, 1), f"each {by_both(shape[1:])} map becomes 1×1", values=channels, field=EVERYTHING)


def _global_module(options: Options, shape: Shape) -> ModuleCall:  # noqa: ARG001 - any number of maps
    return ModuleCall("AdaptiveAvgPool2d" if options.word("mode") == "average" else "AdaptiveMaxPool2d", (1,))


_MODE = Option("mode", "choice", "average", "Mean or maximum of each window.", words=("average", "max"))
MAX_POOL = LayerKind(
    "max_pool",
    "Max pooling",
    "pooling",
    "pool",
    "Keeps the largest value of each window: smaller maps, small shifts matter less. Nothing to learn.",
    (*_WINDOW, DILATION),
    _pool_work,
    _max_module,
)
AVERAGE_POOL = LayerKind(
    "average_pool",
    "Average pooling",
    "pooling",
    "pool",
    "Keeps the mean of each window. Nothing to learn.",
    (*_WINDOW, Option("count_padding", "flag", default=True, help="Padding counts as zeros in the mean.")),
    _pool_work,
    _average_module,
)
ADAPTIVE_POOL = LayerKind(
    "adaptive_pool",
    "Adaptive pooling",
    "pooling",
    "pool",
    "Chooses its windows so that the output has this size, whatever the input's.",
    (Option("size", "pair", (7, 7), "Height and width of the output.", 1, 1024), _MODE),
    _adaptive_work,
    _adaptive_module,
)
GLOBAL_POOL = LayerKind(
    "global_pool",
    "Global pooling",
    "pooling",
    "pool",
    "One value for each whole map.",
    (_MODE,),
    _global_work,
    _global_module,
)
