"""Channel statistics against numpy in double precision, and what is remembered between frames."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnnviz.core.rendering.statistics import LayerHistory

MOMENTS = ("mean", "variance", "change")


def maps_of(values, *, channels_last=False):
    maps = torch.tensor(np.asarray(values, np.float32))
    return maps.permute(1, 2, 0).contiguous().permute(2, 0, 1) if channels_last else maps


@pytest.mark.parametrize("channels_last", [False, True])
def test_statistics_equal_numpy(channels_last):
    values = np.random.default_rng(0).normal(3, 2, (16, 23, 31)).astype(np.float32)
    found = LayerHistory().measure(maps_of(values, channels_last=channels_last), 0, MOMENTS)
    exact = values.astype(np.float64).reshape(16, -1)
    assert np.array_equal(found.low, values.min((1, 2)))
    assert np.array_equal(found.high, values.max((1, 2)))
    np.testing.assert_allclose(found.mean, exact.mean(1), rtol=1e-5)
    np.testing.assert_allclose(found.variance, exact.var(1), rtol=1e-4)
    assert found.change.tolist() == [0] * 16
    assert found.silent.tolist() == found.not_finite.tolist() == [0] * 16
    assert {found.low.dtype, found.mean.dtype} == {np.dtype(np.float32)}


def test_moments_are_left_out_unless_wanted():
    found = LayerHistory().measure(maps_of(np.ones((2, 3, 3))), 0, ("index", "maximum"))
    assert (found.mean, found.variance, found.change) == (None, None, None)


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float32,
        (3, 2, 4),
        elements=st.one_of(st.sampled_from([np.nan, np.inf, -np.inf, 0.0]), st.floats(-1e3, 1e3, width=32)),
    )
)
@pytest.mark.filterwarnings("ignore:All-NaN", "ignore:Mean of empty slice", "ignore:Degrees of freedom")
def test_only_finite_cells_count(values):
    found = LayerHistory().measure(maps_of(values), 0, MOMENTS)
    cells = np.where(np.isfinite(values), values, np.nan).astype(np.float64).reshape(3, -1)
    assert found.not_finite.tolist() == np.isnan(cells).sum(1).tolist()
    np.testing.assert_array_equal(found.low, np.nanmin(cells, 1))
    np.testing.assert_array_equal(found.high, np.nanmax(cells, 1))
    np.testing.assert_allclose(found.mean, np.nanmean(cells, 1), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.variance, np.nanvar(cells, 1), rtol=1e-3, atol=1e-2)


def test_silent_frames_are_counted_until_something_is_heard():
    history = LayerHistory()
    quiet, heard = np.full((2, 2, 2), 5.0), np.stack([np.full((2, 2), 5.0), np.eye(2)])
    counts = [history.measure(maps_of(maps), frame).silent.tolist() for frame, maps in enumerate((quiet, heard, quiet))]
    assert counts == [[1, 1], [2, 0], [3, 1]]


def test_a_damaged_channel_is_not_silent():
    values = np.zeros((2, 2, 2))
    values[0, 0, 0] = np.nan
    assert LayerHistory().measure(maps_of(values), 0).silent.tolist() == [0, 1]


def test_a_channel_of_one_cell_is_silent_at_zero():
    assert LayerHistory().measure(torch.tensor([0.0, 2.0, -1.0]), 0).silent.tolist() == [1, 0, 0]


def test_the_same_frame_again_counts_once():
    history = LayerHistory()
    maps = maps_of(np.zeros((1, 2, 2)))
    assert history.measure(maps, 7).silent.tolist() == [1]
    again = history.measure(maps, 7, ("mean",))
    assert again.silent.tolist() == [1]
    assert again.mean.tolist() == [0]
    assert history.measure(maps, 7, ("variance",)).mean is not None  # another dock may still want it
    assert history.measure(maps, 8).silent.tolist() == [2]


def test_change_is_to_the_frame_before():
    history = LayerHistory()
    first, second = np.zeros((2, 2, 2)), np.array([[[0, 0], [0, 4]], [[-1, 1], [-1, 1]]])
    assert history.measure(maps_of(first), 0, ("change",)).change.tolist() == [0, 0]
    assert history.measure(maps_of(second), 1, ("change",)).change.tolist() == [1, 1]
    assert history.measure(maps_of(second), 1, ("change", "mean")).change.tolist() == [1, 1]
    assert history.measure(maps_of(second), 2, ("change",)).change.tolist() == [0, 0]


def test_change_is_kept_from_later_rewriting():
    history = LayerHistory()
    maps = maps_of(np.ones((1, 2, 2)))
    history.measure(maps, 0, ("change",))
    maps.zero_()
    assert history.measure(maps, 1, ("change",)).change.tolist() == [1]


def test_change_of_finite_cells_only():
    history = LayerHistory()
    history.measure(maps_of([[[np.nan, 1.0]], [[np.inf, np.inf]]]), 0, ("change",))
    change = history.measure(maps_of([[[3.0, 5.0]], [[1.0, 1.0]]]), 1, ("change",)).change
    np.testing.assert_array_equal(change, [4, np.nan])


def test_another_size_starts_anew():
    history = LayerHistory()
    history.measure(maps_of(np.zeros((2, 2, 2))), 0, ("change",))
    found = history.measure(maps_of(np.zeros((3, 4, 4))), 1, ("change",))
    assert found.silent.tolist() == [1, 1, 1]
    assert found.change.tolist() == [0, 0, 0]
    assert history.strength.tolist() == [0, 0, 0]


def test_strength_follows_the_highest_value_slowly():
    history = LayerHistory()
    for frame, high in enumerate((10.0, 20.0, np.nan)):
        history.measure(maps_of(np.full((1, 2, 2), high)), frame)
        history.measure(maps_of(np.full((1, 2, 2), high)), frame, ("mean",))  # the same frame counts once
        assert history.strength.shape == (1,)
    assert history.strength == pytest.approx((10 * 0.95 + 20 * 0.05) * 0.95)
