"""Frozen dataclasses ↔ JSON, read strictly: every key known, every value of its declared type and within its limits."""

from __future__ import annotations

import functools
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, TypeVar

from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.values import Limits

Value = TypeVar("Value")
_LONGEST_TEXT = 10_000
_SHOWN = 60  # characters of a wrong value
_KINDS = {bool: "true or false", int: "a whole number", float: "a finite number", str: "a text"}


def plain(value: object) -> object:
    """What ``json`` can write. Numbers that are not finite become None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_text(value: object) -> str:
    """A dataclass as indented JSON."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_text(kind: type[Value], text: str, where: str) -> Value:
    """The inverse of ``write_text``. ``where``: what the text is, for the ConfigurationError if it is wrong."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{where} is not JSON: restore it from a copy.", details=str(error)) from error
    return read(kind, content, where)


def read(kind: type[Value], content: object, where: str) -> Value:
    """A dataclass of type ``kind`` from parsed JSON; fields with defaults may be missing."""
    value: Value = _read_dataclass(kind, content, where)
    return value


def check(value: object, where: str = "") -> None:
    """Raises ConfigurationError unless every field of the dataclass is of its type and within its limits."""
    for name, hint, limits in _declared(typing.cast("type", type(value))):
        current = getattr(value, name)
        if is_dataclass(current):
            check(current, f"{where}{name}.")
        else:
            _read_value(hint, plain(current), f"{where}{name}", limits)


@functools.cache
def _declared(kind: type) -> tuple[tuple[str, Any, Limits | None], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((each.name, hints[each.name], each.metadata.get("limits")) for each in fields(kind))


def _read_dataclass(kind: type, content: object, where: str) -> Any:  # noqa: ANN401 - an instance of kind
    if not isinstance(content, dict):
        raise _wrong(where, content, "a JSON object")
    known = {name: (hint, limits) for name, hint, limits in _declared(kind)}
    if unknown := sorted(map(str, set(content) - set(known))):
        allowed = ", ".join(known)
        raise ConfigurationError(f"{where} has the unknown key {unknown[0][:_SHOWN]!r}: allowed are {allowed}.")
    if missing := [each.name for each in fields(kind) if _is_required(each) and each.name not in content]:
        raise ConfigurationError(f"{where} lacks {missing[0]!r}.")
    values = {}
    for key, value in content.items():
        hint, limits = known[key]
        values[key] = _read_value(hint, value, f"{where}: {key}", limits)
    return kind(**values)


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _read_value(hint: Any, content: object, where: str, limits: Limits | None) -> Any:  # noqa: ANN401 - of type hint
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        return _read_dataclass(typing.cast("type", hint), content, where)
    if origin in {typing.Union, types.UnionType}:
        (inner,) = (each for each in arguments if each is not type(None))
        return None if content is None else _read_value(inner, content, where, limits)
    if origin is Literal:
        return _read_choice(arguments, content, where)
    if origin is tuple:
        return _read_tuple(arguments, content, where, limits)
    if origin is Mapping:
        return _read_mapping(arguments[1], content, where, limits)
    return _read_scalar(hint, content, where, limits)


def _read_choice(allowed: tuple[Any, ...], content: object, where: str) -> object:
    if not isinstance(content, str) or content not in allowed:
        raise _wrong(where, content, f"one of {', '.join(allowed)}")
    return content


def _read_tuple(hints: tuple[Any, ...], content: object, where: str, limits: Limits | None) -> tuple[Any, ...]:
    if not isinstance(content, list):
        raise _wrong(where, content, "a list")
    if hints[-1] is Ellipsis:
        hints = (hints[0],) * len(content)
    if len(hints) != len(content):
        raise _wrong(where, content, f"a list of {len(hints)}")
    return tuple(_read_value(hint, each, where, limits) for hint, each in zip(hints, content, strict=True))


def _read_mapping(hint: Any, content: object, where: str, limits: Limits | None) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(content, dict):
        raise _wrong(where, content, "a JSON object")
    return {key: _read_value(hint, value, f"{where}: {key[:_SHOWN]}", limits) for key, value in content.items()}


def _read_scalar(hint: type, content: object, where: str, limits: Limits | None) -> object:
    if hint is bool or isinstance(content, bool):
        if hint is bool and isinstance(content, bool):
            return content
        raise _wrong(where, content, _KINDS[hint])
    if hint is str:
        return _read_string(content, where, limits)
    if not isinstance(content, int if hint is int else int | float) or not _is_finite(content):
        raise _wrong(where, content, _KINDS[hint])
    number = hint(content)
    if limits and not limits.low <= number <= limits.high:
        raise _wrong(where, content, f"between {limits.low:g} and {limits.high:g}")
    return number


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond every float
        return False


def _read_string(content: object, where: str, limits: Limits | None) -> str:
    longest = int(limits.high) if limits else _LONGEST_TEXT
    if not isinstance(content, str) or len(content) > longest:
        raise _wrong(where, content, f"a text of at most {longest:,} characters")
    return content


def _wrong(where: str, content: object, allowed: str) -> ConfigurationError:
    shown = repr(content)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return ConfigurationError(f"{where} is {shown}: it must be {allowed}.")
