"""Evaluates a checkpoint of a run: what it answers for every picture of a split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.errors import CancelledError
from cnnviz.core.networks.download import Cancelled, OnProgress, ignore_progress, never_cancelled
from cnnviz.core.training.errors import ConfigurationError, DataError
from cnnviz.core.training.evaluation import evaluation_mode
from cnnviz.core.training.evaluation_values import (
    Answers,
    RunEvaluation,
    calibration_error,
    class_scores,
    confusion_matrix,
    mistakes,
    reliability,
    write_evaluation,
)
from cnnviz.core.training.live_weights import Moment, load_run_weights
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.task import Task, lone_world, make_task
from cnnviz.core.training.values import RunConfiguration, Split

_LARGEST_BATCH = 250


def evaluate_run(
    run: Path | str,
    *,
    moment: Moment = "latest",
    split: Split = "validation",
    data_root: str = "",
    device: str = "",
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> RunEvaluation:
    """Also kept as evaluation.json in the run's folder. ``data_root``: where the data is now, if it was moved.

    Raises RunError, DataError, CheckpointError or ConfigurationError (no such split), or CancelledError.
    """
    tell, stop = on_progress or ignore_progress, cancelled or never_cancelled
    configuration = _configuration(RunFolder(Path(run)).read_configuration(), data_root, device)
    task = make_task(configuration, lone_world(configuration), on_progress=tell, cancelled=stop)
    if split not in task.data.splits:
        known = ", ".join(task.data.splits)
        raise ConfigurationError(f"{task.data.title} has no {split} pictures: choose one of {known}.")
    step = load_run_weights(task.module, run, moment)
    evaluation = _evaluated(_answered(task, split, tell, stop), task, step, split)
    write_evaluation(run, evaluation)
    return evaluation


def _configuration(configuration: RunConfiguration, data_root: str, device: str) -> RunConfiguration:
    data = replace(configuration.data, root=data_root or configuration.data.root, download=False)
    return replace(configuration, data=data, device=device or configuration.device, precision="full")


@dataclass(frozen=True, eq=False)
class _Answered:
    """``positions`` and ``labels`` of the readable pictures; ``best``: their five most probable classes."""

    positions: Tensor
    labels: Tensor
    best: Tensor
    probability: Tensor
    loss: float
    asked: int


def _answered(task: Task, name: Split, tell: OnProgress, stop: Cancelled) -> _Answered:
    split, device = task.data.splits[name], task.world.device
    wanted = torch.split(split.kept, min(_LARGEST_BATCH, 2 * task.configuration.batch_size))
    found: list[tuple[Tensor, Tensor]] = []
    with evaluation_mode(task.module), torch.inference_mode():
        for number, batch in enumerate(split.pictures.batches(wanted, device)):
            if stop():
                raise CancelledError("The evaluation was cancelled.")
            rows = wanted[number] if batch.rows is None else wanted[number][batch.rows]
            if len(rows):
                found.append((rows, task.module(task.normaliser(batch.pictures)).float().cpu()))
            tell(f"Evaluating {name}", (number + 1) / len(wanted))
    if not found:
        raise DataError(f"No {name} picture of {task.data.title} can be read: is its folder still there?")
    positions, logits = (torch.cat(each) for each in zip(*found, strict=True))
    return _told(task.objective.loss, positions, split.labels[positions], logits, len(split.kept), device)


def _told(
    loss: Callable[[Tensor, Tensor, Tensor | float], Tensor],
    positions: Tensor,
    labels: Tensor,
    logits: Tensor,
    asked: int,
    device: torch.device,
) -> _Answered:
    mean = float(loss(logits.to(device), labels.to(device), float(len(labels))))
    probabilities = logits.double().softmax(1)
    probability, best = probabilities.topk(min(5, probabilities.shape[1]), dim=1)
    return _Answered(positions, labels, best, probability[:, 0], mean, asked)


def _evaluated(found: _Answered, task: Task, step: int, split: Split) -> RunEvaluation:
    labels, predicted = found.labels.numpy(), found.best[:, 0].numpy()
    classes = task.data.classes
    confusion = confusion_matrix(labels, predicted, len(classes))
    bins = reliability(found.probability.numpy(), labels == predicted)
    answers = _answers(found, task, split)
    in_five = (found.best == found.labels[:, None]).any(1).double().mean()
    return RunEvaluation(
        step=step,
        split=split,
        classes=classes,
        loss=found.loss,
        accuracy=float(np.mean(labels == predicted)),
        top5=float(in_five) if len(classes) > 5 else None,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        scores=class_scores(confusion, classes),
        reliability=tuple(bins),
        calibration_error=calibration_error(bins),
        mistakes=mistakes(answers),
        answers=answers,
        root=task.data.root,
        unreadable=found.asked - len(labels),
    )


def _answers(found: _Answered, task: Task, split: Split) -> Answers:
    pictures = task.data.splits[split]
    positions = found.positions.tolist()
    return Answers(
        tuple(positions),
        tuple(pictures.key_of(each) for each in positions),
        tuple(found.labels.tolist()),
        tuple(found.best[:, 0].tolist()),
        tuple(found.probability.tolist()),
    )
