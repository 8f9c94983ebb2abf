"""Pictures of filters: pixel by pixel, page by page, and back from a pixel to the weight."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.errors import LayerError
from cnnviz.core.inside.filters import FilterBank, FiltersView, FilterWeight
from cnnviz.core.rendering.colormaps import GAP, NOT_FINITE, SHADES
from cnnviz.core.rendering.filters import draw_filters

MIDDLE = SHADES // 2


def bank(outputs, inputs, side=3, groups=1, kind="convolution", seed=0):
    weights = np.random.default_rng(seed).normal(size=(outputs, inputs, side, side)).astype(np.float32)
    return FilterBank("layer", kind, weights, groups)


def numbered(outputs, inputs, side=1, groups=1):
    """Every weight says which it is."""
    weights = np.arange(outputs * inputs * side * side, dtype=np.float32).reshape(outputs, inputs, side, side)
    return FilterBank("layer", "convolution", weights, groups)


def tile(sheet, position):
    top, left, bottom, right = sheet.layout.tile_rect(position)
    return sheet.pixels[top:bottom, left:right]


# --------------------------------------------------------------------------------------------------------------- pixels


def test_signed_weights_around_the_middle_of_the_palette():
    weights = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, np.nan], np.float32).reshape(6, 1, 1, 1)
    sheet = draw_filters(FilterBank("layer", "linear", weights), FiltersView((10, 60)))
    shades = [tile(sheet, position) for position in range(6)]
    assert [len(np.unique(each)) for each in shades] == [1] * 6
    assert [each[0, 0] for each in shades] == [0, 62, MIDDLE, 187, SHADES - 1, NOT_FINITE]
    assert sheet.limits.tolist() == [2] * 6
    assert sheet.layout.gap == 0


@pytest.mark.parametrize("scale", ["filter", "layer"])
def test_each_filter_by_its_own_range_or_all_by_one(scale):
    weights = np.array([[1.0, -0.5], [8.0, 4.0], [0.0, 0.0]], np.float32).reshape(3, 2, 1, 1)
    sheet = draw_filters(FilterBank("layer", "linear", weights), FiltersView((30, 20), scale=scale))
    found = [int(tile(sheet, position)[0, 0]) for position in range(6)]
    if scale == "filter":
        assert sheet.limits.tolist() == [1, 1, 8, 8, 0, 0]
        assert found == [249, 62, 249, 187, MIDDLE, MIDDLE]
    else:
        assert sheet.limits.tolist() == [8] * 6
        assert found == [140, 117, 249, 187, MIDDLE, MIDDLE]


def test_a_known_range_is_used():
    sheet = draw_filters(bank(2, 2), FiltersView((60, 60)), largest=50.0)
    assert sheet.limits.tolist() == [50] * 4
    assert np.abs(tile(sheet, 0).astype(int) - MIDDLE).max() < 20


def test_colour_pictures():
    weights = np.zeros((2, 3, 2, 2), np.float32)
    weights[0, 0, 0, 0], weights[0, 2, 0, 1], weights[0, :, 1, 0] = 1, -1, 1
    weights[1, 1, 1, 1] = np.nan
    view = FiltersView((20, 50), background=(9, 8, 7))
    sheet = draw_filters(FilterBank("layer", "convolution", weights), view)
    assert sheet.pixels[0, 0].tolist() == [9, 8, 7]
    assert (sheet.arrangement, sheet.colour, sheet.pixels.shape) == ("filters", True, (20, 50, 3))
    first = tile(sheet, 0)
    half, cell = len(first) // 2, len(first) // 4
    assert first[cell, cell].tolist() == [255, 128, 128]
    assert first[cell, half + cell].tolist() == [128, 128, 0]
    assert first[half + cell, cell].tolist() == [255, 255, 255]
    assert first[half + cell, half + cell].tolist() == [128, 128, 128]
    assert tile(sheet, 1)[half + cell, half + cell].tolist() == [255, 0, 255]
    assert tile(sheet, 1)[cell, cell].tolist() == [128, 128, 128]
    assert sheet.kernels.tolist() == [[0, -1], [1, -1]]


def test_cells_are_whole_pixels_and_gaps_are_gaps():
    sheet = draw_filters(bank(2, 2), FiltersView((41, 60)))
    layout = sheet.layout
    assert (layout.rows, layout.columns, layout.tile_height % 3, layout.tile_width % 3) == (2, 2, 0, 0)
    inside = np.zeros(sheet.pixels.shape, bool)
    for position in range(4):
        top, left, bottom, right = layout.tile_rect(position)
        inside[top:bottom, left:right] = True
        cell = layout.tile_height // 3
        assert (sheet.pixels[top : top + cell, left : left + cell] == sheet.pixels[top, left]).all()
    assert (sheet.pixels[~inside] == GAP).all()
    assert (sheet.pixels[inside] != GAP).all()


# ---------------------------------------------------------------------------------------------------------- arrangement


def test_a_sheet_has_a_row_for_each_output_and_a_column_for_each_input():
    sheet = draw_filters(numbered(3, 4), FiltersView((60, 80)))
    assert sheet.arrangement == "sheet"
    assert (sheet.layout.rows, sheet.layout.columns) == (3, 4)
    assert sheet.kernels.tolist() == [[output, read] for output in range(3) for read in range(4)]
    assert sheet.values.ravel().tolist() == list(range(12))


def test_one_output_and_one_input():
    full = bank(5, 4)
    one = draw_filters(full, FiltersView((60, 60), arrangement="output", channel=3))
    assert one.kernels.tolist() == [[3, read] for read in range(4)]
    np.testing.assert_array_equal(one.values[:, 0], full.weights[3])
    read = draw_filters(full, FiltersView((60, 60), arrangement="input", channel=2))
    assert read.kernels.tolist() == [[output, 2] for output in range(5)]
    np.testing.assert_array_equal(read.values[:, 0], full.weights[:, 2])


def test_groups_read_their_own_channels():
    grouped = numbered(4, 2, groups=2)  # outputs 0 and 1 read channels 0 and 1; outputs 2 and 3 read 2 and 3
    view = FiltersView((60, 60), arrangement="input", channel=3)
    found = draw_filters(grouped, view)
    assert found.kernels.tolist() == [[2, 3], [3, 3]]
    assert found.values.ravel().tolist() == [5, 7]
    assert draw_filters(grouped, FiltersView((60, 60), arrangement="output", channel=2)).kernels.tolist() == [
        [2, 2],
        [2, 3],
    ]
    assert draw_filters(grouped, FiltersView((60, 60))).kernels[-1].tolist() == [3, 3]


def test_depthwise_filters_are_tiles():
    depthwise = bank(6, 1, groups=6, kind="depthwise")
    sheet = draw_filters(depthwise, FiltersView((50, 80)))
    assert sheet.arrangement == "filters"
    assert sheet.kernels.tolist() == [[channel, channel] for channel in range(6)]
    assert not sheet.colour


def test_filters_of_many_inputs_have_no_single_tile():
    assert draw_filters(bank(2, 4), FiltersView((60, 60), arrangement="filters")).arrangement == "sheet"
    assert draw_filters(bank(2, 3), FiltersView((60, 60), colour=False)).arrangement == "sheet"
    assert draw_filters(bank(2, 3, side=1), FiltersView((60, 60))).arrangement == "sheet"  # a matrix, no pictures


def test_in_another_order_and_only_some():
    sheet = draw_filters(bank(4, 1), FiltersView((60, 60)), order=np.array([2, 0], np.int32))
    assert sheet.kernels[:, 0].tolist() == [2, 0]


@pytest.mark.parametrize(("arrangement", "count"), [("output", 5), ("input", 4)])
@pytest.mark.parametrize("channel", [-1, 5])
def test_a_channel_that_is_not_there(arrangement, count, channel):
    with pytest.raises(LayerError, match=f'"layer" has no {arrangement} {channel}: choose from its {count}, 0 to'):
        draw_filters(bank(5, 4), FiltersView((60, 60), arrangement=arrangement, channel=channel))


# ---------------------------------------------------------------------------------------------------------------- pages


arrangements = st.sampled_from(["sheet", "output", "input", "filters", None])


@settings(max_examples=120, deadline=None)
@given(
    arrangements,
    st.integers(1, 12),
    st.integers(1, 7),
    st.integers(1, 3),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.integers(1, 6),
)
def test_all_pages_together_show_every_kernel_once(arrangement, outputs, inputs, side, size, cell):
    full = numbered(outputs, inputs, side)
    view = FiltersView(size, arrangement=arrangement, cell=cell)
    first = draw_filters(full, view)
    seen = []
    for down in range(first.pages[0]):
        for across in range(first.pages[1]):
            sheet = draw_filters(full, FiltersView(size, arrangement=arrangement, cell=cell, page=(down, across)))
            assert (sheet.page, sheet.pages) == ((down, across), first.pages)
            assert sheet.pixels.shape[:2] == size
            assert sheet.layout.channels == tuple(range(len(sheet.kernels)))
            seen += sheet.values.ravel().tolist()
    expected = full.weights
    if arrangement == "output":
        expected = full.weights[0]
    elif arrangement == "input":
        expected = full.weights[:, 0]
    assert sorted(seen) == expected.ravel().tolist()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.integers(20, 70), st.integers(20, 70))
def test_from_a_pixel_to_its_weight(outputs, inputs, side, height, width):
    full = bank(outputs, inputs, side)
    sheet = draw_filters(full, FiltersView((height, width), cell=2))
    position = len(sheet.kernels) - 1
    top, left, bottom, right = sheet.layout.tile_rect(position)
    found = sheet.weight_at(bottom - 1, right - 1)
    output, read = sheet.kernels[position]
    whole = full.weights[output, :, -1, -1]
    values = whole if sheet.colour else whole[[read]]
    expected_input = None if sheet.colour else int(read)
    assert found == FilterWeight(int(output), expected_input, side - 1, side - 1, tuple(float(each) for each in values))
    if top > 0:
        assert sheet.weight_at(top - 1, left) is None or sheet.layout.rows > 1


def test_beyond_the_last_page_is_the_last():
    view = FiltersView((20, 20), cell=4, page=(99, -3))
    assert draw_filters(bank(50, 50), view).page == (draw_filters(bank(50, 50), view).pages[0] - 1, 0)


def test_every_page_has_cells_of_one_size():
    views = [FiltersView((40, 40), arrangement="input", cell=4, page=(page, 0)) for page in (0, 1)]
    first, last = (draw_filters(bank(13, 1, seed=3), view) for view in views)
    assert len(last.kernels) < len(first.kernels)
    assert (first.layout.tile_height, first.layout.columns) == (last.layout.tile_height, last.layout.columns)


def test_only_the_page_is_read():
    class Notes(np.ndarray):
        read = 0

        def __getitem__(self, key):
            found = super().__getitem__(key)
            Notes.read += np.asarray(found).size
            return found

    weights = np.zeros((1000, 1000, 3, 3), np.float32).view(Notes)
    full = FilterBank("layer", "convolution", weights)
    sheet = draw_filters(full, FiltersView((130, 130), cell=4, scale="layer"), largest=1.0)
    assert len(sheet.kernels) == 100
    assert Notes.read == 100 * 9


def test_a_tile_larger_than_the_picture_is_drawn_smaller():
    sheet = draw_filters(bank(2, 1, side=28), FiltersView((10, 12)))
    assert sheet.pixels.shape == (10, 12)
    assert sheet.pages == (2, 1)
    assert sheet.weight_at(5, 6) is not None


def test_a_picture_without_pixels():
    sheet = draw_filters(bank(2, 2), FiltersView((0, 0)))
    assert sheet.pixels.shape == (0, 0)
