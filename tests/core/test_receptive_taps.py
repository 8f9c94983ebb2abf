"""Which cells layers read, against torch's own layers: each input cell is lit alone."""

from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.core.receptive_axis import AxisField
from cnnviz.core.receptive_taps import (
    adaptive_taps,
    copied_taps,
    resize_taps,
    slice_taps,
    transposed_taps,
    window_taps,
)

sizes = st.integers(1, 14)
small = st.integers(1, 4)


def read_by_torch(operation, cells):
    """For each output cell the first and end cell of a row of ``cells`` that changes it."""
    lit = torch.eye(cells, dtype=torch.float64)[:, None, None, :]
    reached = operation(lit)[:, 0, 0].abs() > 1e-9
    places = torch.arange(cells)[:, None]
    first = torch.where(reached, places, cells).amin(0)
    return list(zip(first.tolist(), torch.where(reached, places + 1, 0).amax(0).tolist(), strict=True))


def read(taps, cells, count):
    axis = AxisField.of_input(cells).through(taps, count)
    return list(zip(axis.first, axis.end, strict=True))


def ones(kernel):
    return torch.ones(1, 1, 1, kernel, dtype=torch.float64)


@given(cells=sizes, kernel=small, stride=small, padding=st.integers(0, 4), dilation=small)
def test_windows(cells, kernel, stride, padding, dilation):
    assume(cells + 2 * padding > dilation * (kernel - 1))
    options = {"stride": stride, "padding": (0, padding), "dilation": dilation}
    expected = read_by_torch(lambda x: functional.conv2d(x, ones(kernel), **options), cells)
    assert read(window_taps(kernel, stride, padding, dilation), cells, len(expected)) == expected


@given(cells=sizes, kernel=small, stride=small, padding=st.integers(0, 2), dilation=small)
def test_transposed(cells, kernel, stride, padding, dilation):
    assume((cells - 1) * stride + dilation * (kernel - 1) + 1 > 2 * padding)
    options = {"stride": stride, "padding": (0, padding), "dilation": dilation}
    expected = read_by_torch(lambda x: functional.conv_transpose2d(x, ones(kernel), **options), cells)
    assert read(transposed_taps(kernel, stride, padding, dilation), cells, len(expected)) == expected


@given(cells=sizes, count=sizes)
def test_adaptive(cells, count):
    expected = read_by_torch(lambda x: functional.adaptive_avg_pool2d(x, (1, count)), cells)
    assert read(adaptive_taps(cells, count), cells, count) == expected


@given(cells=sizes, count=sizes, mode=st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]))
def test_resizing_to_a_size(cells, count, mode):
    expected = read_by_torch(lambda x: functional.interpolate(x, size=(1, count), mode=mode), cells)
    assert read(resize_taps(Fraction(cells, count), mode), cells, count) == expected


@given(cells=st.integers(2, 14), count=st.integers(2, 14), mode=st.sampled_from(["bilinear", "bicubic"]))
def test_resizing_with_aligned_corners(cells, count, mode):
    options = {"size": (1, count), "mode": mode, "align_corners": True}
    expected = read_by_torch(lambda x: functional.interpolate(x, **options), cells)
    scale = Fraction(cells - 1, count - 1)
    assert read(resize_taps(scale, mode, align_corners=True), cells, count) == expected


@given(cells=sizes, count=sizes)
def test_resizing_with_antialiasing(cells, count):
    options = {"size": (1, count), "mode": "bilinear", "antialias": True}
    expected = read_by_torch(lambda x: functional.interpolate(x, **options), cells)
    assert read(resize_taps(Fraction(cells, count), "bilinear", antialias=True), cells, count) == expected


@pytest.mark.parametrize(
    ("taps", "count", "expected"),
    [
        (copied_taps(2), 6, [(0, 1), (0, 1), (1, 2), (1, 2), (2, 3), (2, 3)]),
        (slice_taps(1), 2, [(1, 2), (2, 3)]),
        (slice_taps(2, -1), 3, [(2, 3), (1, 2), (0, 1)]),
        (slice_taps(-1), 3, [(3, 0), (0, 1), (1, 2)]),
    ],
)
def test_copies_and_slices_of_three_cells(taps, count, expected):
    assert read(taps, 3, count) == expected
