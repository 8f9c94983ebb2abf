"""Histograms against numpy's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnnviz.core.inside.histogram import histogram_of

numbers = arrays.arrays(np.float32, st.integers(1, 60), elements=st.floats(-1e6, 1e6, width=32, allow_subnormal=False))


@settings(max_examples=100, deadline=None)
@given(numbers)
def test_every_value_is_counted_near_its_place(values):
    low, high = float(values.min()), float(values.max())
    found = histogram_of(values, low, high, bins=8)
    assert found.counts.sum() == len(values)
    assert found.low <= low
    assert found.high >= high
    exact = np.histogram(values.astype(np.float64), bins=8, range=(found.low, found.high))[0]
    assert np.abs(np.cumsum(found.counts - exact)).max() <= _near_an_edge(values, found)


def _near_an_edge(values, histogram):
    """A value on an edge may fall to either side in single precision."""
    steps = (values.astype(np.float64) - histogram.low) / (histogram.high - histogram.low) * len(histogram.counts)
    return (np.abs(steps - np.rint(steps)) < 1e-3).sum()


def test_by_hand():
    found = histogram_of(np.array([0, 0.4, 1, 1.9, 2, 4], np.float32), 0, 4, bins=4)
    assert found.counts.tolist() == [2, 2, 1, 1]
    assert found.edges.tolist() == [0, 1, 2, 3, 4]


def test_beyond_the_limits_is_the_first_and_the_last_bin():
    assert histogram_of(np.array([-9, 1, 9], np.float32), 0, 2, bins=2).counts.tolist() == [1, 2]


def test_what_is_not_finite_is_left_out():
    values = np.array([[np.nan, 1.0], [np.inf, -np.inf]], np.float32)
    assert histogram_of(values, 0, 2, bins=2).counts.tolist() == [0, 1]


@pytest.mark.parametrize("value", [0.0, 3.0, -1e30, 1e-30])
def test_one_value_lies_in_the_middle(value):
    found = histogram_of(np.full(5, value, np.float32), value, value, bins=3)
    assert found.counts.tolist() == [0, 5, 0]
    assert found.low < value < found.high


def test_the_largest_numbers_there_are():
    largest = np.finfo(np.float32).max
    assert histogram_of(np.array([-largest, largest], np.float32), -largest, largest, bins=2).counts.tolist() == [1, 1]


def test_no_values():
    assert histogram_of(np.zeros(0, np.float32), 0, 1, bins=2).counts.tolist() == [0, 0]
