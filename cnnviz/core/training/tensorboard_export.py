"""A run as TensorBoard's event files: an export, so that training needs no TensorBoard."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from cnnviz.core.training.errors import RunError
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.values import Split

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_NUMBERS = ("loss", "accuracy", "learning_rate", "images_per_second")


def export_tensorboard(run: Path, target: Path) -> int:
    """Writes an event file into ``target`` and returns how many values are in it. Raises RunError."""
    if importlib.util.find_spec("tensorboard") is None:
        raise RunError("TensorBoard's files are written by its own package: pip install tensorboard.")
    from torch.utils.tensorboard import SummaryWriter

    reader = RunReader(run)
    reader.refresh()
    try:
        with SummaryWriter(str(target)) as writer:
            return _write_series(reader, writer) + _write_layers(reader, writer)
    except OSError as error:
        raise RunError(f"{target} cannot be written: {error.strerror or error}.", details=repr(error)) from error


def _write_series(reader: RunReader, writer: SummaryWriter) -> int:
    count = 0
    for split in get_args(Split):
        series = reader.series(split)
        for name in _NUMBERS:
            values = getattr(series, name)
            for row in np.flatnonzero(~np.isnan(values)):
                writer.add_scalar(f"{name}/{split}", values[row], int(series.steps[row]), float(series.time[row]))
                count += 1
    return count


def _write_layers(reader: RunReader, writer: SummaryWriter) -> int:
    layers, count = reader.layers(most=len(reader)), 0
    for title, values in (("gradient norm", layers.gradient_norms), ("update ratio", layers.update_ratios)):
        for row, column in np.argwhere(~np.isnan(values)):
            writer.add_scalar(f"{title}/{layers.names[column]}", values[row, column], int(layers.steps[row]))
            count += 1
    return count
