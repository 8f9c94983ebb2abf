"""Colours for the lines and bars of classes: told apart by colour-blind eyes, on light and on dark. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence

RGB = tuple[int, int, int]

SERIES: tuple[RGB, ...] = (
    (68, 119, 170),
    (238, 102, 119),
    (34, 136, 51),
    (204, 187, 68),
    (102, 204, 238),
    (170, 51, 119),
)
"""Paul Tol's "bright" scheme."""

OTHER: RGB = (140, 140, 140)


class SeriesColors:
    """Gives classes their colours; a class keeps its own as long as it is among those shown."""

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self._leader: SeriesColors | None = None

    def follow(self, leader: SeriesColors) -> None:
        """A class that ``leader`` shows has the same colour here, from now on."""
        self._leader = leader

    def forget(self) -> None:
        """Other classes: nothing has a colour yet."""
        self._slots = {}

    def of(self, classes: Sequence[int]) -> tuple[RGB, ...]:
        """A colour for each of ``classes``, best first; ``OTHER`` where there are more classes than colours."""
        led = self._leader._slots if self._leader is not None else {}  # noqa: SLF001 - of the same kind
        fixed = {index: led[index] for index in classes if index in led}
        own = {index: slot for index, slot in self._slots.items() if index in classes and slot not in fixed.values()}
        self._slots = {**own, **fixed}
        free = [slot for slot in range(len(SERIES)) if slot not in self._slots.values()]
        free.sort(key=lambda slot: slot in led.values())  # rather none that means another class there
        for index, slot in zip([index for index in classes if index not in self._slots], free, strict=False):
            self._slots[index] = slot
        return tuple(SERIES[self._slots[index]] if index in self._slots else OTHER for index in classes)
