"""Which channels a search field names: ``3, 10-20``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

_PART = re.compile(r"(\d{1,9})(?:\s*[-–]\s*(\d{1,9}))?")


def parse_channels(text: str, count: int) -> tuple[int, ...] | None:
    """The channels below ``count`` that ``text`` names, in rising order; None for an empty text, which means all.

    ``ValueError`` with a sentence for anything that is no number or range, and where no such channel exists.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if not parts:
        return None
    found = sorted({channel for part in parts for channel in _range_of(part, count)})
    if not found:
        raise ValueError(f"This layer has no such channel: it has 0 to {count - 1}.")
    return tuple(found)


def ranges_text(channels: Sequence[int]) -> str:
    """What ``parse_channels`` reads, as short as it can be: ``3, 7, 10–14``."""
    runs = groupby(enumerate(sorted(channels)), lambda pair: pair[1] - pair[0])
    parts = ([channel for _, channel in run] for _, run in runs)
    return ", ".join(f"{part[0]}–{part[-1]}" if len(part) > 2 else ", ".join(map(str, part)) for part in parts)


def _range_of(part: str, count: int) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError(f"“{part}” is neither a channel nor a range: write numbers and ranges such as 3, 10-20.")
    first, last = int(match[1]), int(match[2] or match[1])
    return range(min(first, last), min(max(first, last) + 1, count))
