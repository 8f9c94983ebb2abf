"""The learning-rate finder as a process of its own runs it: asked to stop it leaves nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable

from cnnviz.core.errors import CancelledError
from cnnviz.core.training.orders import StopSignal
from cnnviz.core.training.rate_finder import find_learning_rate
from cnnviz.core.training.rate_values import RateCurve, RateNews, RatePreparing
from cnnviz.core.training.run import out_of_memory
from cnnviz.core.training.task import lone_task
from cnnviz.core.training.values import RunConfiguration

_INTERVAL_S = 0.2
"""Between two words about what is prepared."""


def find_rate(configuration: RunConfiguration, tell: Callable[[RateNews], None] | None = None) -> RateCurve:
    """For exactly this set-up; writes no run. Works in the main thread: SIGINT and SIGTERM end it.

    Raises CancelledError after such a signal, and other CnnvizErrors as a run would.
    """
    tell = tell or _ignore
    with StopSignal().caught() as stop:

        def cancelled() -> bool:
            return bool(stop.name)

        try:
            task = lone_task(configuration, on_progress=_Preparation(tell).tell, cancelled=cancelled)
            curve = find_learning_rate(task, tell=tell, cancelled=cancelled)
        except Exception as error:
            if memory := out_of_memory(error, configuration):
                raise memory from error
            raise
    if stop.name:
        raise CancelledError(f"Stopped by {stop.name}.")
    return curve


def _ignore(_news: RateNews) -> None:
    """Nobody watches."""


class _Preparation:
    """Tells now and then what is prepared."""

    def __init__(self, tell: Callable[[RateNews], None]) -> None:
        self._tell, self._told_at = tell, 0.0

    def tell(self, text: str, fraction: float | None) -> None:
        now = time.monotonic()
        if now - self._told_at >= _INTERVAL_S:
            self._told_at = now
            self._tell(RatePreparing(text, fraction))
