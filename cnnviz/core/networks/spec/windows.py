"""Output sizes of what slides a window over maps, with the formula and its numbers in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnviz.core.networks.spec.field import RowField, Span
from cnnviz.core.networks.spec.kinds import ImpossibleRow
from cnnviz.core.networks.spec.options import Options, Pair
from cnnviz.core.networks.spec.rows import Shape


@dataclass(frozen=True)
class Slide:
    """A window along one axis. ``padding``: cells added before and after."""

    kernel: int
    stride: int = 1
    padding: Pair = (0, 0)
    dilation: int = 1
    ceil: bool = False

    @property
    def reach(self) -> int:
        """Cells from the kernel's first to its last, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    def output(self, cells: int) -> int:
        """Positions along ``cells`` cells; with ceil also the last one that runs over the end but starts before it."""
        before, after = self.padding
        room = cells + before + after - self.reach + (self.stride - 1 if self.ceil else 0)
        positions = room // self.stride + 1
        runs_over = self.ceil and (positions - 1) * self.stride >= cells + before
        return positions - 1 if runs_over else positions

    def formula(self, cells: int) -> str:
        kernel = str(self.kernel) if self.dilation == 1 else f"({self.dilation}·({self.kernel} − 1) + 1)"
        before, after = self.padding
        padding = f"2·{before}" if before == after else f"{before} + {after}"
        left, right = ("⌈", "⌉") if self.ceil else ("⌊", "⌋")
        counted = f"{left}({cells} − {kernel} + {padding})/{self.stride}{right} + 1"
        return f"{counted} = {self.output(cells)}{self._left_out(cells)}"

    def _left_out(self, cells: int) -> str:
        before, after = self.padding
        counted = -(-(cells + before + after - self.reach) // self.stride) + 1
        return " (the last starts in the padding: left out)" if self.ceil and counted != self.output(cells) else ""

    @property
    def span(self) -> Span:
        return Span(self.reach, self.stride, -self.padding[0])


def slid(shape: Shape, slides: tuple[Slide, Slide]) -> tuple[tuple[int, int], str, RowField]:
    """Height and width of the output, how they come about, and what a cell sees."""
    sides = shape[1:]
    sizes = tuple(slide.output(cells) for slide, cells in zip(slides, sides, strict=True))
    if min(sizes) < 1:
        raise _too_large(slides, sides)
    formulas = tuple(slide.formula(cells) for slide, cells in zip(slides, sides, strict=True))
    return (sizes[0], sizes[1]), in_words(formulas), RowField(slides[0].span, slides[1].span)


def in_words(formulas: tuple[str, ...]) -> str:
    """One formula where height and width have the same."""
    return formulas[0] if formulas[0] == formulas[1] else f"height {formulas[0]}, width {formulas[1]}"


def by_both(pair: tuple[int, ...]) -> str:
    return f"{pair[0]}×{pair[1]}"


def in_short(pair: tuple[int, ...]) -> str:
    """One number where both are the same."""
    return str(pair[0]) if pair[0] == pair[1] else by_both(pair)


def slides_of(options: Options, padding: tuple[Pair, Pair], *, stride: Pair) -> tuple[Slide, Slide]:
    """A row's window along both axes; rows without dilation or ceil mode have none."""
    kernel = options.pair("kernel")
    dilation = options.pair("dilation") if "dilation" in options else (1, 1)
    ceil = "ceil" in options and options.flag("ceil")
    first, second = (Slide(kernel[axis], stride[axis], padding[axis], dilation[axis], ceil=ceil) for axis in range(2))
    return first, second


def even(padding: Pair) -> tuple[Pair, Pair]:
    """As many cells before as after."""
    return (padding[0], padding[0]), (padding[1], padding[1])


def _too_large(slides: tuple[Slide, Slide], sides: Shape) -> ImpossibleRow:
    kernel = by_both(tuple(slide.kernel for slide in slides))
    dilated = any(slide.dilation > 1 for slide in slides)
    reach = f" that dilation spreads to {by_both(tuple(slide.reach for slide in slides))}" if dilated else ""
    padding = tuple(_enough(slide, cells) for slide, cells in zip(slides, sides, strict=True))
    reason = f"{kernel} kernel{reach} on a {by_both(sides)} input"
    return ImpossibleRow(reason, f"add padding {in_short(padding)} or remove a pool")


def _enough(slide: Slide, cells: int) -> int:
    """The least padding on both sides with which the kernel fits."""
    return max(*slide.padding, -((cells - slide.reach) // 2), 0)


def cells_shared(inputs: int, outputs: int) -> Span:
    """What an adaptive pool's cells see: cell i from ⌊i·n/m⌋ up to ⌈(i + 1)·n/m⌉."""
    if inputs % outputs == 0:
        return Span(inputs // outputs, inputs // outputs, 0)
    largest = max(-(-(cell + 1) * inputs // outputs) - cell * inputs // outputs for cell in range(outputs))
    return Span(largest, Fraction(inputs, outputs), Fraction(1 - outputs, outputs))
