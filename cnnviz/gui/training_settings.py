"""The settings of a run by their places ("optimizer.momentum"): read, changed, compared. Free of Qt and torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from cnnviz.core.training.values import Limits, RunConfiguration

Value = TypeVar("Value")

_NOT_COMPARED = ("versions", "data.root", "data.download")
"""What says where and with what a run was made, not how it learns."""

_LONGEST_TEXT = 60


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all of several runs: its place, and its text in each of them."""

    place: str
    texts: tuple[str, ...]


def value_at(settings: object, place: str) -> Any:  # noqa: ANN401 - of any type that a setting may have
    """Of a dataclass, or of one inside it."""
    for name in place.split("."):
        settings = getattr(settings, name)
    return settings


def with_values(settings: Value, values: Mapping[str, object]) -> Value:
    """The same settings but for these places."""
    for place, value in values.items():
        settings = _changed(settings, place, value)
    return settings


def _changed(settings: Any, place: str, value: object) -> Any:  # noqa: ANN401 - the same dataclass
    name, _, rest = place.partition(".")
    return replace(settings, **{name: _changed(getattr(settings, name), rest, value) if rest else value})


def limits_at(kind: object, place: str) -> Limits:
    """Between what a number may be. ``kind``: any value of the dataclass."""
    *parents, last = place.split(".")
    for name in parents:
        kind = getattr(kind, name)
    return next(each.metadata["limits"] for each in fields(kind) if each.name == last)  # type: ignore[arg-type]


def differences(settings: Sequence[RunConfiguration]) -> tuple[Difference, ...]:
    """What sets these runs apart, in the order in which the settings are written."""
    columns = [dict(_settings(each)) for each in settings]
    places = dict.fromkeys(place for column in columns for place in column)
    found = (Difference(place, tuple(_text(column.get(place)) for column in columns)) for place in places)
    return tuple(each for each in found if len(set(each.texts)) > 1)


def _settings(settings: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    for each in fields(settings):  # type: ignore[arg-type]
        place, value = f"{prefix}{each.name}", getattr(settings, each.name)
        if place in _NOT_COMPARED:
            continue
        if is_dataclass(value):
            yield from _settings(value, f"{place}.")
        else:
            yield place, value


def _text(value: object) -> str:
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}".replace("-", "−")
    text = str(value)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
