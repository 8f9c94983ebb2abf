"""A data set to look at before anything is trained: its numbers, and some pictures as the network will get them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.core.arrays import Bytes
from cnnviz.core.networks.download import Cancelled, OnProgress
from cnnviz.core.training.augment import preview
from cnnviz.core.training.data.load import load_data
from cnnviz.core.training.data.named import NAMED_SETS
from cnnviz.core.training.data.split import LoadedSplit
from cnnviz.core.training.data.summary import summarise
from cnnviz.core.training.samples import MOST_PICTURES, SAMPLE_SIDE, DataSamples
from cnnviz.core.training.values import Augmentations, DataChoice, DataSummary, SplitSummary

_UNKNOWN_SHAPE = (3, 64, 64)


@dataclass(frozen=True, eq=False)
class ExaminedData:
    """``pictures``: the samples as the network gets them, N×C×H×W uint8: what augmentation is shown on."""

    summary: DataSummary
    samples: DataSamples
    pictures: Tensor


def examine(
    choice: DataChoice,
    shape: tuple[int, int, int] | None,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> ExaminedData:
    """``shape``: channels, height and width that the network takes; None: the data's own. Raises DataError,
    CancelledError.
    """
    channels, height, width = shape or own_shape(choice)
    data = load_data(choice, channels, (height, width), on_progress=on_progress, cancelled=cancelled)
    summary = summarise(data)
    train = next(split for split in summary.splits if split.split == "train")
    pictures, labels = _samples(data.splits["train"], train)
    return ExaminedData(summary, DataSamples(as_rgb(_reduced(pictures)), labels), pictures)


def own_shape(choice: DataChoice) -> tuple[int, int, int]:
    """Channels, height and width of the pictures as they were published; of a folder, a size to look at."""
    named = NAMED_SETS.get(choice.name)
    if named is None:
        return _UNKNOWN_SHAPE
    return (named.channels, *named.size) if named.size else _UNKNOWN_SHAPE


def augmented_tiles(pictures: Tensor, augmentations: Augmentations, rows: int, seed: int) -> Bytes:
    """N×C×H×W uint8 → (1 + rows)×N×h×w×3: each picture, and ``rows`` versions of it."""
    versions = [pictures, *(preview(pictures, augmentations, seed + row) for row in range(rows))]
    return np.stack([as_rgb(_reduced(each)) for each in versions])


def _samples(split: LoadedSplit, summary: SplitSummary) -> tuple[Tensor, tuple[int, ...]]:
    """Class by class; without those that cannot be read."""
    each = max(1, MOST_PICTURES // max(1, len(summary.samples)))
    chosen = [(label, place) for label, places in enumerate(summary.samples) for place in places[:each]][:MOST_PICTURES]
    positions = torch.tensor([place for _, place in chosen])
    batch = next(iter(split.pictures.batches([positions], torch.device("cpu"))))
    rows: Sequence[int] = range(len(chosen)) if batch.rows is None else batch.rows.tolist()
    return batch.pictures, tuple(chosen[row][0] for row in rows)


def _reduced(pictures: Tensor) -> Tensor:
    """To ``SAMPLE_SIDE`` where they are larger."""
    height, width = pictures.shape[2:]
    scale = SAMPLE_SIDE / max(height, width)
    if scale >= 1 or not len(pictures):
        return pictures
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    return functional.interpolate(pictures.contiguous(), size=size, mode="bilinear", antialias=True)


def as_rgb(pictures: Tensor) -> Bytes:
    """N×C×H×W uint8 → N×H×W×3; one channel is grey, of others the first three are shown."""
    shown = pictures.expand(-1, 3, -1, -1) if pictures.shape[1] == 1 else pictures[:, :3]
    found: Bytes = shown.permute(0, 2, 3, 1).contiguous().numpy()
    return found
