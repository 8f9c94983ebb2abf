"""How long a reader needs to have all of a long run."""

from __future__ import annotations

import time
from pathlib import Path

from cnnviz.core.training.configuration import LECTURE
from cnnviz.core.training.metrics import MetricsWriter
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.values import LayerMeasures, MetricsLine

_VALIDATION_EVERY = 1000
_LAYERS_EVERY = 100


def seconds_to_attach(folder: Path, lines: int) -> float:
    """From opening a run of so many logged steps to its numbers, events and layers."""
    run = RunFolder(folder / "attach")
    run.make()
    run.create(LECTURE)
    _write(run, lines)
    started = time.perf_counter()
    reader = RunReader(run.path)
    reader.refresh()
    found = [len(reader.series(split).steps) for split in ("train", "validation")]
    reader.events(), reader.layers(), reader.status()
    elapsed = time.perf_counter() - started
    if found != [lines, lines // _VALIDATION_EVERY]:
        raise RuntimeError(f"{found} lines were read of {lines}")
    return elapsed


def _write(run: RunFolder, lines: int) -> None:
    layers = {f"conv{number}": LayerMeasures(0.5 + number, 1e-3) for number in range(8)}
    with MetricsWriter(run.metrics, run.columns) as writer:
        for step in range(1, lines + 1):
            epoch, now = step / 469, 1.7e9 + step
            loss = 2.3 / (1 + step / 5000)
            writer.write(MetricsLine(step, epoch, "train", loss, 1 - loss / 3, 1e-3, 3000.0, step * 0.04, now))
            if step % _LAYERS_EVERY == 0:
                writer.write(MetricsLine(step, epoch, seconds=step * 0.04, time=now, layers=layers))
            if step % _VALIDATION_EVERY == 0:
                writer.write(MetricsLine(step, epoch, "validation", loss, 1 - loss / 3, seconds=step * 0.04, time=now))
