"""Mosaics and strips put together, and found again by pixel."""

from dataclasses import replace

import numpy as np
import pytest

from cnnviz.core.rendering.colormaps import GAP
from cnnviz.core.rendering.layout import mosaic_layout, strip_layouts
from cnnviz.core.views import ChannelStatistics, MapsPicture, MosaicPicture, Probe, VectorPicture
from cnnviz.gui.widgets.maps_scene import bar_indices, compose, overlay_cell


def statistics(count):
    numbers = np.zeros(count, np.float32)
    return ChannelStatistics(numbers, numbers, None, None, None, numbers.astype(np.int32), numbers.astype(np.int32))


def mosaic(layer, layout, shade=100):
    indices = np.full((layout.height, layout.width), shade, np.uint8)
    ends = np.zeros(len(layout.channels), np.float32)
    shape = (len(layout.channels), layout.map_height, layout.map_width)
    return MosaicPicture(layer, shape, layout, indices, ends, ends, statistics(len(layout.channels)))


def vector(layer, *values, order=None):
    numbers = np.array(values, np.float32)
    places = np.arange(len(numbers)) if order is None else np.array(order)
    return VectorPicture(layer, numbers, places.astype(np.int32), statistics(len(numbers)))


@pytest.fixture
def strip():
    """Two rows of 20 pixels and a vector's, 40 wide, with labels of 5 above each."""
    layouts = strip_layouts([((4, 2), (2, 2)), ((0,), (4, 4)), ((0,), (1, 1))], (60, 40))
    parts = [mosaic("a", layouts[0], 10), mosaic("b", layouts[1], 20), vector("c", 1, 2, 4, 0)]
    return compose(parts, (60, 40), 5)


def test_one_mosaic_is_shown_as_it_came():
    layout = mosaic_layout(range(6), (4, 4), (60, 40))
    part = mosaic("a", layout)
    scene = compose([part], (60, 40), 5)
    assert scene.indices is part.indices
    assert scene.labels == ()
    top, left, bottom, right = scene.tile_rect("a", 5)
    assert scene.cell_at(bottom - 1, right - 1) == Probe("a", 5, 3, 3)
    assert scene.cell_at(top, left) == Probe("a", 5, 0, 0)


def test_rows_of_a_strip_stand_below_their_labels(strip):
    assert strip.indices.shape == (75, 40)
    assert strip.labels == ((0, "a"), (25, "b"), (50, "c"))
    assert (strip.indices[0:5] == GAP).all()
    assert (strip.indices[5:25] == 10).all()
    assert (strip.indices[30:50] == 20).all()


def test_cells_of_a_strip_are_found_and_labels_are_none(strip):
    top, left, _, _ = strip.tile_rect("a", 2)
    assert strip.cell_at(top, left) == Probe("a", 2, 0, 0)
    assert strip.cell_at(2, 2) is None
    assert strip.cell_at(70, 39) == Probe("c", 3, 0, 0)
    assert strip.tile_rect("a", 99) is None
    assert strip.tile_rect("nowhere", 0) is None


def test_a_vector_in_a_strip_is_bars_in_the_shades_of_their_values(strip):
    row = strip.indices[55:75]
    heights = (row != GAP).sum(axis=0)
    assert heights[0] == 5
    assert heights[10] == 10
    assert heights[20] == 20
    assert heights[30] == 0
    assert row[19, 0] < row[19, 10] < row[19, 20] == 249
    assert strip.tile_rect("c", 2) == (55, 20, 75, 30)


def test_a_vector_without_shown_values_is_empty():
    assert (bar_indices(vector("a", 1, 2, order=()), 4, 6) == GAP).all()
    assert bar_indices(vector("a", 1), 0, 6).shape == (0, 6)


def test_the_cell_under_a_pixel_of_an_overlay():
    part = mosaic("conv1", mosaic_layout((7,), (4, 4), (40, 40)))
    part = replace(part, shape=(9, 2, 4))
    picture = MapsPicture("m", (part,), np.zeros((100, 200, 3), np.uint8), seen=(0.2, 0.25, 0.8, 0.75))
    assert overlay_cell(picture, 20, 50) == Probe("conv1", 7, 0, 0)
    assert overlay_cell(picture, 79, 149) == Probe("conv1", 7, 1, 3)
    assert overlay_cell(picture, 50, 75) == Probe("conv1", 7, 1, 1)
    for beside in ((19, 50), (80, 100), (50, 49), (50, 150)):
        assert overlay_cell(picture, *beside) is None


def test_what_has_no_overlay_has_no_cells_under_it():
    part = mosaic("conv1", mosaic_layout((7,), (4, 4), (40, 40)))
    assert overlay_cell(MapsPicture("m", (part,)), 1, 1) is None
    assert overlay_cell(MapsPicture("m", (), np.zeros((9, 9, 3), np.uint8)), 1, 1) is None
