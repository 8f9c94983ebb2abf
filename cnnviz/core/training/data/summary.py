"""What a data set is, in numbers: for its dock, for data.json, and for the normalisation."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import torch

from cnnviz.core.arrays import Size
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.training.data.load import LoadedData
from cnnviz.core.training.data.pictures import MemoryPictures, Pictures
from cnnviz.core.training.data.split import LoadedSplit
from cnnviz.core.training.values import DataSummary, Split, SplitSummary

_MEASURED = 10_000  # pictures whose mean and deviation stand for all, evenly chosen; of those on disk a tenth
_BATCH = 500
_SAMPLES = 12  # of each class
_NAMED_BROKEN = 100
_LISTED_SIZES = 8
_SIZED = 100
_SMALLEST_DEVIATION = 1 / 255


def summarise(data: LoadedData) -> DataSummary:
    """Reads some pictures for their mean, deviation and sizes."""
    counts = _counts(data.splits["train"], len(data.classes))
    filled = [count for count in counts if count]
    mean, std = mean_and_deviation(data.splits["train"].pictures)
    broken = (*data.broken, *(file for split in data.splits.values() for file in split.pictures.broken))
    return DataSummary(
        name=data.choice.name,
        title=data.title,
        classes=data.classes,
        splits=tuple(_split_summary(name, split, len(data.classes)) for name, split in sorted(data.splits.items())),
        channels=data.channels,
        input_size=data.size,
        sizes=_sizes(data),
        mean=mean,
        std=std,
        imbalance=max(filled) / min(filled),
        empty_classes=data.empty_classes,
        broken=broken[:_NAMED_BROKEN],
        broken_count=len(broken),
        in_memory=all(split.pictures.in_memory for split in data.splits.values()),
        root=data.root,
        notes=(*data.notes, *_unknown_note(data)),
        relabelled=data.corrections.relabelled,
        excluded=data.corrections.excluded,
    )


def _split_summary(name: Split, split: LoadedSplit, classes: int) -> SplitSummary:
    kept = split.kept
    samples = tuple(tuple(kept[split.labels[kept] == label][:_SAMPLES].tolist()) for label in range(classes))
    return SplitSummary(name, _counts(split, classes), samples)


def _counts(split: LoadedSplit, classes: int) -> tuple[int, ...]:
    return tuple(torch.bincount(split.labels[split.kept], minlength=classes).tolist())


def _unknown_note(data: LoadedData) -> tuple[str, ...]:
    unknown = data.corrections.unknown
    return (f"{unknown:,} edits are of pictures that are not here",) if unknown else ()


def mean_and_deviation(pictures: Pictures) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Of values from 0 to 1, a channel each, over evenly chosen pictures."""
    most = min(len(pictures), _MEASURED if pictures.in_memory else _MEASURED // 10)
    chosen = torch.linspace(0, len(pictures) - 1, most).round().long()
    sums, count = [], 0
    for batch in pictures.batches(torch.split(chosen, _BATCH), torch.device("cpu")):
        values = batch.pictures.double().transpose(0, 1).flatten(1) / 255
        sums.append(torch.stack([values.sum(1), values.square().sum(1)]))
        count += values.shape[1]
    total, squares = torch.stack(sums).sum(0)
    mean = total / count
    deviation = (squares / count - mean.square()).clamp_min(0).sqrt().clamp_min(_SMALLEST_DEVIATION)
    return tuple(mean.tolist()), tuple(deviation.tolist())


def _sizes(data: LoadedData) -> tuple[tuple[int, int, int], ...]:
    """Of files, those of a sample."""
    train = data.splits["train"]
    if isinstance(train.pictures, MemoryPictures) and not train.files:
        height, width = train.pictures.data.shape[2:]
        return ((height, width, len(train.pictures)),)
    chosen = train.files[:: math.ceil(len(train.files) / _SIZED)]
    found = Counter(filter(None, (_size_of(train.folder / name) for name in chosen)))
    return tuple((height, width, count) for (height, width), count in found.most_common(_LISTED_SIZES))


def _size_of(path: Path) -> Size | None:
    """None: cannot be read, which is told elsewhere."""
    try:
        height, width, _ = read_picture(path).shape
    except SourceError:
        return None
    return height, width
