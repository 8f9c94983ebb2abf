"""How checkpoints, and what became of a channel from one to the next, are said in the window. Free of Qt's widgets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication

from cnnviz.core.arrays import Floats
from cnnviz.core.training.values import RunStatus
from cnnviz.gui.widgets.placeholders import filled


def _tr(text: str) -> str:
    return QCoreApplication.translate("CheckpointsWords", text)


def step_text(step: int, status: RunStatus) -> str:
    """``step 468 · epoch 1.0``."""
    words = filled(_tr("step %1"), f"{step:,}")
    if not status.steps_per_epoch:
        return words
    return f"{words} · {filled(_tr('epoch %1'), f'{step / status.steps_per_epoch:.2f}')}"


def life_text(channel: int, steps: Sequence[int], highest: Floats) -> str:
    """``highest`` of this channel at each of ``steps``: whether it was born, died, or came and went."""
    fires = np.asarray(highest) > 0
    name = filled(_tr("channel %1"), channel)
    if fires.all():
        return filled(_tr("%1 fires at every checkpoint"), name)
    if not fires.any():
        return filled(_tr("%1 fires at none: dead from the start, for this picture"), name)
    changes = np.flatnonzero(np.diff(fires.astype(np.int8)))
    if len(changes) > 1:
        return filled(_tr("%1 fires at %2 of %3 checkpoints"), name, int(fires.sum()), len(steps))
    place = f"{steps[int(changes[0]) + 1]:,}"
    return filled(_tr("%1 was born by step %2") if fires[-1] else _tr("%1 died by step %2"), name, place)


def dead_text(steps: Sequence[int], highest: Floats) -> str:
    """How many channels do not fire, at the first and at the last checkpoint."""
    if not len(steps):
        return ""
    dead = (np.asarray(highest) <= 0).sum(1)
    return filled(_tr("dead channels: %1 → %2 of %3"), dead[0], dead[-1], np.shape(highest)[1])
