"""Somebody who looks into a network while it learns asks for its weights; a run that nobody watches writes none.

Needs no torch: the window asks, the trainer answers with live.safetensors in the run's folder.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cnnviz.core.ordinary_file import open_ordinary
from cnnviz.core.training.errors import ConfigurationError, RunError
from cnnviz.core.training.run_folder import RunFolder, replace_file
from cnnviz.core.training.strict_json import read_text, write_text
from cnnviz.core.training.values import limited

WATCH_SECONDS: Final = 30.0
"""How long one request lasts unless it is renewed: a window that vanished is forgotten soon."""

_LARGEST_FILE = 1000
_SHARE = 0.05  # of the training time that writing weights may take


@dataclass(frozen=True)
class WatchRequest:
    """``every``: steps between weights. ``until``: seconds since 1970."""

    every: int = limited(10, 1, 10**9)
    until: float = 0.0


def watch_run(run: Path | str, every: int, seconds: float = WATCH_SECONDS) -> None:
    """Asks the trainer for weights every so many steps from now on. Raises RunError."""
    folder = RunFolder(Path(run))
    folder.check()
    try:
        replace_file(folder.watch, write_text(WatchRequest(every, time.time() + seconds)), durable=False)
    except OSError as error:
        raise RunError(f"{folder.watch} cannot be written: {error.strerror}.", details=str(error)) from error


class Watchers:
    """The trainer's side; asking costs two microseconds while nobody watches."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._identity: tuple[int, int] | None = None
        self._request = WatchRequest()
        self._not_before = 0.0

    def want(self, step: int) -> bool:
        """Whether somebody wants the weights after this step, and has not just had some."""
        self._look()
        request = self._request
        return step % request.every == 0 and time.time() < request.until and time.monotonic() >= self._not_before

    def served(self, seconds: float) -> None:
        """It took this long; the next ones wait, so that training is hardly slower."""
        self._not_before = time.monotonic() + seconds * (1 / _SHARE - 1)

    def _look(self) -> None:
        try:
            facts = os.stat(self._file)  # noqa: PTH116 - half the time of Path.stat, after every step
        except OSError:
            self._identity, self._request = None, WatchRequest()
            return
        identity = (facts.st_mtime_ns, facts.st_ino)
        if identity != self._identity:
            self._identity, self._request = identity, self._read()

    def _read(self) -> WatchRequest:
        """Nobody watches where the file is none of ours."""
        try:
            with open_ordinary(self._file) as stream:
                text = stream.read(_LARGEST_FILE).decode("utf-8", errors="replace")
            return read_text(WatchRequest, text, self._file.name)
        except (OSError, ConfigurationError):
            return WatchRequest()
