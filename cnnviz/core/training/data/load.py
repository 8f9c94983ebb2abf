"""From the choice of a data set to pictures and labels in the form a network takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from cnnviz.core.arrays import Size
from cnnviz.core.errors import CancelledError, SourceError
from cnnviz.core.networks.download import Cancelled, OnProgress, ignore_progress, never_cancelled
from cnnviz.core.training.data.corrections import Corrections, corrected
from cnnviz.core.training.data.fetch import find_or_fetch
from cnnviz.core.training.data.folder import list_folder
from cnnviz.core.training.data.named import DATA_NAMES, FOLDER, NAMED_SETS, SHAPES
from cnnviz.core.training.data.pictures import (
    FilePictures,
    MemoryPictures,
    neutral_preprocessing,
    read_fitted,
)
from cnnviz.core.training.data.sets import Part, PublishedData, read_set
from cnnviz.core.training.data.shapes import SHAPE_NAMES, draw_shapes
from cnnviz.core.training.data.split import LoadedSplit
from cnnviz.core.training.data.splits import held_out_count, stratified
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.sample_edits import edits_file, read_edits
from cnnviz.core.training.values import BrokenFile, DataChoice, Split

_SHAPES_FOR_TRAINING, _SHAPES_HELD_OUT = 2400, 600
_LARGEST_SHAPES = 64  # pixels a side they are drawn at
_DEFAULT_HELD_OUT = 0.2


@dataclass(frozen=True, eq=False)
class LoadedData:
    """``splits``: train and validation, and test where that is a third part. ``sizes``: of the pictures as found."""

    choice: DataChoice
    title: str
    classes: tuple[str, ...]
    splits: Mapping[Split, LoadedSplit]
    channels: int
    size: Size
    root: str = ""
    broken: tuple[BrokenFile, ...] = ()
    empty_classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    corrections: Corrections = field(default_factory=Corrections)


def load_data(
    choice: DataChoice,
    channels: int,
    size: Size,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled | None = None,
) -> LoadedData:
    """The data for a network that takes ``channels``×``size``. Raises DataError, or CancelledError between steps."""
    tell, stop = on_progress or ignore_progress, cancelled or never_cancelled
    if choice.name not in DATA_NAMES:
        raise DataError(f"There is no data set {choice.name[:60]!r}: choose one of {', '.join(DATA_NAMES)}.")
    title, root, published, empty = _found(choice, channels, size, tell, stop)
    loader = _Loader(choice, channels, size, tell, stop)
    divided, notes = _divided({split: loader.read(part) for split, part in published.parts.items()}, choice)
    found = {name: loader.split(part, origin, source) for name, (source, part, origin) in divided.items()}
    splits, corrections = corrected(found, read_edits(edits_file(choice, root)), published.classes)
    _check_classes(splits["train"], title)
    return LoadedData(
        choice, title, published.classes, splits, channels, size, root, tuple(loader.broken), empty, notes, corrections
    )


def _found(
    choice: DataChoice, channels: int, size: Size, tell: OnProgress, stop: Cancelled
) -> tuple[str, str, PublishedData, tuple[str, ...]]:
    """Title, root, content and empty classes."""
    if choice.name == SHAPES:
        return "Shapes", "", _shapes(choice, channels, size), ()
    if choice.name == FOLDER:
        root = Path(choice.root)
        listing = list_folder(root)
        parts = {name: Part(None, torch.tensor(part.labels), part.files, root) for name, part in listing.parts.items()}
        return root.resolve().name, str(root), PublishedData(listing.classes, parts), listing.empty_classes
    named = NAMED_SETS[choice.name]
    folder = find_or_fetch(named, choice.root, fetch=choice.download, tell=tell, stop=stop)
    tell(f"Reading {named.title}", None)
    return named.title, str(folder), read_set(named, folder), ()


def _shapes(choice: DataChoice, channels: int, size: Size) -> PublishedData:
    drawn = (min(size[0], _LARGEST_SHAPES), min(size[1], _LARGEST_SHAPES))
    parts: dict[Split, Part] = {}
    counts: tuple[tuple[Split, int], ...] = (("train", _SHAPES_FOR_TRAINING), ("test", _SHAPES_HELD_OUT))
    for offset, (split, count) in enumerate(counts):
        parts[split] = Part(*draw_shapes(count, drawn, channels, 2 * choice.seed + offset))
    return PublishedData(SHAPE_NAMES, parts)


# -------------------------------------------------------------------------------------------------------------- splits


def _divided(
    parts: Mapping[Split, Part], choice: DataChoice
) -> tuple[dict[Split, tuple[Split, Part, Tensor]], tuple[str, ...]]:
    """Which positions of which published part make each split, and what is to be said about it."""
    everything = {split: (split, part, torch.arange(len(part.labels))) for split, part in parts.items()}
    train = parts["train"]
    kept, notes = everything["train"][2], []
    if choice.validation or not everything.keys() & {"validation", "test"}:
        fraction = choice.validation or _DEFAULT_HELD_OUT
        held_out, kept = stratified(train.labels, held_out_count(len(kept), fraction), choice.seed)
        everything["validation"] = ("train", train, held_out)
        notes.append(f"{len(held_out):,} training pictures are held out for validation")
    elif "validation" not in everything:
        everything["validation"] = everything.pop("test")
        notes.append("validation is on the test pictures, as the lecture does it")
    everything["train"] = ("train", train, _limited(train.labels, kept, choice))
    return everything, tuple(notes)


def _limited(labels: Tensor, kept: Tensor, choice: DataChoice) -> Tensor:
    count = max(1, round(len(kept) * choice.fraction))
    count = min(count, choice.limit) if choice.limit else count
    return kept if count >= len(kept) else kept[stratified(labels[kept], count, choice.seed)[0]]


def _check_classes(train: LoadedSplit, title: str) -> None:
    if len(torch.unique(train.labels[train.kept])) < 2:
        raise DataError(
            f"The training pictures of {title} are of fewer than two classes: add pictures of another class."
        )


# ------------------------------------------------------------------------------------------------------------ pictures


@dataclass
class _Loader:
    """Brings splits into memory as long as they fit."""

    choice: DataChoice
    channels: int
    size: Size
    tell: OnProgress
    stop: Cancelled

    def __post_init__(self) -> None:
        self.broken: list[BrokenFile] = []
        self._left = self.choice.memory_limit * 2**20

    def read(self, part: Part) -> Part:
        """The part with its pictures in memory, without those that cannot be read; unchanged if they do not fit."""
        needed = len(part.files) * self.channels * self.size[0] * self.size[1]
        if part.pictures is not None or needed > self._left:
            return part
        self._left -= needed
        pictures = torch.empty((len(part.files), self.channels, *self.size), dtype=torch.uint8)
        rows = list(self._readable(part, pictures))
        files = tuple(part.files[row] for row in rows)
        return Part(pictures[: len(rows)], part.labels[rows], files, part.root)

    def _readable(self, part: Part, pictures: Tensor) -> Iterator[int]:
        """Fills ``pictures`` from the start with what can be read, and gives its rows."""
        preprocessing, filled = neutral_preprocessing(self.channels, self.size), 0
        for row, name in enumerate(part.files):
            if self.stop():
                raise CancelledError("Reading the data was cancelled.")
            try:
                pictures[filled] = read_fitted(part.root / name, preprocessing)
            except SourceError as error:
                self.broken.append(BrokenFile(name, error.message))
            else:
                filled += 1
                yield row
            self.tell(f"Reading {part.root.name}", (row + 1) / len(part.files))

    def split(self, part: Part, origin: Tensor, source: Split) -> LoadedSplit:
        """The pictures at ``origin`` of the published part ``source``: from memory where they are or fit, else from
        disk whenever they are needed.
        """
        files = tuple(part.files[index] for index in origin.tolist()) if part.files else ()
        chosen = part.pictures if part.pictures is None or len(origin) == len(part.labels) else part.pictures[origin]
        own = self.read(Part(chosen, part.labels[origin], files, part.root))
        if own.pictures is None:
            streamed = FilePictures(part.root, files, self.channels, self.size, self.choice.workers)
            return LoadedSplit(streamed, own.labels, files, part.root, part=source)
        pictures = MemoryPictures(own.pictures, self.channels, self.size)
        return LoadedSplit(pictures, own.labels, own.files, own.root, origin, source)
