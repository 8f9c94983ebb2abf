"""Moments of pinned units: kept for half a minute, gaps and counts told apart, scales that hold still."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.views import Probe
from cnnviz.gui.widgets.oscilloscope_trace import LONGEST_SECONDS, UnitTraces, nice_range, steady_range

A, B, C = Probe("conv", 0, 1, 1), Probe("conv", 1, 1, 1), Probe("fc", 2, 0, 0)


@pytest.fixture
def traces():
    made = UnitTraces()
    made.set_units([A, B])
    return made


def test_values_stand_at_their_time_in_the_order_of_the_units(traces):
    traces.append(1.0, {B: 20.0, A: 10.0})
    traces.append(2.0, {A: 11.0})
    times, values = traces.lines()
    assert times.tolist() == [1, 2]
    np.testing.assert_array_equal(values, [[10, 20], [11, np.nan]])


def test_the_same_moment_again_replaces_and_an_earlier_one_is_late(traces):
    traces.append(5.0, {A: 1.0, B: 1.0})
    traces.append(5.0, {A: 2.0, B: 2.0})
    traces.append(4.0, {A: 9.0, B: 9.0})
    times, values = traces.lines()
    assert (times.tolist(), values.tolist()) == ([5], [[2, 2]])


def test_what_is_no_number_is_counted_and_what_is_missing_is_not(traces):
    for time, value in enumerate((1.0, math.nan, math.inf, None, -math.inf)):
        traces.append(float(time), {A: value})
    traces.append(4.0, {A: -math.inf})
    assert traces.not_finite == {A: 3, B: 0}
    assert np.isfinite(traces.lines()[1][:, 0]).tolist() == [True, False, False, False, False]


def test_a_unit_that_stays_keeps_its_past_and_a_new_one_has_none(traces):
    traces.append(0.0, {A: 1.0, B: math.nan})
    traces.set_units([C, B])
    traces.append(1.0, {C: 3.0, B: 2.0})
    np.testing.assert_array_equal(traces.lines()[1], [[np.nan, np.nan], [3, 2]])
    assert traces.not_finite == {C: 0, B: 1}
    traces.clear()
    assert traces.lines()[0].size == 0
    assert traces.not_finite == {C: 0, B: 0}
    assert traces.units == (C, B)


def test_only_the_last_seconds_are_kept(traces):
    for number in range(6000):
        traces.append(number / 60, {A: float(number)})
    times, values = traces.lines()
    assert times[-1] - times[0] == pytest.approx(LONGEST_SECONDS)
    assert values[-1, 0] == 5999
    assert len(traces.lines(0.5)[0]) == 31


@given(low=st.floats(-1e6, 1e6), span=st.floats(0, 1e6))
def test_a_nice_range_holds_the_values_and_is_not_much_wider(low, span):
    first, last = nice_range(low, low + span)
    assert first <= low
    assert low + span <= last
    assert first < last
    assert last - first <= 3.1 * max(span, abs(low) if low + span == low else 0, 1e-30) + (span == 0)


@pytest.mark.parametrize(
    ("ends", "expected"), [((0, 1), (0, 1)), ((-3.2, 7.9), (-5, 10)), ((0, 0), (0, 0.5)), ((math.nan, 1), (0, 1))]
)
def test_nice_ranges_are_round(ends, expected):
    assert nice_range(*ends) == expected


def test_a_scale_changes_only_when_it_has_to():
    assert steady_range((-5, 10), -4, 9) == (-5, 10)
    assert steady_range((-5, 10), -4, 11) == nice_range(-4, 11)
    assert steady_range((-5, 10), 0, 1) == (0, 1)
