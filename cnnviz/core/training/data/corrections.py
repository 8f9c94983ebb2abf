"""Applies an edit list to the splits of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from cnnviz.core.training.data.split import LoadedSplit
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.sample_edits import SampleEdits
from cnnviz.core.training.values import Split


@dataclass(frozen=True)
class Corrections:
    """How many pictures were changed. ``unknown``: edits of pictures that are not in this data."""

    relabelled: int = 0
    excluded: int = 0
    unknown: int = 0


def corrected(
    splits: Mapping[Split, LoadedSplit], edits: SampleEdits, classes: Sequence[str]
) -> tuple[dict[Split, LoadedSplit], Corrections]:
    """Raises DataError: a class that the data has not."""
    labels = {key: _label(name, classes) for key, name in edits.relabelled.items()}
    excluded = set(edits.excluded)
    changed, relabelled, dropped_count = dict[Split, LoadedSplit](), 0, 0
    for name, split in splits.items() if len(edits) else ():
        keys = [split.key_of(place) for place in range(len(split.labels))]
        places = {place: labels[key] for place, key in enumerate(keys) if key in labels}
        dropped = [place for place, key in enumerate(keys) if key in excluded]
        changed[name] = _changed(split, places, dropped)
        relabelled, dropped_count = relabelled + len(places), dropped_count + len(dropped)
    unknown = len(edits) - relabelled - dropped_count
    return {**splits, **changed}, Corrections(relabelled, dropped_count, unknown)


def _label(name: str, classes: Sequence[str]) -> int:
    if name not in classes:
        raise DataError(f"The edit list names the class {name[:60]!r}, which the data has not: correct the list.")
    return classes.index(name)


def _changed(split: LoadedSplit, labels: Mapping[int, int], dropped: Sequence[int]) -> LoadedSplit:
    if labels:
        own = split.labels.clone()
        own[list(labels)] = torch.tensor(list(labels.values()), dtype=own.dtype)
        split = replace(split, labels=own)
    if not dropped:
        return split
    mask = torch.zeros(len(split.labels), dtype=torch.bool)
    mask[list(dropped)] = True
    if bool(mask.all()):
        raise DataError("The edit list excludes every picture of a split: correct the list.")
    return replace(split, excluded=mask)
