"""Brings the engine's events into the window's thread, and counts its restarts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal

from cnnviz.engine.channel import EngineChannel
from cnnviz.engine.commands import Command
from cnnviz.engine.events import Event, SnapshotReady

MOST_RESTARTS = 3
"""Within ``RESTART_SECONDS``: an engine that dies at once each time is not started for ever."""

RESTART_SECONDS = 60.0


class Inbox(Protocol):
    """Where the reader thread leaves events."""

    def attach(self, notify: Callable[[], None]) -> None:
        """``notify`` is called from the reader thread when something came."""

    def take(self) -> list[Event]:
        """Everything that came, oldest first."""


class EngineLink(QObject):
    """``event_received`` is emitted in the window's thread, once for each event in order."""

    event_received = Signal(object)
    _arrived = Signal()

    def __init__(self, channel: EngineChannel, inbox: Inbox) -> None:
        super().__init__()
        self._channel = channel
        self._inbox = inbox
        self._restarts: deque[float] = deque(maxlen=MOST_RESTARTS)
        self._arrived.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def listen(self) -> None:
        """Events are emitted from now on, those that wait first."""
        self._inbox.attach(self._arrived.emit)

    def send(self, command: Command) -> None:
        """Hands a command to the engine."""
        self._channel.send(command)

    def may_restart(self) -> bool:
        """False if the engine died too often lately."""
        recent = len(self._restarts) == MOST_RESTARTS and time.monotonic() - self._restarts[0] < RESTART_SECONDS
        return not recent

    def restart(self) -> None:
        """Starts a new engine process; the last one has ended."""
        self._restarts.append(time.monotonic())
        self._channel.start()

    def _drain(self) -> None:
        for event in newest_snapshot_only(self._inbox.take()):
            self.event_received.emit(event)


def newest_snapshot_only(events: list[Event]) -> list[Event]:
    """Of the snapshots that came while the window was busy only the last is worth showing."""
    newest = next((event for event in reversed(events) if isinstance(event, SnapshotReady)), None)
    return [event for event in events if event is newest or not isinstance(event, SnapshotReady)]
