"""Starts `cnnviz train` as a process that goes on when the window closes, and says why it ended if it ended badly."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.core.ordinary_file import open_ordinary
from cnnviz.core.training.configuration import checked
from cnnviz.core.training.errors import RunError
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import RunConfiguration

LOG = "trainer.log"
"""In the run's folder: what the trainer printed."""

_MOST_LOG = 2**18
"""Bytes from the end: where a second trainer is refused, the first one writes on, and a line an epoch may be many."""

_SPEAKER = "cnnviz: "

TRAIN = (sys.executable, "-m", "cnnviz", "train")
"""This very program."""


@dataclass(frozen=True, eq=False)
class TrainerProcess:
    """A trainer that this window started. ``heard``: bytes of the log that are older than it."""

    path: Path
    process: subprocess.Popen[bytes]
    heard: int = 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def last_words(self) -> str:
        """Why it ended, as it said itself, without the program's name before it."""
        return last_words(self.path / LOG, self.heard)


def start_run(path: Path, configuration: RunConfiguration) -> TrainerProcess:
    """A new run in a folder that is made for it. Raises ConfigurationError; RunError: the folder is in use, or full."""
    folder = RunFolder(path)
    checked(configuration)
    folder.make()
    with folder.locked():
        folder.create(configuration)
    return resume_run(path)


def resume_run(
    path: Path, learning_rate: float | None = None, *, gradient_clipping: float | None = None
) -> TrainerProcess:
    """Goes on from the last checkpoint, with another learning rate or clipping if one is given. Raises RunError."""
    words = [*TRAIN, str(path), "--resume"]
    if learning_rate is not None:
        words += ["--lr", repr(learning_rate)]
    if gradient_clipping is not None:
        words += ["--clip", repr(gradient_clipping)]
    try:
        with (path / LOG).open("ab") as log:
            heard = log.tell()
            process = subprocess.Popen(  # noqa: S603 - this very program
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **_on_its_own()
            )
    except OSError as error:
        raise RunError(f"The trainer cannot be started in {path}: {error.strerror}.", details=str(error)) from error
    return TrainerProcess(path, process, heard)


def _on_its_own() -> dict[str, Any]:
    """Neither Ctrl+C in the window's terminal nor the end of the window reaches it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def last_words(log: Path, heard: int = 0) -> str:
    """The last line that tells of an error, or the very last; nothing where there is none. ``heard``: bytes to pass
    over.
    """
    try:
        with open_ordinary(log) as stream:
            stream.seek(max(heard, log.stat().st_size - _MOST_LOG))
            return said(stream.read(_MOST_LOG))
    except OSError:
        return ""


def said(printed: bytes) -> str:
    """The last line that tells of an error, or the very last, without the program's name."""
    lines = [line.strip() for line in printed.decode("utf-8", errors="replace").split("\n")]
    told = [line for line in lines if line.startswith(_SPEAKER)] or [line for line in lines if line]
    return told[-1].removeprefix(_SPEAKER) if told else ""
