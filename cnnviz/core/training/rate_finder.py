"""Which learning rate to begin with: the range test of Smith (2015)."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import replace

import torch

from cnnviz.core.training.task import Task
from cnnviz.core.training.trainer import Progress, StepDone, Trainer
from cnnviz.core.training.values import RateCurve, Recording, ScheduleChoice

_SMOOTHING = 0.9
_DIVERGED = 4.0  # times the lowest loss: no use in going on
_MARGIN = 10.0  # the lowest loss is at the edge of what is stable


def find_learning_rate(task: Task, *, low: float = 1e-6, high: float = 1.0, steps: int = 100) -> RateCurve:
    """Trains ``steps`` steps while the rate grows from ``low`` to ``high``; the task is left as it was.

    Ends before, where the loss has multiplied.
    """
    rates = [low * (high / low) ** (index / (steps - 1)) for index in range(steps)]
    found = _Undo(task)
    try:
        losses = _losses(task, rates)
    finally:
        found.restore(task)
    return RateCurve(tuple(rates[: len(losses)]), tuple(losses), _suggestion(rates, losses))


class _Undo:
    """Everything that steps of training change."""

    def __init__(self, task: Task) -> None:
        self._weights = copy.deepcopy(task.module.state_dict())
        self._optimizer = copy.deepcopy(task.optimizer.state_dict())
        self._modes = [(each, each.training) for each in task.module.modules()]
        self._generators = (task.generator.get_state(), torch.get_rng_state())

    def restore(self, task: Task) -> None:
        task.module.load_state_dict(self._weights)
        task.optimizer.load_state_dict(self._optimizer)
        task.optimizer.zero_grad()
        task.generator.set_state(self._generators[0])
        torch.set_rng_state(self._generators[1])
        for each, training in self._modes:
            each.training = training


def _losses(task: Task, rates: list[float]) -> list[float]:
    smoothed, found = 0.0, list[float]()
    for number, loss in enumerate(_trained(task, rates)):
        smoothed = _SMOOTHING * smoothed + (1 - _SMOOTHING) * loss
        unbiased = smoothed / (1 - _SMOOTHING ** (number + 1))
        if not math.isfinite(unbiased) or (found and unbiased > _DIVERGED * min(found)):
            break
        found.append(unbiased)
    return found


def _trained(task: Task, rates: list[float]) -> Iterator[float]:
    """The loss of a step at each rate, before that step."""
    constant = replace(task.configuration, schedule=ScheduleChoice(), recording=Recording(layers=0))
    trainer = Trainer(replace(task, configuration=constant), Progress(clipping=constant.gradient_clipping))
    steps = _endless(trainer)
    for rate in rates:
        trainer.progress.rate = rate
        next(steps)
        yield trainer.means.take()[0]


def _endless(trainer: Trainer) -> Iterator[StepDone]:
    while True:
        yield from (each for each in trainer.epoch_steps() if isinstance(each, StepDone))
        trainer.progress.epochs += 1


def _suggestion(rates: list[float], losses: list[float]) -> float | None:
    """A tenth of the rate where the loss was lowest; None where it never fell by a twentieth."""
    if not losses or min(losses) > 0.95 * losses[0]:
        return None
    return rates[losses.index(min(losses))] / _MARGIN
