"""Heat by pixel: strength is colour and opacity, and what is no number is neither."""

import numpy as np

from cnnviz.core.rendering.colormaps import palette
from cnnviz.gui.widgets.heat_picture import COLOR_MAP, LARGEST_OPACITY, OPAQUE_FROM, heat_colors, heat_picture

COLORS = palette(COLOR_MAP, gap=(0, 0, 0), dead=(0, 0, 0))


def test_strength_is_the_square_root_of_the_share_of_the_strongest():
    picture = heat_picture(np.array([[0, 1, 4], [9, 16, 16]], np.float32))
    opacity = picture[..., 3] / 255 / LARGEST_OPACITY
    assert np.abs(opacity - [[0, 0.25 / OPAQUE_FROM, 0.5 / OPAQUE_FROM], [1, 1, 1]]).max() < 0.005
    assert picture[1, 2, :3].tolist() == COLORS[249].tolist()
    assert picture[0, 2, :3].tolist() == COLORS[125].tolist()


def test_one_far_stronger_pixel_does_not_darken_the_field():
    heat = np.ones((20, 20), np.float32)
    heat[3, 4] = 1e6
    heat[:10, 10:] = 0  # the pixels that the unit does not see say nothing of how strong a strong one is
    colors = heat_colors(heat)
    assert colors[3, 4].tolist() == colors[15, 15].tolist() == COLORS[249].tolist()


def test_brightness_rises_with_strength():
    brightness = heat_colors(np.linspace(0, 1, 40, dtype=np.float32)[None])[0].astype(int).sum(axis=1)
    assert (np.diff(brightness) >= 0).all()


def test_what_is_not_finite_has_its_own_colour_and_hides_what_is_below():
    picture = heat_picture(np.array([[np.nan, np.inf, 2.0]], np.float32))
    assert picture[0].tolist() == [[255, 0, 255, 255], [255, 0, 255, 255], [*COLORS[249].tolist(), 217]]


def test_no_influence_at_all_is_clear():
    assert (heat_picture(np.zeros((3, 4), np.float32))[..., 3] == 0).all()
