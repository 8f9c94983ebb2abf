"""Which live views a frame of a moving picture answers, and for which of their layers: what is costly takes turns.

Only the layers whose turn it is are hooked and measured, so that a frame in between costs what it costs without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cnnviz.core.live_views import StatisticsView, ThumbnailsView, UnitView
from cnnviz.core.views import LiveView

UNIT_SECONDS = 0.4
"""Nobody reads a sum more often."""

STATISTICS_SECONDS = 0.4
"""To look at every cell of a large first layer takes as long as half a forward pass of a small network."""

CORRELATION_TURNS = 3

THUMBNAILS_SECONDS = 0.1

_LEAST_LAYERS = 8
_STATISTICS_SHARE = 10
"""All layers are new after so many turns: a deep network has more of them in a turn, and its forward pass is longer."""

_THUMBNAILS_SHARE = 3

_EARLY = 0.01
"""A frame that comes so much sooner than its turn still has it."""


@dataclass(frozen=True)
class _Turn:
    """``number`` counts them from 0; ``taken``: when the last one was."""

    number: int = 0
    taken: float = -math.inf


class Turns:
    """``due`` looks and ``take`` counts, so that a frame that cannot start yet loses no turn."""

    def __init__(self) -> None:
        self._turns: dict[LiveView, _Turn] = {}

    def due(self, views: tuple[LiveView, ...], now: float) -> tuple[LiveView, ...]:
        """Those whose turn it is at ``now`` (seconds), narrowed to the layers whose turn it is; in their order."""
        return tuple(narrowed for view in views if (narrowed := self._narrowed(view, now)) is not None)

    def take(self, views: tuple[LiveView, ...], now: float) -> None:
        """What is ``due`` then has had its turn. Views that are not among ``views`` are forgotten."""
        self._turns = {view: self._after(view, now) for view in views}

    def _narrowed(self, view: LiveView, now: float) -> LiveView | None:
        rule = _RULES.get(type(view))
        if rule is None:
            return view
        turn = self._turns.get(view, _Turn())
        return rule.narrow(view, turn.number) if _is_due(turn, rule, now) else None

    def _after(self, view: LiveView, now: float) -> _Turn:
        rule, turn = _RULES.get(type(view)), self._turns.get(view, _Turn())
        return _Turn(turn.number + 1, now) if rule is not None and _is_due(turn, rule, now) else turn


@dataclass(frozen=True)
class _Rule:
    """How often, and what of the view in the turn of this number."""

    seconds: float
    narrow: Callable[[LiveView, int], LiveView]


def _is_due(turn: _Turn, rule: _Rule, now: float) -> bool:
    return now - turn.taken >= rule.seconds - _EARLY


def _share(layers: tuple[str, ...], shares: int, number: int) -> tuple[str, ...]:
    """A few of the ``layers``, in the next turn others."""
    count = min(shares, max(1, -(-len(layers) // _LEAST_LAYERS)))
    return layers[number % count :: count]


def _whole(view: LiveView, _: int) -> LiveView:
    return view


def _some_statistics(view: LiveView, number: int) -> LiveView:
    assert isinstance(view, StatisticsView)  # noqa: S101 - by its rule
    correlation = view.correlation and number % CORRELATION_TURNS == 0
    return replace(view, through=_share(view.through, _STATISTICS_SHARE, number), correlation=correlation)


def _some_thumbnails(view: LiveView, number: int) -> LiveView:
    assert isinstance(view, ThumbnailsView)  # noqa: S101 - by its rule
    return replace(view, layers=_share(view.layers, _THUMBNAILS_SHARE, number))


_RULES: Mapping[type, _Rule] = {
    UnitView: _Rule(UNIT_SECONDS, _whole),
    StatisticsView: _Rule(STATISTICS_SECONDS, _some_statistics),
    ThumbnailsView: _Rule(THUMBNAILS_SECONDS, _some_thumbnails),
}
"""Others are answered with every drawn frame."""
