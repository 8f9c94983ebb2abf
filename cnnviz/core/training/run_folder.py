"""A run is a folder. Its files, by what they are called; whatever is replaced is written beside and renamed."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from filelock import FileLock, Timeout

from cnnviz.core.ordinary_file import read_ordinary
from cnnviz.core.training.configuration import read_configuration, write_configuration
from cnnviz.core.training.errors import RunError
from cnnviz.core.training.strict_json import read_text, write_text
from cnnviz.core.training.transfer_values import LearningPlan
from cnnviz.core.training.values import CheckpointInfo, DataSummary, RunConfiguration, RunStatus

Value = TypeVar("Value")
WEIGHTS: Final = "model.safetensors"
STATE: Final = "state.pt"
LOCK: Final = "trainer.lock"

_LARGEST_FILE = 64 * 2**20
_HALF_WRITTEN = re.compile(r"(.+?)\.(?:\d+\.)?partial")
_STEP_FOLDER = re.compile(r"step-(\d{9,15})")
_OVER = frozenset({"finished", "stopped", "failed"})
_HEARTBEAT_S = 60.0
_PATIENCE_S = 2.0  # a reader that asks whether the lock is held holds it for a moment itself


@dataclass(frozen=True)
class RunFolder:
    """Where everything of a run lies."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def columns(self) -> Path:
        return self.path / "metrics.columns"

    @property
    def status(self) -> Path:
        return self.path / "status.json"

    @property
    def data(self) -> Path:
        return self.path / "data.json"

    @property
    def learning(self) -> Path:
        return self.path / "learning.json"

    @property
    def evaluation(self) -> Path:
        return self.path / "evaluation.json"

    @property
    def watch(self) -> Path:
        return self.path / "watch.json"

    @property
    def live(self) -> Path:
        return self.path / "live.safetensors"

    @property
    def controls(self) -> Path:
        return self.path / "controls.jsonl"

    @property
    def checkpoint_folder(self) -> Path:
        return self.path / "checkpoints"

    # ------------------------------------------------------------------------------------------------------- reading

    def check(self) -> None:
        """Raises RunError unless this folder holds a run."""
        if not self.path.is_dir():
            raise RunError(f"There is no run folder {self.path}: it was moved or removed, or never there.")
        if not self.config.is_file():
            raise RunError(f"{self.path} holds no run: it has no {self.config.name}.")

    def read_configuration(self) -> RunConfiguration:
        """Raises RunError: no run; ConfigurationError: not as it must be."""
        self.check()
        return read_configuration(self.config)

    def read_status(self) -> RunStatus:
        """As the trainer last wrote it. A trainer that ended without a word is told by the lock it lost: failed."""
        self.check()
        status = self._read(RunStatus, self.status)
        if status is None:
            return RunStatus("starting")
        if status.state in _OVER or self.is_locked():
            return status
        again = self._read(RunStatus, self.status) or status  # it may have ended between the two looks
        if again.state in _OVER:
            return again
        return replace(again, state="failed", message="The trainer ended without a word: resume to go on.")

    def read_last_status(self) -> RunStatus | None:
        """As written, whoever is at work; None where nothing is."""
        return self._read(RunStatus, self.status)

    def read_data(self) -> DataSummary | None:
        """None as long as the trainer has not read the data."""
        return self._read(DataSummary, self.data)

    def read_learning(self) -> LearningPlan | None:
        """None as long as the trainer has not built the network."""
        return self._read(LearningPlan, self.learning)

    def _read(self, kind: type[Value], file: Path) -> Value | None:
        try:
            content = read_ordinary(file, _LARGEST_FILE)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunError(
                f"{file} cannot be read: {error.strerror}. Restore it from a copy.", details=str(error)
            ) from error
        return read_text(kind, content.decode("utf-8", errors="replace"), file.name)

    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """Every complete checkpoint, by step."""
        try:
            names = [each.name for each in self.checkpoint_folder.iterdir()]
        except OSError:  # none was made yet
            return ()
        steps = sorted(int(found[1]) for name in names if (found := _STEP_FOLDER.fullmatch(name)))
        return tuple(self.checkpoint(step) for step in steps)

    def checkpoint(self, step: int) -> CheckpointInfo:
        """Where the checkpoint of ``step`` is or will be."""
        folder = self.checkpoint_folder / f"step-{step:09d}"
        return CheckpointInfo(step, str(folder), str(folder / WEIGHTS))

    # ------------------------------------------------------------------------------------------------------- writing

    def make(self) -> None:
        """Makes the folder, if it may become or is a run's: one that is empty or has a run without any step."""
        if self.path.exists() and not self._may_be_written():
            raise RunError(
                f"{self.path} is not empty: go on with its run by --resume, or choose another folder for a new one."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{self.path} cannot be made: {error.strerror}.", details=str(error)) from error

    def create(self, configuration: RunConfiguration) -> None:
        """A new run in the folder, which is locked; what ``make`` allowed to be there is written over."""
        self.make()
        try:
            self.checkpoint_folder.mkdir(exist_ok=True)
            left_behind = (each for each in self.path.iterdir() if _partial_of(each.name))
            for file in (self.metrics, self.columns, self.data, self.learning, self.status, *left_behind):
                file.unlink(missing_ok=True)
            replace_file(self.config, write_configuration(configuration))
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}.", details=str(error)) from error

    def _may_be_written(self) -> bool:
        if not self.path.is_dir():
            return False
        files = (
            self.config,
            self.status,
            self.data,
            self.learning,
            self.controls,
            self.metrics,
            self.columns,
            self.watch,
        )
        known = {*(each.name for each in files), self.checkpoint_folder.name, LOCK}
        return (
            {_partial_of(each.name) or each.name for each in self.path.iterdir()} <= known
            and not self.checkpoints()
            and not _has_content(self.metrics)
        )

    def write_status(self, status: RunStatus) -> None:
        """Raises OSError; on a full disk the old text is written over in its place."""
        text = write_text(status)
        try:
            replace_file(self.status, text, durable=False)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT} or not self.status.exists():
                raise
            with self.status.open("r+", encoding="utf-8") as stream:
                stream.write(text)
                stream.truncate()

    def write_data(self, summary: DataSummary) -> None:
        """Raises OSError."""
        replace_file(self.data, write_text(summary))

    def write_learning(self, plan: LearningPlan) -> None:
        """Raises OSError."""
        replace_file(self.learning, write_text(plan))

    # ------------------------------------------------------------------------------------------------------- locking

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one trainer at a time. The operating system takes the lock from a process that dies."""
        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=_PATIENCE_S)
        except Timeout as error:
            raise RunError(f"{self.path} is being trained{self._by_whom()}: stop that first.") from error
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}.", details=str(error)) from error
        try:
            yield
        finally:
            lock.release()

    def _by_whom(self) -> str:
        status = self._read(RunStatus, self.status)
        return f" by process {status.pid} on {status.host}" if status and status.pid else ""

    def is_locked(self) -> bool:
        """Whether a trainer is at work in this folder."""
        if not (self.path / LOCK).exists():
            return False
        try:
            with FileLock(self.path / LOCK, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder that is only for reading: its last sign of life must do
            return self._is_beating()

    def _is_beating(self) -> bool:
        status = self._read(RunStatus, self.status)
        return status is not None and time.time() - status.heartbeat < _HEARTBEAT_S


def _partial_of(name: str) -> str:
    """The file that a trainer was writing when it was killed; "" where ``name`` is none half written."""
    found = _HALF_WRITTEN.fullmatch(name)
    return found[1] if found else ""


def _has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def replace_file(file: Path, text: str, *, durable: bool = True) -> None:
    """A reader, or a machine that loses power, finds the old content or the new. ``durable``: it is on the disk."""
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable, where the system can (Windows does so by itself)."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
