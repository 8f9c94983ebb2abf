"""Follows a run's folder while somebody else, or nobody, trains in it. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.ordinary_file import open_ordinary
from cnnviz.core.training.errors import RunError
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


class _Columns:
    """Numbers of one split in arrays that double when they are full: nothing that was handed out changes or is copied
    again, however long the run.
    """

    def __init__(self) -> None:
        self._count = 0
        self._arrays: dict[str, NDArray[Any]] = {name: np.empty(0, RECORD[name]) for name in ("step", *NUMBERS)}

    def append(self, records: Records, chosen: NDArray[np.intp]) -> None:
        """The ``chosen`` ones. A column at a time: whole records would be copied once more."""
        first, self._count = self._count, self._count + len(chosen)
        for name, array in self._arrays.items():
            self._arrays[name] = _with_room(array, first, self._count)
            self._arrays[name][first : self._count] = records[name][chosen]

    def series(self) -> RunSeries:
        """All so far, read-only."""
        shown = {name: array[: self._count] for name, array in self._arrays.items()}
        for array in shown.values():
            array.flags.writeable = False
        return RunSeries(shown.pop("step"), **shown)


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
        self._columns = tuple(_Columns() for _ in SPLITS)
        self._events: list[MetricsLine] = []
        self._events_known = 0
        self.unreadable = 0

    # ------------------------------------------------------------------------------------------------------- reading

    def refresh(self) -> RunUpdate:
        """Reads the lines written since the last call. Raises RunError: the folder is gone, its metrics unreadable."""
        try:
            with open_ordinary(self.folder.metrics) as lines:
                return self._refresh(lines)
        except FileNotFoundError:
            self.folder.check()
            restarted = self._position > 0
            self._forget()
            return RunUpdate(0, restarted)
        except OSError as error:
            raise RunError(f"{self.folder.metrics} cannot be read: {error.strerror}.", details=str(error)) from error

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
            self._begin_with(records)
            self._position = int(records["end"][-1])

    def _stored_records(self) -> Records:
        try:
            with open_ordinary(self.folder.columns) as stream:
                content = np.fromfile(stream, np.uint8)
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
        before, count = self._count, self._count + sum(len(each) for each in records)
        self._buffer = _with_room(self._buffer, before, count)
        for each in records:
            self._buffer[self._count : self._count + len(each)] = each
            self._count += len(each)
        self._sort_in(self._buffer[before:count])

    def _begin_with(self, records: Records) -> None:
        """As ``_add`` to an empty buffer, without a copy: a long run's records are many megabytes."""
        self._buffer, self._count = records, len(records)
        self._sort_in(records)

    def _sort_in(self, records: Records) -> None:
        """Each into the columns of its split; lines without numbers (of events, of layers) into none."""
        numbered = (records["has"] & LOSS) > 0
        splits = records["split"].copy()  # compared several times, and a record is 74 bytes apart from the next
        for split, columns in enumerate(self._columns):
            columns.append(records, np.flatnonzero(numbered & (splits == split)))

    # ------------------------------------------------------------------------------------------------------- answers

    def __len__(self) -> int:
        """Lines read so far."""
        return self._count

    def series(self, split: Split) -> RunSeries:
        """All numbers of ``split`` so far, read-only; lines that have none (of events, of layers) are left out."""
        return self._columns[SPLITS.index(split)].series()

    def events(self) -> tuple[MetricsLine, ...]:
        """The newest lines that tell of an event, oldest first; only those that are new are read."""
        places = self._places(EVENT, self._events_known)[-_MOST_EVENTS:]
        self._events = [*self._events, *self._lines_at(places)][-_MOST_EVENTS:]
        self._events_known = self._count
        return tuple(self._events)

    def layers(self, most: int = 2000) -> LayerSeries:
        """At most so many measurements of the layers, evenly chosen from all, the newest among them."""
        places = self._places(LAYERS)
        if len(places) > most:
            places = places[np.linspace(0, len(places) - 1, most).round().astype(np.intp)]
        return _layer_series(self._lines_at(places))

    def newest_layers(self, most: int) -> LayerSeries:
        """The last so many measurements of the layers."""
        return _layer_series(self._lines_at(self._places(LAYERS)[-most:]))

    def _places(self, what: int, first: int = 0) -> NDArray[np.intp]:
        """From the line ``first`` on."""
        return first + np.flatnonzero(self._buffer["has"][first : self._count] & what)

    def _lines_at(self, places: NDArray[np.intp]) -> list[MetricsLine]:
        """The lines themselves, read again; those that are there no more are left out."""
        found = []
        try:
            with open_ordinary(self.folder.metrics) as lines:
                for place in places:
                    lines.seek(self._buffer["end"][place - 1] if place else 0)
                    with suppress(ValueError):  # cut off meanwhile: the next refresh starts again
                        found.append(parse_line(lines.readline(LONGEST_LINE)))
        except OSError:  # removed meanwhile, or replaced by what is no file: the next refresh says so
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


def _with_room(array: NDArray[Any], filled: int, count: int) -> NDArray[Any]:
    """The same array, or one twice as long with what was ``filled``, where ``count`` values do not fit."""
    if count <= len(array):
        return array
    grown = np.empty(max(count, 2 * len(array)), array.dtype)
    grown[:filled] = array[:filled]
    return grown


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
