"""The engine alone, where Qt is missing: a plain loop takes its snapshots as the window would."""

from __future__ import annotations

import queue
import time
from dataclasses import replace

from cnnviz.bench.recording import LivePart, Recording
from cnnviz.core.errors import CnnvizError
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import InputView, MapsView, ViewRequest
from cnnviz.engine.channel import EngineChannel
from cnnviz.engine.commands import OpenNetwork, OpenSource, SetView, Taken
from cnnviz.engine.events import EngineStopped, Event, NetworkOpened, ProblemMet, SnapshotReady
from cnnviz.state import Wishes, resolve

MAPS = 4
"""Layers painted at once."""

_PICTURE_SIZE = (360, 450)
_OPEN_SECONDS = 120.0


class EngineSide:
    """A LiveSide without a window: snapshots are received and let go at once."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._channel = EngineChannel(self._events.put)
        self._channel.start()
        self._requests = 0
        self._request = ViewRequest()

    def open(self, choice: NetworkChoice) -> str:
        self._channel.send(OpenSource(SourceSpec("test-card")))
        self._channel.send(OpenNetwork(choice))
        offer = self._await_network(choice)
        views = tuple(MapsView(f"maps-{name}", (name,), _PICTURE_SIZE) for name in spread_layers(offer.layers, MAPS))
        self._requests += 1
        wishes = Wishes(maps=views, input=InputView(_PICTURE_SIZE), predictions=True)
        self._request = resolve(wishes, offer, self._requests)
        self._channel.send(SetView(replace(self._request, frozen=True)))
        return offer.device

    def measure(self, seconds: float) -> LivePart:
        self._channel.send(SetView(self._request))
        recording = Recording()
        while time.monotonic() < recording.begun + seconds:
            event = self._events.get(timeout=seconds + 10)
            if isinstance(event, SnapshotReady):
                recording.note(event.snapshot, time.monotonic())
                self._channel.send(Taken())
            self._check(event)
        self._channel.send(SetView(replace(self._request, frozen=True)))
        return recording.part()

    def close(self) -> None:
        self._channel.close()

    def _await_network(self, choice: NetworkChoice) -> NetworkOffer:
        while True:
            event = self._events.get(timeout=_OPEN_SECONDS)
            self._check(event)
            if isinstance(event, SnapshotReady):
                self._channel.send(Taken())
            if isinstance(event, NetworkOpened) and event.offer.choice == choice:
                return event.offer

    @staticmethod
    def _check(event: Event) -> None:
        if isinstance(event, ProblemMet):
            raise CnnvizError(event.problem.message, details=event.problem.details)
        if isinstance(event, EngineStopped):
            raise CnnvizError(f"The engine process ended with exit code {event.exit_code} during the bench.")
