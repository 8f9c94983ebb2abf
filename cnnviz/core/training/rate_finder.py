"""Which learning rate to begin with: the range test of Smith (2015)."""

from __future__ import annotations

import copy
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from cnnviz.core.networks.download import Cancelled, never_cancelled
from cnnviz.core.training.rate_values import RateCurve, RateNews, RatePreparing, RateSource, RateStep
from cnnviz.core.training.task import Task
from cnnviz.core.training.trainer import Preparing, Progress, StepDone, Trainer
from cnnviz.core.training.values import Recording, ScheduleChoice

_SMOOTHING = 0.9
_DIVERGED = 4.0  # times the lowest loss: no use in going on
_FIRST = 20  # steps in which rates so low change nothing: what their losses differ in is noise
_NOISE = 4.0  # times the noise of the smoothed loss: what chance hardly ever does in a hundred steps
_LEFT = math.sqrt((1 - _SMOOTHING) / (1 + _SMOOTHING))  # of a loss's noise after smoothing
_TURNED = 1.1  # times the lowest loss at the end: it had begun to rise
_MARGIN = 10.0  # the lowest loss is at the edge of what is stable
_REACH = 5  # steps to either side of which a slope is taken: smoothing leaves noise from step to step


def find_learning_rate(
    task: Task,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 120,
    tell: Callable[[RateNews], None] | None = None,
    cancelled: Cancelled = never_cancelled,
) -> RateCurve:
    """Trains ``steps`` steps while the rate grows from ``low`` to ``high``; the task is left as it was.

    Ends before, where the loss has multiplied. What is frozen when training begins is frozen all the time.
    """
    rates = [low * (high / low) ** (index / (steps - 1)) for index in range(steps)]
    before, seen = _Undo(task), list[RateStep]()
    try:
        for step in _losses(task, rates, tell or _ignore):
            seen.append(step)
            if cancelled() or step.smoothed > _DIVERGED * min(each.smoothed for each in seen):
                break
    finally:
        before.restore(task)
    return curve_of(seen)


def _ignore(_news: RateNews) -> None:
    """Nobody watches."""


def curve_of(steps: Sequence[RateStep]) -> RateCurve:
    """What these steps say of the rate to begin with."""
    rates, losses = [each.rate for each in steps], [each.smoothed for each in steps]
    raw = [each.loss for each in steps]
    suggestion, source = _suggestion(rates, losses) if _fell(raw, losses) else (None, "")
    return RateCurve(tuple(rates), tuple(losses), tuple(raw), suggestion, source)


class _Undo:
    """Everything that steps of training change."""

    def __init__(self, task: Task) -> None:
        self._weights = copy.deepcopy(task.module.state_dict())
        self._optimizer = copy.deepcopy(task.optimizer.state_dict())
        self._modes = [(each, each.training) for each in task.module.modules()]
        self._learning = [(each, each.requires_grad) for each in task.module.parameters()]
        self._generators = (task.generator.get_state(), torch.get_rng_state())

    def restore(self, task: Task) -> None:
        task.module.load_state_dict(self._weights)
        task.optimizer.load_state_dict(self._optimizer)
        task.optimizer.zero_grad()
        task.generator.set_state(self._generators[0])
        torch.set_rng_state(self._generators[1])
        for layer, training in self._modes:
            layer.training = training
        for parameter, learns in self._learning:
            parameter.requires_grad_(learns)


def _losses(task: Task, rates: list[float], tell: Callable[[RateNews], None]) -> Iterator[RateStep]:
    """As long as they are finite; each was told."""
    smoothed = 0.0
    for number, loss in enumerate(_trained(task, rates, tell)):
        smoothed = _SMOOTHING * smoothed + (1 - _SMOOTHING) * loss
        if not math.isfinite(smoothed):
            return
        unbiased = smoothed / (1 - _SMOOTHING ** (number + 1))
        step = RateStep(number + 1, len(rates), rates[number], loss, unbiased)
        tell(step)
        yield step


def _trained(task: Task, rates: list[float], tell: Callable[[RateNews], None]) -> Iterator[float]:
    """The loss of a step at each rate, before that step."""
    constant = replace(task.configuration, schedule=ScheduleChoice(), recording=Recording(layers=0))
    trainer = Trainer(replace(task, configuration=constant), Progress(clipping=constant.gradient_clipping))
    steps = _endless(trainer, tell)
    for rate in rates:
        trainer.progress.rate = rate
        next(steps)
        yield trainer.means.take()[0]


def _endless(trainer: Trainer, tell: Callable[[RateNews], None]) -> Iterator[StepDone]:
    """The first epoch again and again: a later one may thaw what is frozen."""
    while True:
        for each in trainer.epoch_steps():
            if isinstance(each, Preparing):
                tell(RatePreparing(each.sentence, each.fraction))
            elif isinstance(each, StepDone):
                yield each
        trainer.progress.step = 0


def _fell(raw: Sequence[float], losses: Sequence[float]) -> bool:
    """Whether the smoothed loss came lower than the noise of the first steps explains."""
    if len(losses) <= _FIRST:
        return False
    first = raw[:_FIRST]
    return min(losses[_FIRST:]) < statistics.mean(first) - _NOISE * _LEFT * statistics.stdev(first)


def _suggestion(rates: Sequence[float], losses: Sequence[float]) -> tuple[float | None, RateSource]:
    """A tenth of the rate where the loss was lowest, if it rose after that; else where it fell fastest."""
    lowest = losses.index(min(losses[_FIRST:]), _FIRST)
    if losses[-1] > _TURNED * losses[lowest]:
        return rates[lowest] / _MARGIN, "before-divergence"
    return rates[_steepest(losses[: lowest + 1])], "steepest-descent"


def _steepest(losses: Sequence[float]) -> int:
    """Where the loss falls fastest over equal steps of the rate's logarithm."""
    last = len(losses) - 1

    def slope(index: int) -> float:
        left, right = max(0, index - _REACH), min(last, index + _REACH)
        return (losses[right] - losses[left]) / max(1, right - left)

    return min(range(len(losses)), key=slope)
