"""Rows of the builder in words: options as they are typed and read, counts with their units. Free of Qt."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.field import RowField
from cnnviz.core.networks.spec.options import Option, Options, OptionValue
from cnnviz.gui.widgets.number_text import shape_text

_BETWEEN_SIDES = re.compile(r"\s*[×x*,; ]\s*")
_FIRST = ("kernel", "factor", "size", "convs", "layers", "growth", "multiplier", "p")
"""Options that are read first, and also where they have their default."""
_IN_OUTPUT = ("filters", "features")
"""Options the output's size says already."""
_SHORT = {
    "kernel": "%1",
    "size": "%1",
    "factor": "×%1",
    "convs": "%1 convolutions",
    "layers": "%1 layers",
    "padding": "pad %1",
}
_SHORT_TITLES = {"Convolution": "Conv"}
_SUFFIXES = (" pooling", " block", " convolution")


def option_text(value: OptionValue) -> str:
    """As it stands in a field: ``3`` for a square pair, ``3×5`` for another, ``1e-05``, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return str(value[0]) if value[0] == value[1] else f"{value[0]}×{value[1]}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_option(option: Option, text: str) -> OptionValue:
    """What was typed, as a value of the option. A NetworkError says what it must be."""
    typed = text.strip()
    if not typed and option.empty_means:
        return None
    if option.type == "flag":
        return option.normalised({"yes": True, "no": False, "true": True, "false": False}.get(typed.casefold(), typed))
    if typed in option.words:
        return typed
    return option.normalised(_number(option, typed))


def _number(option: Option, typed: str) -> object:
    """The number or pair of numbers in ``typed``; the text itself where there is none."""
    try:
        if option.type == "pair":
            sides = tuple(int(side) for side in _BETWEEN_SIDES.split(typed))
            return sides[0] if len(sides) == 1 else sides
        return (
            float(typed.replace("−", "-")) if option.type == "float" else int(typed.replace(",", "").replace("−", "-"))
        )
    except ValueError:
        return typed


def row_words(title: str, options: Sequence[Option], values: Options) -> str:
    """A row's kind and the options that matter, without what its output's size says: ``Max  3×3, stride 2``."""
    short = next((title.removesuffix(suffix) for suffix in _SUFFIXES if title.endswith(suffix)), title)
    short = _SHORT_TITLES.get(short, short)
    first = [option for name in _FIRST for option in options if option.name == name]
    rest = [option for option in options if option not in first and option.name not in _IN_OUTPUT]
    said = [*first, *(option for option in rest if values[option.name] != option.default)]
    return "  ".join(filter(None, (short, ", ".join(_phrase(option, values[option.name]) for option in said))))


def _phrase(option: Option, value: OptionValue) -> str:
    label = option_label(option.name)
    if isinstance(value, bool):
        return label if value else f"no {label}"
    if option.name in ("kernel", "size") and isinstance(value, tuple):
        return shape_text(value)
    return _SHORT.get(option.name, f"{label} %1").replace("%1", option_text(value) or option.empty_means)


def option_label(name: str) -> str:
    """``padding mode`` for ``padding_mode``."""
    return name.replace("_", " ")


def count_text(count: int) -> str:
    """Three digits and a unit from a hundred thousand on: ``105 M``; a smaller count whole: ``34,944``."""
    return f"{count:,}" if count < 100_000 else _scaled(count, ("k", "M", "G", "T"))


def bytes_text(count: int) -> str:
    """``612 B``, ``18.8 kB``, ``1.16 MB``."""
    return f"{count} B" if count < 1_000 else _scaled(count, ("kB", "MB", "GB", "TB"))


def _scaled(count: int, units: Sequence[str]) -> str:
    """Three significant digits in the largest unit that leaves at least one before the point."""
    scaled, place = count / 1e3, 0
    while scaled >= 999.5 and place < len(units) - 1:
        scaled, place = scaled / 1e3, place + 1
    digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{scaled:,.{digits}f} {units[place]}"


def field_text(field: RowField) -> str:
    """Height and width of a receptive field in pixels; "all" where it is the whole picture."""
    return "all" if field.size is None else shape_text(field.size)


def typed_options(options: Sequence[Option], values: Options) -> str:
    """All options as one line to edit: ``filters=6 kernel=5 stride=1``."""
    return " ".join(f"{option.name}={option_text(values[option.name])}" for option in options)


def read_typed_options(options: Sequence[Option], line: str) -> dict[str, OptionValue]:
    """What such a line says. A NetworkError names the word that says nothing."""
    known = {option.name: option for option in options}
    found: dict[str, OptionValue] = {}
    for word in line.split():
        name, sign, typed = word.partition("=")
        matching = [option for option in options if option.name.startswith(name)] if name else []
        option = known.get(name) or (matching[0] if len(matching) == 1 else None)
        if option is None or not sign:
            raise NetworkError(f"{word!r} is no option: write name=value with one of {', '.join(known) or 'none'}.")
        found[option.name] = read_option(option, typed)
    return found
