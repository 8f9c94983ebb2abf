"""Pictures of a data set as batches of bytes on the training device, from memory or from disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from cnnviz.core.errors import SourceError
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.core.training.values import BrokenFile

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


@dataclass(frozen=True, eq=False)
class Batch:
    """``pictures``: B×C×H×W uint8. ``rows``: which of the asked ones they are, where some could not be read."""

    pictures: Tensor
    rows: Tensor | None = None


class Pictures(Protocol):
    """All pictures of one split, in the size and channels the network takes."""

    @property
    def in_memory(self) -> bool:
        """Whether they are read from disk anew every time."""

    @property
    def broken(self) -> Sequence[BrokenFile]:
        """Files that could not be read so far."""

    def __len__(self) -> int: ...

    def batches(self, wanted: Sequence[Tensor], device: torch.device) -> Iterator[Batch]:
        """One batch for each tensor of positions."""


@dataclass(frozen=True)
class MemoryPictures:
    """``data``: N×C×H×W uint8 as it was found; size and channels are fitted a batch at a time, on the device."""

    data: Tensor
    channels: int
    size: tuple[int, int]
    in_memory: bool = True
    broken: Sequence[BrokenFile] = ()

    def __len__(self) -> int:
        return len(self.data)

    def batches(self, wanted: Sequence[Tensor], device: torch.device) -> Iterator[Batch]:
        for positions in wanted:
            chosen = self.data.index_select(0, positions.to(self.data.device)).to(device)
            yield Batch(fitted(chosen, self.channels, self.size))


def fitted(pictures: Tensor, channels: int, size: tuple[int, int]) -> Tensor:
    """B×C×H×W uint8 → the same with ``channels`` and ``size``: grey is repeated, colour weighed, the middle cropped."""
    if pictures.shape[1] != channels:
        pictures = pictures.expand(-1, channels, -1, -1) if channels > 1 else _grey(pictures)
    if pictures.shape[2:] == size:
        return pictures
    height, width = pictures.shape[2:]
    scale = max(size[0] / height, size[1] / width)
    resized = (max(size[0], round(height * scale)), max(size[1], round(width * scale)))
    pictures = functional.interpolate(pictures.contiguous(), size=resized, mode="bilinear", antialias=True)
    top, left = (resized[0] - size[0]) // 2, (resized[1] - size[1]) // 2
    return pictures[:, :, top : top + size[0], left : left + size[1]]


def _grey(pictures: Tensor) -> Tensor:
    weights = torch.tensor(_LUMA, device=pictures.device).view(1, 3, 1, 1)
    return (pictures.float() * weights).sum(1, keepdim=True).round().to(torch.uint8)


def neutral_preprocessing(channels: int, size: tuple[int, int]) -> Preprocessing:
    """The whole picture as far as it fits, values from 0 to 1."""
    return Preprocessing(size, 3 if channels == 3 else 1, None, "crop", "bilinear", (0.0,), (1.0,))


def read_fitted(path: Path, preprocessing: Preprocessing) -> Tensor:
    """C×H×W uint8 of a picture file, resized as the live window does. Raises SourceError."""
    return prepare(read_picture(path), preprocessing)[0].mul(255).round().to(torch.uint8)


@dataclass
class FilePictures:
    """Pictures that are too many for the memory: read for each batch, by ``workers`` processes ahead of time.

    A file that cannot be read is left out of its batch and named in ``broken``.
    """

    root: Path
    files: Sequence[str]
    channels: int
    size: tuple[int, int]
    workers: int = 0
    broken: list[BrokenFile] = field(default_factory=list)
    in_memory: bool = False

    def __len__(self) -> int:
        return len(self.files)

    def batches(self, wanted: Sequence[Tensor], device: torch.device) -> Iterator[Batch]:
        loader = DataLoader(
            _FileReader(self.root, self.files, neutral_preprocessing(self.channels, self.size)),
            batch_sampler=[positions.tolist() for positions in wanted],
            collate_fn=_collated,
            num_workers=self.workers,
            pin_memory=device.type == "cuda",
            generator=torch.Generator(),  # or it takes its seed from the generator whose state makes a run repeatable
        )
        for pictures, rows, broken in loader:
            known = {each.name for each in self.broken}
            self.broken += [each for each in broken if each.name not in known]
            yield Batch(pictures.to(device, non_blocking=True), rows if broken else None)


_Read = Tensor | BrokenFile


class _FileReader(Dataset[_Read]):
    def __init__(self, root: Path, files: Sequence[str], preprocessing: Preprocessing) -> None:
        self._root, self._files, self._preprocessing = root, files, preprocessing

    def __getitem__(self, index: int) -> _Read:
        name = self._files[index]
        try:
            return read_fitted(self._root / name, self._preprocessing)
        except SourceError as error:
            return BrokenFile(name, error.message)


def _collated(found: list[_Read]) -> tuple[Tensor, Tensor, list[BrokenFile]]:
    rows = [row for row, each in enumerate(found) if isinstance(each, Tensor)]
    pictures = [each for each in found if isinstance(each, Tensor)]
    broken = [each for each in found if isinstance(each, BrokenFile)]
    stacked = torch.stack(pictures) if pictures else torch.empty(0, dtype=torch.uint8)
    return stacked, torch.tensor(rows, dtype=torch.int64), broken
