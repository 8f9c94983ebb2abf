"""What is told on the way: what went wrong, and how far something has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnviz.core.networks.values import NetworkChoice


@dataclass(frozen=True)
class Problem:
    """An error as the window shows it: one sentence, details behind a button."""

    message: str
    details: str = ""
    way_out: NetworkChoice | None = None  # would work: with a new head, or with the code allowed to run


@dataclass(frozen=True)
class Progress:
    """Of anything over 0.3 s. ``fraction`` None: unknown. ``task`` is what a cancel names."""

    task: str
    text: str
    fraction: float | None = None
    cancellable: bool = False
    done: bool = field(default=False)
