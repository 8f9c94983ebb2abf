"""Evaluation joined to the rest: the wrong-answer loop from the confusion matrix back to training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnnviz.core.errors import CnnvizError
from cnnviz.core.reports import Problem, Progress
from cnnviz.engine.commands import EvaluateRun, LoadSample, ShowSamples
from cnnviz.engine.events import RunEvaluated, SampleLoaded, SamplesShown
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.controllers.watching import WatchingSubject
from cnnviz.gui.widgets.dock_base import Dock

if TYPE_CHECKING:  # imported when the dock is made: the window opens without
    from cnnviz.core.training.evaluation_values import Answer
    from cnnviz.core.training.sample_edits import SampleEdits
    from cnnviz.gui.run_view import RunView


_EVALUATION_TASK = "evaluation"


class EvaluatingSubject(Subject):
    """Dock "evaluation"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"evaluation": self._connect}
        self.handlers = {
            RunEvaluated: self._show_evaluation,
            SamplesShown: self._show_samples,
            SampleLoaded: self._show_sample,
        }
        self._dock: Dock | None = None

    def show_progress(self, progress: Progress) -> None:
        """Also of an evaluation that failed or was cancelled."""
        if self._dock is not None and progress.task == _EVALUATION_TASK:
            self._dock.show_busy(busy=not progress.done)

    def show_problem(self, task: str) -> None:
        if self._dock is not None and task == _EVALUATION_TASK:
            self._dock.show_busy(busy=False)

    def begin_anew(self) -> None:
        """Whatever was under way is lost with the engine."""
        if self._dock is not None:
            self._dock.show_busy(busy=False)

    # ---------------------------------------------------------------------------------------------------------- wiring

    def _connect(self, dock: Dock) -> None:
        self._dock = dock
        training = self._desk.subject(TrainingSubject)
        dock.kept_wanted.connect(self._look_at)
        dock.run_chosen.connect(training.choose)
        dock.evaluate_requested.connect(self._evaluate)
        dock.samples_wanted.connect(lambda run, keys, side: self._desk.send(ShowSamples(str(run), keys, side)))
        dock.sample_chosen.connect(self._load_sample)
        dock.relabelled.connect(lambda run, key, name: self._edit(run, lambda edits: edits.with_label(key, name)))
        dock.excluded.connect(lambda run, key: self._edit(run, lambda edits: edits.with_exclusion(key)))
        dock.restored.connect(lambda run, key: self._edit(run, lambda edits: edits.without(key)))
        dock.resume_requested.connect(self._resume)
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))
        training.join("evaluation", dock)

    # ------------------------------------------------------------------------------------------------- the user's hand

    def _look_at(self, run: Path) -> None:
        """What is known of a run without asking its network anything."""
        self._desk.send(EvaluateRun(str(run)))
        self._show_edits(run)

    def _evaluate(self, run: Path, moment: int | str, split: str) -> None:
        self._desk.send(EvaluateRun(str(run), moment, split))

    def _load_sample(self, run: Path, answer: Answer) -> None:
        """Its picture is the live input, and the network on view is the one that answered."""
        offer, found = self._desk.offer, self._dock.evaluation
        if offer is None or offer.choice.run != str(run):
            self._desk.subject(WatchingSubject).watch(run, found.step if found is not None else "live")
        self._desk.send(LoadSample(str(run), answer.key))

    def _edit(self, run: Path, change: Callable[[SampleEdits], SampleEdits]) -> None:
        from cnnviz.core.training.sample_edits import edits_file_of_run, read_edits, write_edits

        try:
            file = edits_file_of_run(run)
            write_edits(file, change(read_edits(file)))
        except CnnvizError as error:
            self._desk.problem(Problem(error.message, error.details))
        self._show_edits(run)

    def _resume(self, run: Path) -> None:
        training = self._desk.subject(TrainingSubject)
        view = training.runs.view_of(run)
        if view is None:
            return
        try:
            if view.can_resume:
                training.runs.resume(run)
            else:
                self._train_on(training, view)
        except CnnvizError as error:
            self._desk.problem(Problem(error.message, error.details))

    def _train_on(self, training: TrainingSubject, view: RunView) -> None:
        """A finished run stays as it is: another one begins where it ended."""
        from cnnviz.gui.run_places import new_run_path

        last, settings = view.checkpoints[-1], view.configuration
        network = replace(settings.network, weights="none", weights_file=last.weights)
        settings = replace(settings, network=network, versions={})
        path = new_run_path(settings, f"{view.path.name}-corrected")
        training.runs.start(path, settings)
        training.show_started(path)

    # --------------------------------------------------------------------------------------------------------- showing

    def _show_edits(self, run: Path) -> None:
        from cnnviz.core.training.sample_edits import SampleEdits, edits_file_of_run, read_edits

        try:
            edits, problem = read_edits(edits_file_of_run(run)), ""
        except CnnvizError as error:
            edits, problem = SampleEdits(), error.message
        self._dock.show_edits(run, edits, problem)

    def _show_evaluation(self, event: RunEvaluated) -> None:
        if self._dock is not None:
            self._dock.show_evaluation(Path(event.run), event.evaluation)
            self._show_edits(Path(event.run))

    def _show_samples(self, event: SamplesShown) -> None:
        if self._dock is not None:
            self._dock.show_samples(Path(event.run), event.keys, event.pictures)

    def _show_sample(self, event: SampleLoaded) -> None:
        self._desk.show_picture(event.pixels, "pasted", event.key)
