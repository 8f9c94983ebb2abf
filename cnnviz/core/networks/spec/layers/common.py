"""What several kinds of layer share: checks of their input and options of the same name."""

import math

from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.field import POINT, RowField
from cnnviz.core.networks.spec.kinds import ImpossibleRow, Work
from cnnviz.core.networks.spec.options import Option, Pair
from cnnviz.core.networks.spec.rows import Shape
from cnnviz.core.networks.spec.windows import in_short

KERNEL_HIGH = 256
BIAS = Option("bias", "flag", default=True, help="One learnt number added to each output channel.")
AFFINE = Option("affine", "flag", default=True, help="A learnt scale γ and shift β for each channel.")
EPSILON = Option("eps", "float", 1e-5, "Added to the variance, so that nothing is divided by zero.", 0, 1)


def filters(default: int) -> Option:
    return Option("filters", "int", default, "Output channels: one map each.", 1, limits.CHANNELS)


def kernel(default: int) -> Option:
    return Option("kernel", "pair", (default, default), "Height and width of the window.", 1, KERNEL_HIGH)


def stride(default: int = 1) -> Option:
    return Option("stride", "pair", (default, default), "Cells the window moves on by.", 1, KERNEL_HIGH)


def pads(default: int = 0, words: tuple[str, ...] = ()) -> Option:
    text = "Cells added around the map."
    same = ' "same" keeps the size (stride 1 only), "valid" adds none.' if words else ""
    return Option("padding", "pair", (default, default), text + same, 0, KERNEL_HIGH, words)


DILATION = Option("dilation", "pair", (1, 1), "Steps between the kernel's cells; 1: side by side.", 1, KERNEL_HIGH)


def maps(shape: Shape, title: str) -> tuple[int, int, int]:
    """Channels, height and width; a vector has none."""
    if len(shape) != 3:
        raise ImpossibleRow(f"{title} needs maps, but its input is a vector of {shape[0]}", "move it above flatten")
    channels, height, width = shape
    return channels, height, width


def unchanged(shape: Shape, formula: str = "as the input", field: RowField = POINT) -> Work:
    """A layer that keeps the shape and learns nothing."""
    return Work(shape, formula, values=math.prod(shape), field=field)


def divides(number: int, channels: int, what: str) -> None:
    """Refuses a number of groups that leaves channels over."""
    if channels % number:
        options = ", ".join(str(count) for count in divisors(channels))
        raise ImpossibleRow(f"{number} groups do not divide {channels} {what}", f"choose one of {options} groups")


def divisors(number: int) -> list[int]:
    """A handful of its divisors, the smallest ones."""
    return [count for count in range(1, min(number, 1024) + 1) if number % count == 0][:8]


def limited_padding(padding: Pair, size: Pair, title: str) -> None:
    """torch refuses pools that are padded by more than half their kernel: a window could see padding only."""
    if any(pad > extent // 2 for pad, extent in zip(padding, size, strict=True)):
        most = in_short((size[0] // 2, size[1] // 2))
        raise ImpossibleRow(
            f"{title} with padding {in_short(padding)} could see nothing but padding",
            f"use padding {most} at most (half the kernel)",
        )
