"""metrics.jsonl: one JSON object a line, appended; and metrics.columns, the same numbers as records of fixed size, so
that a reader has a million lines at once. The lines are the truth; the records say where each ends.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, get_args

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.training.errors import RunError
from cnnviz.core.training.values import LayerMeasures, MetricsLine, Split

LONGEST_LINE: Final = 2**20
"""Bytes of one line, its line break included."""

SPLITS: Final[tuple[Split, ...]] = get_args(Split)
NUMBERS: Final = ("epoch", "loss", "accuracy", "learning_rate", "images_per_second", "seconds", "time")

EVENT: Final = 1
LAYERS: Final = 2
LOSS: Final = 4

RECORD: Final = np.dtype(
    [("end", "<i8"), ("step", "<i8"), *((name, "<f8") for name in NUMBERS), ("split", "u1"), ("has", "u1")]
)
"""``end``: bytes of metrics.jsonl up to and with this line. ``has``: EVENT, LAYERS and LOSS, as far as it has them."""

Records = NDArray[np.void]
_DEFAULTS = {each.name: None if each.default is MISSING else each.default for each in fields(MetricsLine)}
_OPTIONAL = frozenset({"loss", "accuracy", "learning_rate", "images_per_second"})
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def format_line(line: MetricsLine) -> bytes:
    """What is left at its default is left out. Numbers that are not finite, which JSON has none of, become texts."""
    content = {name: getattr(line, name) for name in _DEFAULTS}
    kept = {name: _formatted(value) for name, value in content.items() if name == "split" or value != _DEFAULTS[name]}
    if line.layers:
        kept["layers"] = {
            name: [
                _formatted(number)
                for number in (each.gradient_norm, each.update_ratio, each.silent)
                if number is not None
            ]
            for name, each in line.layers.items()
        }
    else:
        kept.pop("layers", None)
    return (json.dumps(kept, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _formatted(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def parse_line(text: bytes) -> MetricsLine:
    """The inverse of ``format_line``; unknown keys are passed over. Raises ValueError: no metrics line."""
    if len(text) > LONGEST_LINE:
        raise ValueError(f"a metrics line of {len(text)} bytes")
    try:
        content = _DECODER.decode(text.decode())
    except RecursionError as error:
        raise ValueError("a metrics line nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError("a metrics line is a JSON object")  # noqa: TRY004 - its content is wrong, not a caller's type
    return _line(content)


def _line(content: Mapping[str, Any]) -> MetricsLine:
    split, event, step = content.get("split"), content.get("event", ""), content.get("step")
    if split not in SPLITS or not isinstance(event, str) or type(step) is not int or not 0 <= step < 2**62:
        raise ValueError("a metrics line needs a step and a split")
    numbers = {name: _number(content[name], name) for name in NUMBERS if name in content}
    if "epoch" not in numbers:
        raise ValueError("a metrics line needs an epoch")
    return MetricsLine(step=step, split=split, event=event, layers=_layers(content.get("layers", {})), **numbers)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


def _number(value: object, name: str) -> Any:  # noqa: ANN401 - None only where the field allows it
    if value is None and name in _OPTIONAL:
        return None
    if isinstance(value, str):
        if value in _SPECIAL:
            return _SPECIAL[value]
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308:
        return float(value)
    raise ValueError(f"{name} is no number")


def _layers(content: object) -> dict[str, LayerMeasures]:
    if not isinstance(content, dict):
        raise ValueError("layers is a JSON object")  # noqa: TRY004 - as above
    return {name: _measures(value) for name, value in content.items()}


def _measures(value: object) -> LayerMeasures:
    if not isinstance(value, list) or len(value) not in {2, 3}:
        raise ValueError("a layer has two or three numbers")
    silent = _number(value[2], "silent") if len(value) == 3 else None
    return LayerMeasures(_number(value[0], "gradient_norm"), _number(value[1], "update_ratio"), silent)


def record_of(line: MetricsLine, end: int) -> Records:
    """The record of a line that ends at byte ``end``; numbers it has none of are NaN."""
    record = np.zeros(1, RECORD)
    for name in NUMBERS:
        value = getattr(line, name)
        record[name] = math.nan if value is None else value
    record["end"], record["step"] = end, line.step
    record["split"], record["has"] = SPLITS.index(line.split), _has(line)
    return record


def _has(line: MetricsLine) -> int:
    return (EVENT if line.event else 0) | (LAYERS if line.layers else 0) | (LOSS if line.loss is not None else 0)


class MetricsWriter:
    """Appends to a run's metrics. ``keep``: how many bytes and records of earlier lines to go on from.

    What lies behind was written after the checkpoint that is gone on from. It is cut by replacing the files, so that a
    reader sees by the files' identity that it must start again.
    """

    def __init__(self, lines: Path, columns: Path, keep: tuple[int, int] = (0, 0)) -> None:
        _cut(lines, keep[0])
        _cut(columns, keep[1] * RECORD.itemsize)
        self._lines, self._columns = _appender(lines), _appender(columns)
        self._size, self._count = keep

    def write(self, line: MetricsLine) -> None:
        """One line, handed to the operating system at once. Raises OSError."""
        text = format_line(line)
        _write_all(self._lines, text)
        self._size += len(text)
        _write_all(self._columns, record_of(line, self._size).tobytes())
        self._count += 1

    def sync(self) -> tuple[int, int]:
        """Waits until all is on the disk; bytes and records written so far, to ``keep`` later."""
        os.fsync(self._lines.fileno())
        os.fsync(self._columns.fileno())
        return self._size, self._count

    def close(self) -> None:
        self._lines.close()
        self._columns.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _appender(path: Path) -> FileIO:
    """Without a buffer: what is written is there, and nothing is left to be written when it is closed."""
    return path.open("ab", buffering=0)


def _write_all(file: FileIO, content: bytes) -> None:
    while content:
        content = content[file.write(content) :]


def _cut(path: Path, size: int) -> None:
    """Leaves the first ``size`` bytes of a file that may be missing if that is none."""
    found = path.stat().st_size if path.exists() else 0
    if found < size:
        raise RunError(
            f"{path.name} has {found:,} bytes, but its last checkpoint was made after {size:,}: "
            "restore it from a copy, or start a new run from the checkpoint's weights."
        )
    if found == size:
        return
    partial = path.with_name(f"{path.name}.partial")
    with path.open("rb") as source, partial.open("wb") as target:
        target.write(source.read(size))
        target.flush()
        os.fsync(target.fileno())
    partial.replace(path)
