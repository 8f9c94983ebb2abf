"""A value of untrusted JSON and its place, so that what is wrong with it can be refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec import limits

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[{]|[\]}]")
_LONGEST_NUMBER = 30  # digits


@dataclass(frozen=True)
class Located:
    """``place``: as one would write it in Python: rows[3].options.kernel."""

    value: object
    place: str

    def refuse(self, reason: str) -> NoReturn:
        raise NetworkError(f"The spec is refused: {self.place or 'the file'} {reason}.")

    def fields(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Located]:
        """An object's fields; refuses missing and unknown ones."""
        if not isinstance(self.value, dict):
            self.refuse(f"is {_kind(self.value)}, but must be an object with {', '.join(required)}")
        missing = next((name for name in required if name not in self.value), None)
        if missing:
            self.refuse(f"has no {missing!r}")
        unknown = next((name for name in self.value if name not in (*required, *optional)), None)
        if unknown is not None:
            allowed = ", ".join((*required, *optional))
            self.refuse(f"has an unknown field {unknown[:40]!r}; allowed are: {allowed}")
        return self.all_fields()

    def all_fields(self) -> dict[str, Located]:
        """An object's fields, whatever they are called."""
        if not isinstance(self.value, dict):
            self.refuse(f"is {_kind(self.value)}, but must be an object")
        dot = "." if self.place else ""
        return {name: Located(value, f"{self.place}{dot}{name[:40]}") for name, value in self.value.items()}

    def items(self, most: int) -> Iterator[Located]:
        """A list's items, at most so many."""
        if not isinstance(self.value, list):
            self.refuse(f"is {_kind(self.value)}, but must be a list")
        if len(self.value) > most:
            self.refuse(f"has {len(self.value):,} items, but at most {most:,} are allowed")
        return (Located(value, f"{self.place}[{place}]") for place, value in enumerate(self.value))

    def text(self, most: int = limits.TEXT_LENGTH) -> str:
        if not isinstance(self.value, str):
            self.refuse(f"is {_kind(self.value)}, but must be text")
        if len(self.value) > most or any("\ud800" <= letter <= "\udfff" for letter in self.value):
            self.refuse(f"must be proper text of at most {most:,} characters")
        return self.value

    def word(self, words: Sequence[str]) -> str:
        if not isinstance(self.value, str) or self.value not in words:
            self.refuse(f"must be one of {', '.join(words)}")
        return self.value

    def integer(self, low: int, high: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not low <= self.value <= high:
            self.refuse(f"must be a whole number from {low:,} to {high:,}")
        return self.value

    def number(self, low: float, high: float) -> float:
        number = self.value
        if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
            self.refuse(f"must be a number from {low:g} to {high:g}")
        return float(number)

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.refuse("must be true or false")
        return self.value


def parsed(text: str) -> Located:
    """JSON, refused where it is malformed, nests too deep, or says one thing twice."""
    root = Located(None, "")
    if len(text) > limits.FILE_BYTES:
        root.refuse(f"has more than {limits.FILE_BYTES >> 20} MiB, which no network of this program needs")
    if _too_deep(text):
        root.refuse(f"nests more than {limits.JSON_DEPTH} levels deep")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_integer, parse_float=float
        )
    except json.JSONDecodeError as error:
        root.refuse(f"is no complete JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}")
    return Located(value, "")


def _too_deep(text: str) -> bool:
    """Whether brackets nest too deep, those inside strings left out; told before the parser has to follow them."""
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > limits.JSON_DEPTH:
            return True
    return False


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            raise NetworkError(f"The spec is refused: the field {name[:40]!r} stands twice in one object.")
        fields[name] = value
    return fields


def _integer(digits: str) -> int | float:
    """Of a long number only its size matters: nothing allows it."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else float("-inf" if digits.startswith("-") else "inf")


def _no_constant(name: str) -> NoReturn:
    raise NetworkError(f"The spec is refused: it contains {name}, which is no number of JSON.")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
