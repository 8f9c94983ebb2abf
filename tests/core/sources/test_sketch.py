import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.sources.sketch import BOX, SIDE, centre_like_mnist


def centre_of_mass(picture):
    y, x = np.indices(picture.shape)
    return (y * picture).sum() / picture.sum(), (x * picture).sum() / picture.sum()


def test_an_empty_drawing_is_all_zeros():
    for shade in (0, 90, 255):
        assert not centre_like_mnist(np.full((300, 200, 3), shade, np.uint8)).any()


def test_a_square_becomes_the_whole_box():
    drawing = np.zeros((280, 280), np.uint8)
    drawing[5:105, 150:250] = 255
    digit = centre_like_mnist(drawing)
    assert digit.shape == (SIDE, SIDE)
    assert digit.dtype == np.uint8
    assert np.all(digit[4:24, 4:24] == 255)
    assert digit.sum() == 255 * BOX * BOX


def test_the_aspect_ratio_stays():
    drawing = np.zeros((280, 280), np.uint8)
    drawing[40:240, 20:60] = 255
    digit = centre_like_mnist(drawing)
    assert np.flatnonzero(digit.any(axis=1)).size == 20
    assert np.flatnonzero(digit.any(axis=0)).size == 4


def test_dark_on_light_gives_the_same_as_light_on_dark():
    drawing = np.zeros((200, 200, 3), np.uint8)
    drawing[50:150, 90:110] = 255
    drawing[50:60, 90:160] = 255
    assert np.array_equal(centre_like_mnist(drawing), centre_like_mnist(255 - drawing))


@given(st.integers(0, 140), st.integers(0, 140), st.integers(12, 60), st.integers(12, 60))
def test_the_place_of_the_drawing_does_not_matter_and_its_mass_is_centred(top, left, height, width):
    drawing = np.zeros((200, 200), np.uint8)
    drawing[top : top + height, left : left + width // 2] = 255
    drawing[top : top + height // 2, left : left + width] = 255
    digit = centre_like_mnist(drawing)
    y, x = centre_of_mass(digit.astype(float))
    assert (y, x) == pytest.approx((14, 14), abs=0.51)
    moved = np.zeros_like(drawing)
    moved[:height, :width] = drawing[top : top + height, left : left + width]
    moved = np.pad(moved, 3)
    assert np.array_equal(centre_like_mnist(moved), digit)


def test_a_dot_smaller_than_the_box_grows_into_it():
    drawing = np.zeros((28, 28), np.uint8)
    drawing[3, 3] = 255
    assert (centre_like_mnist(drawing) > 0).sum() == BOX * BOX


def test_a_real_digit_of_mnist_stays_nearly_as_it_is(shared_data):
    data = gzip.decompress((shared_data / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz").read_bytes())
    digits = np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)[:300]
    differences = [abs(centre_like_mnist(digit).astype(int) - digit).mean() for digit in digits]
    assert np.median(differences) < 0.1
    assert np.percentile(differences, 85) < 1  # the others are smaller than the box in MNIST itself
