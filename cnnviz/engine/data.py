"""Looks at data sets for the window, which has no torch: fetched, counted, sampled, augmented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnviz.core.errors import CnnvizError
from cnnviz.core.training.values import DataChoice
from cnnviz.engine.commands import ExamineData, ShowAugmentations
from cnnviz.engine.events import AugmentationsShown, DataExamined, Event
from cnnviz.engine.jobs import JobHandle, Jobs

if TYPE_CHECKING:
    from torch import Tensor

    from cnnviz.core.training.data.examine import ExaminedData

DATA_TASK, PREVIEW_TASK = "data", "preview"


class DataRoom:
    """Keeps some pictures of the data set that was examined last. ``handlers``: by kind of command."""

    def __init__(self, jobs: Jobs, emit: Callable[[Event], None]) -> None:
        self._jobs = jobs
        self._emit = emit
        self._pictures: Tensor | None = None
        self.handlers: Mapping[type, Callable[..., None]] = {
            ExamineData: self._examine,
            ShowAugmentations: self._show_augmentations,
        }

    def _examine(self, command: ExamineData) -> None:
        def work(job: JobHandle) -> ExaminedData:
            from cnnviz.core.training.data.examine import examine

            return examine(command.data, command.shape, on_progress=job.report, cancelled=job.cancelled)

        def take(found: ExaminedData) -> None:
            self._pictures = found.pictures
            there = replace(command.data, download=False)
            self._emit(DataExamined(there, command.shape, found.summary, found.samples))

        self._jobs.start(DATA_TASK, f"Looking at {_title(command.data)}", work, take)

    def _show_augmentations(self, command: ShowAugmentations) -> None:
        from cnnviz.core.training.data.examine import augmented_tiles

        if self._pictures is None or not len(self._pictures):
            raise CnnvizError("There are no pictures to augment yet: choose data first.")
        stride = max(1, len(self._pictures) // command.columns)
        chosen = self._pictures[::stride][: command.columns]

        def work(_: JobHandle) -> AugmentationsShown:
            tiles = augmented_tiles(chosen, command.augmentations, command.rows, command.seed)
            return AugmentationsShown(command.augmentations, tiles)

        self._jobs.start(PREVIEW_TASK, "Augmenting some pictures", work, self._emit, quiet=True)


def _title(data: DataChoice) -> str:
    from cnnviz.core.training.data.named import NAMED_SETS

    named = NAMED_SETS.get(data.name)
    return named.title if named is not None else data.root or data.name
