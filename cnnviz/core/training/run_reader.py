"""Follows a run's folder while somebody else, or nobody, trains in it. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.training.metrics import (
    EVENT,
    LAYERS,
    LONGEST_LINE,
    LOSS,
    NUMBERS,
    RECORD,
    SPLITS,
    Records,
    parse_line,
    record_of,
)
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.transfer_values import LearningPlan
from cnnviz.core.training.values import (
    CheckpointInfo,
    DataSummary,
    MetricsLine,
    RunConfiguration,
    RunStatus,
    Split,
)

Numbers = NDArray[np.float64]
_MOST_EVENTS = 10_000


@dataclass(frozen=True, eq=False)
class RunSeries:
    """The numbers of one split, a value a line; NaN where a line has none."""

    steps: NDArray[np.int64]
    epoch: Numbers
    loss: Numbers
    accuracy: Numbers
    learning_rate: Numbers
    images_per_second: Numbers
    seconds: Numbers
    time: Numbers


@dataclass(frozen=True, eq=False)
class LayerSeries:
    """What was measured of the layers. ``gradient_norms``, ``update_ratios`` and ``silent``: steps × layers, NaN where
    missing.
    """

    names: tuple[str, ...]
    steps: NDArray[np.int64]
    gradient_norms: Numbers
    update_ratios: Numbers
    silent: Numbers


@dataclass(frozen=True)
class RunUpdate:
    """``added``: lines that are new. ``restarted``: all lines were read anew, because the trainer cut some off."""

    added: int
    restarted: bool = False


class RunReader:
    """Reads what is new in a run at each ``refresh``; a last line that is only half there waits for its rest.

    Lines that are no metrics (a damaged file) are passed over and counted in ``unreadable``.
    """

    def __init__(self, run: Path | str) -> None:
        self.folder = RunFolder(Path(run))
        self.folder.check()
        self._forget()

    def _forget(self) -> None:
        self._identity: tuple[int, int] | None = None
        self._position = 0
        self._buffer = np.empty(0, RECORD)
        self._count = 0
        self.unreadable = 0

    # ------------------------------------------------------------------------------------------------------- reading

    def refresh(self) -> RunUpdate:
        """Reads the lines written since the last call. Raises RunError if the run's folder is gone."""
        try:
            with self.folder.metrics.open("rb") as lines:
                return self._refresh(lines)
        except FileNotFoundError:
            self.folder.check()
            restarted = self._position > 0
            self._forget()
            return RunUpdate(0, restarted)

    def _refresh(self, lines: BinaryIO) -> RunUpdate:
        facts = os.fstat(lines.fileno())
        identity = (facts.st_dev, facts.st_ino)
        restarted = self._identity is not None and (self._identity != identity or facts.st_size < self._position)
        if restarted:
            self._forget()
        before = self._count
        if self._identity is None:
            self._attach(lines, facts.st_size)
        self._identity = identity
        self._add([record_of(line, end) for line, end in self._new_lines(lines)])
        return RunUpdate(self._count - before, restarted)

    def _attach(self, lines: BinaryIO, size: int) -> None:
        """Takes the stored records of all lines that are there, if they fit the lines."""
        records = self._stored_records()
        records = records[: np.searchsorted(records["end"], size, side="right")]
        if len(records) and _ends_line(lines, int(records["end"][-1])):
            self._add([records])
            self._position = int(records["end"][-1])

    def _stored_records(self) -> Records:
        try:
            content = np.fromfile(self.folder.columns, np.uint8)
        except OSError:  # the lines say it all, only slower
            return np.empty(0, RECORD)
        records: Records = content[: len(content) // RECORD.itemsize * RECORD.itemsize].view(RECORD)
        ends = records["end"]
        sound = bool(np.all(np.diff(ends, prepend=0) > 0) and np.all(records["split"] < len(SPLITS)))
        return records if sound else records[:0]

    def _new_lines(self, lines: BinaryIO) -> Iterator[tuple[MetricsLine, int]]:
        lines.seek(self._position)
        while (text := lines.readline(LONGEST_LINE)) and (text.endswith(b"\n") or len(text) == LONGEST_LINE):
            self._position += len(text)
            try:
                yield parse_line(text), self._position
            except ValueError:
                self.unreadable += 1

    def _add(self, records: Sequence[Records]) -> None:
        """Appends to a buffer that grows by doubling: the window looks every second."""
        count = self._count + sum(len(each) for each in records)
        if count > len(self._buffer):
            grown = np.empty(max(count, 2 * len(self._buffer)), RECORD)
            grown[: self._count] = self._buffer[: self._count]
            self._buffer = grown
        for each in records:
            self._buffer[self._count : self._count + len(each)] = each
            self._count += len(each)

    # ------------------------------------------------------------------------------------------------------- answers

    def __len__(self) -> int:
        """Lines read so far."""
        return self._count

    def series(self, split: Split) -> RunSeries:
        """All numbers of ``split`` so far; lines that have none (of events, of layers) are left out."""
        records = self._buffer[: self._count]
        chosen = records[(records["split"] == SPLITS.index(split)) & (records["has"] & LOSS > 0)]
        return RunSeries(chosen["step"].copy(), **{name: chosen[name].copy() for name in NUMBERS})

    def events(self) -> tuple[MetricsLine, ...]:
        """The newest lines that tell of an event, oldest first."""
        return tuple(self._lines_at(self._places(EVENT)[-_MOST_EVENTS:]))

    def layers(self, most: int = 2000) -> LayerSeries:
        """At most so many measurements of the layers, evenly chosen from all, the newest among them."""
        places = self._places(LAYERS)
        if len(places) > most:
            places = places[np.linspace(0, len(places) - 1, most).round().astype(np.intp)]
        return _layer_series(self._lines_at(places))

    def newest_layers(self, most: int) -> LayerSeries:
        """The last so many measurements of the layers."""
        return _layer_series(self._lines_at(self._places(LAYERS)[-most:]))

    def _places(self, what: int) -> NDArray[np.intp]:
        return np.flatnonzero(self._buffer["has"][: self._count] & what)

    def _lines_at(self, places: NDArray[np.intp]) -> list[MetricsLine]:
        """The lines themselves, read again; those that are there no more are left out."""
        found = []
        try:
            with self.folder.metrics.open("rb") as lines:
                for place in places:
                    lines.seek(self._buffer["end"][place - 1] if place else 0)
                    with suppress(ValueError):  # cut off meanwhile: the next refresh starts again
                        found.append(parse_line(lines.readline(LONGEST_LINE)))
        except FileNotFoundError:
            self.folder.check()
        return found

    def configuration(self) -> RunConfiguration:
        """What the run was started with."""
        return self.folder.read_configuration()

    def status(self) -> RunStatus:
        """As last written; a trainer that vanished without a word is told from one that is at work."""
        return self.folder.read_status()

    def data(self) -> DataSummary | None:
        """None until the trainer has read the data."""
        return self.folder.read_data()

    def learning(self) -> LearningPlan | None:
        """Which stages learn when; None until the trainer has built the network."""
        return self.folder.read_learning()

    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """By step, the first first."""
        return self.folder.checkpoints()


def _ends_line(lines: BinaryIO, position: int) -> bool:
    lines.seek(position - 1)
    return lines.read(1) == b"\n"


def _layer_series(lines: Sequence[MetricsLine]) -> LayerSeries:
    names = tuple(dict.fromkeys(name for line in lines for name in line.layers))
    column = {name: index for index, name in enumerate(names)}
    norms, ratios, silent = (np.full((len(lines), len(names)), np.nan) for _ in range(3))
    for row, line in enumerate(lines):
        for name, measured in line.layers.items():
            norms[row, column[name]], ratios[row, column[name]] = measured.gradient_norm, measured.update_ratio
            silent[row, column[name]] = np.nan if measured.silent is None else measured.silent
    return LayerSeries(names, np.array([line.step for line in lines], np.int64), norms, ratios, silent)
