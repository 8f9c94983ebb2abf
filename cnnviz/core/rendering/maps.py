"""Activations → pictures of palette indices, reduced and quantised on the device that holds them.

Internally cells come first and channels last (H×W×C): fast networks keep their activations that way, and every step is
then several times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.errors import LayerError
from cnnviz.core.rendering.colormaps import DEAD, GAP, NOT_FINITE, SHADES, steps_per_unit
from cnnviz.core.rendering.layout import MosaicLayout, cell_of_pixel, mosaic_layout, row_layout, strip_heights
from cnnviz.core.views import (
    ChannelOrder,
    ChannelStatistics,
    MapsView,
    MosaicPicture,
    Probe,
    ProbeValue,
    Scaling,
    VectorPicture,
)

Channels = NDArray[np.intp]

# ----------------------------------------------------------------------------------------------------- as maps of cells


def as_maps(activation: Tensor, map_axes: str) -> Tensor:
    """The first of a batch as float32 C×H×W, or C where each channel has one value; a view where it is float32 already.

    ``map_axes`` as in LayerInfo. Of T tokens the first is left out as the class token where T − 1 is a square number.

    Raises:
        LayerError: the activation has no such axes.
    """
    first = activation.detach()[0] if activation.dim() > 1 else activation.detach()
    axes = {"chw": 3, "hwc": 3, "tokens": 2}.get(map_axes, first.dim())
    if not map_axes or first.dim() != axes or first.is_complex() or first.numel() == 0:
        raise LayerError(_cannot_show(activation))
    maps = _channels_first(first, map_axes).float()
    return maps.reshape(-1) if maps.dim() != 3 or maps.shape[1] * maps.shape[2] == 1 else maps


def _channels_first(first: Tensor, map_axes: str) -> Tensor:
    if map_axes == "hwc":
        return first.permute(2, 0, 1)
    if map_axes == "tokens":
        return _token_grid(first).permute(2, 0, 1)
    return first if map_axes == "chw" else first.reshape(-1)


def _token_grid(tokens: Tensor) -> Tensor:
    for grid in (tokens, tokens[1:]):
        side = round(len(grid) ** 0.5)
        if side * side == len(grid) > 0:
            return grid.reshape(side, side, -1)
    raise LayerError(_cannot_show(tokens[None]))


def _cannot_show(activation: Tensor) -> str:
    shape = "×".join(str(length) for length in activation.shape)
    return f"An output of {shape} {activation.dtype} values has no maps to show; choose a layer that has channels."


# -------------------------------------------------------------------------------------------------------------- drawing


def draw_maps(
    view: MapsView, layer: str, maps: Tensor, statistics: ChannelStatistics, strength: Floats | None = None
) -> MosaicPicture | VectorPicture:
    """What ``view`` shows of ``layer``: its mosaic, its one channel, its row of a strip, or its vector.

    ``maps`` as ``as_maps`` gives them and ``statistics`` measured of them, with what the view orders by. ``strength``
    is what the channels of a strip in index order are chosen by (LayerHistory's; the highest value where None).
    """
    channels = shown_channels(view, statistics, strength)
    if maps.dim() == 1:
        values = np.array(maps.cpu().numpy(), np.float32)
        return VectorPicture(layer, values, channels.astype(np.int32), statistics)
    layout = _layout(view, layer, channels, (maps.shape[1], maps.shape[2]))
    low, high = ranges(view.scaling, statistics)
    shown = list(layout.channels)
    return MosaicPicture(
        layer=layer,
        shape=tuple(maps.shape),
        layout=layout,
        indices=_paint(maps, layout, low, high, statistics),
        low=low[shown],
        high=high[shown],
        statistics=statistics,
    )


def shown_channels(view: MapsView, statistics: ChannelStatistics, strength: Floats | None = None) -> Channels:
    """The channels a view wants, in the order of drawing: by index upwards, by anything else downwards, NaN last."""
    count = len(statistics.low)
    if view.single is not None:
        return np.arange(count)[view.single : view.single + 1]
    wanted = np.arange(count)
    if view.channels is not None:
        wanted = wanted[np.isin(wanted, view.channels)]
    if view.hide_dead:
        wanted = wanted[statistics.silent[wanted] == 0]
    if view.order == "index" and len(view.layers) == 1:
        return wanted
    by = statistics.high if strength is None else strength
    if view.order != "index":
        by = _quantity(view.order, statistics)
    return wanted[np.argsort(-by[wanted], kind="stable")]


def _quantity(order: ChannelOrder, statistics: ChannelStatistics) -> Floats:
    known = {
        "mean": statistics.mean,
        "maximum": statistics.high,
        "variance": statistics.variance,
        "change": statistics.change,
    }[order]
    if known is None:
        raise ValueError(f'channels can only be ordered by "{order}" when it was measured')
    return known


def ranges(scaling: Scaling, statistics: ChannelStatistics) -> tuple[Floats, Floats]:
    """Per channel the values that become the first and the last shade; NaN where no cell is finite."""
    low, high = statistics.low, statistics.high
    if scaling.mode == "channel":
        return low, high
    if scaling.mode == "fixed":
        return np.full_like(low, scaling.low), np.full_like(high, scaling.high)
    lowest, highest = np.fmin.reduce(low), np.fmax.reduce(high)
    if scaling.mode == "signed":
        highest = max(abs(lowest), abs(highest))
        lowest = -highest
    return np.full_like(low, lowest), np.full_like(high, highest)


def _layout(view: MapsView, layer: str, channels: Channels, map_size: tuple[int, int]) -> MosaicLayout:
    shown: Sequence[int] = channels.tolist()
    if len(view.layers) == 1:
        return mosaic_layout(shown, map_size, view.size)
    heights = strip_heights(len(view.layers), view.size[0])
    return row_layout(shown, map_size, (heights[view.layers.index(layer)], view.size[1]))


# ------------------------------------------------------------------------------------------------------------- painting


def _paint(maps: Tensor, layout: MosaicLayout, low: Floats, high: Floats, statistics: ChannelStatistics) -> Bytes:
    picture = np.full((layout.height, layout.width), GAP, np.uint8)
    if layout.channels:
        drawn = np.array(layout.channels)
        ascending = np.sort(drawn)
        cells = _reduced(_selected(maps, ascending), layout)
        damaged = bool(statistics.not_finite[ascending].any())
        shades = _shaded(cells, low[ascending], high[ascending], damaged=damaged)
        shades[..., statistics.silent[ascending] > 0] = DEAD
        if not np.array_equal(ascending, drawn):
            shades = shades.take(np.searchsorted(ascending, drawn), axis=2)  # here, where they are few bytes
        _place_tiles(picture, layout, _enlarged(shades, layout))
    return picture


def _selected(maps: Tensor, channels: Channels) -> Tensor:
    if len(channels) == len(maps):
        return maps
    if len(channels) == 1:
        return maps[channels[0], None]
    return maps.index_select(0, torch.from_numpy(channels).to(maps.device))


def _reduced(maps: Tensor, layout: MosaicLayout) -> Tensor:
    """H×W×C with no more cells than a tile has pixels: each the mean of all the cells it touches."""
    size = min(layout.tile_height, layout.map_height), min(layout.tile_width, layout.map_width)
    cells = maps.permute(1, 2, 0).contiguous()
    if size == (layout.map_height, layout.map_width):
        return cells
    if cells.device.type == "mps":
        cells = cells.cpu()  # MPS pools only to sizes that divide the map's
    batch = cells[None].permute(0, 3, 1, 2)  # not maps[None]: its strides would keep torch from its fast path
    return functional.adaptive_avg_pool2d(batch, size)[0].permute(1, 2, 0)


def _shaded(cells: Tensor, low: Floats, high: Floats, *, damaged: bool) -> Bytes:
    """``colormaps.shade`` on the device; the result is a copy on the host. ``damaged``: some cells are not finite."""
    lowest, steps = torch.from_numpy(np.stack([low, steps_per_unit(low, high)])).to(cells.device)
    shades = (cells - lowest).mul_(steps).clamp_(0, SHADES - 1)
    if damaged:
        shades.masked_fill_(~cells.isfinite(), NOT_FINITE)
    whole = shades.to(torch.int32).to(torch.uint8)  # on the CPU torch is twice as fast this way
    return np.asarray(whole.cpu().numpy(), np.uint8)


def _enlarged(shades: Bytes, layout: MosaicLayout) -> Bytes:
    height, width = shades.shape[:2]
    if layout.tile_height > height:
        shades = shades.take(_nearest(height, layout.tile_height), axis=0)
    if layout.tile_width > width:
        shades = shades.take(_nearest(width, layout.tile_width), axis=1)
    return shades


@lru_cache(maxsize=256)
def _nearest(cells: int, pixels: int) -> Channels:
    return np.array([cell_of_pixel(pixel, cells, pixels) for pixel in range(pixels)])


def _place_tiles(picture: Bytes, layout: MosaicLayout, shades: Bytes) -> None:
    """``shades``: tile height × tile width × channels, in drawn order."""
    tiles = shades.transpose(2, 0, 1)
    down, right = picture.strides
    places = as_strided(
        picture[layout.top :, layout.left :],
        (layout.rows, layout.columns, layout.tile_height, layout.tile_width),
        ((layout.tile_height + layout.gap) * down, (layout.tile_width + layout.gap) * right, down, right),
    )
    full_rows, rest = divmod(len(tiles), layout.columns)
    full = full_rows * layout.columns
    places[:full_rows] = tiles[:full].reshape(full_rows, layout.columns, *tiles.shape[1:])
    if rest:
        places[full_rows, :rest] = tiles[full:]


# -------------------------------------------------------------------------------------------------------- single values


def read_probe(maps: Tensor, probe: Probe) -> ProbeValue:
    """The value of one cell; None where the maps have no such cell."""
    grid = maps if maps.dim() == 3 else maps[:, None, None]
    place = probe.channel, probe.y, probe.x
    inside = all(0 <= index < length for index, length in zip(place, grid.shape, strict=True))
    return ProbeValue(probe, float(grid[place].item()) if inside else None)


def channel_map(maps: Tensor, channel: int) -> Floats | None:
    """A copy of one channel's H×W cells on the host; None where there is no such channel, or it has no cells."""
    if maps.dim() != 3 or not 0 <= channel < len(maps):
        return None
    return np.array(maps[channel].cpu().numpy(), np.float32)
