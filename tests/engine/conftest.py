"""An engine in this process, with a link that records what it sends."""

import threading
from collections.abc import Callable

import pytest

from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import MapsView, Snapshot, ViewRequest
from cnnviz.engine.commands import OpenNetwork, OpenSource, Quit, SetView, Taken
from cnnviz.engine.engine import Engine
from cnnviz.engine.events import Event, NetworkOpened, ProblemMet

PATIENCE = 60.0


class RecordingLink:
    """The window's side: remembers events and snapshots, and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.snapshots: list[Snapshot] = []
        self.memory = ""
        self.room = 1 << 30
        self._changed = threading.Condition()

    def emit(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def deliver(self, snapshot: Snapshot) -> bool:
        with self._changed:
            if self.room < 1:
                self.room = 1 << 30
                self.events.append("no room")
                self._changed.notify_all()
                return False
            self.snapshots.append(snapshot)
            self._changed.notify_all()
            return True

    def use_memory(self, name: str) -> None:
        self.memory = name

    def wait(self, condition: Callable[[], object], what: str) -> object:
        with self._changed:
            met = self._changed.wait_for(condition, PATIENCE)
            kinds = [type(event).__name__ for event in self.events[-5:]]
            assert met, f"no {what} within {PATIENCE} s; last events: {kinds}, {len(self.snapshots)} snapshots"
            return met

    def event(self, kind: type, number: int = 1) -> Event:
        """The ``number``-th event of its kind, waited for."""

        def find() -> Event | None:
            found = [event for event in self.events if isinstance(event, kind)]
            return found[number - 1] if len(found) >= number else None

        return self.wait(find, kind.__name__)

    def snapshot(self, condition: Callable[[Snapshot], bool] = lambda _: True) -> Snapshot:
        """The first snapshot that fulfils the condition, waited for."""
        return self.wait(lambda: next(filter(condition, self.snapshots), None), "such snapshot")

    def snapshots_after(self, count: int) -> list[Snapshot]:
        """All after the first ``count``, at least one, waited for."""
        return self.wait(lambda: self.snapshots[count:], "further snapshot")


class RunningEngine:
    """An engine in a thread of its own, and short words for what tests say to it."""

    def __init__(self) -> None:
        self.link = RecordingLink()
        self.engine = Engine(self.link)
        self._thread = threading.Thread(target=self.engine.run, name="engine under test")
        self._thread.start()

    def say(self, *commands: object) -> None:
        for command in commands:
            self.engine.post(command)

    def open(self, name: str = "convnet-mnist", **choice: object) -> NetworkOffer:
        seen = sum(isinstance(event, NetworkOpened) for event in self.link.events)
        self.say(OpenNetwork(NetworkChoice(name, **choice)))
        return self.link.event(NetworkOpened, seen + 1).offer

    def look(self, offer: NetworkOffer, number: int, *layers: str, **request: object) -> Snapshot:
        """Asks for a mosaic of each layer and returns the snapshot that answers."""
        views = tuple(MapsView(layer, (layer,), (90, 120)) for layer in layers)
        seen = len(self.link.snapshots)
        self.say(SetView(ViewRequest(number, offer.serial, views, predictions=True, **request)), Taken())
        return self.answer(number, seen)

    def answer(self, number: int, seen: int) -> Snapshot:
        """The snapshot that answers the request of this number, after the first ``seen``.

        Those still under way for an earlier request are taken too, as the window does: the engine waits for it.
        """
        while True:
            snapshots = self.link.snapshots_after(seen)
            found = [snapshot for snapshot in snapshots if snapshot.request == number]
            if found:
                return found[0]
            seen += len(snapshots)
            self.say(*(Taken() for _ in snapshots))

    def close(self) -> None:
        self.say(Quit())
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the engine did not end"


@pytest.fixture
def engine():
    running = RunningEngine()
    yield running
    running.close()
    unexpected = [event for event in running.link.events if isinstance(event, ProblemMet)]
    assert unexpected == running.__dict__.get("expected_problems", []), unexpected


@pytest.fixture
def digit() -> SourceSpec:
    from cnnviz.core.resources import resource_path

    return SourceSpec("picture", str(resource_path("pictures", "digit-3.png")))


@pytest.fixture
def moving() -> SourceSpec:
    return SourceSpec("test-card")


__all__ = ["OpenSource", "RunningEngine"]
