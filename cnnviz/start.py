"""Starts the program: the engine first, so that torch loads while Qt opens the window."""

from __future__ import annotations

import argparse
import gc
import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cnnviz.core.errors import CnnvizError, SourceError
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.sources.kinds import source_kind_of
from cnnviz.core.sources.values import SourceSpec
from cnnviz.engine.channel import EngineChannel
from cnnviz.engine.events import Event

if TYPE_CHECKING:
    from cnnviz.gui.session import Session


class EventInbox:
    """Keeps the engine's events until the window is there to take them. ``put`` is called from the reader thread."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._notify: Callable[[], None] | None = None

    def put(self, event: Event) -> None:
        """Leaves an event and tells the window, if there is one."""
        self._events.put(event)
        if self._notify is not None:
            self._notify()

    def attach(self, notify: Callable[[], None]) -> None:
        """``notify`` is called (from the reader thread) for each event from now on, and once for those that wait."""
        self._notify = notify
        notify()

    def take(self) -> list[Event]:
        """Everything that came, oldest first."""
        events = []
        while not self._events.empty():
            events.append(self._events.get_nowait())
        return events


def start_window(options: argparse.Namespace) -> int:
    """Runs the window until it closes."""
    gc.disable()  # a tenth of the time to the window goes into looking for garbage; run_window() switches it on again
    from cnnviz.gui.system_libraries import missing_for_window

    if problem := missing_for_window():
        raise CnnvizError(problem)
    network = chosen_network(options)
    source = chosen_source(options)
    session = chosen_session(options)
    inbox = EventInbox()
    channel = EngineChannel(inbox.put)
    with _children_ignoring_hangup():
        channel.start()
    try:
        from cnnviz.gui.app import run_window

        return run_window(channel, inbox, network=network, source=source, theme=options.theme, session=session)
    finally:
        channel.close()


@contextmanager
def _children_ignoring_hangup() -> Iterator[None]:
    """What is started within it outlives the terminal: the window hears of the end, and ends its children in order.

    That holds for the process that frees shared memory, too, which multiprocessing starts.
    """
    if not hasattr(signal, "SIGHUP"):  # Windows
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def chosen_session(options: argparse.Namespace) -> Session | None:
    """What the command line asks for, or None for the last one."""
    if not options.fresh and not options.session:
        return None
    from cnnviz.gui.session import Session, read_session_file

    return read_session_file(options.session) if options.session else Session()


def chosen_network(options: argparse.Namespace) -> NetworkChoice | None:
    """What the command line asks for, or None for the last session's."""
    if options.weights and not options.network:
        raise CnnvizError("--weights needs --network NAME: a weights file does not say which network it is for.")
    if not options.network:
        return None
    return NetworkChoice(options.network, weights_file=options.weights or "", confirmed_code=options.run_code)


def chosen_source(options: argparse.Namespace) -> SourceSpec | None:
    """What the command line asks for, or None for the last session's."""
    if not options.input:
        return None
    spec = source_kind_of(options.input)
    if spec is None:
        raise SourceError(
            f"--input {options.input} is no picture, folder, video, URL or camera that can be opened: "
            "give a file that exists, a folder, rtsp:// or http://, or camera:0."
        )
    return spec
