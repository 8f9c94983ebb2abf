"""The learning rate as a function of the step alone, so that it is drawn before a run and exact after a resume."""

from __future__ import annotations

import math

from cnnviz.core.training.values import ScheduleChoice

_ONE_CYCLE_START = 25.0  # times below the highest rate, as Smith and Topin (2018) and PyTorch have it


def rate_factor(schedule: ScheduleChoice, step: int, total_steps: int, steps_per_epoch: int) -> float:
    """What the learning rate is multiplied by for the step after ``step`` others; 1 is the highest."""
    progress = min(1.0, step / max(1, total_steps - 1))
    factor = {
        "constant": lambda: 1.0,
        "step": lambda: schedule.factor ** math.floor(step / max(1.0, schedule.epochs * steps_per_epoch)),
        "cosine": lambda: _cosine(1.0, schedule.final, progress),
        "one-cycle": lambda: _one_cycle(schedule, progress),
    }[schedule.name]()
    warmup_steps = schedule.warmup * steps_per_epoch
    return factor * min(1.0, (step + 1) / warmup_steps) if warmup_steps >= 1 else factor


def _one_cycle(schedule: ScheduleChoice, progress: float) -> float:
    if progress < schedule.rise:
        return _cosine(1 / _ONE_CYCLE_START, 1.0, progress / schedule.rise)
    return _cosine(1.0, schedule.final, (progress - schedule.rise) / (1 - schedule.rise))


def _cosine(start: float, end: float, progress: float) -> float:
    """Half a cosine from ``start`` to ``end`` while ``progress`` goes from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2
