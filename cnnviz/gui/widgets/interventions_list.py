"""What the user does to the network, as a list with undo and redo. Free of Qt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from cnnviz.core.inside.interventions import Intervention, InterventionKind


@dataclass(frozen=True)
class ListedIntervention:
    """``on``: it is done; else it only waits in the list."""

    intervention: Intervention
    on: bool = True


Listed = tuple[ListedIntervention, ...]


def active(listed: Listed) -> tuple[Intervention, ...]:
    """Those that are done, in their order."""
    return tuple(each.intervention for each in listed if each.on)


def toggled(listed: Listed, kind: InterventionKind, layer: str, channel: int) -> Listed:
    """With one more channel muted or soloed, or one less. All channels of one layer that are toggled so stand in one
    row; a row without channels is gone.
    """
    if any(_does(each, kind, layer) and channel in (each.intervention.channels or ()) for each in listed):
        return tuple(kept for each in listed if (kept := _without(each, kind, layer, channel)) is not None)
    for place, each in enumerate(listed):
        if _does(each, kind, layer) and each.intervention.channels is not None:
            channels = tuple(sorted({*each.intervention.channels, channel}))
            longer = replace(each, intervention=replace(each.intervention, channels=channels))
            return (*listed[:place], longer, *listed[place + 1 :])
    return (*listed, ListedIntervention(Intervention(layer, kind, (channel,))))


def silenced(listed: Listed, layer: str, count: int) -> frozenset[int]:
    """The channels of ``layer`` (which has ``count``) that are muted, or not among those soloed."""
    here = [each.intervention for each in listed if each.on and each.intervention.layer == layer]
    everything = range(count)
    muted = {one for each in here if each.kind == "mute" for one in (each.channels or everything)}
    heard = {one for each in here if each.kind == "solo" for one in (each.channels or ())}
    if heard:
        muted |= {one for one in everything if one not in heard}
    return frozenset(muted)


def switched_off(listed: Listed) -> Listed:
    """All of them, to be switched on again one by one."""
    return tuple(replace(each, on=False) for each in listed)


def without(listed: Listed, places: Collection[int]) -> Listed:
    return tuple(each for place, each in enumerate(listed) if place not in places)


def exchanged(listed: Listed, place: int, by: ListedIntervention) -> Listed:
    """``by`` in the place of another."""
    return (*listed[:place], by, *listed[place + 1 :])


def _does(each: ListedIntervention, kind: InterventionKind, layer: str) -> bool:
    return each.on and each.intervention.kind == kind and each.intervention.layer == layer


def _without(each: ListedIntervention, kind: InterventionKind, layer: str, channel: int) -> ListedIntervention | None:
    channels = each.intervention.channels
    if not _does(each, kind, layer) or channels is None or channel not in channels:
        return each
    left = tuple(one for one in channels if one != channel)
    return replace(each, intervention=replace(each.intervention, channels=left)) if left else None


class InterventionsHistory:
    """Every list there was, for undo and redo."""

    def __init__(self, listed: Sequence[ListedIntervention] = ()) -> None:
        self._steps: list[Listed] = [tuple(listed)]
        self._present = 0
        self._series = ""

    @property
    def listed(self) -> Listed:
        return self._steps[self._present]

    @property
    def can_undo(self) -> bool:
        return self._present > 0

    @property
    def can_redo(self) -> bool:
        return self._present + 1 < len(self._steps)

    def record(self, listed: Listed, series: str = "") -> bool:
        """``listed`` follows the present list; False where it is the same. Steps of one ``series`` in a row (a value
        that is turned) are one step to undo.
        """
        if listed == self.listed:
            return False
        continues = bool(series) and series == self._series and not self.can_redo and self.can_undo
        del self._steps[self._present + (0 if continues else 1) :]
        self._steps.append(listed)
        self._present = len(self._steps) - 1
        self._series = series
        return True

    def undo(self) -> bool:
        """Back to the list before; False at the beginning."""
        return self._go(-1) if self.can_undo else False

    def redo(self) -> bool:
        """To the list that was undone last; False where none was."""
        return self._go(1) if self.can_redo else False

    def _go(self, step: int) -> bool:
        self._present += step
        self._series = ""
        return True
