"""Calls that move values about: reshape, permute, slice, split."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.fields.located import Located, Shape, UntraceableError, only
from cnnviz.core.probing.fields.options import dims_of, option, output_shape
from cnnviz.core.probing.fields.windows import sliced
from cnnviz.core.receptive_axis import Taps
from cnnviz.core.receptive_taps import slice_taps


def reshape(call: Call, inputs: Sequence[Located]) -> Located:
    """A vector's numbers come from everywhere; else rows and columns must stay whole, or join to a row of tokens."""
    located = only(inputs)
    old, new = call.input_shapes[0], output_shape(call)
    if len(new) <= 2:
        return located.one_cell()
    height, width = located.field.map_size
    if located.row_dim is not None and located.row_dim == located.column_dim:
        return _tokens_reshaped(located, old, new)
    token_dim = _same_place(old, new, located.row_dim, height * width)
    if located.dims == (located.row_dim, (located.row_dim or 0) + 1) and token_dim is not None:
        return Located(located.field, token_dim, token_dim)
    return located.moved(lambda dim: _kept(_same_place(old, new, dim, old[dim])))


def _tokens_reshaped(located: Located, old: Shape, new: Shape) -> Located:
    dim = located.row_dim
    height, width = located.field.map_size
    if (kept := _same_place(old, new, dim, old[dim or 0])) is not None:
        return Located(located.field, kept, kept)
    row = _kept(_same_place(old, new, dim, height))
    if old[dim or 0] != height * width or new[row + 1 : row + 2] != (width,):
        raise UntraceableError("it takes tokens apart")
    return Located(located.field, row, row + 1)


def _same_place(old: Shape, new: Shape, dim: int | None, size: int) -> int | None:
    """The new dimension of this size with as many values before it as the old one has."""
    if dim is None:
        return None
    before = prod(old[:dim])
    return next((place for place, cells in enumerate(new) if cells == size and prod(new[:place]) == before), None)


def _kept(dim: int | None) -> int:
    if dim is None:
        raise UntraceableError("it takes rows or columns apart")
    return dim


def permute(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    name = "dims" if call.module is not None or "dims" in call.arguments else "dim"
    return located.moved(dims_of(call, name, len(output_shape(call))).index)


def transpose(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    ndim = len(output_shape(call))
    names = ("dim0", "dim1") if "dim0" in call.arguments else ("axis0", "axis1")
    one, other = (dims_of(call, name, ndim)[0] for name in names)
    swapped = {one: other, other: one}
    return located.moved(lambda dim: swapped.get(dim, dim))


def squeeze(call: Call, inputs: Sequence[Located]) -> Located:
    """Which dimensions of one cell went is told by what went."""
    located = only(inputs)
    old, new = call.input_shapes[0], output_shape(call)
    if option(call, "dim") is None:
        gone = [dim for dim, cells in enumerate(old) if cells == 1 and len(new) < len(old)]
    else:
        gone = [dim for dim in dims_of(call, "dim", len(old)) if old[dim] == 1]
    return located.moved(lambda dim: None if dim in gone else dim - sum(each < dim for each in gone))


def unsqueeze(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    (place,) = dims_of(call, "dim", len(output_shape(call)))
    return located.moved(lambda dim: dim + (dim >= place))


def expand(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    new_dims = len(output_shape(call)) - len(call.input_shapes[0])
    return located.moved(lambda dim: dim + new_dims)


def parts(call: Call, inputs: Sequence[Located]) -> Located:
    """``chunk`` and ``split``: all parts are one call's, so they must not be of rows or columns."""
    located = only(inputs)
    if set(dims_of(call, "dim", len(call.input_shapes[0]))) & set(located.dims):
        raise UntraceableError("it takes rows or columns apart")
    return located


def unbind(call: Call, inputs: Sequence[Located]) -> Located:
    located = parts(call, inputs)
    (gone,) = dims_of(call, "dim", len(call.input_shapes[0]))
    return located.moved(lambda dim: dim - (dim > gone))


def stack(call: Call, inputs: Sequence[Located]) -> Located:
    (place,) = dims_of(call, "dim", len(output_shape(call)))
    moved = [located.moved(lambda dim: dim + (dim >= place)) for located in inputs]
    if any(each != moved[0] for each in moved):
        raise UntraceableError("it stacks maps that see different regions")
    return moved[0]


def flip(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    shape = output_shape(call)
    taps = {dim: slice_taps(shape[dim] - 1, -1) for dim in dims_of(call, "dims", len(shape))}
    return sliced(located, taps, shape)


def narrow(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    shape = output_shape(call)
    (dim,) = dims_of(call, "dim", len(shape))
    start = option(call, "start", 0)
    return sliced(located, {dim: slice_taps(start % call.input_shapes[0][dim] if start else 0)}, shape)


def index(call: Call, inputs: Sequence[Located]) -> Located:
    """``x[:, :, ::2, 1:]``: whole numbers, slices, None and one ellipsis."""
    located = only(inputs)
    told = call.arguments.get("idx", call.arguments.get("indices"))
    parts_told = told if isinstance(told, tuple) else (told,)
    if not all(part is None or part is Ellipsis or isinstance(part, int | slice) for part in parts_told):
        raise UntraceableError("it is indexed by a tensor or a list")
    return _indexed(located, _full_index(parts_told, len(call.input_shapes[0])), call.input_shapes[0])


def _full_index(told: Sequence[object], ndim: int) -> list[object]:
    """One entry a dimension, and None for each new one."""
    missing = ndim - sum(part is not None and part is not Ellipsis for part in told)
    if Ellipsis not in told:
        told = (*told, Ellipsis)
    place = told.index(Ellipsis)
    return [*told[:place], *[slice(None)] * missing, *told[place + 1 :]]


def _indexed(located: Located, told: Sequence[object], shape: Shape) -> Located:
    taps: dict[int, Taps] = {}
    counts, places = list(shape), dict[int, int | None]()
    dim = place = 0
    for part in told:
        if part is None:
            place += 1
            continue
        if isinstance(part, slice):
            cells = range(*part.indices(shape[dim]))
            taps[dim], counts[dim], places[dim] = slice_taps(cells.start, cells.step), len(cells), place
            place += 1
        elif isinstance(part, int):
            taps[dim], counts[dim], places[dim] = slice_taps(part % shape[dim]), 1, None
        dim += 1
    changed = {dim: tap for dim, tap in taps.items() if tap != slice_taps(0) or counts[dim] != shape[dim]}
    return sliced(located, changed, tuple(counts)).moved(lambda dim: places[dim])
