"""Filters → pictures: one page of tiles, a whole number of pixels to a weight. numpy only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats, Size
from cnnviz.core.errors import LayerError
from cnnviz.core.inside.filters import COLOURS, FilterArrangement, FilterBank, FilterSheet, FiltersView, Indices
from cnnviz.core.rendering.colormaps import GAP, shade
from cnnviz.core.rendering.layout import MosaicLayout, cell_of_pixel

_LARGEST_GAP = 3
_CELLS_PER_GAP = 4
_NOT_FINITE_COLOUR = (255, 0, 255)
_ALL_INPUTS = -1

_Numbers = NDArray[np.intp]


def draw_filters(
    bank: FilterBank, view: FiltersView, order: Indices | None = None, largest: float | None = None
) -> FilterSheet:
    """The page that ``view`` asks for; no other weights are touched.

    ``order``: outputs in the order of showing, all or some of them; by index where None. ``largest``: the layer's
    largest |weight|, where it is known already.

    Raises:
        LayerError: there is no such output or input.
    """
    arrangement = _possible_arrangement(bank, view)
    outputs, kernels = _candidates(bank, arrangement, view.channel, order)
    page = _page((len(outputs), len(kernels)), bank.kernel, view, arrangement)
    chosen = _pairs(outputs[page.rows], kernels[page.columns])
    return _drawn(bank, view, arrangement, page, chosen, largest)


def _possible_arrangement(bank: FilterBank, view: FiltersView) -> FilterArrangement:
    """Filters of several inputs are one tile each only as colour pictures."""
    wanted = view.arrangement or bank.arrangement
    one_tile = bank.inputs == 1 or (bank.coloured and view.colour)
    return "sheet" if wanted == "filters" and not one_tile else wanted


def _candidates(
    bank: FilterBank, arrangement: FilterArrangement, channel: int, order: Indices | None
) -> tuple[_Numbers, _Numbers]:
    """The outputs, and the numbers of the kernels of each."""
    outputs = np.arange(bank.outputs) if order is None else order.astype(np.intp)
    kernels = np.arange(bank.inputs)
    if arrangement == "filters":
        return outputs, kernels[:1] if bank.inputs == 1 else np.array([_ALL_INPUTS])
    if arrangement == "output":
        _check_channel(bank, "output", channel, bank.outputs)
        return np.array([channel]), kernels
    if arrangement == "input":
        _check_channel(bank, "input", channel, bank.inputs * bank.groups)
        group = outputs * bank.groups // bank.outputs
        return outputs[group == channel // bank.inputs], kernels[channel % bank.inputs, None]
    return outputs, kernels


def _pairs(outputs: _Numbers, kernels: _Numbers) -> _Numbers:
    """N×2: each output with each kernel."""
    return np.stack(np.meshgrid(outputs, kernels, indexing="ij"), axis=-1).reshape(-1, 2)


def _check_channel(bank: FilterBank, what: str, channel: int, count: int) -> None:
    if not 0 <= channel < count:
        raise LayerError(f'"{bank.layer}" has no {what} {channel}: choose from its {count}, 0 to {count - 1}.')


# --------------------------------------------------------------------------------------------------------------- pages


@dataclass(frozen=True)
class _Page:
    """``rows`` and ``columns``: the outputs and kernels on it. ``grid``: tiles down and across. ``cell``: pixels of a
    weight each way.
    """

    number: tuple[int, int]
    count: tuple[int, int]
    rows: slice
    columns: slice
    grid: Size
    cell: int


def _page(count: Size, kernel: Size, view: FiltersView, arrangement: FilterArrangement) -> _Page:
    if arrangement == "sheet":
        return _sheet_page(count, kernel, view)
    page = _wrapping_page(count[0] * count[1], kernel, view)
    if arrangement == "output":
        return replace(page, rows=slice(None), columns=page.rows)
    return page


def _sheet_page(count: Size, kernel: Size, view: FiltersView) -> _Page:
    down, across = _room(kernel, view.size, max(1, view.cell))
    fitting = min(count[0], max(1, down)), min(count[1], max(1, across))
    pages = -(-count[0] // fitting[0]), -(-count[1] // fitting[1])
    number = _within(view.page[0], pages[0]), _within(view.page[1], pages[1])
    return _Page(
        number=number,
        count=pages,
        rows=slice(number[0] * fitting[0], (number[0] + 1) * fitting[0]),
        columns=slice(number[1] * fitting[1], (number[1] + 1) * fitting[1]),
        grid=(fitting[0], min(fitting[1], count[1] - number[1] * fitting[1])),
        cell=_largest_cell(kernel, view, lambda room: room[0] >= fitting[0] and room[1] >= fitting[1]),
    )


def _wrapping_page(count: int, kernel: Size, view: FiltersView) -> _Page:
    """Tiles in reading order, as many to a row as fit."""
    down, across = _room(kernel, view.size, max(1, view.cell))
    fitting = max(1, min(count, down * across))
    cell = _largest_cell(kernel, view, lambda room: room[0] * room[1] >= fitting)
    columns = max(1, min(fitting, _room(kernel, view.size, cell)[1]))
    pages = max(1, -(-count // fitting))
    number = _within(view.page[0], pages)
    rows = slice(number * fitting, (number + 1) * fitting)
    return _Page((number, 0), (pages, 1), rows, slice(None), (-(-fitting // columns), columns), cell)


def _within(page: int, pages: int) -> int:
    return max(0, min(page, pages - 1))


def _gap(kernel: Size, cell: int) -> int:
    """Single weights touch each other, as the entries of a matrix."""
    return 0 if kernel == (1, 1) else max(1, min(_LARGEST_GAP, cell // _CELLS_PER_GAP))


def _room(kernel: Size, size: Size, cell: int) -> Size:
    """Rows and columns of tiles that fit."""
    gap = _gap(kernel, cell)
    rows, columns = ((side + gap) // (length * cell + gap) for side, length in zip(size, kernel, strict=True))
    return rows, columns


def _largest_cell(kernel: Size, view: FiltersView, enough: Callable[[Size], bool]) -> int:
    """Pixels a weight can have so that there is room enough; 1 where a single tile is larger than the picture."""
    cells = range(max(view.size) // max(1, min(kernel)), 0, -1)
    return next((cell for cell in cells if enough(_room(kernel, view.size, cell))), 1)


# ------------------------------------------------------------------------------------------------------------- drawing


def _drawn(
    bank: FilterBank,
    view: FiltersView,
    arrangement: FilterArrangement,
    page: _Page,
    chosen: _Numbers,
    largest: float | None,
) -> FilterSheet:
    colour = arrangement == "filters" and bank.inputs == COLOURS
    values = _values(bank, chosen)
    limits = _limits(bank, view, chosen[:, 0], largest)
    layout = _layout(bank.kernel, view.size, page, len(chosen))
    tiles = _coloured(values, limits) if colour else _signed(values[:, 0], limits)
    return FilterSheet(
        layer=bank.layer,
        arrangement=arrangement,
        colour=colour,
        layout=layout,
        pixels=_placed(tiles, layout, view.background if colour else (GAP,)),
        kernels=_channels(bank, chosen),
        values=values,
        limits=limits,
        page=page.number,
        pages=page.count,
    )


def _values(bank: FilterBank, chosen: _Numbers) -> Floats:
    if len(chosen) and chosen[0, 1] == _ALL_INPUTS:
        return np.ascontiguousarray(bank.weights[chosen[:, 0]], np.float32)
    return np.ascontiguousarray(bank.weights[chosen[:, 0], chosen[:, 1], None], np.float32)


def _channels(bank: FilterBank, chosen: _Numbers) -> Indices:
    """The same with the input channels that the kernels read."""
    outputs, numbers = chosen.T
    read = bank.inputs * (outputs * bank.groups // bank.outputs) + numbers
    return np.stack([outputs, np.where(numbers == _ALL_INPUTS, _ALL_INPUTS, read)], axis=1).astype(np.int32)


def _limits(bank: FilterBank, view: FiltersView, outputs: _Numbers, largest: float | None) -> Floats:
    if view.scale == "layer":
        common = _largest(bank.weights.reshape(1, -1))[0] if largest is None else largest
        return np.full(len(outputs), common, np.float32)
    distinct, places = np.unique(outputs, return_inverse=True)
    return _largest(bank.weights[distinct].reshape(len(distinct), -1))[places]


def _largest(rows: Floats) -> Floats:
    """The largest finite |weight| of each row, 0 where there is none."""
    highest, lowest = np.fmax.reduce(rows, axis=1, initial=0), np.fmin.reduce(rows, axis=1, initial=0)
    largest = np.maximum(highest, -lowest)
    if np.isfinite(largest).all():
        return np.asarray(largest, np.float32)
    return np.asarray(np.where(np.isfinite(rows), np.abs(rows), 0).max(1, initial=0), np.float32)


def _signed(values: Floats, limits: Floats) -> Bytes:
    """Palette indices of T×h×w; zero is the middle, also where a filter is all zero."""
    reach = np.where(limits > 0, limits, 1)[:, None, None].astype(np.float32)
    return shade(values, -reach, reach)


def _coloured(values: Floats, limits: Floats) -> Bytes:
    """RGB of T×3×h×w: zero is mid-grey."""
    reach = np.where(limits > 0, limits, 1)[:, None, None, None]
    finite = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        levels = np.rint(127.5 + 127.5 * np.where(finite, values, 0) / reach)
    colours = np.clip(levels, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    colours[~finite.all(1)] = _NOT_FINITE_COLOUR
    return colours


def _layout(kernel: Size, size: Size, page: _Page, count: int) -> MosaicLayout:
    """Tiles larger than the picture are drawn smaller than their weights."""
    gap = _gap(kernel, page.cell)
    tile = min(kernel[0] * page.cell, max(1, size[0])), min(kernel[1] * page.cell, max(1, size[1]))
    columns = page.grid[1]
    rows = -(-count // columns)
    grid = rows * (tile[0] + gap) - gap, columns * (tile[1] + gap) - gap
    layout = MosaicLayout(
        rows=rows,
        columns=columns,
        tile_height=tile[0],
        tile_width=tile[1],
        gap=gap,
        map_height=kernel[0],
        map_width=kernel[1],
        channels=tuple(range(count)),
        height=max(0, size[0]),
        width=max(0, size[1]),
    )
    return replace(layout, top=max(0, (size[0] - grid[0]) // 2), left=max(0, (size[1] - grid[1]) // 2))


def _placed(tiles: NDArray[np.uint8], layout: MosaicLayout, background: tuple[int, ...]) -> Bytes:
    """The picture; what reaches beyond its edges is cut off."""
    planes = tiles.shape[3:]
    pitch = layout.tile_height + layout.gap, layout.tile_width + layout.gap
    grid = _filled((layout.rows * layout.columns, *pitch, *planes), background)
    rows, columns = (np.array(list(_cells(*sides))) for sides in _sides(layout))
    grid[: len(tiles), : layout.tile_height, : layout.tile_width] = tiles[:, rows][:, :, columns]
    grid = grid.reshape(layout.rows, layout.columns, *pitch, *planes).swapaxes(1, 2)
    whole = grid.reshape(layout.rows * pitch[0], layout.columns * pitch[1], *planes)
    picture = _filled((layout.height, layout.width, *planes), background)
    room = picture[layout.top :, layout.left :]
    height, width = min(len(room), len(whole)), min(room.shape[1], whole.shape[1])
    room[:height, :width] = whole[:height, :width]
    return picture


def _filled(shape: tuple[int, ...], background: tuple[int, ...]) -> Bytes:
    """``background``: one number for each of the planes, which are the last axis where there are several."""
    filled = np.empty(shape, np.uint8)
    filled[...] = background
    return filled


def _sides(layout: MosaicLayout) -> tuple[Size, Size]:
    return (layout.map_height, layout.tile_height), (layout.map_width, layout.tile_width)


def _cells(cells: int, pixels: int) -> Iterator[int]:
    return (cell_of_pixel(pixel, cells, pixels) for pixel in range(pixels))
