"""What a run's folder says, read piece by piece: for a thread beside the window's. Free of Qt and torch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from cnnviz.core.errors import CnnvizError
from cnnviz.core.training.diagnosis import MEASUREMENTS, Diagnosis, RunFacts, diagnose_facts
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_reader import LayerSeries, RunReader, RunSeries
from cnnviz.core.training.transfer_values import LearningPlan
from cnnviz.core.training.values import (
    CheckpointInfo,
    DataSummary,
    MetricsLine,
    RunConfiguration,
    RunState,
    RunStatus,
    Split,
)

SPLITS: tuple[Split, ...] = get_args(Split)
AT_WORK: frozenset[RunState] = frozenset({"starting", "running", "paused"})
"""States in which a trainer listens to controls."""

LAYER_COLUMNS = 600
"""Measurements of the layers that are kept: a heat map is hardly wider."""

_LAYERS_EVERY_S = 2.0
_DIAGNOSED_EVERY_S = 2.0


@dataclass(frozen=True, eq=False)
class RunView:
    """A run at one moment. ``series``: of the splits that have numbers. ``version``: another one with other numbers.
    ``generation``: another one where earlier numbers were cut off; within one there are only more of them.

    ``layers`` None: not asked for so far. ``learning`` None: not decided so far. ``problem``: why the folder cannot be
    read (any more), as a sentence; the rest is then as last seen.
    """

    path: Path
    status: RunStatus = field(default_factory=lambda: RunStatus("starting"))
    configuration: RunConfiguration | None = None
    data: DataSummary | None = None
    series: Mapping[Split, RunSeries] = field(default_factory=dict)
    events: tuple[MetricsLine, ...] = ()
    layers: LayerSeries | None = None
    learning: LearningPlan | None = None
    checkpoints: tuple[CheckpointInfo, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    unreadable: int = 0
    version: int = 0
    generation: int = 0
    problem: str = ""

    @property
    def is_at_work(self) -> bool:
        """A trainer is there to listen."""
        return not self.problem and self.status.state in AT_WORK

    @property
    def can_resume(self) -> bool:
        """It ended before its last epoch, and its folder is there."""
        return not self.problem and self.status.state in {"stopped", "failed"}


class RunFollower:
    """Looks into one run's folder whenever it is told to; only what changed is read again."""

    def __init__(self, path: Path) -> None:
        self._reader: RunReader | None = None
        self._layers_read_at = 0.0
        self._layers_version = -1
        self._diagnosed: tuple[float, int, str] = (0.0, -1, "")
        self.view = RunView(path)

    def look(self, *, layers: bool) -> RunView:
        """The run now; the very same value as before where nothing changed. ``layers``: read their measurements."""
        try:
            view = self._look(layers=layers)
        except CnnvizError as error:
            self._reader = None
            view = self.view if error.message == self.view.problem else replace(self.view, problem=error.message)
        self.view = view
        return view

    def _look(self, *, layers: bool) -> RunView:
        view = replace(self.view, problem="") if self.view.problem else self.view
        if self._reader is None:
            self._reader = RunReader(view.path)
            configuration = self._reader.configuration()
            view = replace(view, configuration=configuration, series={}, generation=view.generation + 1)
            self._layers_version = -1
        view = self._with_numbers(view, self._reader)
        if layers and self._layers_version != view.version and self._may_read_layers(view):
            view = replace(view, layers=self._reader.layers(LAYER_COLUMNS))
            self._layers_version, self._layers_read_at = view.version, time.monotonic()
        return self._with_diagnoses(self._with_state(view, self._reader), self._reader)

    def _with_diagnoses(self, view: RunView, reader: RunReader) -> RunView:
        """Looked for where there are other numbers, and not at every look while the run goes on."""
        when, *of_what = self._diagnosed
        waits = view.status.state in AT_WORK and time.monotonic() - when < _DIAGNOSED_EVERY_S
        if view.configuration is None or "train" not in view.series or waits:
            return view
        if of_what == [view.version, view.status.state]:
            return view
        self._diagnosed = time.monotonic(), view.version, view.status.state
        return replace(view, diagnoses=diagnose_facts(_facts(view, view.configuration, reader)))

    def _may_read_layers(self, view: RunView) -> bool:
        """They are lines of text: too slow to be read at every look while the run goes on."""
        return view.status.state not in AT_WORK or time.monotonic() - self._layers_read_at > _LAYERS_EVERY_S

    def _with_numbers(self, view: RunView, reader: RunReader) -> RunView:
        update = reader.refresh()
        if not update.added and not update.restarted:
            return view
        found = {split: reader.series(split) for split in SPLITS}
        series = {split: numbers for split, numbers in found.items() if len(numbers.steps)}
        return replace(
            view,
            series=series,
            events=reader.events(),
            unreadable=reader.unreadable,
            version=view.version + 1,
            generation=view.generation + update.restarted,
        )

    def _with_state(self, view: RunView, reader: RunReader) -> RunView:
        status, checkpoints = reader.status(), reader.checkpoints()
        data, learning = view.data or reader.data(), view.learning or reader.learning()
        if (status, checkpoints, data, learning) == (view.status, view.checkpoints, view.data, view.learning):
            return view
        return replace(view, status=status, checkpoints=checkpoints, data=data, learning=learning)


def _facts(view: RunView, configuration: RunConfiguration, reader: RunReader) -> RunFacts:
    last = view.checkpoints[-1].step if view.checkpoints else None
    return RunFacts(
        configuration,
        view.series["train"],
        view.series.get("validation") or reader.series("validation"),
        reader.newest_layers(MEASUREMENTS),
        view.data,
        view.learning,
        last,
    )


def run_state(path: Path) -> RunStatus:
    """The status alone; of a folder that cannot be read, failed with the reason."""
    try:
        return RunFolder(path).read_status()
    except CnnvizError as error:
        return RunStatus("failed", error.message)
