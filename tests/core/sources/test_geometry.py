from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.geometry import picture_map

sides = st.integers(1, 30_000)
networks = st.integers(1, 640)
preprocessings = st.builds(
    Preprocessing,
    input_size=st.tuples(networks, networks),
    resize=st.none() | st.integers(1, 640),
    fit=st.sampled_from(["crop", "squash", "pad"]),
)
coordinates = st.floats(-1000, 1000)


def test_the_standard_crop_of_a_camera_picture_by_hand():
    placed = picture_map((480, 640), Preprocessing())
    assert (placed.y.resized, placed.x.resized) == (256, 341)  # 256 · 640 / 480 = 341.33, rounded down
    assert (placed.y.start, placed.x.start) == (16, 58)  # (341 − 224) / 2 = 58.5, to the even neighbour
    assert placed.to_picture(0, 0) == pytest.approx((30, 58 * 640 / 341))
    assert placed.to_picture(224, 224) == pytest.approx((450, 282 * 640 / 341))
    assert placed.seen == pytest.approx((16 / 256, 58 / 341, 240 / 256, 282 / 341))


def test_padding_shows_the_whole_picture_with_bars():
    placed = picture_map((100, 200), Preprocessing(fit="pad"))
    assert placed.seen == pytest.approx((-0.5, 0, 1.5, 1))
    assert placed.to_picture(56, 0) == pytest.approx((0, 0))
    assert placed.to_picture(168, 224) == pytest.approx((100, 200))


def test_squashing_sees_all_of_it():
    placed = picture_map((100, 200), Preprocessing(fit="squash"))
    assert placed.seen == (0, 0, 1, 1)
    assert placed.to_picture(112, 112) == pytest.approx((50, 100))


def test_crop_without_a_size_covers_the_input_exactly():
    placed = picture_map((100, 300), Preprocessing(resize=None, input_size=(50, 100)))
    assert (placed.y.resized, placed.x.resized) == (50, 150)
    assert placed.seen == pytest.approx((0, 25 / 150, 1, 125 / 150))


@given(st.tuples(sides, sides), preprocessings, coordinates, coordinates)
def test_there_and_back(size, preprocessing, y, x):
    placed = picture_map(size, preprocessing)
    there = placed.to_picture(y, x)
    tolerance = 1e-9 * max(1, *size, *preprocessing.input_size) * max(1, placed.y.resized, placed.x.resized)
    assert placed.to_network(*there) == pytest.approx((y, x), abs=tolerance)


@given(st.tuples(sides, sides), preprocessings)
def test_what_is_seen_are_the_corners_of_the_input(size, preprocessing):
    placed = picture_map(size, preprocessing)
    top, left = placed.to_picture(0, 0)
    bottom, right = placed.to_picture(*preprocessing.input_size)
    fractions = (top / size[0], left / size[1], bottom / size[0], right / size[1])
    assert placed.seen == pytest.approx(fractions, rel=1e-9, abs=1e-9)


@given(st.tuples(sides, sides), preprocessings)
def test_padding_never_cuts(size, preprocessing):
    top, left, bottom, right = picture_map(size, replace(preprocessing, fit="pad")).seen
    assert top <= 0 <= 1 <= bottom
    assert left <= 0 <= 1 <= right


@given(st.tuples(sides, sides), preprocessings)
def test_cropping_leaves_no_bars_unless_resized_below_the_input(size, preprocessing):
    cover = max(preprocessing.input_size)
    top, left, bottom, right = picture_map(size, replace(preprocessing, fit="crop", resize=cover)).seen
    assert 0 <= top < bottom <= 1
    assert 0 <= left < right <= 1


@given(st.tuples(sides, sides), preprocessings)
def test_the_middle_stays_in_the_middle(size, preprocessing):
    placed = picture_map(size, preprocessing)
    middle = placed.to_network(size[0] / 2, size[1] / 2)
    height, width = preprocessing.input_size
    assert middle == pytest.approx((height / 2, width / 2), abs=1.0)
