"""Bars as arrays, against bars counted by hand and by a plain second version."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.gui.widgets.bar_raster import bars_at, column_values, covered, not_finite_columns

values = st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=60)


def test_wide_bars_have_a_gap_and_narrow_ones_none():
    drawn = column_values(np.array([1, 2], np.float32), 10)
    assert drawn[:4].tolist() == [1, 1, 1, 1]
    assert np.isnan(drawn[[4, 9]]).all()
    assert column_values(np.array([1, 2], np.float32), 4).tolist() == [1, 1, 2, 2]


def test_of_bars_in_one_column_the_furthest_from_zero_is_drawn():
    assert column_values(np.array([1, -7, 3, 2], np.float32), 2).tolist() == [-7, 3]


def test_bars_stand_between_zero_and_their_value():
    inked = covered(np.array([2, -1, 0, np.nan], np.float32), 4, -2.0, 2.0)
    assert inked[:, 0].tolist() == [True, True, False, False]
    assert inked[:, 1].tolist() == [False, False, True, False]
    assert not inked[:, 2:].any()


def test_values_beyond_the_range_are_cut_and_a_range_of_nothing_draws_nothing():
    assert covered(np.array([9.0], np.float32), 3, 0.0, 1.0).all()
    assert not covered(np.array([0.0], np.float32), 3, 0.0, 0.0).any()


def test_columns_of_values_that_are_no_numbers():
    vector = np.array([1, np.nan, 2, -np.inf], np.float32)
    assert not_finite_columns(vector, 8).tolist() == [False, False, True, True, False, False, True, True]
    assert not_finite_columns(vector, 16).tolist() == ([False] * 4 + [True] * 3 + [False]) * 2  # between them, a gap
    assert not_finite_columns(vector, 2).tolist() == [True, True]


@given(values, st.integers(1, 50))
def test_every_column_shows_one_of_its_own_bars(numbers, columns):
    vector = np.array(numbers, np.float32)
    drawn = column_values(vector, columns)
    first = bars_at(columns, len(vector))
    for column in range(columns):
        end = first[column + 1] if column + 1 < columns else len(vector)
        own = vector[first[column] : max(end, first[column] + 1)]
        assert np.isnan(drawn[column]) or (drawn[column] in own and abs(drawn[column]) == np.abs(own).max())


@given(values, st.integers(1, 40))
def test_covered_pixels_counted_one_by_one(numbers, rows):
    low, high = -50.0, 80.0
    inked = covered(np.array(numbers, np.float32), rows, low, high)
    for column, value in enumerate(numbers):
        for row in range(rows):
            centre = high - (row + 0.5) / rows * (high - low)
            if abs(centre) > 1e-2 and abs(centre - value) > 1e-2:
                assert inked[row, column] == (min(0, value) < centre < max(0, value))
