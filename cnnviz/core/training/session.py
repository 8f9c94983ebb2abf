"""One stay of a trainer in a run's folder, step by step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress

from cnnviz.core.counted import counted
from cnnviz.core.training.diagnosis import divergence_sentence
from cnnviz.core.training.errors import ConfigurationError, TrainingError
from cnnviz.core.training.evaluation import evaluate
from cnnviz.core.training.journal import Journal
from cnnviz.core.training.live_weights import save_live
from cnnviz.core.training.optimizers import Setting, change_setting, setting_of
from cnnviz.core.training.orders import Orders
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.trainer import EpochDone, Notice, Preparing, StepDone, Trainer
from cnnviz.core.training.values import Control, Evaluation, RunStatus
from cnnviz.core.training.watching import Watchers

_SWING = (1.5, 0.5)
"""Times the lowest training loss, and so much more, from which on every step's layers are measured."""

Watch = Callable[[RunStatus, Evaluation], None]
"""Told the status after each epoch, with its validation."""


class Session:
    """Trains until the end, an order to stop, or a failure."""

    def __init__(self, trainer: Trainer, journal: Journal, orders: Orders, watch: Watch) -> None:
        self._trainer, self._journal, self._orders, self._watch = trainer, journal, orders, watch
        self._configuration = trainer.task.configuration
        self._paused = self._single_step = self._stopping = self._last_epoch = self._stopped_early = False
        self._steps = trainer.run()
        self._told_broken = 0
        self._watchers = Watchers(journal.folder.watch)

    def run(self) -> RunStatus:
        """The last status."""
        self._journal.write_status("running")
        self._follow_orders()
        while self.advance():
            pass
        self._steps.close()
        return self._end()

    def advance(self) -> bool:
        """One step, or one epoch's validation, and what follows from it; False: there is no more to do."""
        done = None if self._stopping else next(self._steps, None)
        if isinstance(done, StepDone):
            self._after_step(done)
        elif isinstance(done, EpochDone):
            self._after_epoch(done)
        elif isinstance(done, Notice):
            self._journal.write_event(done.sentence)
        elif isinstance(done, Preparing):
            self._follow_orders()
            self._journal.beat(f"{done.sentence}: {done.fraction:.0%}")
        return done is not None

    def change_learning_rate(self, rate: float) -> None:
        """By hand, and told in the metrics."""
        before = self._trainer.learning_rate
        self._trainer.change_learning_rate(rate)
        self._journal.write_event(f"learning rate {before:g} → {rate:g}, by hand")

    def change_clipping(self, norm: float) -> None:
        """By hand, and told in the metrics."""
        progress = self._trainer.progress
        self._journal.write_event(f"gradient clipping {progress.clipping:g} → {norm:g}, by hand")
        progress.clipping = norm

    # ---------------------------------------------------------------------------------------------------- what is done

    def _after_step(self, done: StepDone) -> None:
        step, recording = self._trainer.progress.step, self._configuration.recording
        if done.layers:
            self._journal.write_layers(done.layers)
        if step % recording.metrics == 0:
            self._write_training()
        self._tell_broken_files()
        if recording.checkpoints and step % recording.checkpoints == 0:
            self._save()
        self._show(step)
        self._single_step = False
        self._follow_orders()
        self._journal.beat()

    def _write_training(self) -> None:
        loss, progress = self._journal.write_training(), self._trainer.progress
        self._check_finite(sound=math.isfinite(loss))
        progress.swings = loss > _SWING[0] * progress.lowest_training_loss + _SWING[1]
        progress.lowest_training_loss = min(loss, progress.lowest_training_loss)

    def _check_finite(self, *, sound: bool) -> None:
        """Ends training at the last good checkpoint, and says why."""
        if not sound:
            raise TrainingError(divergence_sentence(RunReader(self._journal.folder.path)))

    def _save(self) -> None:
        """No checkpoint is made of weights that are no numbers."""
        self._check_finite(sound=self._trainer.is_finite())
        self._journal.save()

    def _show(self, step: int) -> None:
        """Weights for those who watch. Where they cannot be written, nothing is lost."""
        if not (self._trainer.task.world.leads and self._watchers.want(step)):
            return
        started = time.perf_counter()
        with suppress(OSError):
            save_live(self._journal.folder, self._trainer.task.module, step)
        self._watchers.served(time.perf_counter() - started)

    def _tell_broken_files(self) -> None:
        broken = self._trainer.task.data.splits["train"].pictures.broken
        for file in broken[self._told_broken :]:
            self._journal.write_event(f"{file.name} is left out: {file.reason}")
        self._told_broken = len(broken)

    def _after_epoch(self, done: EpochDone) -> None:
        progress = self._trainer.progress
        if progress.step % self._configuration.recording.metrics:
            self._write_training()
        self._journal.validation_seconds = done.seconds
        self._journal.write_evaluation("validation", done.validation)
        self._compare(done.validation)
        self._save()
        self._watch(self._journal.write_status("running"), done.validation)
        self._stopping = self._stopping or self._last_epoch or self._stopped_early

    def _compare(self, found: Evaluation) -> None:
        """With the best so far, and with the lowest loss for early stopping."""
        progress, patience = self._trainer.progress, self._configuration.early_stopping
        if found.accuracy > progress.best_accuracy:
            progress.best_step, progress.best_accuracy = progress.step, found.accuracy
        progress.worse_epochs = 0 if found.loss < progress.lowest_loss else progress.worse_epochs + 1
        progress.lowest_loss = min(progress.lowest_loss, found.loss)
        self._stopped_early = 0 < patience <= progress.worse_epochs

    def _end(self) -> RunStatus:
        finished = self._trainer.progress.epochs >= self._configuration.epochs
        if finished or self._stopped_early:
            if "test" in self._trainer.task.data.splits:
                self._journal.write_evaluation("test", evaluate(self._trainer.task, "test"))
            words = f"No lower validation loss in {counted(self._configuration.early_stopping, 'epoch')}."
            return self._journal.write_status("finished", "" if finished else words)
        self._save()
        words = f"Stopped by {self._orders.signal_name or 'hand'}; it can be resumed."
        return self._journal.write_status("stopped", words)

    # ---------------------------------------------------------------------------------------------------------- orders

    def _follow_orders(self) -> None:
        self._follow(self._orders.new(self._trainer.progress.step))
        if not self._waits():
            return
        self._journal.write_status("paused")
        while self._waits():
            self._orders.wait()
            self._follow(self._orders.new(0))
        self._journal.write_status("running")

    def _waits(self) -> bool:
        return self._paused and not (self._stopping or self._single_step)

    def _follow(self, controls: tuple[Control, ...]) -> None:
        for control in controls:
            action = control.action
            if action in {"pause", "resume", "step"}:
                self._paused = action != "resume"
                self._single_step = action == "step"
            elif action == "stop":
                self._stopping = True
            elif action == "finish-epoch":
                self._last_epoch, self._paused = True, False
            else:
                self._change(control)

    def _change(self, control: Control) -> None:
        """What is changed by hand is in a checkpoint at once: it would not be repeated after a kill."""
        value = control.value or 0.0
        if control.action == "learning-rate":
            self.change_learning_rate(value)
        elif control.action == "gradient-clipping":
            self.change_clipping(value)
        elif control.action in {"momentum", "weight-decay"}:
            self._change_setting("momentum" if control.action == "momentum" else "weight-decay", value)
        self._save()

    def _change_setting(self, setting: Setting, value: float) -> None:
        optimizer, words = self._trainer.task.optimizer, setting.replace("-", " ")
        before = setting_of(optimizer, setting)
        try:
            change_setting(optimizer, setting, value)
        except ConfigurationError as error:
            self._journal.write_event(f"{words} stays at {before:g}: {error.message}")
        else:
            self._journal.write_event(f"{words} {before:g} → {value:g}, by hand")
