"""Where runs are kept unless the user says otherwise, what a new one is called, and which there are."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from cnnviz.core.training.values import RunConfiguration, RunStatus
from cnnviz.gui.run_view import run_state

MOST_LISTED = 50
_UNFIT = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class RunEntry:
    """A run in the list of recent ones. ``changed``: seconds since 1970."""

    path: Path
    status: RunStatus
    changed: float


def runs_folder() -> Path:
    """In the user's own data folder."""
    location = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation)
    return Path(location) / "runs"


def new_run_path(configuration: RunConfiguration, title: str, folder: Path | None = None) -> Path:
    """A folder that is not there yet: the network, the data, the date and the time."""
    moment = dt.datetime.now().astimezone().strftime("%m%d-%H%M%S")
    words = "-".join(filter(None, (title, configuration.data.name, configuration.optimizer.name, moment)))
    name = _UNFIT.sub("-", words).strip("-").lower()
    folder = folder or runs_folder()
    numbered = (folder / (name if number == 1 else f"{name}-{number}") for number in range(1, 1000))
    return next(path for path in numbered if not path.exists())


def recent_runs(others: Iterable[Path] = (), folder: Path | None = None) -> tuple[RunEntry, ...]:
    """Those in the user's folder and ``others``, the newest first."""
    found = {path: _changed(path) for path in (*_runs_in(folder or runs_folder()), *others) if _is_run(path)}
    newest = sorted(found, key=found.__getitem__, reverse=True)[:MOST_LISTED]
    return tuple(RunEntry(path, run_state(path), found[path]) for path in newest)


def _runs_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # none was made yet
        return []


def _is_run(path: Path) -> bool:
    return (path / "config.json").is_file()


def _changed(path: Path) -> float:
    """When its trainer last said something; of one that has not begun, when it was made."""
    for name in ("status.json", "config.json"):
        with suppress(OSError):
            return (path / name).stat().st_mtime
    return 0.0
