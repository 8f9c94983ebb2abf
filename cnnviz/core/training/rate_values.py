"""What the learning-rate finder says, while it goes and at its end, and as lines of JSON. Without numpy and torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal

from cnnviz.core.training.strict_json import plain, read

RateSource = Literal["", "before-divergence", "steepest-descent"]


@dataclass(frozen=True)
class RatePreparing:
    """What is done before the first step. ``fraction``: of it is done; None where nobody knows."""

    doing: str
    fraction: float | None = None


@dataclass(frozen=True)
class RateStep:
    """Step ``step`` of at most ``steps``. ``loss``: of its batch, before it; ``smoothed``: with those before."""

    step: int
    steps: int
    rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class RateCurve:
    """What the finder saw: ``losses`` smoothed and ``raw``, at each of ``rates``, which rise.

    ``suggestion``: None where the loss never fell. ``source``: a tenth of the rate where the loss was lowest
    ("before-divergence"), or, where it was falling to the end, the rate of its "steepest-descent".
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    raw: tuple[float, ...]
    suggestion: float | None
    source: RateSource


RateNews = RatePreparing | RateStep | RateCurve

_KINDS: Final[dict[str, type[RateNews]]] = {"doing": RatePreparing, "step": RateStep, "rates": RateCurve}
"""By a key that no other kind has."""


def news_line(news: RateNews) -> str:
    """One line of JSON, without its end."""
    return json.dumps(plain(news), ensure_ascii=False, allow_nan=False)


def read_news(line: str) -> RateNews | None:
    """The inverse; None for a line that is none. Raises ConfigurationError: it is one, and wrong."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kind = next((_KINDS[key] for key in _KINDS if isinstance(content, dict) and key in content), None)
    return None if kind is None else read(kind, content, "the finder's line")
