"""Takes out what a layout leaves empty along the flow: nested frames that end at one place leave a gap each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

Span = tuple[float, float]


def squeezed(occupied: Iterable[Span], largest_gap: float) -> Callable[[float], float]:
    """A map of places that keeps every occupied span as long as it is and makes gaps at most ``largest_gap``.

    The first span begins at 0.
    """
    spans = _merged(occupied)
    starts, shifts = [], []
    shift = -spans[0][0] if spans else 0.0
    for number, (start, _) in enumerate(spans):
        gap = start - spans[number - 1][1] if number else 0.0
        shift -= max(0.0, gap - largest_gap)
        starts.append(start)
        shifts.append(shift)

    def moved(place: float) -> float:
        number = max(0, bisect_right(starts, place) - 1)
        if number + 1 < len(spans) and place > spans[number][1]:  # in a gap: kept in proportion
            end, start = spans[number][1], spans[number + 1][0]
            share = (place - end) / (start - end)
            return end + shifts[number] + share * (start + shifts[number + 1] - end - shifts[number])
        return place + (shifts[number] if shifts else 0.0)

    return moved


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
