"""Loss and accuracy on pictures that are not trained on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cnnviz.core.training.task import Task
from cnnviz.core.training.values import Evaluation, Split

_LARGEST_BATCH = 1000


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Dropout and batch statistics off; afterwards every module is as it was, a frozen batch norm frozen."""
    found = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for each, training in found:
            each.training = training


def evaluate(task: Task, name: Split) -> Evaluation:
    """Over all processes. Unreadable pictures are left out."""
    split = task.data.splits[name]
    size = min(_LARGEST_BATCH, 2 * task.configuration.batch_size)
    own = split.kept[task.world.share(len(split.kept))]
    batches = torch.split(own, size)
    sums = torch.zeros(4, device=task.world.device, dtype=_wide(task.world.device))
    with evaluation_mode(task.module), torch.inference_mode():
        for positions, batch in zip(batches, split.pictures.batches(batches, task.world.device), strict=True):
            rows = positions if batch.rows is None else positions[batch.rows]
            if len(rows):
                sums += _sums(task, task.normaliser(batch.pictures), split.labels[rows].to(sums.device))
    loss, weight, correct, count = task.world.total(sums).tolist()
    return Evaluation(loss / weight if weight else math.nan, correct / count if count else math.nan)


def _sums(task: Task, inputs: Tensor, labels: Tensor) -> Tensor:
    """Loss, what it is divided by, right answers and answers."""
    logits = task.module(inputs)
    correct = (logits.argmax(1) == labels).sum()
    numbers = (task.objective.loss(logits, labels, 1.0), task.objective.weight_of(labels), correct, len(labels))
    return torch.stack([torch.as_tensor(each, device=labels.device) for each in numbers])


def _wide(device: torch.device) -> torch.dtype:
    return torch.float32 if device.type == "mps" else torch.float64
