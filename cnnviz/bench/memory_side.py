"""The program's own window, its network, source and layers switched from outside."""

from __future__ import annotations

import os
from itertools import count

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from cnnviz.bench.engine_side import MAPS
from cnnviz.bench.processes import ProcessState, process_state, shared_memory_count
from cnnviz.bench.window_side import WindowSide
from cnnviz.core.errors import CnnvizError
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.sources.values import SourceSpec
from cnnviz.engine.channel import MEMORY_PREFIX
from cnnviz.gui.defaults import first_source

PASTED = SourceSpec("pasted")
_PASTED_SIZE = (480, 640)
_PATIENCE_MS = 120_000


class SwitchedWindow(WindowSide):
    """Shows four layers at once, as the bench of speed does."""

    def __init__(self, video: str) -> None:
        super().__init__()
        self.sources = (SourceSpec("video", video), first_source(), SourceSpec("test-card"), PASTED)
        self._pasted = np.dstack([np.indices(_PASTED_SIZE).sum(0) % 256] * 3).astype(np.uint8)
        self._offer: NetworkOffer | None = None
        self._controller.network_shown.connect(self._note_offer)
        self._engine_id = self._channel.process_id

    def show_source(self, spec: SourceSpec) -> None:
        """Also a picture as the clipboard gives it."""
        if spec == PASTED:
            self._controller.show_picture(self._pasted, "pasted", "Pasted picture")
        else:
            self._controller.open_source(spec)

    def show_layers(self, half: int) -> None:
        """Every second of twice as many layers as there are docks: those of the first or of the second ``half``."""
        layers = spread_layers(self._offer.layers, 2 * MAPS)[half::2] if self._offer else ()
        for dock, layer in zip(self._window.maps.values(), layers, strict=False):
            dock.pin(layer)

    def run(self, seconds: float) -> None:
        """Lets the window go on."""
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1e3), loop, loop.quit)
        loop.exec()

    def paint(self, frames: int) -> None:
        """Lets the window go on until it has painted so many. Raises CnnvizError where that takes minutes."""
        loop, painted = QEventLoop(), count(1)

        def note(*_: object) -> None:
            if next(painted) >= frames:
                loop.quit()

        patience = QTimer(singleShot=True, interval=_PATIENCE_MS)
        patience.timeout.connect(lambda: loop.exit(1))
        patience.start()
        connection = self._controller.frame_painted.connect(note)
        late = loop.exec()
        patience.stop()
        self._controller.frame_painted.disconnect(connection)
        if late:
            raise CnnvizError(f"The window did not paint {frames} frames in {_PATIENCE_MS // 60_000} minutes.")

    def states(self) -> tuple[ProcessState, ProcessState]:
        """Of the window's process and the engine's. Raises CnnvizError if the engine died meanwhile."""
        if self._channel.process_id != self._engine_id:
            raise CnnvizError("The engine stopped and was started again during the bench: its log says why.")
        return process_state(os.getpid()), process_state(self._engine_id or 0)

    @staticmethod
    def shared_memory() -> int | None:
        """Pieces the window holds; None where the system does not list them."""
        return shared_memory_count(f"{MEMORY_PREFIX}{os.getpid()}-")

    def _note_offer(self, offer: NetworkOffer) -> None:
        self._offer = offer
