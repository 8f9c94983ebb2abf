"""Which cells the layers of convolutional networks read along one axis, without torch: see ``receptive_axis.Taps``."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, gcd
from typing import Literal

from cnnviz.core.receptive_axis import PaddingMode, Taps

Interpolation = Literal["nearest", "nearest-exact", "bilinear", "bicubic", "area"]


@lru_cache(maxsize=1024)
def window_taps(
    kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, padding_mode: PaddingMode = "zeros"
) -> Taps:
    """A convolution or a pool: ``kernel`` cells, sliding by ``stride``, with ``padding`` cells before the first."""
    return Taps((range(-padding, -padding + kernel * dilation, dilation),), stride, padding_mode)


@lru_cache(maxsize=1024)
def transposed_taps(kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Taps:
    """A transposed convolution: input cell j reaches cells ``j · stride − padding + t · dilation`` for t < kernel."""
    gap = dilation // gcd(stride, dilation)
    return Taps(tuple(_cells_reaching(cell + padding, kernel, stride, dilation, gap) for cell in range(stride)), 1)


def _cells_reaching(position: int, kernel: int, stride: int, dilation: int, gap: int) -> range:
    places = [position - tap * dilation for tap in range(kernel)]
    cells = [place // stride for place in places if place % stride == 0]
    return range(min(cells), max(cells) + gap, gap) if cells else range(0, 0, gap)


@lru_cache(maxsize=1024)
def adaptive_taps(cells: int, count: int) -> Taps:
    """An adaptive pool of ``cells`` to ``count``: window i goes from ⌊i·cells/count⌋ to ⌈(i+1)·cells/count⌉."""
    period = count // gcd(cells, count)
    windows = (range(i * cells // count, ceil(Fraction((i + 1) * cells, count))) for i in range(period))
    return Taps(tuple(windows), cells // gcd(cells, count))


@lru_cache(maxsize=1024)
def resize_taps(
    scale: Fraction, mode: Interpolation = "nearest", *, align_corners: bool = False, antialias: bool = False
) -> Taps:
    """Interpolation, as torch's. ``scale``: input cells per output cell; with ``align_corners`` measured from the first
    cell's centre to the last one's. Cells of weight zero are not read.
    """
    sources = (_source(cell, scale, mode, align_corners=align_corners) for cell in range(scale.denominator))
    table = tuple(_cells_weighed(source, scale, mode, antialias=antialias) for source in sources)
    return Taps(table, scale.numerator, "replicate")


def _source(cell: int, scale: Fraction, mode: Interpolation, *, align_corners: bool) -> Fraction:
    """Where the output cell lies among the input cells: cell j's centre is at j, but for nearest its beginning."""
    half = Fraction(1, 2)
    if mode == "nearest" or align_corners:
        return cell * scale
    return (cell + half) * scale - (0 if mode == "nearest-exact" else half)


def _cells_weighed(source: Fraction, scale: Fraction, mode: Interpolation, *, antialias: bool) -> range:
    if mode in ("nearest", "nearest-exact"):
        return range(floor(source), floor(source) + 1)
    reach = Fraction(2 if mode == "bicubic" else 1)
    if antialias and scale > 1:
        reach *= scale
    if source.denominator == 1 and reach <= 2 and not (antialias and scale > 1):
        return range(int(source), int(source) + 1)
    return range(floor(source - reach) + 1, ceil(source + reach))


def copied_taps(times: int) -> Taps:
    """Every cell ``times`` times in a row: nearest upsampling, pixel shuffle."""
    return Taps((range(1),) * times, 1)


def slice_taps(start: int, step: int = 1) -> Taps:
    """Every ``step``-th cell from ``start`` on; a negative ``start`` pads, a negative ``step`` turns round."""
    return Taps((range(start, start + 1),), step)
