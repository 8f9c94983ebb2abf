"""A folder of one's own: a folder of pictures a class, or such folders for training, validation and test."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cnnviz.core.counted import counted
from cnnviz.core.sources.folder import is_picture_name, natural_key
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.values import Split

_PARTS: Mapping[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test": ("test",),
}
_MOST_FILES = 5_000_000
_MOST_CLASSES = 50_000


@dataclass(frozen=True)
class FolderPart:
    """``files``: relative to the root, a class after the other. ``labels``: positions in the classes."""

    files: tuple[str, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class FolderListing:
    root: Path
    classes: tuple[str, ...]
    parts: Mapping[Split, FolderPart]
    empty_classes: tuple[str, ...]


def list_folder(root: Path) -> FolderListing:
    """Raises DataError: no such folder, fewer than two classes with pictures, or classes that training lacks."""
    if not root.is_dir():
        raise DataError(f"There is no data folder {root}: check the name.")
    try:
        return _listing(root)
    except OSError as error:
        raise DataError(f"The data folder {root} cannot be read: {error}.", details=repr(error)) from error


def _listing(root: Path) -> FolderListing:
    places = _part_folders(root)
    classes = _class_names(places["train"])
    parts = {split: _part(root, folder, classes) for split, folder in places.items()}
    filled = {classes[label] for label in parts["train"].labels}
    if len(filled) < 2:
        known = counted(len(filled), "class", "classes")
        raise DataError(f"{places['train']} has pictures of {known}: put those of each class in a folder of its own.")
    empty = tuple(name for name in classes if name not in filled)
    return FolderListing(root, classes, {split: part for split, part in parts.items() if part.files}, empty)


def _part_folders(root: Path) -> dict[Split, Path]:
    """Where each split is; a root without a folder for training is itself that folder."""
    folders = {each.name.lower(): each for each in root.iterdir() if each.is_dir()}
    found: dict[Split, Path] = {}
    for split, names in _PARTS.items():
        name = next((name for name in names if name in folders), None)
        if name:
            found[split] = folders[name]
    return found if "train" in found else {"train": root}


def _class_names(folder: Path) -> tuple[str, ...]:
    names = [each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")]
    if len(names) > _MOST_CLASSES:
        raise DataError(f"{folder} has {len(names):,} folders: at most {_MOST_CLASSES:,} classes can be trained.")
    return tuple(sorted(names, key=natural_key))


def _part(root: Path, folder: Path, classes: tuple[str, ...]) -> FolderPart:
    strange = sorted({each.name for each in folder.iterdir() if each.is_dir()} - set(classes))
    if strange := [name for name in strange if not name.startswith(".")]:
        raise DataError(
            f"{folder} has the class {strange[0]}, which the training pictures lack: add it there or remove it."
        )
    files: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        found = _pictures(folder / name, root) if (folder / name).is_dir() else []
        files += found
        labels += [label] * len(found)
        if len(files) > _MOST_FILES:
            raise DataError(f"{folder} has more than {_MOST_FILES:,} pictures: train on a part of them.")
    return FolderPart(tuple(files), tuple(labels))


def _pictures(folder: Path, root: Path) -> list[str]:
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [str((Path(parent) / name).relative_to(root)) for name in names if is_picture_name(name)]
    return sorted(found, key=natural_key)
