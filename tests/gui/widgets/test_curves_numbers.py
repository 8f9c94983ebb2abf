"""The arithmetic of the curves: averages, extremes, axes and heat, each by another route."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.rendering.colormaps import GAP, NOT_FINITE, SHADES
from cnnviz.gui.widgets.curves_axis import Axis, clock_text, spanning
from cnnviz.gui.widgets.curves_heat import columns_on_view, heat_indices, heat_range
from cnnviz.gui.widgets.curves_shape import Columns, Points, covered, middles, shape_of, value_range
from cnnviz.gui.widgets.curves_smoothing import smoothed
from cnnviz.gui.widgets.curves_thinning import BIN, Extremes

NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])


def averages_one_by_one(values, weight):
    """The definition: total and weight decay together, what is missing adds nothing."""
    total = weights = 0.0
    found = []
    for value in values:
        total, weights = total * weight, weights * weight
        if math.isfinite(value):
            total, weights = total + (1 - weight) * value, weights + (1 - weight)
        found.append(total / weights if weights else math.nan)
    return found


def row_of(values):
    row = Extremes()
    row.append(np.asarray(values, float))
    return row


# --------------------------------------------------------------------------------------------------------- smoothing


@given(st.lists(NUMBERS, max_size=300), st.floats(0.0, 0.999), st.integers(0, 300))
@settings(deadline=None)
def test_averages_are_those_of_the_definition_also_in_two_parts(values, weight, cut):
    whole, _ = smoothed(np.array(values, float), weight)
    first, carry = smoothed(np.array(values[:cut], float), weight)
    second, _ = smoothed(np.array(values[cut:], float), weight, carry)
    expected = averages_one_by_one(values, weight)
    assert whole == pytest.approx(expected, rel=1e-9, abs=1e-3, nan_ok=True)
    assert [*first, *second] == pytest.approx(expected, rel=1e-9, abs=1e-3, nan_ok=True)


def test_the_first_average_is_the_first_value_and_a_constant_stays():
    averages, _ = smoothed(np.full(1000, 0.25), 0.99)
    assert averages == pytest.approx(np.full(1000, 0.25), rel=1e-12)


# ---------------------------------------------------------------------------------------------------------- thinning


@given(
    st.lists(NUMBERS, min_size=1, max_size=700),
    st.lists(st.integers(0, 700), min_size=2, max_size=9),
    st.integers(1, 50),
)
@settings(deadline=None)
def test_extremes_of_columns_are_those_of_their_numbers(values, edges, part):
    row = Extremes()
    for start in range(0, len(values), part):
        row.append(np.array(values[start : start + part], float))
    edges = np.minimum(np.sort(edges), len(values)).astype(np.intp)
    low, high = row.columns(edges.copy())
    coarsest = (edges[-1] - edges[0]) / (len(edges) - 1) / BIN < 8
    for column, (first, last) in enumerate(itertools.pairwise(edges)):
        finite = [value for value in values[first:last] if math.isfinite(value)]
        if coarsest:
            assert (low[column], high[column]) == pytest.approx(
                (min(finite), max(finite)) if finite else (math.nan, math.nan), nan_ok=True
            )


def test_a_single_peak_of_a_million_is_never_lost():
    values = np.zeros(1_000_000)
    values[654_321] = 7.0
    row = row_of(values)
    edges = np.linspace(0, len(values), 501).astype(np.intp)
    low, high = row.columns(edges)
    assert high.max() == 7.0
    assert abs(int(high.argmax()) - 654_321 / 2000) < 1.2
    assert np.count_nonzero(high) == 1
    assert not low.any()


def test_few_points_are_drawn_as_they_are_with_the_neighbours_beside_the_plot():
    places, values = np.arange(10.0), np.arange(10.0) * 2
    shape = shape_of(places, row_of(values), Axis(3, 6), Axis(0, 20), 100)
    assert isinstance(shape, Points)
    assert shape.x == pytest.approx([-1 / 3, 0, 1 / 3, 2 / 3, 1, 4 / 3])
    assert shape.y == pytest.approx([0.2, 0.3, 0.4, 0.5, 0.6, 0.7])


def test_many_points_become_the_lowest_and_highest_of_each_column():
    places = np.arange(100_000.0)
    values = np.where(places % 2, 1.0, 3.0)
    shape = shape_of(places, row_of(values), Axis(0, 99_999), Axis(0, 4), 50)
    assert isinstance(shape, Columns)
    assert shape.low == pytest.approx(np.full(50, 0.25))
    assert shape.high == pytest.approx(np.full(50, 0.75))
    assert middles(shape).y == pytest.approx(np.full(50, 0.5))


def test_columns_cover_their_pixels_and_join_the_column_before():
    mask = covered(Columns(np.array([0.0, 0.75, math.nan]), np.array([0.25, 1.0, math.nan])), 4)
    assert mask.astype(int).tolist() == [[0, 1, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]]


def test_the_range_on_view_leaves_out_what_is_beside_and_on_request_what_is_not_positive():
    places, values = np.arange(6.0), np.array([100, -1, 0, 2, math.nan, 500.0])
    assert value_range(places, row_of(values), Axis(1, 4), positive=False) == (-1, 2)
    assert value_range(places, row_of(values), Axis(1, 4), positive=True) == (2, 2)
    assert value_range(places, row_of(values), Axis(10, 20), positive=False) is None


# -------------------------------------------------------------------------------------------------------------- axes


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.floats(0, 1))
def test_a_linear_axis_goes_back_where_it_came_from(low, length, fraction):
    axis = Axis(low, low + length)
    assert axis.fraction(axis.value(fraction)) == pytest.approx(fraction, abs=1e-6)


@given(st.floats(1e-9, 1e3), st.floats(1.1, 1e9), st.floats(0, 1))
def test_a_logarithmic_axis_goes_back_where_it_came_from(low, factor, fraction):
    axis = Axis(low, low * factor, log=True)
    assert axis.fraction(axis.value(fraction)) == pytest.approx(fraction, abs=1e-6)


@given(st.floats(1e-6, 1e6), st.floats(1.0001, 1e6), st.integers(1, 20), st.booleans())
def test_ticks_lie_on_the_axis_and_are_not_too_many(low, factor, most, log):
    axis = Axis(low, low * factor, log=log)
    ticks = [value for value, _ in axis.ticks(most)]
    assert len(ticks) <= max(most + 1, 3 * math.ceil(math.log10(factor) + 2) if log else 0)
    assert all(low * 0.998 <= value <= low * factor * 1.002 for value in ticks)


@pytest.mark.parametrize(
    ("axis", "texts"),
    [
        (Axis(0, 2345), ["0", "500", "1000", "1500", "2000"]),
        (Axis(0.98, 0.99, unit="percent"), ["98.0 %", "98.2 %", "98.4 %", "98.6 %", "98.8 %", "99.0 %"]),
        (Axis(0, 5400, unit="seconds"), ["0 s", "15:00", "30:00", "45:00", "1:00:00", "1:15:00", "1:30:00"]),
        (Axis(0, 1.2e6), ["0", "200 k", "400 k", "600 k", "800 k", "1 M", "1.2 M"]),
        (Axis(1e-5, 2.3, log=True), ["1e−5", "1e−4", "0.001", "0.01", "0.1", "1"]),
        (Axis(0.1, 0.5, log=True), ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        (Axis(0.0001, 0.00012), ["1.00e−4", "1.05e−4", "1.10e−4", "1.15e−4", "1.20e−4"]),
    ],
)
def test_ticks_are_round_and_told_apart(axis, texts):
    assert [text for _, text in axis.ticks(6)] == texts


def test_zooming_keeps_the_place_below_the_mouse():
    axis = Axis(100, 200).zoomed(2, 0.25)
    assert (axis.low, axis.high) == pytest.approx((112.5, 162.5))
    assert axis.value(0.25) == pytest.approx(125)
    assert Axis(0, 1e-300).zoomed(1e300, 0.5) == Axis(0, 1e-300)


def test_an_axis_around_one_value_has_a_length():
    assert spanning(3, 3, log=False, unit="number").low < 3 < spanning(3, 3, log=False, unit="number").high
    assert spanning(0.1, 0.1, log=True, unit="number").low < 0.1


@pytest.mark.parametrize(("seconds", "text"), [(42, "42 s"), (185, "3:05"), (7620, "2:07:00")])
def test_a_time_reads_like_a_clock(seconds, text):
    assert clock_text(seconds) == text


# -------------------------------------------------------------------------------------------------------------- heat


def test_heat_is_logarithmic_and_says_where_nothing_and_where_nonsense_is():
    values = np.array([[1e-4, 1.0], [1e-2, 0.0], [math.nan, math.inf]])
    scale = heat_range(values)
    assert (scale.low, scale.high) == pytest.approx((1e-4, 1.0))
    indices = heat_indices(values, scale)
    assert indices.shape == (2, 3)
    assert indices[0].tolist() == [0, SHADES // 2, GAP]
    assert indices[1].tolist() == [SHADES - 1, 0, NOT_FINITE]


def test_equal_values_still_have_a_scale():
    scale = heat_range(np.full((5, 2), 0.5))
    assert scale.low < 0.5 < scale.high
    assert heat_range(np.zeros((0, 0))).low > 0


def test_each_column_of_the_heat_shows_the_nearest_measurement():
    places = np.array([0.0, 10.0, 20.0])
    assert columns_on_view(places, Axis(0, 20), 4).tolist() == [0, 1, 1, 2]
    assert columns_on_view(places, Axis(0, 80), 4).tolist() == [1, 2, -1, -1]
    assert columns_on_view(np.empty(0), Axis(0, 1), 3).tolist() == [-1, -1, -1]


def test_what_no_letter_is_for_is_written_as_a_power():
    texts = [text for _, text in Axis(0.0, 3e19).ticks(4)]
    assert texts == ["0", "1e19", "2e19", "3e19"]
    assert [text for _, text in Axis(0.0, 3e9).ticks(4)] == ["0", "1 G", "2 G", "3 G"]
