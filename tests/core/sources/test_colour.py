import numpy as np
import pytest

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.colour import BACKGROUND, to_rgb


def test_bgr_becomes_rgb_and_rgb_stays():
    pixel = np.array([[[1, 2, 3]]], np.uint8)
    assert to_rgb(pixel, "bgr").tolist() == [[[3, 2, 1]]]
    assert to_rgb(pixel, "rgb").tolist() == [[[1, 2, 3]]]


def test_the_result_is_read_only_and_the_argument_stays_writable():
    pixels = np.zeros((2, 2, 3), np.uint8)
    for order in ("bgr", "rgb"):
        assert not to_rgb(pixels, order).flags.writeable
    assert pixels.flags.writeable


def test_grey_is_repeated():
    assert to_rgb(np.array([[7, 200]], np.uint8)).tolist() == [[[7, 7, 7], [200, 200, 200]]]


def test_sixteen_bits_are_scaled_by_their_full_range():
    values = np.array([[0, 128, 129, 257 * 100, 65535]], np.uint16)
    assert to_rgb(values)[0, :, 0].tolist() == [0, 0, 1, 100, 255]


def test_transparency_shows_the_background():
    bgra = np.array([[[0, 0, 255, 255], [0, 0, 255, 0], [0, 0, 255, 128]]], np.uint8)
    opaque, clear, half = to_rgb(bgra)[0].tolist()
    assert opaque == [255, 0, 0]
    assert clear == [BACKGROUND] * 3
    assert half == [
        round((255 * 128 + BACKGROUND * 127) / 255),
        round(BACKGROUND * 127 / 255),
        round(BACKGROUND * 127 / 255),
    ]


def test_grey_with_alpha():
    assert to_rgb(np.array([[[200, 0], [200, 255]]], np.uint8))[0].tolist() == [[BACKGROUND] * 3, [200] * 3]


def test_linear_light_goes_through_the_srgb_curve():
    values = np.array([[0.0, 0.0021, 0.21586, 1.0, -3.0, np.nan]], np.float32)
    # 0.21586 = ((128 / 255 + 0.055) / 1.055) ** 2.4
    assert to_rgb(values)[0, :, 0].tolist() == [0, round(0.0021 * 12.92 * 255), 128, 255, 0, 0]


def test_bright_scenes_are_brought_into_range():
    values = np.linspace(0, 1000, 10_000, dtype=np.float64).reshape(100, 100)
    shades = to_rgb(values)[..., 0]
    assert shades.max() == 255
    assert np.all(np.diff(shades.ravel().astype(int)) >= 0)
    assert (shades == 255).mean() < 0.02


def test_a_picture_of_no_finite_value_is_black():
    assert not to_rgb(np.full((2, 2, 3), np.nan, np.float32)).any()


def test_strips_join_without_a_seam():
    grey = np.arange(2000 * 1100, dtype=np.uint32).reshape(2000, 1100).astype(np.uint16)
    assert np.array_equal(to_rgb(grey)[..., 1], ((grey.astype(np.float64) / 257) + 0.5).astype(np.uint8))


@pytest.mark.parametrize("shape", [(0, 3, 3), (2, 2, 5)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(SourceError, match="1 to 4 channels"):
        to_rgb(np.zeros(shape, np.uint8))
