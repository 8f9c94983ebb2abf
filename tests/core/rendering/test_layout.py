"""Tiles: inside the picture, apart, as large as fits, and the way back from a pixel to a cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.rendering.layout import mosaic_layout, row_layout, strip_heights, strip_layouts

counts = st.integers(1, 200)
map_sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
sizes = st.tuples(st.integers(1, 120), st.integers(1, 120))


def times_covered(layout):
    canvas = np.zeros((layout.height, layout.width), int)
    for position in range(len(layout.channels)):
        top, left, bottom, right = layout.tile_rect(position)
        assert 0 <= top < bottom <= layout.height
        assert 0 <= left < right <= layout.width
        canvas[top:bottom, left:right] += 1
    return canvas


@given(counts, map_sizes, sizes)
def test_tiles_lie_inside_and_apart(count, map_size, size):
    layout = mosaic_layout(range(count), map_size, size)
    assert (layout.height, layout.width) == size
    assert times_covered(layout).max() == 1


@given(counts, map_sizes, sizes)
def test_every_channel_is_shown_where_a_pixel_each_is_left(count, map_size, size):
    layout = mosaic_layout(range(count), map_size, size)
    assert len(layout.channels) == min(count, size[0] * size[1])
    assert layout.hidden == count - len(layout.channels)


@given(counts, map_sizes, sizes)
def test_no_grid_with_the_same_gap_has_larger_tiles(count, map_size, size):
    layout = mosaic_layout(range(count), map_size, size)
    count = len(layout.channels)
    for columns in range(1, count + 1):
        rows = -(-count // columns)
        height = layout.tile_height + 1
        width = -(-height * map_size[1] // map_size[0])
        needed = rows * (height + layout.gap) - layout.gap, columns * (width + layout.gap) - layout.gap
        assert needed[0] > size[0] or needed[1] > size[1] or height * width <= layout.tile_height * layout.tile_width


@given(counts, map_sizes, sizes)
def test_a_pixel_belongs_to_the_tile_drawn_there(count, map_size, size):
    layout = mosaic_layout(range(count), map_size, size)
    owner = np.full(size, -1)
    for position in range(len(layout.channels)):
        top, left, bottom, right = layout.tile_rect(position)
        owner[top:bottom, left:right] = position
    for y in range(-1, size[0] + 1, 3):
        for x in range(-1, size[1] + 1, 3):
            inside = 0 <= y < size[0] and 0 <= x < size[1] and owner[y, x] >= 0
            assert layout.position_at(y, x) == (owner[y, x] if inside else None)


@given(st.integers(1, 12), map_sizes, sizes, st.data())
def test_the_pixels_of_a_cell_lead_back_to_it(count, map_size, size, data):
    channels = data.draw(st.permutations(range(100, 100 + count)))
    layout = mosaic_layout(channels, map_size, size)
    channel = data.draw(st.sampled_from(layout.channels))
    cell = data.draw(st.integers(0, map_size[0] - 1)), data.draw(st.integers(0, map_size[1] - 1))
    top, left, bottom, right = layout.cell_rect(channel, *cell)
    found = [layout.cell_at(y, x) for y in range(top, bottom) for x in range(left, right)]
    assert all(shown is not None and shown[0] == channel for shown in found)
    if layout.tile_height >= map_size[0] and layout.tile_width >= map_size[1]:
        assert set(found) == {(channel, *cell)}


@given(map_sizes, st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_every_pixel_of_a_tile_shows_a_cell_of_the_map(map_size, size):
    layout = mosaic_layout((7,), map_size, size)
    cells = [layout.cell_at(y, x) for y in range(size[0]) for x in range(size[1])]
    shown = [cell for cell in cells if cell is not None]
    assert len(shown) == layout.tile_height * layout.tile_width
    assert all(0 <= y < map_size[0] and 0 <= x < map_size[1] for _, y, x in shown)
    if layout.tile_height >= map_size[0] and layout.tile_width >= map_size[1]:
        assert len(set(shown)) == map_size[0] * map_size[1]


def test_four_square_maps_by_hand():
    layout = mosaic_layout((3, 1, 4, 5), (28, 28), (100, 120))
    assert (layout.rows, layout.columns, layout.gap) == (2, 2, 2)
    assert (layout.tile_height, layout.tile_width) == (49, 49)
    assert (layout.top, layout.left) == (0, 10)  # 2 × 49 + 2 = 100 of 120 columns: centred
    assert layout.tile_rect(3) == (51, 61, 100, 110)
    assert layout.position_of(4) == 2
    assert layout.position_of(2) is None
    assert layout.cell_at(51, 61) == (5, 0, 0)
    assert layout.cell_at(99, 109) == (5, 27, 27)
    assert layout.cell_at(49, 20) is None  # the gap
    assert layout.cell_rect(9, 0, 0) is None
    assert layout.cell_rect(3, 28, 0) is None


def test_a_wide_map_keeps_its_aspect():
    layout = mosaic_layout((0,), (10, 20), (100, 100))
    assert (layout.tile_height, layout.tile_width) == (50, 100)


@pytest.mark.parametrize(("side", "gap"), [(100, 2), (16, 2), (12, 1), (8, 1), (7, 0), (1, 0)])
def test_gaps_shrink_with_the_tiles(side, gap):
    room = 4 * side + 3 * gap
    layout = mosaic_layout(range(16), (5, 5), (room, room))
    assert (layout.tile_height, layout.gap) == (side, gap)


def test_more_channels_than_pixels():
    layout = mosaic_layout(range(1000), (7, 7), (10, 20))
    assert len(layout.channels) == 200
    assert layout.hidden == 800
    assert (layout.tile_height, layout.tile_width, layout.gap) == (1, 1, 0)


@pytest.mark.parametrize("size", [(0, 0), (0, 50), (50, 0), (-3, 20)])
def test_a_picture_without_pixels_hides_all(size):
    layout = mosaic_layout(range(5), (7, 7), size)
    assert (layout.channels, layout.hidden) == ((), 5)
    assert layout.cell_at(0, 0) is None


def test_nothing_to_show():
    layout = mosaic_layout((), (7, 7), (30, 40))
    assert (layout.channels, layout.hidden, layout.height, layout.width) == ((), 0, 30, 40)
    assert layout.position_at(5, 5) is None


# --------------------------------------------------------------------------------------------------------------- strip


@given(st.integers(0, 20), st.integers(-5, 300))
def test_strip_heights_share_all_pixels_evenly(count, height):
    heights = strip_heights(count, height)
    assert len(heights) == count
    if count:
        assert sum(heights) == max(0, height)
        assert max(heights) - min(heights) <= 1


@given(counts, map_sizes, sizes)
def test_a_row_shows_the_first_channels_that_fit(count, map_size, size):
    layout = row_layout(range(count), map_size, size)
    assert layout.channels == tuple(range(len(layout.channels)))
    assert len(layout.channels) + layout.hidden == count
    assert layout.channels
    assert times_covered(layout).max() == 1
    next_right = (len(layout.channels) + 1) * (layout.tile_width + layout.gap) - layout.gap
    assert layout.hidden == 0 or next_right > size[1]


def test_a_strip_by_hand():
    first, second = strip_layouts([((5, 2, 9), (10, 10)), (range(64), (5, 10))], (101, 90))
    assert (first.height, second.height, first.width, second.width) == (50, 51, 90, 90)
    assert (first.tile_height, first.tile_width, first.gap) == (48, 48, 2)
    assert (first.channels, first.hidden) == ((5,), 2)
    assert (second.tile_height, second.tile_width) == (45, 90)
    assert (second.channels, second.hidden) == ((0,), 63)


def test_a_strip_without_room_hides_all():
    layouts = strip_layouts([((0, 1), (4, 4))] * 3, (2, 30))
    assert [len(layout.channels) for layout in layouts] == [0, 2, 2]
