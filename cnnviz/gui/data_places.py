"""Where published data sets are, without torch: whether one is here, and what is to be said where it is not."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.data.named import FOLDER, NAMED_SETS, NamedSet, data_cache
from cnnviz.core.training.values import DataChoice


def found_in(named: NamedSet, root: str) -> Path | None:
    """The folder that has all of a published set, packed file by file (.gz) or not."""
    base = Path(root) if root else data_cache()
    folders = (base / name for name in named.folders)
    return next((each for each in folders if all(_is_there(each / name) for name in named.probe)), None)


def _is_there(file: Path) -> bool:
    return file.exists() or file.with_name(f"{file.name}.gz").exists()


def short_path(path: Path) -> str:
    """As people write it: ``~`` for their home."""
    home = Path.home()
    return str(Path("~") / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def missing_words(choice: DataChoice) -> str:
    """Why the data cannot be looked at, as a sentence; empty where it can."""
    named = NAMED_SETS.get(choice.name)
    if named is not None and found_in(named, choice.root) is None:
        return _tr("%1 is not on this computer yet.").replace("%1", named.title)
    if choice.name == FOLDER and not (choice.root and Path(choice.root).is_dir()):
        return _tr("Choose the folder that has a folder of pictures for each class.")
    return ""


def fetch_words(choice: DataChoice) -> str:
    """What the button that fetches the data says; empty where there is nothing to fetch."""
    named = NAMED_SETS.get(choice.name)
    if named is None or found_in(named, choice.root) is not None:
        return ""
    return _tr("Fetch %1 MB").replace("%1", f"{named.megabytes:,}")


def _tr(text: str) -> str:
    return QCoreApplication.translate("DataPlaces", text)
