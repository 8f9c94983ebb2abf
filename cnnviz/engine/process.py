"""The engine process: its end of the channel, and its life."""

from __future__ import annotations

import gc
import os
import signal
import threading
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory

from cnnviz.core.views import Snapshot
from cnnviz.engine import packing
from cnnviz.engine.commands import Quit
from cnnviz.engine.engine import Engine
from cnnviz.engine.events import Event, NeedMemory, SnapshotReady

NICENESS = 5
"""The window works a few milliseconds a frame, and waits as long again for a processor that the network has: it goes
first. That costs the network nothing, as it gets all that is left; with more, training beside it would starve it.
"""


class EngineEnd:
    """Sends events to the window and hands its commands to the engine."""

    def __init__(self, connection: Connection, memory_name: str) -> None:
        self._connection = connection
        self._memory = SharedMemory(memory_name)
        self._sending = threading.Lock()

    def emit(self, event: Event) -> None:
        """Any thread may report. A window that is gone needs no report: ``listen`` meets the same and ends the
        engine.
        """
        self._send(event)

    def deliver(self, snapshot: Snapshot) -> bool:
        """False if the pictures do not fit yet: the window was asked for more memory."""
        packed, views = packing.split(SnapshotReady(snapshot))
        if packed.size > self._memory.size:
            self._send(NeedMemory(packed.size))
            return False
        packing.write(packed, views, packing.bytes_of(self._memory))
        self._send(packed)
        return True

    def listen(self, engine: Engine) -> None:
        """Until the window closes its end."""
        try:
            while True:
                engine.post(self._connection.recv())
        except (EOFError, OSError):
            engine.post(Quit())

    def close(self) -> None:
        """Leaves the shared memory."""
        self._memory.close()

    def use_memory(self, name: str) -> None:
        """Changes to the larger shared memory the window made."""
        old, self._memory = self._memory, SharedMemory(name)
        old.close()

    def _send(self, message: object) -> None:
        with self._sending:
            try:
                self._connection.send(message)
            except OSError:
                return  # the window is gone; listen() ends the engine


def run(connection: Connection, memory_name: str) -> None:
    """The main function of the engine process."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    for name in ("SIGINT", "SIGHUP"):  # Ctrl+C in the terminal, and its end, are for the window, which then ends us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end = EngineEnd(connection, memory_name)
    engine = Engine(end)
    gc.freeze()  # torch stays: no later collection has to look through it
    threading.Thread(target=end.listen, args=(engine,), name="cnnviz-commands", daemon=True).start()
    try:
        engine.run()
    finally:
        end.close()
