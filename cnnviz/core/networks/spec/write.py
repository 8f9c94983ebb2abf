"""A spec as JSON text, one row a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.json_layout import FORMAT, VERSION
from cnnviz.core.networks.spec.options import OptionValue
from cnnviz.core.networks.spec.palette import kind_of
from cnnviz.core.networks.spec.rows import GroupRow, LayerRow, NetworkSpec, Row


def spec_text(spec: NetworkSpec) -> str:
    """The text that ``read_spec`` reads back to an equal spec. Options that have their default are left out."""
    fields = [f"  {_text(name)}: {_text(value)}" for name, value in _fields(spec).items()]
    rows = f'  "rows": {_rows_text(spec.rows, 1)}'
    return "{\n" + ",\n".join([*fields, rows]) + "\n}\n"


def write_spec(spec: NetworkSpec, path: Path) -> None:
    """Into a file, by a temporary one beside it: a crash leaves the old file whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(spec_text(spec), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise NetworkError(f"{path.name} cannot be written: {error.strerror}. Choose another folder.") from error


def _fields(spec: NetworkSpec) -> dict[str, Any]:
    channels, height, width = spec.input_shape
    fields: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "title": spec.title,
        "input": {"channels": channels, "height": height, "width": width},
    }
    if spec.preprocessing:
        fields["preprocessing"] = asdict(spec.preprocessing)
    if spec.class_names:
        fields["class_names"] = spec.class_names
    if spec.notes:
        fields["notes"] = spec.notes
    return fields


def _rows_text(rows: tuple[Row, ...], depth: int) -> str:
    if not rows:
        return "[]"
    inside, end = "  " * (depth + 1), "  " * depth
    lines = ",\n".join(f"{inside}{_row_text(row, depth + 1)}" for row in rows)
    return f"[\n{lines}\n{end}]"


def _row_text(row: Row, depth: int) -> str:
    if isinstance(row, GroupRow):
        return f'{{"name": {_text(row.name)}, "repeat": {row.repeat}, "rows": {_rows_text(row.rows, depth)}}}'
    fields: dict[str, Any] = {"name": row.name, "kind": row.kind}
    if options := _options(row):
        fields["options"] = options
    return _text(fields)


def _options(row: LayerRow) -> dict[str, OptionValue]:
    """Those that differ from their default, and the number of channels, which is what a reader looks for first."""
    always = {"filters", "features", "kernel"}
    table = {option.name: option.default for option in kind_of(row.kind).options}
    changed = {name: value for name, value in row.options.items() if value != table[name] or name in always}
    return {name: _short(value) for name, value in changed.items()}


def _short(value: OptionValue) -> OptionValue:
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
