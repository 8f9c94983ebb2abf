"""Reads a spec from JSON that nobody vouches for: a fault is refused with its place, before anything large is made."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.check import layer_count
from cnnviz.core.networks.spec.json_layout import FITS, FORMAT, INTERPOLATIONS, VERSION
from cnnviz.core.networks.spec.json_value import Located, parsed
from cnnviz.core.networks.spec.names import checked_name
from cnnviz.core.networks.spec.options import Option
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.core.networks.spec.rows import Fit, GroupRow, InputScaling, Interpolation, LayerRow, NetworkSpec, Row
from cnnviz.core.ordinary_file import open_ordinary

_REQUIRED = ("format", "version", "title", "input", "rows")
_OPTIONAL = ("preprocessing", "class_names", "notes")


def read_spec(source: Path | str) -> NetworkSpec:
    """The spec in a file (a Path) or in a text. NetworkError says where it is wrong.

    A row that cannot be on its input is no fault of the file: ``check`` marks it.
    """
    root = parsed(_file_text(source) if isinstance(source, Path) else source)
    _check_format(root)
    fields = root.fields(_REQUIRED, _OPTIONAL)
    shape = _input_shape(fields["input"])
    scaling = fields.get("preprocessing")
    return NetworkSpec(
        fields["title"].text(200),
        shape,
        _network_rows(fields["rows"]),
        _scaling(scaling, shape[0]) if scaling else None,
        _class_names(fields.get("class_names")),
        fields["notes"].text() if "notes" in fields else "",
    )


def _file_text(path: Path) -> str:
    """Not read at all if it is too large."""
    try:
        with open_ordinary(path) as file:
            data = file.read(limits.FILE_BYTES + 1)
        return data.decode("utf-8") if len(data) <= limits.FILE_BYTES else " " * len(data)
    except OSError as error:
        raise NetworkError(f"{path.name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise NetworkError(f"{path.name} is no spec: byte {error.start} is no UTF-8 text.") from error


def _check_format(root: Located) -> None:
    """Whether it is a spec at all, and one this program knows."""
    head = root.all_fields()
    if "format" not in head or head["format"].value != FORMAT:
        root.refuse(f'is no spec: its "format" must be "{FORMAT}"')
    version = head.get("version", Located(None, "version"))
    if version.value != VERSION or isinstance(version.value, bool):
        version.refuse(f"is not {VERSION}, the one this program reads: open the file with the cnnviz that wrote it")


def _input_shape(field: Located) -> tuple[int, int, int]:
    fields = field.fields(("channels", "height", "width"))
    channels = fields["channels"].integer(1, limits.CHANNELS)
    height, width = (fields[name].integer(1, limits.SIDE) for name in ("height", "width"))
    if channels * height * width > limits.INPUT_VALUES:
        field.refuse(f"has {channels * height * width:,} values, but at most {limits.INPUT_VALUES:,} are allowed")
    return channels, height, width


def _network_rows(field: Located) -> tuple[Row, ...]:
    reader = _RowReader()
    rows = reader.rows(field, 0)
    if layer_count(rows) > limits.LAYERS:
        field.refuse(f"repeat to {layer_count(rows):,} layers, but at most {limits.LAYERS:,} are allowed")
    return rows


class _RowReader:
    """Counts rows while it reads them, wherever they stand."""

    def __init__(self) -> None:
        self._left = limits.ROWS

    def rows(self, field: Located, depth: int) -> tuple[Row, ...]:
        rows: list[Row] = []
        names: set[str] = set()
        for item in field.items(limits.ROWS):
            self._left -= 1
            if self._left < 0:
                item.refuse(f"is one row too many: at most {limits.ROWS:,} are allowed")
            row = self._row(item, depth)
            if row.name in names:
                item.refuse(f"is called {row.name!r} like a row above it")
            names.add(row.name)
            rows.append(row)
        return tuple(rows)

    def _row(self, item: Located, depth: int) -> Row:
        if "rows" not in item.all_fields():
            return _layer(item)
        if depth >= limits.GROUP_DEPTH:
            item.refuse(f"is a group inside {depth} groups: at most {limits.GROUP_DEPTH} stand inside each other")
        fields = item.fields(("name", "rows"), ("repeat",))
        repeat = fields["repeat"].integer(1, limits.REPEAT) if "repeat" in fields else 1
        return GroupRow(_name(fields["name"]), self.rows(fields["rows"], depth + 1), repeat)


def _layer(item: Located) -> LayerRow:
    fields = item.fields(("name", "kind"), ("options",))
    kind = KINDS[fields["kind"].word(tuple(KINDS))]
    given = fields["options"].all_fields() if "options" in fields else {}
    table = {option.name: option for option in kind.options}
    values = {name: _option(field, table.get(name), tuple(table)) for name, field in given.items()}
    return kind.row(_name(fields["name"]), **values)


def _option(field: Located, option: Option | None, known: tuple[str, ...]) -> object:
    if option is None:
        field.refuse(f"is no option of this kind; its options are: {', '.join(known) or 'none'}")
    try:
        return option.normalised(field.value)
    except NetworkError as error:
        field.refuse(f"is wrong: {error.message.rstrip('.')}")


def _name(field: Located) -> str:
    try:
        return checked_name(field.text())
    except NetworkError as error:
        field.refuse(f"is wrong: {error.message.rstrip('.')}")


def _scaling(field: Located, channels: int) -> InputScaling:
    fields = field.fields(("mean", "std"), ("resize", "fit", "interpolation", "invert"))
    resize = fields.get("resize")
    return InputScaling(
        _numbers(fields["mean"], channels, -1e6, 1e6),
        _numbers(fields["std"], channels, 1e-6, 1e6),
        resize.integer(1, limits.SIDE) if resize and resize.value is not None else None,
        cast("Fit", fields["fit"].word(FITS)) if "fit" in fields else "crop",
        cast("Interpolation", fields["interpolation"].word(INTERPOLATIONS))
        if "interpolation" in fields
        else "bilinear",
        fields["invert"].flag() if "invert" in fields else False,
    )


def _numbers(field: Located, count: int, low: float, high: float) -> tuple[float, ...]:
    numbers = tuple(item.number(low, high) for item in field.items(limits.CHANNELS))
    if len(numbers) != count:
        field.refuse(f"has {len(numbers)} numbers for {count} input channels")
    return numbers


def _class_names(field: Located | None) -> tuple[str, ...]:
    return tuple(item.text(1000) for item in field.items(limits.CLASS_NAMES)) if field else ()
