"""Options of a row: which there are, what they may be, and the values a row has. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cnnviz.core.errors import NetworkError

Pair = tuple[int, int]
"""(height, width)."""
OptionValue = int | float | bool | str | Pair | None
OptionType = Literal["int", "float", "flag", "choice", "pair"]


@dataclass(frozen=True)
class Option:
    """One option of a kind of row, as the builder offers it.

    ``low`` and ``high`` are both allowed. ``words``: of a choice, all it can be; of a pair, words that may
    stand instead ("same"). ``empty_means``: what None stands for; without it None is refused.
    """

    name: str
    type: OptionType
    default: OptionValue
    help: str
    low: float = 0
    high: float = 0
    words: tuple[str, ...] = ()
    empty_means: str = ""

    def normalised(self, value: object) -> OptionValue:
        """The value in its one form: pairs as (height, width), numbers of the option's type. Refuses any other."""
        if value is None and self.empty_means:
            return None
        if isinstance(value, str):
            accepted: OptionValue = value if value in self.words else None
        else:
            accepted = self._number(value)
        if accepted is None:
            raise NetworkError(f"{self.name} is {_shown(value)}, but it must be {self.allowed}.")
        return accepted

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        numbers = {
            "int": f"a whole number from {self.low:g} to {self.high:g}",
            "float": f"a number from {self.low:g} to {self.high:g}",
            "flag": "true or false",
            "pair": f"a whole number from {self.low:g} to {self.high:g} or two of them, height and width",
            "choice": "",
        }[self.type]
        parts = (numbers, *self.words, f"empty ({self.empty_means})" if self.empty_means else "")
        return " or ".join(part for part in parts if part)

    def _number(self, value: object) -> OptionValue:
        if self.type == "flag":
            return value if isinstance(value, bool) else None
        if self.type == "pair":
            return self._pair(value)
        return self._within(value) if self.type in ("int", "float") else None

    def _pair(self, value: object) -> Pair | None:
        sides = value if isinstance(value, tuple | list) else (value, value)
        if len(sides) != 2 or any(self._within(side) is None for side in sides):
            return None
        return int(sides[0]), int(sides[1])

    def _within(self, value: object) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return None
        if self.type == "float":
            return float(value)
        return value if isinstance(value, int) else None


@dataclass(frozen=True)
class Options(Mapping[str, OptionValue]):
    """The values of one row, every option of its kind among them, in the table's order."""

    entries: tuple[tuple[str, OptionValue], ...] = ()

    def __getitem__(self, name: str) -> OptionValue:
        for key, value in self.entries:
            if key == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def integer(self, name: str) -> int:
        value = self[name]
        if not isinstance(value, int):
            raise TypeError(name)
        return value

    def number(self, name: str) -> float:
        value = self[name]
        if not isinstance(value, float):
            raise TypeError(name)
        return value

    def flag(self, name: str) -> bool:
        return self[name] is True

    def word(self, name: str) -> str:
        value = self[name]
        return value if isinstance(value, str) else ""

    def pair(self, name: str) -> Pair:
        value = self[name]
        if not isinstance(value, tuple):
            raise TypeError(name)
        return value


NO_OPTIONS = Options()


def options_of(table: tuple[Option, ...], values: Mapping[str, object]) -> Options:
    """Every option of the table, from ``values`` or its default; refuses values the table does not know."""
    unknown = next((name for name in values if name not in {option.name for option in table}), None)
    if unknown is not None:
        known = ", ".join(option.name for option in table) or "none"
        raise NetworkError(f"There is no option {_shown(unknown)} here; the options are: {known}.")
    return Options(tuple((option.name, option.normalised(values.get(option.name, option.default))) for option in table))


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, bool | int | float | str | None) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:37]}…"
