"""A map over the picture, by pixel."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.core.rendering.colormaps import NOT_FINITE, palette, shade
from cnnviz.core.rendering.overlay import overlay_map

ALL = (0.0, 0.0, 1.0, 1.0)
GREY = palette("grey", gap=(0, 0, 0), dead=(0, 0, 0))


def overlaid(picture, values, seen=ALL, *, strength=1.0, low=0.0, high=1.0, colours=GREY):
    values = np.asarray(values, np.float32)
    return overlay_map(picture, values, seen, colours, low=low, high=high, strength=strength)


def filled(height, width, colour):
    return np.full((height, width, 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("strength", "expected"),
    [(0, [200, 100, 50]), (0.25, [214, 139, 101]), (0.5, [228, 178, 152]), (1, [255, 255, 255])],
)
def test_strengths_by_hand(strength, expected):
    result = overlaid(filled(6, 8, [200, 100, 50]), np.ones((3, 4)), strength=strength)
    assert result.dtype == np.uint8
    assert np.all(result == expected)


@pytest.mark.parametrize("strength", [0, 0.25, 0.5, 1])
@pytest.mark.parametrize("under", [0, 1, 127, 128, 254, 255])
@pytest.mark.parametrize("over", [0, 0.5, 1])
def test_no_byte_wraps(strength, under, over):
    colour = int(GREY[shade(np.float32(over), 0, 1)][0])
    result = overlaid(filled(2, 2, under), np.full((1, 1), over), strength=strength)
    assert result[0, 0, 0] == round(under * (1 - strength) + colour * strength)


def test_a_strength_outside_is_held_at_the_ends():
    picture = filled(2, 2, 80)
    assert np.array_equal(overlaid(picture, [[1]], strength=-3), picture)
    assert np.all(overlaid(picture, [[1]], strength=9) == 255)


def test_only_the_seen_region_is_covered():
    result = overlaid(filled(10, 20, 9), np.ones((2, 2)), (0.2, 0.25, 0.7, 0.75))
    expected = filled(10, 20, 9)
    expected[2:7, 5:15] = 255
    assert np.array_equal(result, expected)


def test_a_padded_input_reaches_past_the_edges():
    values = np.repeat(np.array([[0], [0], [1], [1], [0], [0]], np.float32), 3, axis=1)
    result = overlaid(filled(6, 6, 9), values, (-1.0, 0.0, 2.0, 1.0))
    assert np.all(result[1:5] == 255)  # the middle third of the map is all that lies on the picture
    assert result[0, 0, 0] == result[5, 0, 0] > 128


@pytest.mark.parametrize("seen", [(0.5, 0.5, 0.5, 0.9), (1.2, 0, 2.0, 1), (0, -3, 1, -1), (0.9, 0, 0.1, 1)])
def test_a_region_without_pixels_changes_nothing(seen):
    picture = filled(5, 5, 7)
    assert np.array_equal(overlaid(picture, np.ones((2, 2)), seen), picture)


def test_the_picture_given_is_not_written_to():
    picture = filled(4, 4, 7)
    picture.flags.writeable = False
    assert overlaid(picture, np.ones((2, 2))).min() == 255
    assert picture.max() == 7


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4))
def test_enlarging_equals_torch_s_bilinear(height, width, down, right):
    values = np.random.default_rng(height * 10 + width).random((height, width)).astype(np.float32)
    size = height * down + down - 1, width * right + right - 1
    enlarged = functional.interpolate(torch.tensor(values)[None, None], size, mode="bilinear")[0, 0].numpy()
    found = overlaid(filled(*size, 0), values)[..., 0].astype(int)
    assert np.abs(found - GREY[shade(enlarged, 0, 1), 0]).max() <= 2


def test_reducing_averages_whole_areas():
    values = np.array([[0, 1, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0]])
    result = overlaid(filled(1, 3, 0), values)[0, :, 0]
    assert result.tolist() == [int(GREY[shade(np.float32(mean), 0, 1), 0]) for mean in (0.25, 1, 0)]


def test_reducing_by_a_fraction_weighs_the_cells():
    result = overlaid(filled(1, 2, 0), [[0, 1, 0]])[0, :, 0]
    expected = int(GREY[shade(np.float32(1 / 3), 0, 1), 0])  # half a cell of one and a half
    assert np.abs(result.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("damage", [np.nan, np.inf, -np.inf])
def test_damaged_cells_have_their_own_colour(damage):
    result = overlaid(filled(2, 8, 0), [[damage, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]])
    assert tuple(result[0, 0]) == tuple(GREY[NOT_FINITE])
    assert np.all(result[:, 4:] == GREY[125])


def test_a_map_without_cells_changes_nothing():
    picture = filled(3, 3, 5)
    assert np.array_equal(overlaid(picture, np.zeros((0, 4))), picture)
