"""Theoretical receptive fields of rows, exact arithmetic on one axis at a time."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

Step = int | Fraction


@dataclass(frozen=True)
class Span:
    """What one cell of an output sees along one axis.

    Cell i sees ``size`` cells from ``offset + i * stride`` (rounded up) on. After upsampling, steps are fractions and
    neighbours see different numbers of cells: ``size`` is the largest. ``size`` None: all there are.
    """

    size: int | None = 1
    stride: Step = 1
    offset: Step = 0

    def after(self, inner: Span) -> Span:
        """The span of a layer that slides by this one over a map whose cells see ``inner``."""
        size = None
        if self.size is not None and inner.size is not None:
            size = ceil(inner.size + (self.size - 1) * inner.stride)
        return Span(size, _step(inner.stride * self.stride), _step(inner.offset + inner.stride * self.offset))


@dataclass(frozen=True)
class RowField:
    """(rows, columns) of the network's input that one cell sees: see ``Span``."""

    rows: Span = Span()
    columns: Span = Span()

    def after(self, inner: RowField) -> RowField:
        if self is POINT:
            return inner
        return RowField(self.rows.after(inner.rows), self.columns.after(inner.columns))

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width); None: the whole picture."""
        height, width = self.rows.size, self.columns.size
        return None if height is None or width is None else (height, width)

    @property
    def stride(self) -> tuple[Step, Step]:
        return self.rows.stride, self.columns.stride

    @property
    def offset(self) -> tuple[Step, Step]:
        """Where the first cell's field begins; negative in padding."""
        return self.rows.offset, self.columns.offset


POINT = RowField()
"""Each cell sees the one cell at its place."""
EVERYTHING = RowField(Span(None), Span(None))
"""Each cell sees the whole input."""


def joined(fields: tuple[RowField, ...]) -> RowField:
    """What a cell sees through several branches whose outputs have one size."""
    rows = _union(tuple(field.rows for field in fields))
    return RowField(rows, _union(tuple(field.columns for field in fields)))


def _union(spans: tuple[Span, ...]) -> Span:
    start = min(span.offset for span in spans)
    sizes = [None if span.size is None else ceil(span.offset + span.size - start) for span in spans]
    known = [size for size in sizes if size is not None]
    return Span(max(known) if len(known) == len(sizes) else None, spans[0].stride, start)


def _step(value: Step) -> Step:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value
