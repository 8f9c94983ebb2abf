"""What is noted while a live part runs, and what it comes to."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

from cnnviz.core.errors import CnnvizError
from cnnviz.core.views import Snapshot


@dataclass(frozen=True)
class LivePart:
    """What one live part measured. ``gaps_ms``: between ticks of a 5 ms timer in the window's event loop."""

    live_fps: float
    painted_fps: float
    gaps_ms: tuple[float, ...]
    latencies_ms: tuple[float, ...]


@dataclass
class Recording:
    """Begins when it is made: snapshots of frames from before (the source was paused then) are not counted."""

    snapshots: list[Snapshot] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    painted: int = 0

    def note(self, snapshot: Snapshot, on_screen_at: float) -> None:
        """A painted snapshot."""
        self.painted += 1
        if snapshot.captured_at >= self.begun:
            self.snapshots.append(snapshot)
            self.latencies_ms.append((on_screen_at - snapshot.captured_at) * 1e3)

    def tick(self) -> None:
        """The timer fired."""
        self.ticks.append(time.monotonic())

    def gaps_ms(self) -> list[float]:
        """Between ticks."""
        return [(after - before) * 1e3 for before, after in itertools.pairwise(self.ticks)]

    def part(self) -> LivePart:
        """Rates between the first and the last painted frame."""
        if len(self.snapshots) < 2:
            raise CnnvizError("Fewer than two frames were painted: measure for longer with --seconds.")
        first, last = self.snapshots[0], self.snapshots[-1]
        span = last.captured_at - first.captured_at
        live = (last.inferred - first.inferred) / span
        return LivePart(live, (len(self.snapshots) - 1) / span, tuple(self.gaps_ms()), tuple(self.latencies_ms))
