"""Fitting, zooming and panning are one to one where they promise it, and never lose the picture."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnviz.gui.widgets.placement import fitted

lengths = st.integers(1, 2000)
ratios = st.sampled_from([1.0, 1.25, 1.5, 2.0])


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_picture_of_the_views_device_size_is_drawn_one_to_one(ratio):
    view = (200, 301)
    placement = fitted(view, (round(200 * ratio), round(301 * ratio)), pixel_ratio=ratio)
    assert placement.scale * ratio == 1
    assert (placement.top, placement.left) == (0, 0)


def test_a_small_picture_is_centred_on_a_device_pixel():
    placement = fitted((101, 100), (10, 20))
    assert (placement.top, placement.left) == (45, 40)


def test_a_large_picture_is_made_to_fit_and_a_small_one_enlarged_on_request():
    assert fitted((100, 100), (400, 200)).scale == 0.25
    assert fitted((100, 100), (20, 40), enlarge=True).scale == 2.5


def test_pixels_are_found_and_places_beside_the_picture_are_not():
    placement = fitted((100, 100), (10, 10), enlarge=True)
    assert placement.pixel_at(0, 99.9) == (0, 9)
    assert placement.pixel_at(55, 10) == (5, 1)
    assert placement.pixel_at(100, 50) is None
    assert fitted((100, 100), (10, 10)).pixel_at(5, 50) is None


@given(lengths, lengths, lengths, lengths, ratios, st.booleans())
def test_the_fitted_picture_is_inside_the_view(view_height, view_width, height, width, ratio, enlarge):
    placement = fitted((view_height, view_width), (height, width), pixel_ratio=ratio, enlarge=enlarge)
    bottom, right = placement.to_view(height, width)
    assert placement.top > -1
    assert placement.left > -1
    assert bottom < view_height + 1
    assert right < view_width + 1


@given(st.integers(20, 500), st.integers(20, 500), st.floats(1, 20), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_zooming_keeps_the_pixel_under_the_mouse(height, width, factor, down, right):
    placement = fitted((500, 500), (height, width))
    y, x = placement.to_view(down * height, right * width)
    zoomed = placement.zoomed(factor, y, x)
    assume(zoomed.scale * height > 500 and zoomed.scale * width > 500)
    assume(0 > zoomed.top > 500 - zoomed.scale * height + 1 and 0 > zoomed.left > 500 - zoomed.scale * width + 1)
    row, column = zoomed.to_picture(y, x)
    assert abs(row - down * height) * zoomed.scale <= 1
    assert abs(column - right * width) * zoomed.scale <= 1


@given(st.integers(20, 500), st.floats(1, 64), st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_panning_never_opens_an_edge(size, factor, down, right):
    placement = fitted((300, 300), (size, size)).zoomed(factor, 150, 150).moved(down, right)
    drawn = size * placement.scale
    if drawn >= 300:
        assert placement.top + drawn - 300 > -1
        assert placement.top <= 0
    else:
        assert abs(placement.top - (300 - drawn) / 2) < 1


def test_zooming_out_ends_at_the_whole_picture():
    placement = fitted((300, 300), (100, 100)).zoomed(8, 10, 10)
    assert placement.is_zoomed
    assert placement.zoomed(0.001, 0, 0) == fitted((300, 300), (100, 100))
