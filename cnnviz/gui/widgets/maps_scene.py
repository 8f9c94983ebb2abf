"""A feature-maps picture put together: one mosaic, or a strip of rows with room for a label above each. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnviz.core.arrays import Bytes, Size
from cnnviz.core.rendering.colormaps import GAP, shade
from cnnviz.core.rendering.layout import Rect, strip_heights
from cnnviz.core.views import MapsPicture, MosaicPicture, Probe, VectorPicture
from cnnviz.gui.widgets.bar_raster import column_values, covered

Part = MosaicPicture | VectorPicture


@dataclass(frozen=True, eq=False)
class SceneRow:
    """A part drawn at ``top``, ``height``×``width`` pixels large."""

    part: Part
    top: int
    height: int
    width: int

    def cell_at(self, y: int, x: int) -> Probe | None:
        """What a pixel of the scene shows of this row."""
        if not 0 <= y - self.top < self.height or not 0 <= x < self.width:
            return None
        if isinstance(self.part, VectorPicture):
            order = self.part.order
            return Probe(self.part.layer, int(order[x * len(order) // self.width]), 0, 0) if len(order) else None
        cell = self.part.layout.cell_at(y - self.top, x)
        return Probe(self.part.layer, *cell) if cell else None

    def tile_rect(self, channel: int) -> Rect | None:
        """Where a channel is drawn in the scene."""
        if isinstance(self.part, VectorPicture):
            return self._bar_rect(channel)
        position = self.part.layout.position_of(channel)
        if position is None:
            return None
        top, left, bottom, right = self.part.layout.tile_rect(position)
        return self.top + top, left, self.top + bottom, right

    def cell_rect(self, probe: Probe) -> Rect | None:
        """Where a cell is drawn in the scene; a vector has none."""
        if isinstance(self.part, VectorPicture):
            return None
        rect = self.part.layout.cell_rect(probe.channel, probe.y, probe.x)
        return (self.top + rect[0], rect[1], self.top + rect[2], rect[3]) if rect else None

    def _bar_rect(self, channel: int) -> Rect | None:
        assert isinstance(self.part, VectorPicture)  # noqa: S101 -- tells the type checker what the caller found out
        places = np.flatnonzero(self.part.order == channel)
        if not len(places):
            return None
        first, count = int(places[0]), len(self.part.order)
        left, right = first * self.width // count, (first + 1) * self.width // count
        return self.top, left, self.top + self.height, max(right, left + 1)


@dataclass(frozen=True, eq=False)
class Scene:
    """``indices``: what to paint, h×w. ``labels``: (y, layer) of the rows, none for a mosaic alone."""

    indices: Bytes
    rows: tuple[SceneRow, ...]
    labels: tuple[tuple[int, str], ...] = ()

    def cell_at(self, y: int, x: int) -> Probe | None:
        """The cell shown by a pixel; None on gaps and labels."""
        return next((cell for row in self.rows if (cell := row.cell_at(y, x))), None)

    def tile_rect(self, layer: str, channel: int) -> Rect | None:
        """The pixels that show a channel; None where it is not shown."""
        found = (row.tile_rect(channel) for row in self.rows if row.part.layer == layer)
        return next((rect for rect in found if rect), None)

    def cell_rect(self, probe: Probe) -> Rect | None:
        """The pixels that show a cell; None where it is not shown, or is a vector's."""
        found = (row.cell_rect(probe) for row in self.rows if row.part.layer == probe.layer)
        return next((rect for rect in found if rect), None)


def drawn_channels(part: Part) -> tuple[list[int], int]:
    """The shown channels in drawn order, and how many stand in a row."""
    if isinstance(part, MosaicPicture):
        return list(part.layout.channels), part.layout.columns
    return part.order.tolist(), 1


def first_channel(part: Part | None) -> int:
    """The one drawn first; 0 where there is none."""
    channels = drawn_channels(part)[0] if part else []
    return channels[0] if channels else 0


def neighbour_channel(part: Part, channel: int | None, rows: int, columns: int) -> int | None:
    """The channel so many rows and columns on as they are drawn: the first from one that is not, None past the ends."""
    channels, per_row = drawn_channels(part)
    if channel not in channels:
        return channels[0] if channels else None
    place = channels.index(channel) + rows * per_row + columns
    return channels[place] if 0 <= place < len(channels) else None


def overlay_cell(picture: MapsPicture, y: int, x: int) -> Probe | None:
    """The cell laid over a pixel of the overlay; None beside the map."""
    part = picture.parts[0] if picture.parts else None
    if picture.overlay is None or not isinstance(part, MosaicPicture) or not part.layout.channels:
        return None
    height, width = picture.overlay.shape[:2]
    top, left, bottom, right = picture.seen
    row = ((y + 0.5) / height - top) / (bottom - top)
    column = ((x + 0.5) / width - left) / (right - left)
    if not (0 <= row < 1 and 0 <= column < 1):
        return None
    _, rows, columns = part.shape
    return Probe(part.layer, part.layout.channels[0], int(row * rows), int(column * columns))


def overlay_rect(picture: MapsPicture, probe: Probe) -> tuple[float, float, float, float] | None:
    """The pixels of the overlay that a cell is laid over; None where it is another map's."""
    part = picture.parts[0] if picture.parts else None
    if picture.overlay is None or not isinstance(part, MosaicPicture) or part.layer != probe.layer:
        return None
    _, rows, columns = part.shape
    if part.layout.channels[:1] != (probe.channel,) or not (0 <= probe.y < rows and 0 <= probe.x < columns):
        return None
    height, width = picture.overlay.shape[:2]
    top, left, bottom, right = picture.seen
    down, across = (bottom - top) * height / rows, (right - left) * width / columns
    first = top * height + probe.y * down, left * width + probe.x * across
    return *first, first[0] + down, first[1] + across


def compose(parts: Sequence[Part], size: Size, label_height: int) -> Scene:
    """``size``: the pixels that the parts were asked for; the labels of a strip are added to its height."""
    if len(parts) == 1 and isinstance(parts[0], MosaicPicture):
        height, width = parts[0].indices.shape
        return Scene(parts[0].indices, (SceneRow(parts[0], 0, height, width),))
    heights = _row_heights(parts, size[0])
    width = max((part.indices.shape[1] for part in parts if isinstance(part, MosaicPicture)), default=size[1])
    canvas = np.full((sum(heights) + label_height * len(parts), width), GAP, np.uint8)
    rows, labels, top = [], [], 0
    for part, height in zip(parts, heights, strict=True):
        labels.append((top, part.layer))
        top += label_height
        canvas[top : top + height, : _width_of(part, width)] = _row_indices(part, height, width)
        rows.append(SceneRow(part, top, height, _width_of(part, width)))
        top += height
    return Scene(canvas, tuple(rows), tuple(labels))


def _row_heights(parts: Sequence[Part], height: int) -> list[int]:
    shares = strip_heights(len(parts), height)
    return [
        part.indices.shape[0] if isinstance(part, MosaicPicture) else share
        for part, share in zip(parts, shares, strict=True)
    ]


def _width_of(part: Part, width: int) -> int:
    return part.indices.shape[1] if isinstance(part, MosaicPicture) else width


def _row_indices(part: Part, height: int, width: int) -> Bytes:
    return part.indices if isinstance(part, MosaicPicture) else bar_indices(part, height, width)


def bar_indices(part: VectorPicture, height: int, width: int) -> Bytes:
    """A vector as bars of palette indices, each in its value's shade."""
    if not len(part.order) or not height or not width:
        return np.full((height, width), GAP, np.uint8)
    columns = column_values(part.values[part.order], width)
    finite = columns[np.isfinite(columns)]
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    return np.where(covered(columns, height, low, high), shade(columns, low, high), np.uint8(GAP))
