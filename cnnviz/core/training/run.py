"""Starts a run in a folder, or goes on with the one that is there, and ends it with a clear word whatever happens."""

from __future__ import annotations

import errno
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from cnnviz.core.counted import counted
from cnnviz.core.errors import CancelledError, CnnvizError
from cnnviz.core.networks.download import OnProgress, ignore_progress
from cnnviz.core.training.checkpoints import Recorded, recover_checkpoints, restore_checkpoint
from cnnviz.core.training.controls import ControlReader
from cnnviz.core.training.distributed import World, joined_world
from cnnviz.core.training.errors import RunError, RunFailedError, TrainingError
from cnnviz.core.training.journal import Journal
from cnnviz.core.training.metrics import MetricsWriter
from cnnviz.core.training.orders import Orders, StopSignal
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.session import Session, Watch
from cnnviz.core.training.task import Task, make_task, prepare_process
from cnnviz.core.training.trainer import Progress, Trainer
from cnnviz.core.training.values import Evaluation, RunConfiguration, RunStatus

_STATUS_INTERVAL_S = 0.5
_NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class RunEnd:
    """How a run ended. ``signal``: what stopped it, 0 for none. ``leads``: we are the process that speaks for it."""

    status: RunStatus
    signal: int = 0
    leads: bool = True


def train_run(
    path: Path,
    configuration: RunConfiguration | None,
    *,
    learning_rate: float | None = None,
    gradient_clipping: float | None = None,
    watch: Watch | None = None,
    on_progress: OnProgress | None = None,
) -> RunEnd:
    """A new run, or with no ``configuration`` the one that is there, from its last checkpoint on.

    ``learning_rate``, ``gradient_clipping``: to go on with. Raises a CnnvizError for bad input before the first step,
    RunFailedError after it; status.json then says the same. Works in the main thread: it listens to signals.
    """
    folder = RunFolder(path)
    controls = ControlReader(folder.controls)
    stop = StopSignal()
    with stop.caught(), ExitStack() as stack:
        settings = configuration or folder.read_configuration()
        world = stack.enter_context(joined_world(settings.device))
        stack.enter_context(_led(folder, configuration) if world.leads else nullcontext())
        stack.enter_context(_failing_clearly(folder, settings, world))
        run = _Run(folder, settings, world, stop, controls if world.leads else None, on_progress or ignore_progress)
        status = run.train(learning_rate, gradient_clipping, watch or _ignore)
    return RunEnd(status, signal.Signals[stop.name] if stop.name else 0, world.leads)


def _ignore(_status: RunStatus, _validation: Evaluation) -> None:
    """Nobody watches."""


@contextmanager
def _led(folder: RunFolder, configuration: RunConfiguration | None) -> Iterator[None]:
    """Locks the folder; makes it for a new run."""
    if configuration is None:
        with folder.locked():
            yield
        return
    folder.make()
    with folder.locked():
        folder.create(configuration)
        yield


@dataclass
class _Run:
    folder: RunFolder
    configuration: RunConfiguration
    world: World
    stop: StopSignal
    controls: ControlReader | None
    tell: OnProgress

    def __post_init__(self) -> None:
        self._told_at = 0.0

    def train(self, learning_rate: float | None, gradient_clipping: float | None, watch: Watch) -> RunStatus:
        finished = self.folder.read_last_status()
        if finished is not None and finished.state == "finished":
            return finished
        self._starting("", None)
        task = make_task(
            self.configuration, self.world, on_progress=self._starting, cancelled=lambda: bool(self.stop.name)
        )
        prepare_process(self.configuration, self.world)
        with ExitStack() as stack:
            journal = self._journal(task, stack)
            session = Session(journal.trainer, journal, Orders(self.world, self.controls, self.stop), watch)
            if learning_rate is not None:
                session.change_learning_rate(learning_rate)
            if gradient_clipping is not None:
                session.change_clipping(gradient_clipping)
            return session.run()

    def _starting(self, text: str, fraction: float | None) -> None:
        """What is prepared, told twice a second at most."""
        self.tell(text, fraction)
        now = time.time()
        if not self.world.leads or now - self._told_at < _STATUS_INTERVAL_S:
            return
        self._told_at = now
        message = text if fraction is None else f"{text}: {fraction:.0%}"
        self.folder.write_status(
            RunStatus("starting", message, pid=os.getpid(), host=socket.gethostname(), started=now, heartbeat=now)
        )

    def _journal(self, task: Task, stack: ExitStack) -> Journal:
        """Everything as the last checkpoint has it; of a new run that is made here."""
        settings = self.configuration
        trainer = Trainer(task, Progress(rate=settings.optimizer.learning_rate, clipping=settings.gradient_clipping))
        if self.world.leads:
            recover_checkpoints(self.folder)
        steps = [info.step for info in self.folder.checkpoints()]
        (last,) = self.world.agreed([steps[-1] if steps else -1.0])
        recorded = Recorded() if last < 0 else restore_checkpoint(trainer, self.folder.checkpoint(int(last)))
        writer = None
        if self.world.leads:
            self.folder.write_data(task.summary)
            self.folder.write_learning(task.stages.plan)
            kept = (recorded.bytes, recorded.records)
            writer = stack.enter_context(MetricsWriter(self.folder.metrics, self.folder.columns, kept))
        journal = Journal(self.folder, trainer, writer, recorded.line_seconds)
        stack.callback(journal.close)  # before a failure is noted: that is the last word
        if last < 0:
            journal.save()
        return journal


# ------------------------------------------------------------------------------------------------------------ failures


@contextmanager
def _failing_clearly(folder: RunFolder, configuration: RunConfiguration, world: World) -> Iterator[None]:
    """Whatever happens is told in one sentence, in status.json too if that can still be written."""
    try:
        yield
    except Exception as error:
        clear = _clear(error, folder, configuration)
        if world.leads:
            _note(folder, clear)
        if clear is error or not isinstance(clear, CnnvizError):
            raise
        raise clear from error


def _clear(error: Exception, folder: RunFolder, configuration: RunConfiguration) -> Exception:
    """What a user can understand of ``error``; itself if that is nothing we know."""
    known = _explained(error, folder, configuration)
    if known is None or isinstance(known, CancelledError) or not folder.checkpoints():
        return known or error
    return RunFailedError(known.message, details=known.details)


def _explained(error: Exception, folder: RunFolder, configuration: RunConfiguration) -> CnnvizError | None:
    if isinstance(error, CnnvizError):
        return error
    if memory := out_of_memory(error, configuration):
        return memory
    if not isinstance(error, OSError):
        return None
    if error.errno in _FULL:
        return RunError(
            f"The disk of {folder.path} is full: free some space, then resume the run.", details=repr(error)
        )
    if not folder.config.is_file():
        words = f"The run folder {folder.path} was moved or removed while it was trained."
        return RunFailedError(words, details=repr(error))
    return RunError(f"{folder.path} cannot be written: {error.strerror or error}.", details=repr(error))


def out_of_memory(error: Exception, configuration: RunConfiguration) -> TrainingError | None:
    """What to do where a step does not fit into the memory; None: ``error`` is another one."""
    return _memory_words(error, configuration) if _is_out_of_memory(error) else None


def _is_out_of_memory(error: Exception) -> bool:
    """PyTorch's CPU, MPS and CUDA drivers say it by a RuntimeError's words only."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)


def _memory_words(error: Exception, configuration: RunConfiguration) -> TrainingError:
    batch, parts = configuration.batch_size, configuration.accumulation
    remedy = (
        f"start again with a batch size of {batch // 2}, or with steps computed in {2 * parts} parts (--accumulation)"
        if batch > 1
        else "choose a smaller network or smaller pictures"
    )
    pictures = counted(-(-batch // parts), "picture")
    return TrainingError(f"There is not enough memory for a batch of {pictures}: {remedy}.", details=str(error))


def _note(folder: RunFolder, error: Exception) -> None:
    """In status.json, beside how far the run was. Where even that cannot be written, the raised error must do."""
    stopped = isinstance(error, CancelledError)
    message = error.message if isinstance(error, CnnvizError) else f"{type(error).__name__}: {error}"
    with suppress(OSError, CnnvizError):
        status = folder.read_last_status() or RunStatus("failed")
        folder.write_status(replace(status, state="stopped" if stopped else "failed", message=message, remaining=None))
