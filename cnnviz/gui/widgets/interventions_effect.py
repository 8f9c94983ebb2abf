"""Predictions with and without the interventions, side by side. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnviz.core.arrays import Floats
from cnnviz.core.predictions import probabilities
from cnnviz.gui.widgets.class_bars import ClassRow
from cnnviz.gui.widgets.series_colors import SeriesColors

MOST_ROWS = 5


def compared(after: Floats, before: Floats | None, names: Sequence[str], colors: SeriesColors) -> tuple[ClassRow, ...]:
    """The likeliest classes with and without, those that were or are likelier first. ``before`` None: nothing is
    changed.
    """
    now = probabilities(after)
    then = probabilities(before) if before is not None and len(before) == len(after) else None
    best = now if then is None else np.fmax(now, then)
    ranked = [np.argsort(-each, kind="stable")[:MOST_ROWS] for each in (now, then) if each is not None]
    candidates = np.unique(np.concatenate(ranked))
    classes = candidates[np.argsort(-best[candidates], kind="stable")][:MOST_ROWS].tolist()
    return tuple(
        ClassRow(
            index,
            names[index] if index < len(names) else str(index),
            float(now[index]),
            float(after[index]),
            color,
            None if then is None else float(then[index]),
        )
        for index, color in zip(classes, colors.of(classes), strict=True)
    )
