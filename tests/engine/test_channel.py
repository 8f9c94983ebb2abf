"""The channel with a real engine process."""

import os
import queue
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.resources import resource_path
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import InputView, MapsView, ViewRequest
from cnnviz.engine import channel
from cnnviz.engine.channel import INITIAL_MEMORY, MEMORY_PREFIX, EngineChannel
from cnnviz.engine.commands import OpenNetwork, OpenSource, SetView, ShowPicture, Taken
from cnnviz.engine.events import EngineReady, EngineStopped, NetworkOpened, SnapshotReady
from cnnviz.engine.process import NICENESS

PATIENCE = 90
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux shows shared memory


class Window:
    """The window's part, by hand."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue = queue.SimpleQueue()
        self.channel = EngineChannel(self.events.put)

    def event(self, kind: type):
        while not isinstance(event := self.events.get(timeout=PATIENCE), kind):
            assert not isinstance(event, EngineStopped), event
        return event

    def open(self) -> NetworkOffer:
        picture = SourceSpec("picture", str(resource_path("pictures", "digit-7.png")))
        self.channel.send(OpenSource(picture))
        self.channel.send(OpenNetwork(NetworkChoice("convnet-mnist")))
        return self.event(NetworkOpened).offer


@pytest.fixture
def window():
    window = Window()
    window.channel.start()
    yield window
    window.channel.close()
    assert segments() == []


def segments() -> list[str]:
    return [path.name for path in SHARED_MEMORY.glob(f"{MEMORY_PREFIX}{os.getpid()}-*")]


def test_a_snapshot_comes_through_shared_memory(window):
    offer = window.open()
    view = MapsView("m", ("conv1",), (200, 300))
    window.channel.send(SetView(ViewRequest(1, offer.serial, (view,), InputView((100, 100)), predictions=True)))
    snapshot = window.event(SnapshotReady).snapshot
    assert int(snapshot.logits.argmax()) == 7
    assert snapshot.maps[0].parts[0].indices.shape == (200, 300)
    kept = snapshot.maps[0].parts[0].indices.copy()
    window.channel.send(Taken())
    window.channel.send(SetView(ViewRequest(2, offer.serial, (MapsView("m", ("conv2",), (200, 300)),))))
    while (other := window.event(SnapshotReady).snapshot).request != 2:  # the first may have been drawn once more
        window.channel.send(Taken())
    np.testing.assert_array_equal(snapshot.maps[0].parts[0].indices, kept)
    assert not np.array_equal(other.maps[0].parts[0].indices, kept)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system has no niceness")
def test_the_window_goes_first(window):
    window.event(EngineReady)
    assert psutil.Process(window.channel.process_id).nice() == min(os.nice(0) + NICENESS, 19)


def test_the_shared_memory_grows_with_the_pictures(window):
    offer = window.open()
    before = segments()
    noise = np.random.default_rng(0).integers(0, 255, (2000, 2000, 3), dtype=np.uint8)
    assert noise.nbytes > INITIAL_MEMORY
    window.channel.send(ShowPicture(noise, "pasted", "noise"))
    window.channel.send(SetView(ViewRequest(1, offer.serial, input=InputView((2000, 2000)))))
    while (snapshot := window.event(SnapshotReady).snapshot).input.frame_size != (2000, 2000):
        window.channel.send(Taken())
    np.testing.assert_array_equal(snapshot.input.frame, noise)
    assert len(segments()) == 1
    assert segments() != before


def test_a_killed_engine_is_reported_and_can_be_started_again(window):
    window.event(EngineReady)
    os.kill(window.channel.process_id, signal.SIGKILL)
    stopped = window.events.get(timeout=PATIENCE)
    while not isinstance(stopped, EngineStopped):
        stopped = window.events.get(timeout=PATIENCE)
    assert (stopped.exit_code, stopped.expected) == (-signal.SIGKILL, False)
    window.channel.send(Taken())  # to nobody: no error
    window.channel.start()
    window.event(EngineReady)
    assert len(segments()) == 1


def test_closing_ends_the_process_and_says_that_it_was_expected(monkeypatch):
    monkeypatch.setattr(channel, "_QUIT_SECONDS", PATIENCE)  # a busy machine's engine is not to be killed here
    window = Window()
    window.channel.start()
    window.event(EngineReady)
    process = window.channel.process_id
    window.channel.close()
    last = None
    while not window.events.empty():
        last = window.events.get()
    assert last == EngineStopped(0, expected=True)
    assert not Path(f"/proc/{process}").exists()
    assert segments() == []
