"""From the key of a sample back to its picture: the input of the window, or a thumbnail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from cnnviz.core.arrays import Bytes
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.training.data.load import load_data
from cnnviz.core.training.data.named import FOLDER
from cnnviz.core.training.data.pictures import MemoryPictures, fitted
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.values import DataChoice, DataSummary


def sample_file(root: Path | str, key: str) -> Path | None:
    """The picture's file, which the window can open as it is; None for data that is in one large file.

    Raises DataError: a key that leads out of ``root``.
    """
    part, _, number = key.partition(":")
    if part in {"train", "validation", "test"} and number.isdecimal():
        return None
    folder = Path(root).resolve()
    file = (folder / key).resolve()
    if not file.is_relative_to(folder):
        raise DataError(f"{key[:80]!r} is no picture below {root}.")
    return file


class SamplePictures:
    """The pictures of a run's data as they were found, H×W×3 uint8; data in one file is read once, when first needed.

    ``data_root``: where the data is now, if it was moved.
    """

    def __init__(self, run: Path | str, data_root: str = "") -> None:
        folder = RunFolder(Path(run))
        self._summary = _known(folder)
        choice = folder.read_configuration().data
        self._root = data_root or self._summary.root
        self._choice = replace(choice, root=data_root or choice.root, download=False)
        self._rows: Mapping[str, Tensor] | None = None

    def picture(self, key: str) -> Bytes:
        """Raises DataError: no such picture; SourceError: its file cannot be read."""
        file = sample_file(self._root, key) if self._root else None
        if file is not None:
            return read_picture(file)
        if self._rows is None:
            self._rows = _rows(self._choice, self._summary)
        if key not in self._rows:
            raise DataError(f"There is no picture {key[:80]!r} in {self._summary.title}: evaluate the run again.")
        return _as_picture(self._rows[key])

    def thumbnail(self, key: str, side: int) -> Bytes:
        """side×side×3, the middle of the picture."""
        pixels = self.picture(key)
        values = _as_tensor(pixels)
        return _as_picture(fitted(values[None], 3, (side, side))[0])


def _known(folder: RunFolder) -> DataSummary:
    folder.check()
    summary = folder.read_data()
    if summary is None:
        raise DataError(f"{folder.path} does not say what its data is: it has no {folder.data.name}.")
    return summary


def _rows(choice: DataChoice, summary: DataSummary) -> Mapping[str, Tensor]:
    """By key, C×H×W uint8; views of the data that is loaded."""
    if choice.name == FOLDER:
        raise DataError(f"The data folder {choice.root} is not where it was: say where it is now (--data-root).")
    data = load_data(replace(choice, edits="", fraction=1.0, limit=0), summary.channels, summary.input_size)
    found: dict[str, Tensor] = {}
    for split in data.splits.values():
        if isinstance(split.pictures, MemoryPictures):
            found |= {split.key_of(row): split.pictures.data[row] for row in range(len(split.pictures))}
    return found


def _as_tensor(pixels: Bytes) -> Tensor:
    import torch

    return torch.from_numpy(pixels.copy()).movedim(2, 0)


def _as_picture(values: Tensor) -> Bytes:
    pixels = values.movedim(0, 2).cpu().numpy()
    pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return np.ascontiguousarray(pixels)
