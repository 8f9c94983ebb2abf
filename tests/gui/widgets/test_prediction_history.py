"""The last seconds of logits: thinned, bounded, and right at any temperature."""

import math

import numpy as np
import pytest

from cnnviz.gui.widgets.prediction_history import ROWS_PER_SECOND, SECONDS, PredictionHistory


def softmax(logits):
    weights = [math.exp(logit) for logit in logits]
    return [weight / sum(weights) for weight in weights]


def filled(times, logits):
    history = PredictionHistory(len(logits[0]))
    history.append(np.array(times), np.array(logits, np.float32))
    return history


def test_probabilities_of_chosen_classes_over_time():
    history = filled([1.0, 2.0], [[0, 1, 2], [3, 1, 0]])
    times, lines = history.lines([2, 0])
    assert times.tolist() == [1.0, 2.0]
    expected = [softmax([0, 1, 2]), softmax([3, 1, 0])]
    np.testing.assert_allclose(lines, [[row[2], row[0]] for row in expected], rtol=1e-6)


def test_rows_closer_than_the_plot_can_show_are_left_out():
    times = np.arange(1000) / 1000
    history = filled(times, np.zeros((1000, 2)))
    shown, _ = history.lines([0])
    assert len(shown) <= ROWS_PER_SECOND + 2
    assert np.diff(shown).min() >= 1 / ROWS_PER_SECOND - 2e-3


def test_rows_at_the_paint_rate_are_all_kept():
    history = filled(np.arange(90) / 30, np.zeros((90, 2)))
    assert len(history.lines([0])[0]) == 90


def test_old_rows_go_and_the_ring_turns():
    history = filled(np.arange(2000) / 20, np.repeat(np.arange(2000)[:, None] / 1000, 2, axis=1) * [0, 1])
    times, lines = history.lines([1])
    assert times[-1] == pytest.approx(1999 / 20)
    assert times[0] >= times[-1] - SECONDS
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(lines[-1, 0], softmax([0, 1.999])[1], rtol=1e-5)


def test_another_temperature_is_applied_to_the_past():
    history = filled([0.0], [[2, 0]])
    history.set_temperature(0.0)
    assert history.lines([0, 1])[1].tolist() == [[1, 0]]
    history.set_temperature(math.inf)
    assert history.lines([0, 1])[1].tolist() == [[0.5, 0.5]]


def test_an_empty_history_has_no_lines():
    times, lines = PredictionHistory(3).lines([0, 2])
    assert times.shape == (0,)
    assert lines.shape == (0, 2)
