"""Evaluates checkpoints of runs, and brings the pictures that were answered wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import CancelledError, CnnvizError
from cnnviz.core.training.evaluation_values import RunEvaluation, read_evaluation
from cnnviz.engine.commands import EvaluateRun, LoadSample, ShowSamples
from cnnviz.engine.events import Event, RunEvaluated, SampleLoaded, SamplesShown
from cnnviz.engine.jobs import JobHandle, Jobs

if TYPE_CHECKING:  # imported when a run is evaluated: it brings the whole of training along
    from cnnviz.core.training.sample_pictures import SamplePictures

EVALUATION_TASK, SAMPLE_TASK, SAMPLES_TASK = "evaluation", "sample", "samples"
_AT_ONCE = 24
"""Small pictures sent together: the first ones are on view while the others are read."""


class Evaluating:
    """``handlers``: by kind of command. ``device``: the name of the one to work on."""

    def __init__(self, jobs: Jobs, emit: Callable[[Event], None], device: Callable[[], str]) -> None:
        self._jobs, self._emit, self._device = jobs, emit, device
        self._pictures: tuple[str, SamplePictures] | None = None
        self.handlers: Mapping[type, Callable[..., None]] = {
            EvaluateRun: self._evaluate,
            ShowSamples: self._show_samples,
            LoadSample: self._load_sample,
        }

    def _evaluate(self, command: EvaluateRun) -> None:
        device, name = self._device(), Path(command.run).name

        def work(job: JobHandle) -> RunEvaluation | None:
            if command.moment is None:
                return read_evaluation(command.run)
            from cnnviz.core.training.evaluate import evaluate_run

            return evaluate_run(
                command.run,
                moment=command.moment,
                split=command.split,
                device=device,
                on_progress=job.report,
                cancelled=job.cancelled,
            )

        def tell(found: RunEvaluation | None) -> None:
            self._emit(RunEvaluated(command.run, found))

        self._jobs.start(EVALUATION_TASK, f"Evaluating {name}", work, tell, quiet=command.moment is None)

    def _show_samples(self, command: ShowSamples) -> None:
        def work(job: JobHandle) -> None:
            pictures = self._pictures_of(command.run)
            for first in range(0, len(command.keys), _AT_ONCE):
                keys = command.keys[first : first + _AT_ONCE]
                found = [(key, _thumbnail(pictures, key, command.side, job)) for key in keys]
                readable = {key: picture for key, picture in found if picture is not None}
                if readable:
                    self._emit(SamplesShown(command.run, tuple(readable), np.stack(list(readable.values()))))

        self._jobs.start(SAMPLES_TASK, "Reading pictures", work, quiet=True)

    def _load_sample(self, command: LoadSample) -> None:
        def work(_: JobHandle) -> SampleLoaded:
            return SampleLoaded(command.run, command.key, self._pictures_of(command.run).picture(command.key))

        self._jobs.start(SAMPLE_TASK, "Reading the picture", work, self._emit)

    def _pictures_of(self, run: str) -> SamplePictures:
        """Kept for the run that was asked about last: data in one file is read once."""
        kept = self._pictures
        if kept is None or kept[0] != run:
            from cnnviz.core.training.sample_pictures import SamplePictures

            kept = self._pictures = run, SamplePictures(run)
        return kept[1]


def _thumbnail(pictures: SamplePictures, key: str, side: int, job: JobHandle) -> Bytes | None:
    """None for a file that is gone or broken: its place stays empty."""
    if job.cancelled():
        raise CancelledError("The job was cancelled.")
    try:
        return pictures.thumbnail(key, side)
    except CnnvizError:
        return None
