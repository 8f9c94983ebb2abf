"""What a run says while it is trained: metrics, status and checkpoints. Only the first of several processes writes."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cnnviz.core.training.checkpoints import Recorded, prune_checkpoints, save_checkpoint
from cnnviz.core.training.metrics import MetricsWriter
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.status_writer import StatusWriter
from cnnviz.core.training.trainer import Trainer
from cnnviz.core.training.values import Evaluation, LayerMeasures, MetricsLine, RunState, RunStatus, Split

_STATUS_INTERVAL_S = 1.0


@dataclass
class Journal:
    """``line_seconds``: training time when the last line with means was written. ``writer`` None: we only listen."""

    folder: RunFolder
    trainer: Trainer
    writer: MetricsWriter | None
    line_seconds: float = 0.0
    validation_seconds: float = 0.0
    started: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        self._status_at = 0.0
        self._statuses = StatusWriter(self.folder)
        self._images_per_second: float | None = None
        self._from_step, self._from_seconds = self.trainer.progress.step, self.trainer.progress.seconds

    # ------------------------------------------------------------------------------------------------------- metrics

    def write_training(self) -> float:
        """The means since the last such line; returns the loss."""
        progress = self.trainer.progress
        loss, accuracy, count = self.trainer.means.take()
        elapsed = progress.seconds - self.line_seconds
        self.line_seconds = progress.seconds
        self._images_per_second = count / elapsed if elapsed > 0 else None
        rate = self.trainer.task.optimizer.param_groups[0]["lr"]
        line = self._line("train")
        self._write(
            replace(line, loss=loss, accuracy=accuracy, learning_rate=rate, images_per_second=self._images_per_second)
        )
        return loss

    def write_layers(self, layers: Mapping[str, LayerMeasures]) -> None:
        """What was measured at this step."""
        self._write(replace(self._line("train"), layers=layers))

    def write_evaluation(self, split: Split, found: Evaluation) -> None:
        """Of all pictures of ``split``."""
        self._write(replace(self._line(split), loss=found.loss, accuracy=found.accuracy))

    def write_event(self, sentence: str) -> None:
        """Something a reader of the curves wants to know."""
        self._write(replace(self._line("train"), event=sentence))

    def _line(self, split: Split) -> MetricsLine:
        progress = self.trainer.progress
        epoch = progress.step / self.trainer.task.steps_per_epoch
        return MetricsLine(progress.step, epoch, split, seconds=progress.seconds, time=time.time())

    def _write(self, line: MetricsLine) -> None:
        if self.writer is not None:
            self.writer.write(line)

    # --------------------------------------------------------------------------------------------------- checkpoints

    def save(self) -> None:
        """A checkpoint of this moment; all metrics up to it are on the disk first."""
        if self.writer is None:
            return
        recorded = Recorded(*self.writer.sync(), self.line_seconds)
        save_checkpoint(self.folder, self.trainer, recorded)
        recording = self.trainer.task.configuration.recording
        prune_checkpoints(self.folder, recording, self.trainer.progress.best_step)

    # -------------------------------------------------------------------------------------------------------- status

    def beat(self, message: str = "") -> None:
        """Says every second that the run goes on."""
        if self.writer is not None and time.time() - self._status_at >= _STATUS_INTERVAL_S:
            self._statuses.write_soon(self._status("running", message))

    def write_status(self, state: RunState, message: str = "") -> RunStatus:
        """Returns what was written."""
        status = self._status(state, message)
        if self.writer is not None:
            self._statuses.write(status)
        return status

    def close(self) -> None:
        """No status is written after this."""
        self._statuses.close()

    def _status(self, state: RunState, message: str) -> RunStatus:
        self._status_at = time.time()
        task, progress = self.trainer.task, self.trainer.progress
        return RunStatus(
            state=state,
            message=message,
            step=progress.step,
            total_steps=task.total_steps,
            steps_per_epoch=task.steps_per_epoch,
            seconds=progress.seconds,
            remaining=self._remaining() if state in {"running", "paused"} else None,
            images_per_second=self._images_per_second,
            best_step=progress.best_step if progress.best_step >= 0 else None,
            best_accuracy=progress.best_accuracy if progress.best_step >= 0 else None,
            device=str(task.world.device),
            pid=os.getpid(),
            host=socket.gethostname(),
            started=self.started,
            heartbeat=self._status_at,
        )

    def _remaining(self) -> float | None:
        """By the pace since this trainer started, and the last validation's time for each that is to come."""
        task, progress = self.trainer.task, self.trainer.progress
        steps, seconds = progress.step - self._from_step, progress.seconds - self._from_seconds
        if not steps:
            return None
        epochs_left = task.configuration.epochs - progress.epochs
        return seconds / steps * (task.total_steps - progress.step) + epochs_left * self.validation_seconds
