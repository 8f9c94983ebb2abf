"""How a run's state, time and settings are said in the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.values import RunState, RunStatus
from cnnviz.gui.widgets.number_text import percent_text

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainWords", text)


def state_text(state: RunState) -> str:
    return {
        "starting": _tr("Starting"),
        "running": _tr("Training"),
        "paused": _tr("Paused"),
        "finished": _tr("Finished"),
        "stopped": _tr("Stopped"),
        "failed": _tr("Failed"),
    }[state]


def duration_text(seconds: float) -> str:
    """``48 s``, ``3 min 20 s``, ``2 h 5 min``, ``1 d 4 h``: no more digits than can be meant."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return _tr("%1 s").replace("%1", str(whole))
    for size, below, words in (
        (_DAY, _HOUR, _tr("%1 d %2 h")),
        (_HOUR, _MINUTE, _tr("%1 h %2 min")),
        (_MINUTE, 1, _tr("%1 min %2 s")),
    ):
        if whole >= size:
            return words.replace("%1", str(whole // size)).replace("%2", str(whole % size // below))
    raise AssertionError(whole)


def remaining_text(status: RunStatus) -> str:
    """What is left at the pace so far; nothing while nobody can know."""
    if status.remaining is None or status.state != "running":
        return ""
    left = duration_text(status.remaining)
    return _tr("%1 left").replace("%1", left)


def progress_text(status: RunStatus, epochs: int) -> str:
    """Epoch and step, as far as they are known."""
    if not status.total_steps:
        return ""
    words = _tr("epoch %1 of %2 · step %3 of %4")
    return (
        words.replace("%1", f"{min(status.epoch, epochs):.1f}")
        .replace("%2", str(epochs))
        .replace("%3", f"{status.step:,}")
        .replace("%4", f"{status.total_steps:,}")
    )


def pace_text(status: RunStatus) -> str:
    """Pictures a second, and for how long already."""
    parts = []
    if status.images_per_second:
        parts.append(_tr("%1 images/s").replace("%1", f"{status.images_per_second:,.0f}"))
    if status.seconds:
        parts.append(_tr("%1 so far").replace("%1", duration_text(status.seconds)))
    return " · ".join(parts)


def best_text(status: RunStatus) -> str:
    """The best validation accuracy, and where."""
    if status.best_accuracy is None or status.best_step is None:
        return ""
    words = _tr("best validation accuracy %1 at step %2")
    return words.replace("%1", percent_text(status.best_accuracy)).replace("%2", f"{status.best_step:,}")
