"""What is known of a checkpoint after it answered for every picture of a split: for a dock, as JSON, without torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.ordinary_file import read_ordinary
from cnnviz.core.training.errors import ConfigurationError, RunError
from cnnviz.core.training.run_folder import RunFolder, replace_file
from cnnviz.core.training.strict_json import read_text, write_text
from cnnviz.core.training.values import Split

BINS: Final = 15
"""Of the reliability diagram, as Guo et al. (2017) have it."""

MOST_MISTAKES: Final = 100

_LARGEST_FILE = 1 << 30


@dataclass(frozen=True)
class ClassScore:
    """One class against all others. ``accuracy``: right decisions of all; NaN → None where nothing can be said."""

    name: str
    support: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers whose probability is above ``low`` and at most ``high``; their mean probability, and how many are right.

    None where there is no such answer.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Answers:
    """A value a picture, in the same order. ``positions``: in the split. ``keys``: what an edit list calls them.

    ``labels`` and ``predicted`` are numbers of classes, ``probability`` is that of the predicted one.
    """

    positions: tuple[int, ...]
    keys: tuple[str, ...]
    labels: tuple[int, ...]
    predicted: tuple[int, ...]
    probability: tuple[float, ...]


@dataclass(frozen=True)
class Answer:
    """Of one picture. ``index``: its position in the split."""

    index: int
    key: str
    label: int
    predicted: int
    probability: float


@dataclass(frozen=True)
class RunEvaluation:
    """``confusion``: rows are true classes, columns predicted ones. ``calibration_error``: mean gap between confidence
    and accuracy over the bins (ECE). ``top5``: None with fewer than six classes. ``mistakes``: most confident first.
    """

    step: int
    split: Split
    classes: tuple[str, ...]
    loss: float
    accuracy: float
    top5: float | None
    confusion: tuple[tuple[int, ...], ...]
    scores: tuple[ClassScore, ...]
    reliability: tuple[ReliabilityBin, ...]
    calibration_error: float
    mistakes: tuple[Answer, ...]
    answers: Answers
    root: str = ""
    unreadable: int = 0


# ---------------------------------------------------------------------------------------------------------- arithmetic


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Rows are true classes."""
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def class_scores(confusion: NDArray[np.int64], names: Sequence[str]) -> tuple[ClassScore, ...]:
    """Each class against all others."""
    total = int(confusion.sum())
    return tuple(_score(name, index, confusion, total) for index, name in enumerate(names))


def _score(name: str, index: int, confusion: NDArray[np.int64], total: int) -> ClassScore:
    hits, support = int(confusion[index, index]), int(confusion[index].sum())
    answered = int(confusion[:, index].sum())
    return ClassScore(
        name,
        support,
        _share(total - support - answered + 2 * hits, total),
        _share(hits, answered),
        _share(hits, support),
        _share(2 * hits, support + answered),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def reliability(probability: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> list[ReliabilityBin]:
    """Bins of equal width."""
    places = np.clip(np.ceil(probability * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    sums = np.bincount(places, probability, minlength=bins), np.bincount(places, right, minlength=bins)
    means = [total / np.maximum(counts, 1) for total in sums]
    return [
        ReliabilityBin(
            index / bins,
            (index + 1) / bins,
            int(count),
            float(means[0][index]) if count else None,
            float(means[1][index]) if count else None,
        )
        for index, count in enumerate(counts)
    ]


def calibration_error(bins: Iterable[ReliabilityBin]) -> float:
    """Expected calibration error: gaps weighed by how many answers are in the bin."""
    filled = [each for each in bins if each.confidence is not None and each.accuracy is not None]
    gaps = sum(each.count * abs((each.confidence or 0.0) - (each.accuracy or 0.0)) for each in filled)
    return gaps / max(1, sum(each.count for each in filled))


def cell(answers: Answers, label: int, predicted: int, most: int | None = None) -> tuple[Answer, ...]:
    """The pictures in one cell of the confusion matrix, the most confident first."""
    rows = [
        row
        for row, pair in enumerate(zip(answers.labels, answers.predicted, strict=True))
        if pair == (label, predicted)
    ]
    return tuple(_answer(answers, row) for row in _by_confidence(answers, rows)[:most])


def mistakes(answers: Answers, most: int = MOST_MISTAKES) -> tuple[Answer, ...]:
    """Wrong answers, the most confident first."""
    pairs = zip(answers.labels, answers.predicted, strict=True)
    wrong = [row for row, (label, predicted) in enumerate(pairs) if label != predicted]
    return tuple(_answer(answers, row) for row in _by_confidence(answers, wrong)[:most])


def _by_confidence(answers: Answers, rows: Sequence[int]) -> list[int]:
    return sorted(rows, key=lambda row: -answers.probability[row])


def _answer(answers: Answers, row: int) -> Answer:
    return Answer(
        answers.positions[row],
        answers.keys[row],
        answers.labels[row],
        answers.predicted[row],
        answers.probability[row],
    )


# ----------------------------------------------------------------------------------------------------------------- file


def write_evaluation(run: Path | str, evaluation: RunEvaluation) -> Path:
    """evaluation.json in the run's folder. Raises RunError."""
    file = RunFolder(Path(run)).evaluation
    try:
        replace_file(file, write_text(evaluation))
    except OSError as error:
        raise RunError(f"{file} cannot be written: {error.strerror}.", details=str(error)) from error
    return file


def read_evaluation(run: Path | str) -> RunEvaluation | None:
    """None where the run was not evaluated. Raises ConfigurationError or RunError: damaged, or unreadable."""
    file = RunFolder(Path(run)).evaluation
    try:
        content = read_ordinary(file, _LARGEST_FILE)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(
            f"{file} cannot be read: {error.strerror}. Evaluate the run again.", details=str(error)
        ) from error
    return _consistent(read_text(RunEvaluation, content.decode("utf-8", errors="replace"), file.name), file.name)


def _consistent(found: RunEvaluation, name: str) -> RunEvaluation:
    """Every class number names a class, all columns are equally long."""
    answers, classes = found.answers, len(found.classes)
    columns = (answers.positions, answers.keys, answers.labels, answers.predicted, answers.probability)
    square = len(found.confusion) == classes and all(len(row) == classes for row in found.confusion)
    numbers = (*answers.labels, *answers.predicted)
    if len({len(each) for each in columns}) > 1 or not square or not all(0 <= each < classes for each in numbers):
        raise ConfigurationError(f"{name} contradicts itself: evaluate the run again.")
    return found
