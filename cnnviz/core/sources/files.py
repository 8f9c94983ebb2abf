"""Is there a file at all? Asked before a library sees it, so that every source says the same."""

from pathlib import Path
from typing import Literal

from cnnviz.core.errors import SourceError


def check_file(path: Path, what: Literal["picture", "video"]) -> None:
    """Raises SourceError: missing, a folder, empty, or nothing one can read to an end (a pipe, a device)."""
    try:
        _check(path, what)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path.name} cannot be read: check its name and permissions", details=str(error)) from error


def _check(path: Path, what: str) -> None:
    if path.is_dir():
        raise SourceError(f"{path.name or path} is a folder, not a {what}: open it as a folder")
    if not path.exists():
        raise SourceError(f"there is no file {path}: check the name")
    if not path.is_file():
        raise SourceError(f"{path} is no ordinary file: open a {what} file")
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes): get the {what} again")
