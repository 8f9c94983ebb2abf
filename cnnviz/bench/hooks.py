"""The engine in this process, its networks and views switched: how many hooks are on modules, counted on them all."""

from __future__ import annotations

import gc
import queue
import threading
from collections.abc import Sequence

from torch import nn

from cnnviz.core.errors import CnnvizError
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import MapsView, Snapshot, ViewRequest
from cnnviz.engine.commands import OpenNetwork, OpenSource, Quit, SetView, Taken
from cnnviz.engine.engine import Engine
from cnnviz.engine.events import Event, NetworkOpened, ProblemMet

_PATIENCE_S = 120.0
_VIEW_SIZE = (180, 240)


def hook_counts(networks: Sequence[NetworkChoice]) -> dict[str, int]:
    """On every module alive, of networks left behind too: ``start`` before any layer is looked at, ``most`` while four
    layers of each network are, ``end`` with the last network shown and none of its layers.
    """
    running = _RunningEngine()
    try:
        counts = [running.count(choice) for choice in networks]
    finally:
        running.close()
    return {
        "start": counts[0][0],
        "most": max(looked_at for _, looked_at, _ in counts),
        "end": counts[-1][2],
    }


class _RunningEngine:
    """A Link: takes what the engine says, and hands its snapshots back at once."""

    def __init__(self) -> None:
        self._said: queue.SimpleQueue[Event | Snapshot] = queue.SimpleQueue()
        self._engine = Engine(self)
        self._thread = threading.Thread(target=self._engine.run, name="cnnviz-counted-engine")
        self._thread.start()
        self._engine.post(OpenSource(SourceSpec("test-card")))
        self._requests = 0

    def emit(self, event: Event) -> None:
        self._said.put(event)

    def deliver(self, snapshot: Snapshot) -> bool:
        self._said.put(snapshot)
        return True

    def use_memory(self, name: str) -> None:
        """There is none: the snapshots are handed over as they are."""

    def close(self) -> None:
        self._engine.post(Quit())
        self._thread.join()

    def count(self, choice: NetworkChoice) -> tuple[int, int, int]:
        """With nothing looked at, with four layers on view, and with nothing again."""
        offer = self._open(choice)
        looked_at = tuple(MapsView(name, (name,), _VIEW_SIZE) for name in spread_layers(offer.layers))
        return self._count_with(offer, ()), self._count_with(offer, looked_at), self._count_with(offer, ())

    def _open(self, choice: NetworkChoice) -> NetworkOffer:
        self._engine.post(OpenNetwork(choice))
        while True:
            said = self._next()
            if isinstance(said, NetworkOpened) and said.offer.choice == choice:
                return said.offer

    def _count_with(self, offer: NetworkOffer, views: tuple[MapsView, ...]) -> int:
        self._requests += 1
        self._engine.post(SetView(ViewRequest(self._requests, offer.serial, views, predictions=True)))
        while True:
            said = self._next()
            if isinstance(said, Snapshot) and said.request == self._requests:
                return _hooks_on_all_modules()

    def _next(self) -> Event | Snapshot:
        said = self._said.get(timeout=_PATIENCE_S)
        if isinstance(said, ProblemMet):
            raise CnnvizError(said.problem.message, details=said.problem.details)
        if isinstance(said, Snapshot):
            self._engine.post(Taken())
        return said


def _hooks_on_all_modules() -> int:
    modules = [each for each in gc.get_objects() if issubclass(type(each), nn.Module)]  # asks no lazy object anything
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in modules)  # noqa: SLF001 - torch offers no other way to count them
