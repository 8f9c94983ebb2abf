"""The window's end of the channel: starts the engine process, sends commands, receives events.

The window owns the shared memory, so that an engine killed at any instant leaks none of it. This file imports no
torch: the window uses it.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import secrets
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.shared_memory import SharedMemory
from typing import cast

from cnnviz.engine import packing
from cnnviz.engine.commands import Command, Quit, UseMemory
from cnnviz.engine.events import EngineStopped, Event, NeedMemory

INITIAL_MEMORY = 8 << 20
"""Bytes: a full window's pictures on an ordinary screen."""

MEMORY_PREFIX = "cnnviz-"
_QUIT_SECONDS = 3.0


def _run_engine(connection: Connection, memory_name: str) -> None:
    # By name, so that no import contract's chain leads from the window to torch.
    importlib.import_module("cnnviz.engine.process").run(connection, memory_name)


class EngineChannel:
    """One engine process at a time. ``on_event`` is called from the reader thread, for every event in order.

    After ``EngineStopped`` the channel can be started again.
    """

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._memory: SharedMemory | None = None
        self._connection: Connection | None = None
        self._process: SpawnProcess | None = None
        self._reader: threading.Thread | None = None
        self._sending = threading.Lock()
        self._quitting = False

    @property
    def process_id(self) -> int | None:
        """The engine's process, while there is one."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the engine and the thread that reads its events."""
        if self._reader is not None:
            self._reader.join()
        self._quitting = False
        self._memory = self._memory or _new_memory(INITIAL_MEMORY)
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_run_engine, args=(theirs, self._memory.name), name="cnnviz-engine", daemon=True
        )
        self._process.start()
        theirs.close()
        self._connection = ours
        self._reader = threading.Thread(
            target=self._read, args=(ours, self._process), name="cnnviz-events", daemon=True
        )
        self._reader.start()

    def send(self, command: Command) -> None:
        """Hands ``command`` to the engine. To a stopped engine it is lost: ``EngineStopped`` tells."""
        with self._sending:
            if self._connection is not None:
                with contextlib.suppress(OSError):  # the engine died: the reader meets the same and reports it
                    self._connection.send(command)

    def close(self) -> None:
        """Ends the engine (by force if it does not answer) and frees the shared memory."""
        self._quitting = True
        self.send(Quit())
        if self._reader is not None and self._process is not None:
            self._reader.join(_QUIT_SECONDS)  # it waits for the process, alone: of two only one learns the exit code
            if self._reader.is_alive():
                self._process.kill()
                self._reader.join()
        self._reader = None
        self._drop_memory()

    def _read(self, connection: Connection, process: SpawnProcess) -> None:
        try:
            while True:
                self._receive(connection.recv())
        except (EOFError, OSError):
            process.join()
        with self._sending:
            connection.close()
            self._connection = None
        self._on_event(EngineStopped(process.exitcode, self._quitting))

    def _receive(self, message: object) -> None:
        if isinstance(message, packing.Packed):
            memory = self._memory
            if memory is not None:
                self._on_event(cast("Event", packing.read(message, packing.bytes_of(memory))))
        elif isinstance(message, NeedMemory):
            self._grow_memory(message.size)
        else:
            self._on_event(cast("Event", message))

    def _grow_memory(self, size: int) -> None:
        old, self._memory = self._memory, _new_memory(size + size // 2)
        self.send(UseMemory(self._memory.name))
        if old is not None:
            _free(old)

    def _drop_memory(self) -> None:
        if self._memory is not None:
            _free(self._memory)
            self._memory = None


def _new_memory(size: int) -> SharedMemory:
    return SharedMemory(create=True, size=size, name=f"{MEMORY_PREFIX}{os.getpid()}-{secrets.token_hex(4)}")


def _free(memory: SharedMemory) -> None:
    memory.close()
    memory.unlink()
