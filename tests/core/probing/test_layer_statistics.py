"""Live statistics of a layer against numpy, on known maps; and what is said when only a part was looked at."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import nn

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.layer_statistics import (
    LayerMeter,
    LayerMeters,
    compare_batch_norm,
    correlate_channels,
    sample_cells,
)


def layer(kind="ReLU", name="a"):
    return LayerInfo(name, name, kind, 1, 1, leaf=True, shape=(3, 2, 2), parameters=0, trainable=0, map_axes="chw")


def measured(maps, kind="ReLU", most=None):
    return LayerMeter(layer(kind), most).measure(torch.as_tensor(np.asarray(maps, np.float32)), 0, 0.0)


some_maps = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)),
    elements=st.floats(-1e4, 1e4, width=32, allow_subnormal=False),
)


# -------------------------------------------------------------------------------------------------------------- numbers


@settings(max_examples=80, deadline=None)
@given(some_maps)
def test_the_numbers_are_those_of_numpy(maps):
    found = measured(maps)
    exact = maps.astype(np.float64)
    assert (found.low, found.high) == (maps.min(), maps.max())
    assert found.mean == pytest.approx(exact.mean(), rel=1e-4, abs=1e-2)
    assert found.variance == pytest.approx(exact.var(), rel=1e-3, abs=1e-2)
    assert found.sparsity == pytest.approx((np.abs(maps) <= np.float32(1e-3) * np.abs(maps).max()).mean(), abs=1e-6)
    assert found.histogram.counts.sum() == maps.size
    assert found.histogram.edges[0] <= maps.min()
    assert found.histogram.edges[-1] >= maps.max()
    assert (found.cells, found.measured, found.estimate, found.not_finite) == (maps.size, maps.size, False, 0)


def test_vectors_have_one_cell_a_channel():
    found = measured([0.0, 2.0, 4.0])
    assert (found.channels, found.cells, found.mean) == (3, 3, 2)
    assert found.dead.channels.tolist() == [0]
    assert found.dead_share == pytest.approx(1 / 3)


def test_cells_that_are_not_finite_are_counted_and_left_out():
    found = measured([[[np.nan, 1.0], [3.0, np.inf]], [[2.0, 2.0], [2.0, 2.0]]])
    assert found.not_finite == 2
    assert (found.low, found.high) == (1, 3)
    assert found.mean == pytest.approx((1 + 3 + 8) / 6)
    assert found.variance == pytest.approx(np.var([1, 3, 2, 2, 2, 2]))
    assert found.histogram.counts.sum() == 6
    assert found.sparsity == 0


def test_nothing_finite_has_no_numbers():
    found = measured(np.full((2, 2, 2), np.nan))
    assert all(math.isnan(value) for value in (found.low, found.high, found.mean, found.variance, found.sparsity))
    assert found.histogram.counts.sum() == 0
    assert found.not_finite == 8


def test_the_histogram_widens_at_once_and_narrows_slowly():
    meter = LayerMeter(layer(), None)
    ranges = []
    for frame, high in enumerate((1.0, 5.0, 1.0, 1.0)):
        maps = torch.tensor([[[0.0, high]]])
        histogram = meter.measure(maps, frame, 0.0).histogram
        ranges.append((histogram.low, histogram.high))
    assert ranges[:2] == [(0, 1), (0, 5)]
    assert ranges[2] == pytest.approx((0, 5 * 0.95 + 0.05))
    assert 1 < ranges[3][1] < ranges[2][1]


# --------------------------------------------------------------------------------------------------- dead and saturated


def test_dead_units_and_since_when():
    meter = LayerMeter(layer(), None)
    alive = np.arange(4.0).reshape(2, 2)
    frames = [[alive, np.zeros((2, 2))], [np.ones((2, 2)), np.zeros((2, 2))], [np.zeros((2, 2)), alive]]
    found = [
        meter.measure(torch.tensor(np.stack(maps), dtype=torch.float32), number, 10.0 + number / 2)
        for number, maps in enumerate(frames)
    ]
    assert [each.dead.channels.tolist() for each in found] == [[1], [0, 1], [0]]
    assert [each.dead.frames.tolist() for each in found] == [[1], [1, 2], [2]]
    assert [each.dead.seconds.tolist() for each in found] == [[0], [0, 0.5], [0.5]]
    assert [each.dead_share for each in found] == [0.5, 1.0, 0.5]


def test_the_same_frame_again_counts_once():
    meter = LayerMeter(layer(), None)
    first = meter.measure(torch.zeros(1, 2, 2), 7, 1.0)
    assert meter.measure(torch.zeros(1, 2, 2), 7, 2.0) is first
    assert meter.measure(torch.zeros(1, 2, 2), 8, 3.0).dead.frames.tolist() == [2]


@pytest.mark.parametrize(
    ("kind", "value", "saturated"),
    [
        ("Sigmoid", 0.995, True),
        ("Sigmoid", 0.004, True),
        ("Sigmoid", 0.9, False),
        ("Tanh", -0.99, True),
        ("Tanh", 0.0, False),
        ("tanh", 0.999, True),
        ("ReLU6", 6.0, True),
        ("ReLU6", 5.0, False),
        ("ReLU6", 0.0, False),
        ("Hardsigmoid", 1.0, True),
    ],
)
def test_saturated_at_a_bound(kind, value, saturated):
    maps = np.full((2, 10, 10), 0.5)
    maps[1] = value
    maps[1, 0, :5] = 0.5  # nineteen of twenty cells are enough
    found = measured(maps, kind)
    assert found.saturated.channels.tolist() == ([1] if saturated else [])
    assert found.saturated_share == (0.5 if saturated else 0)


def test_a_function_without_bounds_does_not_saturate():
    assert measured(np.full((1, 2, 2), 1e9)).saturated is None
    assert measured(np.full((1, 2, 2), 1e9)).saturated_share is None


def test_not_quite_enough_cells():
    maps = np.full((1, 10, 10), 1.0)
    maps[0, 0, :6] = 0.5
    assert measured(maps, "Sigmoid").saturated.channels.tolist() == []


# --------------------------------------------------------------------------------------------------------------- sample


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 60), st.integers(1, 4000))
def test_a_sample_has_every_channel_and_not_much_more_than_asked(channels, height, width, most):
    maps = torch.zeros(channels, height, width)
    sample = sample_cells(maps, most)
    assert len(sample) == channels
    assert sample.numel() >= channels
    assert sample.numel() <= max(4 * most, channels * max(height, width))
    if maps.numel() <= most:
        assert sample is maps


def test_a_sample_is_a_regular_grid():
    maps = torch.arange(2 * 9 * 9).reshape(2, 9, 9).float()
    sample = sample_cells(maps, 2 * 9)
    assert torch.equal(sample, maps[:, 1::3, 1::3])


def test_an_estimate_says_so_and_is_close():
    maps = torch.randn(16, 96, 96, generator=torch.Generator().manual_seed(0)).numpy()
    found, exact = measured(maps, most=4096), measured(maps)
    assert found.estimate
    assert not exact.estimate
    assert found.cells == exact.cells == maps.size
    assert found.measured <= 4096
    assert found.mean == pytest.approx(exact.mean, abs=0.06)
    assert found.variance == pytest.approx(exact.variance, rel=0.1)
    assert found.histogram.counts.sum() == found.measured


def test_meters_of_several_layers_are_apart():
    meters = LayerMeters([layer(name="a"), layer(name="b")])
    zeros, ones = torch.zeros(1, 2, 2), torch.ones(1, 200, 200)
    meters.measure("a", zeros, 0, 0.0)
    assert meters.measure("b", zeros, 1, 0.0).dead.frames.tolist() == [1]
    assert meters.measure("a", zeros, 1, 0.0).dead.frames.tolist() == [2]
    assert meters.measure("a", ones, 1, 0.0, exact=True).estimate is False
    meters.keep_only(["b"])
    assert meters.measure("a", zeros, 2, 0.0).dead.frames.tolist() == [1]
    assert meters.measure("b", zeros, 2, 0.0).dead.frames.tolist() == [2]


# ----------------------------------------------------------------------------------------------------------- batch norm


def test_running_beside_current_statistics():
    norm = nn.BatchNorm2d(2).eval()
    norm.running_mean = torch.tensor([1.0, -1.0])
    norm.running_var = torch.tensor([4.0, 1.0])
    inputs = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0)) * 3 + 5
    found = compare_batch_norm(layer(), norm, inputs)
    cells = inputs.double().numpy().transpose(1, 0, 2, 3).reshape(2, -1)
    np.testing.assert_allclose(found.mean, cells.mean(1), rtol=1e-5)
    np.testing.assert_allclose(found.variance, cells.var(1, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(found.shift, (cells.mean(1) - [1, -1]) / [2, 1], rtol=1e-4)
    np.testing.assert_allclose(found.spread, cells.std(1, ddof=1) / [2, 1], rtol=1e-4)
    assert found.running_mean.tolist() == [1, -1]
    assert found.running_variance.tolist() == [4, 1]


def test_torch_moves_its_running_statistics_towards_these():
    norm = nn.BatchNorm2d(2, momentum=1.0)
    inputs = torch.randn(2, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    norm(inputs)  # momentum 1: the running statistics are this batch's
    found = compare_batch_norm(layer(), norm, inputs)
    np.testing.assert_allclose(found.shift, 0, atol=1e-5)
    np.testing.assert_allclose(found.spread, 1, atol=1e-5)


def test_one_value_has_no_variance():
    found = compare_batch_norm(layer(), nn.BatchNorm1d(2), torch.tensor([[1.0, 2.0]]))
    assert found.mean.tolist() == [1, 2]
    assert np.isnan(found.variance).all()
    assert np.isnan(found.spread).all()


@pytest.mark.parametrize(
    ("module", "inputs", "sentence"),
    [
        (nn.ReLU(), torch.zeros(1, 2), "keeps no running statistics"),
        (nn.BatchNorm2d(2, track_running_stats=False), torch.zeros(1, 2, 1, 1), "keeps no running statistics"),
        (nn.BatchNorm2d(2), torch.zeros(1, 3, 1, 1), "normalises 2 channels; an input of 1×3×1×1 has others"),
    ],
)
def test_what_cannot_be_compared_is_explained(module, inputs, sentence):
    with pytest.raises(LayerError, match=sentence):
        compare_batch_norm(layer(), module, inputs)


# ---------------------------------------------------------------------------------------------------------- correlation


def test_correlation_is_that_of_numpy():
    maps = torch.randn(5, 6, 7, generator=torch.Generator().manual_seed(0))
    maps[1] = -2 * maps[0] + 3
    found = correlate_channels("a", maps)
    np.testing.assert_allclose(found.matrix, np.corrcoef(maps.flatten(1).numpy()), atol=1e-5)
    assert found.matrix[0, 1] == pytest.approx(-1)
    assert found.channels.tolist() == [0, 1, 2, 3, 4]
    assert (found.left_out, found.cells, found.measured, found.estimate) == (0, 42, 42, False)


def test_only_the_strongest_channels():
    maps = torch.stack([scale * torch.tensor([[0.0, 1.0], [2.0, 5.0]]) for scale in (1.0, 5.0, 0.0, 3.0)])
    found = correlate_channels("a", maps, most=2)
    assert found.channels.tolist() == [1, 3]
    assert found.left_out == 2
    np.testing.assert_allclose(found.matrix, 1, atol=1e-6)


def test_constant_and_damaged_maps_have_no_correlation():
    maps = torch.randn(4, 3, 3, generator=torch.Generator().manual_seed(0))
    maps[1] = 2
    maps[2, 0, 0] = torch.inf
    found = correlate_channels("a", maps)
    assert np.isnan(found.matrix[[1, 2]]).all()
    assert np.isnan(found.matrix[:, [1, 2]]).all()
    assert found.matrix[0, 3] == pytest.approx(np.corrcoef(maps[0].ravel(), maps[3].ravel())[0, 1], abs=1e-5)
    assert found.matrix[3, 3] == 1


def test_large_maps_are_compared_on_a_grid_and_it_is_said():
    found = correlate_channels("a", torch.randn(2, 200, 200))
    assert found.estimate
    assert found.measured <= 4096 * 2
    assert found.cells == 40000


def test_single_values_cannot_be_correlated():
    with pytest.raises(LayerError, match='Each channel of "a" has one value'):
        correlate_channels("a", torch.zeros(3))
