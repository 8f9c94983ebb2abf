"""When the effective field of the unit under the pointer is measured anew. Free of Qt."""

from __future__ import annotations

import time
from collections.abc import Callable

from cnnviz.core.views import Probe

SHORTEST_PAUSE = 0.2
PAUSE_PER_SECOND = 15.0
"""After a measurement that took one second the next of the same unit waits so many: it may slow the frames down by a
little, not more.
"""

PATIENCE = 10.0
"""A question that was not answered for so long never will be: its job failed."""


class LiveField:
    """Asks for one unit at a time, and only after the last answer; for the same unit only on another picture and after
    a pause.
    """

    def __init__(self, ask: Callable[[Probe], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Another network or engine: what was asked will not be answered."""
        self._wanted: Probe | None = None
        self._picture: object = None
        self._asked: tuple[Probe, object] | None = None
        self._asked_at = 0.0
        self._waiting = False
        self._rested_at = 0.0

    def want(self, probe: Probe | None) -> None:
        """From now on this unit's; None: nobody looks."""
        self._wanted = probe
        self._go_on()

    def note_picture(self, picture: object) -> None:
        """What is on view now; equal to the last one where that stands still."""
        self._picture = picture
        self._go_on()

    def note_answer(self) -> None:
        """The last question's answer came."""
        if self._waiting:
            now = self._clock()
            self._waiting = False
            self._rested_at = now + max(SHORTEST_PAUSE, PAUSE_PER_SECOND * (now - self._asked_at))
            self._go_on()

    def _go_on(self) -> None:
        now, question = self._clock(), (self._wanted, self._picture)
        if self._wanted is None or self._picture is None or question == self._asked:
            return
        same_unit = self._asked is not None and self._asked[0] == self._wanted
        if (self._waiting and now - self._asked_at < PATIENCE) or (same_unit and now < self._rested_at):
            return
        self._asked, self._asked_at, self._waiting = question, now, True
        self._ask(self._wanted)
