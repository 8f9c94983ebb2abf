"""What the cells of a tensor see, and which of its dimensions its rows and columns lie along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cnnviz.core.receptive_axis import AxisField, Taps, hull
from cnnviz.core.receptive_field import ReceptiveField, Size

Shape = tuple[int, ...]


class UntraceableError(Exception):
    """What a call sees of the picture cannot be told; the words say why, after the call's name."""


@dataclass(frozen=True)
class Located:
    """A tensor's field. ``row_dim`` and ``column_dim`` count from the first dimension; None where the tensor has one
    row (column) only, or none. They are the same where the cells lie in raster order (tokens).
    """

    field: ReceptiveField
    row_dim: int | None
    column_dim: int | None

    @property
    def rows(self) -> AxisField:
        return self.field.rows

    @property
    def columns(self) -> AxisField:
        return self.field.columns

    @property
    def dims(self) -> tuple[int | None, int | None]:
        return self.row_dim, self.column_dim

    def moved(self, place: Callable[[int], int | None]) -> Located:
        """The same cells in a tensor whose dimensions stand elsewhere."""
        row, column = (None if dim is None else place(dim) for dim in self.dims)
        return replace(self, row_dim=row, column_dim=column)

    def gathered_along(self, dims: Sequence[int]) -> Located:
        """Every cell now reads all those that lie along these dimensions with it."""
        rows, columns = (
            axis.gathered(axis.count) if dim in dims else axis
            for axis, dim in zip((self.rows, self.columns), self.dims, strict=True)
        )
        return replace(self, field=ReceptiveField(rows, columns))

    def without(self, dims: Sequence[int]) -> Located:
        """One cell is left along these dimensions, which reads all that lay there."""
        rows, columns = (
            axis.gathered() if dim in dims else axis
            for axis, dim in zip((self.rows, self.columns), self.dims, strict=True)
        )
        row, column = (None if dim in dims else dim for dim in self.dims)
        return Located(ReceptiveField(rows, columns), row, column)

    def one_cell(self) -> Located:
        """One cell that reads everything."""
        return Located(self.field.gathered(), None, None)

    def through(self, taps: Sequence[Taps], dims: Sequence[int], shape: Shape) -> Located:
        """Behind an operation that slides along ``dims`` with one of ``taps`` each; its output has this shape."""
        row, column = self._sliding_dims(dims)
        if row == column or not {row, column} <= set(dims):
            raise UntraceableError("it slides along other dimensions than the picture's rows and columns")
        down, right = taps[dims.index(row)], taps[dims.index(column)]
        return Located(self.field.through(down, right, (shape[row], shape[column])), row, column)

    def through_each(self, taps: Mapping[int, Taps], shape: Shape) -> Located:
        """Behind an operation that reads these dimensions by themselves and the others as they are."""
        rows, columns = (
            axis if dim is None or dim not in taps else axis.through(taps[dim], shape[dim])
            for axis, dim in zip((self.rows, self.columns), self.dims, strict=True)
        )
        return replace(self, field=ReceptiveField(rows, columns))

    def _sliding_dims(self, dims: Sequence[int]) -> Size:
        """Where only one row (column) is left it lies along what the other leaves free."""
        row = self.row_dim if self.row_dim is not None else next(dim for dim in dims if dim != self.column_dim)
        free = [dim for dim in reversed(dims) if dim != row]
        return row, self.column_dim if self.column_dim is not None else free[0]


def only(inputs: Sequence[Located]) -> Located:
    """The one tensor from the picture that a call reads; weights are constants."""
    if len(inputs) != 1:
        raise UntraceableError("it reads several tensors that come from the picture")
    return inputs[0]


def picture(size: Size, shape: Shape) -> Located:
    """The network's input, B×C×H×W."""
    return _without_single_cells(Located(ReceptiveField.of_input(size), len(shape) - 2, len(shape) - 1))


def joined(parts: Sequence[tuple[Located, Shape]], shape: Shape) -> Located:
    """What cells see that read the same cell of several tensors, broadcast to ``shape``."""
    aligned = [_aligned(located, len(shape) - len(own)) for located, own in parts]
    row, column = (_one([part.dims[axis] for part in aligned]) for axis in (0, 1))
    _one([part.row_dim == part.column_dim for part in aligned if None not in part.dims])
    _one([part.rows.count for part in aligned if part.row_dim is not None])
    _one([part.columns.count for part in aligned if part.column_dim is not None])
    return Located(hull_of([part.field for part in aligned]), row, column)


def hull_of(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    """The smallest box around several fields."""
    rows, columns = tuple(field.rows for field in fields), tuple(field.columns for field in fields)
    down = hull(rows)
    return ReceptiveField(down, down if columns == rows else hull(columns))


def _aligned(located: Located, new_dims: int) -> Located:
    return _without_single_cells(located.moved(lambda dim: dim + new_dims) if new_dims else located)


def _without_single_cells(located: Located) -> Located:
    if located.rows.count > 1 and located.columns.count > 1:
        return located
    row = None if located.rows.count == 1 else located.row_dim
    column = None if located.columns.count == 1 else located.column_dim
    return replace(located, row_dim=row, column_dim=column)


def _one(answers: Sequence[int | None]) -> int | None:
    """The answer on which all agree that have one."""
    known = {answer for answer in answers if answer is not None}
    if len(known) > 1:
        raise UntraceableError("the rows and columns of its inputs lie in different ways")
    return next(iter(known), None)
