"""Softmax against the textbook, torch, and its limits."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.predictions import probabilities, softmax, top_k

logit_lists = st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=20)


def array(*logits):
    return np.array(logits, np.float32)


def test_softmax_by_hand():
    assert softmax(array(0, math.log(3))) == pytest.approx([0.25, 0.75])
    assert softmax(array(0, math.log(3)), 0.5) == pytest.approx([0.1, 0.9])


@given(logit_lists, st.floats(0.01, 100))
def test_softmax_equals_torch(logits, temperature):
    expected = torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, dim=0).numpy()
    assert softmax(np.array(logits, np.float32), temperature) == pytest.approx(expected, abs=1e-12)


@given(logit_lists, st.sampled_from([0.0, 5e-324, 1e-300, 1e-9, 1.0, 1e9, 1e308, math.inf]))
def test_probabilities_sum_to_one_at_every_temperature(logits, temperature):
    found = softmax(np.array(logits, np.float32), temperature)
    assert found.sum() == pytest.approx(1)
    assert found.min() >= 0


def test_temperature_zero_is_one_hot_and_shares_ties():
    assert softmax(array(1, 3, 2), 0).tolist() == [0, 1, 0]
    assert softmax(array(3, 1, 3, 2), 0).tolist() == [0.5, 0, 0.5, 0]
    assert softmax(array(1, 3, 2), 1e-9) == pytest.approx([0, 1, 0])


def test_infinite_temperature_is_uniform():
    assert softmax(array(-50, 0, 7, 1000), math.inf).tolist() == [0.25] * 4
    assert softmax(array(-50, 0, 7, 1000), 1e12) == pytest.approx([0.25] * 4)


def test_large_logits_do_not_overflow():
    assert softmax(array(3e38, -3e38, 3e38)).tolist() == [0.5, 0, 0.5]


@pytest.mark.parametrize("temperature", [0, 1e-3, 1, 1e3, math.inf])
def test_an_excluded_class_has_no_probability(temperature):
    found = softmax(array(-math.inf, 2, 2), temperature)
    assert found.tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize("logits", [(math.nan, 1), (math.inf, 1), (math.inf, math.inf), (-math.inf, -math.inf)])
@pytest.mark.parametrize("temperature", [0, 1, math.inf])
def test_what_is_undefined_is_not_made_up(logits, temperature):
    assert np.isnan(softmax(array(*logits), temperature)).all()


@pytest.mark.parametrize("temperature", [-1, -1e-9, math.nan])
def test_an_impossible_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="0 or more, not"):
        softmax(array(1, 2), temperature)


def test_each_row_of_a_history_is_its_own():
    found = softmax(np.array([[0, 0], [0, 1000]], np.float32))
    assert found.tolist() == [[0.5, 0.5], [0, 1]]


def test_no_classes():
    assert softmax(array()).shape == (0,)
    assert top_k(array(), 5).indices.size == 0


def test_one_output_is_a_sigmoid():
    assert probabilities(array(0)).tolist() == [0.5]
    assert probabilities(array(math.log(3))) == pytest.approx([0.75])
    assert probabilities(array(-2), 0).tolist() == [0]
    assert probabilities(array(2), math.inf).tolist() == [0.5]
    assert probabilities(np.array([[0], [1000]], np.float32)).tolist() == [[0.5], [1]]


def test_top_k_with_ties_and_nan():
    found = top_k(array(1, 5, 5, -2, 3), 4)
    assert found.indices.tolist() == [1, 2, 4, 0]
    assert found.logits.tolist() == [5, 5, 3, 1]
    assert found.probabilities == pytest.approx(softmax(array(1, 5, 5, -2, 3))[[1, 2, 4, 0]])
    damaged = top_k(array(math.nan, 2, 7), 3)
    assert damaged.indices.tolist() == [2, 1, 0]
    assert np.isnan(damaged.probabilities).all()


@given(logit_lists, st.integers(-1, 30), st.floats(0, 10))
def test_top_k_equals_torch(logits, k, temperature):
    found = top_k(np.array(logits, np.float32), k, temperature)
    expected = torch.tensor(logits).topk(min(max(k, 0), len(logits))).values.tolist()
    assert found.logits.tolist() == expected
    assert np.all(np.diff(found.probabilities) <= 0)


def test_top_k_of_one_output():
    found = top_k(array(math.log(3)), 5)
    assert found.indices.tolist() == [0]
    assert found.probabilities == pytest.approx([0.75])
