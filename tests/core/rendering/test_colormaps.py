"""Palettes against published colours, and shades against arithmetic by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.rendering.colormaps import (
    DEAD,
    DIVERGING,
    GAP,
    NOT_FINITE,
    SEQUENTIAL,
    SHADES,
    apply_palette,
    palette,
    shade,
)

BLACK, RED, BLUE = (0, 0, 0), (255, 0, 0), (0, 0, 255)


def lightness(colours):
    """CIE L* of sRGB colours."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


def colours_of(name):
    return palette(name, gap=BLACK, dead=BLACK)[:SHADES] / 255


def test_viridis_has_its_published_ends():
    colours = palette("viridis", gap=BLACK, dead=RED, not_finite=BLUE)
    assert colours.dtype == np.uint8
    assert colours.shape == (256, 3)
    assert tuple(colours[0]) == (68, 1, 84)  # 0.267004, 0.004874, 0.329415
    assert tuple(colours[SHADES - 1]) == (253, 231, 37)  # 0.993248, 0.906157, 0.143936


def test_special_indices_have_the_colours_asked_for():
    colours = palette("grey", gap=(1, 2, 3), dead=(4, 5, 6))
    assert tuple(colours[GAP]) == (1, 2, 3)
    assert tuple(colours[DEAD]) == (4, 5, 6)
    assert tuple(colours[NOT_FINITE]) == (255, 0, 255)
    assert (GAP, DEAD, NOT_FINITE) == (SHADES, SHADES + 1, SHADES + 2)


def test_a_palette_cannot_be_changed_by_who_got_it():
    with pytest.raises(ValueError, match="read-only"):
        palette("viridis", gap=BLACK, dead=RED)[0] = 1


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError, match="jet"):
        palette("jet", gap=BLACK, dead=RED)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_colours_get_lighter_all_along(name):
    steps = np.diff(lightness(colours_of(name))[:: SHADES // 25])
    assert steps.min() > 0


@pytest.mark.parametrize("name", DIVERGING)
def test_diverging_colours_darken_from_a_neutral_centre(name):
    colours = colours_of(name)
    light = lightness(colours)
    assert np.ptp(colours[SHADES // 2]) < 0.1
    assert abs(int(light.argmax()) - SHADES // 2) < 10
    assert light[0] < 45
    assert light[-1] < 45


def test_apply_palette_by_pixel():
    colours = palette("grey", gap=RED, dead=BLUE)
    pixels = apply_palette(np.array([[0, 249], [GAP, DEAD]], np.uint8), colours)
    assert pixels.tolist() == [[[0, 0, 0], [255, 255, 255]], [[255, 0, 0], [0, 0, 255]]]


def test_shades_by_hand():
    values = np.array([-3, 0, 1, 5, 9.999, 10, 12], np.float32)
    assert shade(values, 0, 10).tolist() == [0, 0, 25, 125, 249, 249, 249]


def test_what_is_not_finite_is_never_a_shade():
    values = np.array([np.nan, np.inf, -np.inf, 0.5], np.float32)
    assert shade(values, 0, 1).tolist() == [NOT_FINITE] * 3 + [125]
    assert shade(values, np.nan, np.nan).tolist() == [NOT_FINITE] * 4


def test_no_range_is_a_step():
    values = np.array([1, 2, 3], np.float32)
    assert shade(values, 2, 2).tolist() == [0, 0, 249]


def test_a_range_per_value():
    low, high = np.array([0, 10], np.float32), np.array([1, 20], np.float32)
    assert shade(np.array([0.5, 15], np.float32), low, high).tolist() == [125, 125]


numbers = st.floats(-(2.0**100), 2.0**100, width=32)


@given(st.lists(numbers, min_size=1, max_size=30), numbers, numbers)
def test_shades_rise_with_the_values(values, one, other):
    low, high = sorted((one, other))
    shades = shade(np.sort(np.array(values, np.float32)), low, high).astype(int)
    assert np.all(np.diff(shades) >= 0)
    assert shades.max() < SHADES


@given(st.floats(0, 1), st.floats(-1e3, 1e3), st.floats(0.125, 1e3))
def test_a_shade_is_the_fraction_of_the_range(fraction, low, span):
    found = int(shade(np.array([low + fraction * span], np.float32), low, low + span)[0])
    assert found == pytest.approx(min(249, fraction * 250 - 0.5), abs=0.51 + 250 * 1e-3 / span)
