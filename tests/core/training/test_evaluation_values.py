"""Confusion matrix, scores and calibration: by hand and by a plain second version."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.evaluation_values import (
    Answers,
    RunEvaluation,
    calibration_error,
    cell,
    class_scores,
    confusion_matrix,
    mistakes,
    read_evaluation,
    reliability,
    write_evaluation,
)

ANSWERS = Answers((4, 2, 9, 7), ("d", "b", "j", "h"), (0, 0, 1, 1), (0, 1, 0, 0), (0.9, 0.6, 0.7, 0.8))

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=60)


def test_a_confusion_matrix_by_hand():
    labels, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    confusion = confusion_matrix(labels, predicted, 3)
    assert confusion.tolist() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    first, second, third = class_scores(confusion, ("a", "b", "c"))
    assert (first.precision, first.recall, first.f1, first.accuracy) == (1, 2 / 3, pytest.approx(0.8), 5 / 6)
    assert (second.precision, second.recall, second.support, second.accuracy) == (0.5, 0.5, 2, 4 / 6)
    assert (third.precision, third.recall) == (0.5, 1)


@given(pairs)
def test_scores_are_what_counting_says(found):
    labels, predicted = (np.array([pair[side] for pair in found], np.int64) for side in (0, 1))
    for index, score in enumerate(class_scores(confusion_matrix(labels, predicted, 4), "abcd")):
        is_class, said = [a == index for a, _ in found], [b == index for _, b in found]
        hits = sum(a and b for a, b in zip(is_class, said, strict=True))
        assert score.support == sum(is_class)
        assert score.recall == (hits / sum(is_class) if any(is_class) else None)
        assert score.precision == (hits / sum(said) if any(said) else None)
        right = sum(a == b for a, b in zip(is_class, said, strict=True))
        assert score.accuracy == (right / len(found) if found else None)


def test_calibration_by_hand():
    probability = np.array([0.1, 0.2, 0.95, 1.0])
    bins = reliability(probability, np.array([False, True, True, True]), bins=5)
    assert [each.count for each in bins] == [2, 0, 0, 0, 2]
    assert (bins[0].confidence, bins[0].accuracy) == (pytest.approx(0.15), 0.5)
    assert (bins[1].confidence, bins[1].accuracy) == (None, None)
    assert calibration_error(bins) == pytest.approx((2 * 0.35 + 2 * 0.025) / 4)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_calibration_is_what_a_loop_says(answers):
    probability, right = np.array([each for each, _ in answers]), np.array([each for _, each in answers])
    total = 0.0
    for index in range(15):
        inside = [
            row
            for row, value in enumerate(probability)
            if (index / 15 < value * 1.0 <= (index + 1) / 15) or (index == 0 and value == 0)
        ]
        if inside:
            total += len(inside) * abs(probability[inside].mean() - right[inside].mean())
    bins = reliability(probability, right)
    assert sum(each.count for each in bins) == len(answers)
    edges = any(abs(value * 15 - round(value * 15)) < 1e-9 for value in probability)  # where rounding may decide
    assert edges or calibration_error(bins) == pytest.approx(total / len(answers))


def test_pictures_of_a_cell_and_mistakes_come_most_confident_first():
    assert [(each.index, each.key, each.probability) for each in cell(ANSWERS, 1, 0)] == [(7, "h", 0.8), (9, "j", 0.7)]
    assert [each.key for each in mistakes(ANSWERS)] == ["h", "j", "b"]
    assert [each.key for each in mistakes(ANSWERS, most=1)] == ["h"]
    assert cell(ANSWERS, 1, 1) == ()


@pytest.fixture
def evaluation():
    confusion = confusion_matrix(np.array(ANSWERS.labels), np.array(ANSWERS.predicted), 2)
    rows = tuple(tuple(row) for row in confusion.tolist())
    scores = class_scores(confusion, ("a", "b"))
    return RunEvaluation(7, "test", ("a", "b"), 0.5, 0.25, None, rows, scores, (), 0.1, mistakes(ANSWERS), ANSWERS)


def test_an_evaluation_is_read_as_it_was_written(tmp_path, evaluation):
    assert read_evaluation(tmp_path) is None
    assert write_evaluation(tmp_path, evaluation) == tmp_path / "evaluation.json"
    assert read_evaluation(tmp_path) == evaluation


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("confusion", [[1, 2]], "contradicts itself"),
        ("classes", ["a"], "contradicts itself"),
        ("step", "seven", "it must be a whole number"),
    ],
)
def test_a_damaged_evaluation_is_refused(tmp_path, evaluation, place, value, words):
    file = write_evaluation(tmp_path, evaluation)
    content = json.loads(file.read_text()) | {place: value}
    file.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match=words):
        read_evaluation(tmp_path)


def test_columns_of_different_lengths_are_refused(tmp_path, evaluation):
    file = write_evaluation(tmp_path, evaluation)
    content = json.loads(file.read_text())
    content["answers"]["keys"].pop()
    file.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match="contradicts itself"):
        read_evaluation(tmp_path)
