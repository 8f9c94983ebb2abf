"""Receptive fields as values: size, stride, offset and regions by hand."""

import pickle
import re
import subprocess
import sys
from fractions import Fraction

import pytest

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.receptive_axis import AxisField, Taps, hull
from cnnviz.core.receptive_field import CellRegion, ReceptiveField, Region, picture_box
from cnnviz.core.receptive_taps import copied_taps, slice_taps, transposed_taps, window_taps
from cnnviz.core.sources.geometry import picture_map


def alexnet_stem():
    """11×11 by 4 with 2 cells of padding, then a pool of 3×3 by 2."""
    picture = ReceptiveField.of_input((224, 224))
    return picture.through_window((11, 11), (4, 4), (2, 2), (55, 55)).through_window((3, 3), (2, 2), (0, 0), (27, 27))


def test_of_the_input_every_pixel_sees_itself():
    field = ReceptiveField.of_input((4, 6))
    assert (field.size, field.stride, field.offset, field.map_size) == ((1, 1), (1, 1), (0, 0), (4, 6))
    assert field.region((3, 5)) == CellRegion(Region(3, 5, 4, 6), Region(3, 5, 4, 6))


def test_size_stride_and_offset_add_up():
    field = alexnet_stem()
    assert (field.size, field.stride, field.offset) == ((19, 19), (8, 8), (-2, -2))
    assert field.map_size == (27, 27)


@pytest.mark.parametrize(
    ("cell", "unclipped", "clipped"),
    [
        ((0, 0), (-2, -2, 17, 17), (0, 0, 17, 17)),
        ((1, 26), (6, 206, 25, 225), (6, 206, 25, 224)),
    ],
)
def test_a_cell_starts_at_offset_plus_its_number_times_stride(cell, unclipped, clipped):
    assert alexnet_stem().region(cell) == CellRegion(Region(*unclipped), Region(*clipped))


def test_height_and_width_are_kept_apart():
    field = ReceptiveField.of_input((10, 20)).through_window((3, 5), (1, 2), (1, 0), (10, 8))
    assert (field.size, field.stride, field.offset) == ((3, 5), (1, 2), (-1, 0))
    assert field.region((9, 7)) == CellRegion(Region(8, 14, 11, 19), Region(8, 14, 10, 19))
    assert Region(8, 14, 11, 19).size == (3, 5)


@pytest.mark.parametrize("cell", [(27, 0), (0, 27), (-1, 0), (0, -1)])
def test_a_cell_outside_the_maps_is_refused(cell):
    with pytest.raises(LayerError, match=re.escape(f"There is no cell {cell} in maps of 27×27")):
        alexnet_stem().region(cell)


def test_gathered_is_the_whole_picture():
    field = ReceptiveField.of_input((8, 8)).through_window((3, 3), (2, 2), (0, 0), (3, 3)).gathered()
    assert field.whole
    assert field.size is None
    assert (field.stride, field.offset, field.map_size) == ((0, 0), (0, 0), (1, 1))
    assert field.region((0, 0)) == CellRegion(Region(0, 0, 8, 8), Region(0, 0, 7, 7))  # no window reaches row 7


@pytest.mark.parametrize(("size", "larger"), [((19, 19), False), ((18, 30), True), ((30, 18), True)])
def test_a_field_larger_than_the_picture_says_so(size, larger):
    field = ReceptiveField.of_input(size).through_window((19, 19), (1, 1), (9, 9), size)
    assert field.larger_than_picture is larger


def test_the_whole_picture_is_not_larger_than_itself():
    assert not ReceptiveField.of_input((8, 8)).gathered().larger_than_picture


# ----------------------------------------------------------------------------------------------------------- one axis


def spans(axis):
    return [axis.span(cell) for cell in range(axis.count)]


def test_upsampled_cells_share_a_field_and_their_stride_is_a_fraction():
    pooled = AxisField.of_input(12).through(window_taps(3, 3), 4)
    doubled = pooled.through(copied_taps(2), 8)
    assert (doubled.size, doubled.stride, doubled.offset) == (3, Fraction(3, 2), 0)
    assert spans(doubled)[:4] == [(0, 3), (0, 3), (3, 6), (3, 6)]


def test_what_upsampling_leaves_uneven_pooling_makes_even_again():
    doubled = AxisField.of_input(6).through(copied_taps(2), 12)
    pooled = doubled.through(window_taps(2, 2), 6)
    assert (pooled.size, pooled.stride, pooled.offset) == (1, 1, 0)
    assert pooled.pattern == ((0, 1),)


def test_a_transposed_convolution_lets_some_cells_see_more_than_others():
    axis = AxisField.of_input(4).through(transposed_taps(3, 2, 1), 7)
    assert spans(axis) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (2, 4), (3, 4)]
    assert (axis.size, axis.stride) == (2, Fraction(1, 2))


def test_cells_between_the_taps_of_a_transposed_convolution_see_nothing():
    axis = AxisField.of_input(2).through(transposed_taps(1, 2), 3)
    assert [axis.visible(cell) for cell in range(3)] == [(0, 1), None, (1, 2)]
    assert spans(axis) == [(0, 1), None, (1, 2)]


def test_dilated_taps_step_over_padding():
    """From cell 1 the taps are at −1, 1 and 3: cutting −1 off leaves 1, not 0."""
    axis = AxisField.of_input(8).through(window_taps(3, 1, 2, 2), 8)
    assert axis.span(1) == (-1, 4)
    assert axis.visible(1) == (1, 4)


def test_pixels_left_over_by_a_stride_stay_unseen_behind_padding():
    strided = AxisField.of_input(8).through(window_taps(3, 2), 3)
    axis = strided.through(window_taps(3, 1, 1), 3)
    assert axis.span(2) == (2, 9)
    assert axis.visible(2) == (2, 7)


def test_branches_that_do_not_line_up_are_boxed_together():
    picture = AxisField.of_input(8)
    joined = hull([picture.through(window_taps(3, 1, 1), 8), picture.through(window_taps(2, 1, 0), 8)])
    assert (joined.size, joined.stride, joined.offset) == (3, 1, -1)
    shifted = hull([picture, picture.through(slice_taps(2), 6).through(slice_taps(0), 8)])
    assert (shifted.size, shifted.offset, shifted.span(1)) == (3, 0, (1, 4))


def test_branches_of_different_strides_are_boxed_cell_by_cell():
    picture = AxisField.of_input(8)
    joined = hull([picture.through(window_taps(1, 2), 4), picture.through(slice_taps(0), 4)])
    assert spans(joined) == [(0, 1), (1, 3), (2, 5), (3, 7)]
    assert joined.size == 4


def test_one_cell_is_read_by_all_and_the_whole_picture_stays_whole():
    picture = AxisField.of_input(5)
    joined = hull([picture, picture.gathered()])
    assert joined.whole
    assert [joined.visible(cell) for cell in range(5)] == [(0, 5)] * 5


def test_turned_round_the_stride_is_negative():
    axis = AxisField.of_input(4).through(slice_taps(3, -1), 4)
    assert (axis.stride, axis.offset, spans(axis)) == (-1, 3, [(3, 4), (2, 3), (1, 2), (0, 1)])


def test_padding_that_repeats_pixels_sees_them():
    for mode, first in (("reflect", (0, 3)), ("replicate", (0, 2)), ("circular", (0, 6))):
        axis = AxisField.of_input(6).through(Taps((range(-2, 2),), 1, mode), 6)
        assert axis.visible(0) == first, mode


# ------------------------------------------------------------------------------------------------------------- borders


def test_equal_fields_are_equal_and_survive_the_channel():
    field = alexnet_stem()
    assert pickle.loads(pickle.dumps(field)) == field == alexnet_stem()  # noqa: S301 - our own bytes
    assert hash(field) == hash(alexnet_stem())


@pytest.mark.parametrize(
    ("preprocessing", "box"),
    [
        (Preprocessing(), (30.0, 58 * 640 / 341, 450.0, 282 * 640 / 341)),  # resized to 256×341, the middle 224 kept
        (Preprocessing(fit="squash"), (0.0, 0.0, 480.0, 640.0)),
        (Preprocessing(fit="pad"), (-80.0, 0.0, 560.0, 640.0)),
    ],
)
def test_a_region_is_found_again_in_the_picture(preprocessing, box):
    """The network's whole input, from a picture of 480×640."""
    mapping = picture_map((480, 640), preprocessing)
    assert picture_box(Region(0, 0, 224, 224), mapping) == pytest.approx(box)


def test_nothing_of_it_needs_torch():
    code = "import sys, cnnviz.core.receptive_field, cnnviz.core.probing; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
