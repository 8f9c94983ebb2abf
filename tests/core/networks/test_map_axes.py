"""How shapes are read as maps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.networks.map_axes import is_token_grid, map_axes, map_sizes

CONV, RELU, LINEAR, NORM = nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Linear(1, 1), nn.LayerNorm(1)
SIZES_224 = map_sizes((224, 224), [])


@pytest.mark.parametrize(
    ("module", "shape", "axes"),
    [
        (LINEAR, (1000,), "vector"),
        (CONV, (64, 56, 56), "chw"),
        (CONV, (64, 54, 54), "chw"),  # of any size: it is a convolution
        (RELU, (64, 56, 56), "chw"),
        (RELU, (1000, 1, 1), "chw"),
        (NORM, (96, 56, 56), "chw"),  # ConvNeXt's norm over channels first
        (RELU, (56, 56, 96), "hwc"),
        (LINEAR, (7, 7, 768), "hwc"),
        (RELU, (56, 56, 56), "chw"),
        (NORM, (56, 56, 56), "hwc"),
        (NORM, (197, 768), "tokens"),
        (RELU, (49, 1024), "tokens"),
        (RELU, (50, 1024), "tokens"),
        (RELU, (200, 768), ""),
        (RELU, (2, 768), ""),  # a class token and one other are no grid
        (LINEAR, (64, 49, 192), ""),  # MaxViT's windows
        (LINEAR, (49, 64, 64), ""),
        (RELU, (2, 3, 4, 5), ""),
        (RELU, (0, 4, 4), ""),
        (RELU, (), ""),
        (RELU, None, ""),
    ],
)
def test_shapes_in_a_network_for_224_pixels(module, shape, axes):
    assert map_axes(module, shape, SIZES_224) == axes


def test_sizes_come_from_the_input_and_from_convolutions():
    sizes = map_sizes((28, 28), [(CONV, (32, 26, 26)), (RELU, (3, 5, 5)), (CONV, None), (LINEAR, (10,))])
    assert {(28, 28), (14, 14), (7, 7), (4, 4), (3, 3), (26, 26), (13, 13), (52, 52)} <= sizes
    assert (5, 5) not in sizes


def test_oblong_pictures():
    sizes = map_sizes((224, 448), [])
    assert map_axes(RELU, (64, 56, 112), sizes) == "chw"
    assert map_axes(RELU, (56, 112, 64), sizes) == "hwc"
    assert map_axes(RELU, (112, 56, 64), sizes) == ""


@given(st.integers(2, 64))
def test_squares_are_grids_with_and_without_a_class_token(side):
    assert is_token_grid(side * side)
    assert is_token_grid(side * side + 1)
    assert not is_token_grid(side * side + 2)


@given(st.tuples(st.integers(1, 2000), st.integers(1, 2000)))
def test_sizes_shrink_to_one_cell(size):
    sizes = map_sizes(size, [])
    assert (1, 1) in sizes
    assert len(sizes) < 200
