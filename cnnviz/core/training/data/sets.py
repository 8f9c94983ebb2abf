"""Reads published data sets once their files are there: as they were published, nothing fitted to a network yet."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.training.data.idx import read_idx
from cnnviz.core.training.data.named import Kind, NamedSet
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.values import Split


@dataclass(frozen=True, eq=False)
class Part:
    """``pictures``: N×C×H×W uint8; None: they are in ``files`` below ``root``, to be read. ``labels``: N numbers."""

    pictures: Tensor | None
    labels: Tensor
    files: tuple[str, ...] = ()
    root: Path = Path()


@dataclass(frozen=True, eq=False)
class PublishedData:
    """``parts``: at least for training."""

    classes: tuple[str, ...]
    parts: Mapping[Split, Part]


def read_set(named: NamedSet, folder: Path) -> PublishedData:
    """Raises DataError: damaged, or scipy is needed and missing."""
    if named.scipy and importlib.util.find_spec("scipy") is None:
        raise DataError(f"The labels of {named.title} are MATLAB files: pip install scipy to read them.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's about the way CIFAR was pickled in 2009
            return _READERS[named.kind](named, folder)
    except (OSError, RuntimeError, ValueError, KeyError, EOFError) as error:
        raise DataError(
            f"{named.title} in {folder} cannot be read: remove its files and fetch them again.", details=repr(error)
        ) from error


def _read_idx_set(named: NamedSet, folder: Path) -> PublishedData:
    parts: dict[Split, Part] = {}
    splits: tuple[tuple[Split, str], ...] = (("train", "train"), ("test", "t10k"))
    for split, name in splits:
        pictures = read_idx(folder / f"{name}-images-idx3-ubyte", 3)[:, None]
        parts[split] = Part(
            pictures, _checked_labels(named, read_idx(folder / f"{name}-labels-idx1-ubyte", 1), pictures)
        )
    return PublishedData(named.class_names, parts)


def _checked_labels(named: NamedSet, labels: Tensor, pictures: Tensor) -> Tensor:
    if len(labels) != len(pictures) or int(labels.max()) >= named.classes:
        raise DataError(f"The labels of {named.title} do not fit its pictures: fetch its files again.")
    return labels.long()


def _read_cifar(named: NamedSet, folder: Path) -> PublishedData:
    """torchvision unpickles these files only after their MD5 was found to be the published one."""
    from torchvision import datasets  # type: ignore[import-untyped] # torchvision ships no types

    kind = datasets.CIFAR10 if named.classes == 10 else datasets.CIFAR100
    sets = {"train": kind(str(folder), train=True), "test": kind(str(folder), train=False)}
    return _published(sets, sets["train"].classes, lambda each: (np.moveaxis(each.data, 3, 1), each.targets))


def _read_svhn(named: NamedSet, folder: Path) -> PublishedData:
    from torchvision import datasets

    sets = {split: datasets.SVHN(str(folder), split=split) for split in ("train", "test")}
    return _published(sets, named.class_names, lambda each: (each.data, each.labels))


def _read_stl(_named: NamedSet, folder: Path) -> PublishedData:
    from torchvision import datasets

    sets = {split: datasets.STL10(str(folder), split=split) for split in ("train", "test")}
    return _published(sets, sets["train"].classes, lambda each: (each.data, each.labels))


def _read_flowers(named: NamedSet, folder: Path) -> PublishedData:
    from torchvision import datasets

    places = {"train": "train", "validation": "val", "test": "test"}
    sets = {split: datasets.Flowers102(str(folder), split=name) for split, name in places.items()}
    names = getattr(sets["train"], "classes", None) or [f"flower {number}" for number in range(1, named.classes + 1)]
    return _published(sets, names, lambda each: (each._image_files, each._labels))  # noqa: SLF001 - no public name


def _read_pets(_named: NamedSet, folder: Path) -> PublishedData:
    from torchvision import datasets

    sets = {
        split: datasets.OxfordIIITPet(str(folder), split=name)
        for split, name in (("train", "trainval"), ("test", "test"))
    }
    return _published(sets, sets["train"].classes, lambda each: (each._images, each._labels))  # noqa: SLF001 - as above


def _published(sets: Mapping[Any, Any], classes: Any, content: Callable[[Any], tuple[Any, Any]]) -> PublishedData:  # noqa: ANN401 - torchvision ships no types
    parts: dict[Split, Part] = {}
    for split, each in sets.items():
        pictures, labels = content(each)
        parts[split] = _part(pictures, torch.as_tensor(np.asarray(labels)).long())
    return PublishedData(tuple(map(str, classes)), parts)


def _part(pictures: Any, labels: Tensor) -> Part:  # noqa: ANN401 - as above
    if isinstance(pictures, np.ndarray):
        return Part(torch.from_numpy(np.ascontiguousarray(pictures)), labels)
    return Part(None, labels, tuple(Path(file).name for file in pictures), Path(pictures[0]).parent)


_READERS: Mapping[Kind, Callable[[NamedSet, Path], PublishedData]] = {
    "idx": _read_idx_set,
    "cifar": _read_cifar,
    "svhn": _read_svhn,
    "stl": _read_stl,
    "flowers": _read_flowers,
    "pets": _read_pets,
}
