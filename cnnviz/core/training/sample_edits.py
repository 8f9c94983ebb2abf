"""Corrections of a data set, kept as a list beside it: the pictures and their folders stay as they are. No torch.

A picture goes by its key: its file below the data folder with forward slashes, or of published sets the part and its
number in it ("test:115").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cnnviz.core.ordinary_file import read_ordinary
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.run_folder import RunFolder, replace_file
from cnnviz.core.training.strict_json import read_text, write_text
from cnnviz.core.training.values import DataChoice

EDITS_NAME: Final = "cnnviz-edits.json"
_LARGEST_FILE = 64 * 2**20


@dataclass(frozen=True)
class SampleEdits:
    """``relabelled``: the class a picture really shows, by its key. ``excluded``: keys of pictures not to be used."""

    relabelled: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.relabelled) + len(self.excluded)

    def with_label(self, key: str, class_name: str) -> SampleEdits:
        """The picture shows ``class_name``, and is used."""
        kept = self.without(key)
        return replace(kept, relabelled={**kept.relabelled, key: class_name})

    def with_exclusion(self, key: str) -> SampleEdits:
        kept = self.without(key)
        return replace(kept, excluded=(*kept.excluded, key))

    def without(self, key: str) -> SampleEdits:
        """The picture is as it was found."""
        labels = {each: name for each, name in self.relabelled.items() if each != key}
        return SampleEdits(labels, tuple(each for each in self.excluded if each != key))


def edits_file(choice: DataChoice, root: str) -> Path | None:
    """The list for data found in ``root``; None where neither the choice nor a folder says where it is."""
    if choice.edits:
        return Path(choice.edits)
    return Path(root) / EDITS_NAME if root else None


def edits_file_of_run(run: Path | str) -> Path:
    """Raises RunError: no run; DataError: its data is in no folder and it names no list."""
    folder = RunFolder(Path(run))
    configuration, summary = folder.read_configuration(), folder.read_data()
    file = edits_file(configuration.data, summary.root if summary else configuration.data.root)
    if file is None:
        raise DataError(
            f"The data of {folder.path.name} is drawn anew each time and in no folder: name an edit list "
            "(--edits FILE) when you start a run on it."
        )
    return file


def read_edits(file: Path | None) -> SampleEdits:
    """An empty list where there is no file. Raises ConfigurationError or DataError: wrong, or unreadable."""
    if file is None:
        return SampleEdits()
    try:
        content = read_ordinary(file, _LARGEST_FILE)
    except FileNotFoundError:
        return SampleEdits()
    except OSError as error:
        words = f"The edit list {file} cannot be read: {error.strerror}. Restore it from a copy."
        raise DataError(words, details=str(error)) from error
    edits = read_text(SampleEdits, content.decode("utf-8", errors="replace"), f"The edit list {file.name}")
    return replace(edits, excluded=tuple(dict.fromkeys(edits.excluded)))


def write_edits(file: Path, edits: SampleEdits) -> None:
    """All of it or nothing. Raises DataError."""
    try:
        replace_file(file, write_text(edits))
    except OSError as error:
        raise DataError(
            f"The edit list {file} cannot be written: {error.strerror}; name another place for it (--edits FILE).",
            details=str(error),
        ) from error
