"""What filters are like: by numpy on the whole, by hand, and on filters made to be alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnnviz.core import filters
from cnnviz.core.errors import LayerError
from cnnviz.core.filters import difference, distance_travelled, filter_order, frequency_response, measure_filters
from cnnviz.core.inside.filters import FilterBank

weights_of_banks = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    elements=st.floats(-100, 100, width=32, allow_subnormal=False),
)


def bank(weights, **options):
    weights = np.asarray(weights, np.float32)
    return FilterBank("layer", "convolution", weights.reshape(*weights.shape, *[1] * (4 - weights.ndim)), **options)


def random_bank(outputs, inputs, side=3, seed=0):
    return bank(np.random.default_rng(seed).normal(size=(outputs, inputs, side, side)))


@settings(max_examples=80, deadline=None)
@given(weights_of_banks)
def test_the_numbers_are_those_of_numpy(weights):
    found = measure_filters(bank(weights))
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    np.testing.assert_allclose(found.l1, np.abs(flat).sum(1), rtol=1e-5, atol=1e-30)
    np.testing.assert_allclose(found.l2, np.linalg.norm(flat, axis=1), rtol=1e-5, atol=1e-30)
    assert found.mean == pytest.approx(flat.mean(), abs=1e-4)
    assert found.deviation == pytest.approx(flat.std(), abs=1e-4)
    assert found.largest == np.abs(flat).max()
    assert found.sparsity == pytest.approx((np.abs(weights) <= np.float32(0.01 * np.abs(flat).max())).mean())
    assert found.histogram.counts.sum() == weights.size
    assert found.not_finite == 0


def test_layers_larger_than_what_is_looked_at_together(monkeypatch):
    large = random_bank(20, 4)
    whole = measure_filters(large)
    monkeypatch.setattr(filters, "_CHUNK", 100)
    parts = measure_filters(large)
    np.testing.assert_allclose(parts.l2, whole.l2)
    assert (parts.mean, parts.deviation) == pytest.approx((whole.mean, whole.deviation))
    assert parts.histogram.counts.tolist() == whole.histogram.counts.tolist()
    np.testing.assert_array_equal(parts.similarity.nearest, whole.similarity.nearest)
    np.testing.assert_allclose(parts.similarity.cosine, whole.similarity.cosine, rtol=1e-5)


def test_weights_that_are_not_finite_are_counted():
    weights = np.ones((3, 1, 2, 2))
    weights[1, 0, 0, 0], weights[2, 0, 1, 1] = np.nan, np.inf
    found = measure_filters(bank(weights))
    assert (found.not_finite, found.mean, found.largest, found.histogram.counts.sum()) == (2, 1, 1, 10)
    assert np.isfinite(found.l2).tolist() == [True, False, False]
    assert found.similarity.nearest.tolist() == [-1, -1, -1]
    nothing = measure_filters(bank(np.full((2, 1, 1, 2), np.nan)))
    assert np.isnan([nothing.mean, nothing.deviation, nothing.largest, nothing.sparsity]).all()
    assert nothing.near_dead.tolist() == []


def test_nearly_dead_filters_weakest_first():
    norms = [1.0, 0.05, 1.2, 0.0, 0.9, 0.11, 1.0]
    weights = np.array(norms)[:, None, None, None] * np.array([0.6, 0.8])[None, :, None, None]
    assert measure_filters(bank(weights)).near_dead.tolist() == [3, 1]


# ----------------------------------------------------------------------------------------------------------- likeness


def test_likeness_is_the_cosine():
    found = measure_filters(random_bank(12, 5)).similarity
    flat = random_bank(12, 5).weights.reshape(12, -1)
    unit = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.testing.assert_allclose(found.matrix, cosines, atol=1e-5)
    np.fill_diagonal(cosines, -2)
    np.testing.assert_array_equal(found.nearest, cosines.argmax(1))
    np.testing.assert_allclose(found.cosine, cosines.max(1), atol=1e-5)
    assert not found.estimate
    assert found.duplicate_count == 0


def test_near_duplicates_the_most_similar_first():
    weights = random_bank(8, 4).weights.copy()
    weights[5] = 3 * weights[1]
    weights[7] = weights[2] + 0.1 * np.random.default_rng(1).normal(size=weights[2].shape)
    weights[6] = -weights[0]  # the opposite is no duplicate
    found = measure_filters(bank(weights)).similarity
    assert found.duplicates.tolist() == [[1, 5], [2, 7]]
    assert found.duplicate_cosine[0] == pytest.approx(1)
    assert 0.95 <= found.duplicate_cosine[1] < 1
    assert found.duplicate_count == 2
    assert (found.nearest[1], found.nearest[5]) == (5, 1)


def test_filters_of_zeros_have_no_direction():
    weights = random_bank(4, 2).weights.copy()
    weights[2] = 0
    found = measure_filters(bank(weights)).similarity
    assert found.nearest[2] == -1
    assert 2 not in found.nearest
    assert np.isnan(found.cosine[2])
    assert np.isnan(found.matrix[2]).all()
    assert found.order.tolist()[-1] == 2


def test_a_chain_of_similar_filters():
    angles = np.radians([0, 90, 10, 100, 20])
    lengths = [2, 1, 1, 1, 1]
    weights = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.array(lengths)[:, None]
    assert measure_filters(bank(weights)).similarity.order.tolist() == [0, 2, 4, 1, 3]


@pytest.mark.parametrize("shape", [(5, 1), (1, 7)])
def test_single_numbers_and_single_filters_are_not_compared(shape):
    assert measure_filters(bank(np.ones(shape))).similarity is None


def test_too_much_to_compare_is_an_estimate_whose_duplicates_are_checked(monkeypatch):
    weights = np.random.default_rng(0).normal(size=(30, 400)).astype(np.float32)
    weights[7] = weights[20]
    weights[9, ::4] = weights[11, ::4]  # alike only where the estimate looks
    monkeypatch.setattr(filters, "_MOST_PRODUCTS", 30 * 30 * 100)
    found = measure_filters(bank(weights)).similarity
    assert found.estimate
    assert found.duplicates.tolist() == [[7, 20]]
    assert found.nearest[9] == 11
    monkeypatch.setattr(filters, "_MOST_PRODUCTS", 30 * 30 * 10)
    assert measure_filters(bank(weights)).similarity is None


def test_the_first_linear_layer_of_vgg_is_compared_in_part():
    numbers = filters._MOST_PRODUCTS // 4096**2
    assert filters._FEWEST_DIMENSIONS < numbers < 25088


# -------------------------------------------------------------------------------------------------- order and distance


def test_orders():
    numbers = measure_filters(bank([[1.0, 0.0], [3.0, 0.1], [2.0, -2.0]]))
    assert filter_order("index", numbers).tolist() == [0, 1, 2]
    assert filter_order("norm", numbers).tolist() == [1, 2, 0]
    assert filter_order("similarity", numbers).tolist() == [1, 0, 2]
    assert filter_order("activation", numbers, np.array([1, np.nan, 5], np.float32)).tolist() == [2, 0, 1]
    assert filter_order("activation", numbers).tolist() == [0, 1, 2]  # not known (any more)


def test_distance_travelled():
    start, now = bank([[3.0, 4.0], [0.0, 0.0], [1.0, 1.0]]), bank([[3.0, 4.0], [0.0, 2.0], [4.0, 5.0]])
    found = distance_travelled(now, start)
    assert found.distance.tolist() == [0, 2, 5]
    np.testing.assert_allclose(found.relative, [0, np.inf, 5 / np.sqrt(2)], rtol=1e-6)
    assert found.order.tolist() == [2, 1, 0]
    np.testing.assert_array_equal(difference(now, start).weights, now.weights - start.weights)
    with pytest.raises(LayerError, match="are 3×2×1×1 now and were 1×2×1×1"):
        distance_travelled(now, bank([[1.0, 2.0]]))


# ---------------------------------------------------------------------------------------------------------- frequencies


@pytest.mark.parametrize("shape", [(3, 3), (1, 5), (7, 2)])
def test_the_frequency_response_is_the_sum_it_stands_for(shape):
    kernel = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = frequency_response(kernel, 8)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    for place, down in enumerate(found.frequencies):
        for across in (0, 3, 6):
            waves = np.exp(-2j * np.pi * (down * rows + found.frequencies[across] * columns))
            assert found.magnitude[place, across] == pytest.approx(abs((kernel * waves).sum()), abs=1e-4)


def test_blur_passes_what_is_slow_and_an_edge_what_is_fast():
    blur = frequency_response(np.full((3, 3), 1 / 9, np.float32), 32)
    edge = frequency_response(np.array([[1, 0, -1]] * 3, np.float32), 32)
    assert blur.frequencies[16] == 0
    assert blur.magnitude[16, 16] == pytest.approx(1)
    assert blur.magnitude.max() == blur.magnitude[16, 16]
    assert edge.magnitude[16, 16] == pytest.approx(0, abs=1e-6)
    assert edge.magnitude[16].argmax() in {8, 24}  # a quarter of a cycle to the cell, across


def test_kernels_larger_than_asked():
    assert frequency_response(np.ones((40, 3), np.float32), 32).magnitude.shape == (40, 40)
