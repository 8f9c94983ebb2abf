"""Where the feature maps of a layer stand in a picture: a grid of tiles, one per channel.

Pure arithmetic on integers, so that the window can turn the pointer into a channel and a cell without torch.
All pairs are (row direction, column direction); rectangles are (top, left, bottom, right), the last two exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

Rect = tuple[int, int, int, int]

_TILE_PER_GAP = 8
"""A gap may take an eighth of a tile's shorter side; gaps around smaller tiles would hide more than they part."""


@dataclass(frozen=True)
class MosaicLayout:
    """A grid of ``rows``×``columns`` tiles of ``tile_height``×``tile_width`` pixels, ``gap`` pixels apart, in a picture
    of ``height``×``width`` pixels; the first tile's corner is at ``top``, ``left``.

    ``channels``: those shown, in drawn order, row by row. ``hidden``: how many more were wanted and found no place.
    ``map_height`` and ``map_width``: cells of each map. A tile with fewer pixels than cells shows averages.
    """

    rows: int
    columns: int
    tile_height: int
    tile_width: int
    gap: int
    map_height: int
    map_width: int
    channels: tuple[int, ...]
    height: int
    width: int
    top: int = 0
    left: int = 0
    hidden: int = 0

    def tile_rect(self, position: int) -> Rect:
        """The pixels of the tile drawn as number ``position``."""
        row, column = divmod(position, self.columns)
        top = self.top + row * (self.tile_height + self.gap)
        left = self.left + column * (self.tile_width + self.gap)
        return top, left, top + self.tile_height, left + self.tile_width

    def position_at(self, y: int, x: int) -> int | None:
        """The tile under a pixel; None on gaps and outside."""
        if not self.channels:
            return None
        row, inner_y = divmod(y - self.top, self.tile_height + self.gap)
        column, inner_x = divmod(x - self.left, self.tile_width + self.gap)
        inside = inner_y < self.tile_height and inner_x < self.tile_width
        if not inside or not (0 <= row < self.rows and 0 <= column < self.columns):
            return None
        position = row * self.columns + column
        return position if position < len(self.channels) else None

    def cell_at(self, y: int, x: int) -> tuple[int, int, int] | None:
        """(channel, cell row, cell column) shown by a pixel; the cell at its centre where it averages several."""
        position = self.position_at(y, x)
        if position is None:
            return None
        top, left, _, _ = self.tile_rect(position)
        cell_y = cell_of_pixel(y - top, self.map_height, self.tile_height)
        cell_x = cell_of_pixel(x - left, self.map_width, self.tile_width)
        return self.channels[position], cell_y, cell_x

    def position_of(self, channel: int) -> int | None:
        """Where ``channel`` is drawn; None where it is not shown."""
        return self.channels.index(channel) if channel in self.channels else None

    def cell_rect(self, channel: int, cell_y: int, cell_x: int) -> Rect | None:
        """The pixels that show a cell, at least one; None where the channel or the cell is not shown."""
        position = self.position_of(channel)
        if position is None or not (0 <= cell_y < self.map_height and 0 <= cell_x < self.map_width):
            return None
        top, left, _, _ = self.tile_rect(position)
        first_y, end_y = _pixels_of_cell(cell_y, self.map_height, self.tile_height)
        first_x, end_x = _pixels_of_cell(cell_x, self.map_width, self.tile_width)
        return top + first_y, left + first_x, top + end_y, left + end_x


def cell_of_pixel(pixel: int, cells: int, pixels: int) -> int:
    """Which of ``cells`` lies under the centre of one of the ``pixels`` they are drawn with."""
    return (2 * pixel + 1) * cells // (2 * pixels)


def _pixels_of_cell(cell: int, cells: int, pixels: int) -> tuple[int, int]:
    first = _first_pixel(cell, cells, pixels)
    end = _first_pixel(cell + 1, cells, pixels)
    if first < end:
        return first, end
    nearest = (2 * cell + 1) * pixels // (2 * cells)
    return nearest, nearest + 1


def _first_pixel(cell: int, cells: int, pixels: int) -> int:
    """The first pixel whose centre is not before ``cell``."""
    return -((cells - 2 * pixels * cell) // (2 * cells))


# -------------------------------------------------------------------------------------------------------------- mosaic


@dataclass(frozen=True)
class _Grid:
    rows: int
    columns: int
    tile_height: int
    tile_width: int
    gap: int

    @property
    def height(self) -> int:
        return self.rows * (self.tile_height + self.gap) - self.gap

    @property
    def width(self) -> int:
        return self.columns * (self.tile_width + self.gap) - self.gap


def mosaic_layout(
    channels: Sequence[int], map_size: tuple[int, int], size: tuple[int, int], *, max_gap: int = 2
) -> MosaicLayout:
    """All ``channels`` in a picture of ``size``, their tiles as large as fits and of the maps' own aspect, centred.

    Gaps shrink from ``max_gap`` to 0 as tiles get small. Where there are more channels than pixels the tiles are one
    pixel and the rest is ``hidden``; a size without pixels hides all.
    """
    height, width = max(0, size[0]), max(0, size[1])
    shown = tuple(channels[: height * width])
    if not shown or min(map_size) < 1:
        return _empty_layout(map_size, (height, width), hidden=len(channels))
    grid = _largest_grid(len(shown), map_size, (height, width), max_gap)
    top, left = (height - grid.height) // 2, (width - grid.width) // 2
    return _place(grid, shown, map_size, (height, width), (top, left), hidden=len(channels) - len(shown))


@lru_cache(maxsize=256)
def _largest_grid(count: int, map_size: tuple[int, int], size: tuple[int, int], max_gap: int) -> _Grid:
    """``count`` must not exceed the pixels of ``size``. Kept, as the live loop asks the same for every frame."""
    for gap in range(max_gap, 0, -1):
        grid = _grid_with_gap(count, map_size, size, gap)
        if grid is not None and min(grid.tile_height, grid.tile_width) >= _TILE_PER_GAP * gap:
            return grid
    grid = _grid_with_gap(count, map_size, size, 0)
    assert grid is not None  # noqa: S101 - one pixel each always fits
    return grid


def _grid_with_gap(count: int, map_size: tuple[int, int], size: tuple[int, int], gap: int) -> _Grid | None:
    grids = (_grid_of_columns(columns, count, map_size, size, gap) for columns in range(1, min(count, size[1]) + 1))
    fitting = [grid for grid in grids if grid is not None]
    return max(fitting, key=_goodness, default=None)


def _goodness(grid: _Grid) -> tuple[int, int]:
    """The largest tiles, then the fewest places left over."""
    return grid.tile_height * grid.tile_width, -grid.rows * grid.columns


def _grid_of_columns(
    columns: int, count: int, map_size: tuple[int, int], size: tuple[int, int], gap: int
) -> _Grid | None:
    rows = -(-count // columns)
    room = (size[0] - (rows - 1) * gap) // rows, (size[1] - (columns - 1) * gap) // columns
    if min(room) < 1:
        return None
    return _Grid(rows, columns, *_fit_aspect(map_size, room), gap)


def _fit_aspect(map_size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the map's aspect inside ``room``, at least one pixel each way."""
    if room[1] * map_size[0] <= room[0] * map_size[1]:
        return max(1, room[1] * map_size[0] // map_size[1]), room[1]
    return room[0], max(1, room[0] * map_size[1] // map_size[0])


def _place(
    grid: _Grid,
    channels: tuple[int, ...],
    map_size: tuple[int, int],
    size: tuple[int, int],
    corner: tuple[int, int],
    *,
    hidden: int,
) -> MosaicLayout:
    return MosaicLayout(
        rows=grid.rows,
        columns=grid.columns,
        tile_height=grid.tile_height,
        tile_width=grid.tile_width,
        gap=grid.gap,
        map_height=map_size[0],
        map_width=map_size[1],
        channels=channels,
        height=size[0],
        width=size[1],
        top=corner[0],
        left=corner[1],
        hidden=hidden,
    )


def _empty_layout(map_size: tuple[int, int], size: tuple[int, int], *, hidden: int) -> MosaicLayout:
    return _place(_Grid(0, 0, 0, 0, 0), (), map_size, size, (0, 0), hidden=hidden)


# --------------------------------------------------------------------------------------------------------------- strip


def strip_layouts(
    layers: Sequence[tuple[Sequence[int], tuple[int, int]]], size: tuple[int, int], *, max_gap: int = 2
) -> tuple[MosaicLayout, ...]:
    """One ``row_layout`` per layer, given as (its channels in the order of showing, its map size).

    Each is a picture of its own; stacked from top to bottom they fill ``size``.
    """
    return tuple(
        row_layout(channels, map_size, (height, size[1]), max_gap=max_gap)
        for (channels, map_size), height in zip(layers, strip_heights(len(layers), size[0]), strict=True)
    )


def strip_heights(count: int, height: int) -> tuple[int, ...]:
    """``height`` pixels shared among ``count`` rows: equal but for one pixel, and none lost."""
    edges = [max(0, height) * row // count for row in range(count + 1)] if count else []
    return tuple(below - above for above, below in pairwise(edges))


def row_layout(
    channels: Sequence[int], map_size: tuple[int, int], size: tuple[int, int], *, max_gap: int = 2
) -> MosaicLayout:
    """One row of tiles as high as ``size`` allows, from the left; what finds no place is ``hidden``."""
    height, width = max(0, size[0]), max(0, size[1])
    if not channels or min(map_size) < 1 or min(height, width) < 1:
        return _empty_layout(map_size, (height, width), hidden=len(channels))
    gap = min(max_gap, min(height, width) // _TILE_PER_GAP)
    tile = _fit_aspect(map_size, (height - gap, width))
    columns = min(len(channels), (width + gap) // (tile[1] + gap))
    corner = (height - gap - tile[0]) // 2, 0
    hidden = len(channels) - columns
    return _place(
        _Grid(1, columns, *tile, gap), tuple(channels[:columns]), map_size, (height, width), corner, hidden=hidden
    )
