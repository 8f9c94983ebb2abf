"""The real window at work, 1400×900: four layers' maps, input and predictions painted while the engine runs."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from cnnviz.bench.engine_side import MAPS
from cnnviz.bench.recording import LivePart, Recording
from cnnviz.core.errors import CnnvizError
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.sources.values import SourceSpec
from cnnviz.engine.channel import EngineChannel
from cnnviz.gui.app import make_application
from cnnviz.gui.controller import Controller
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.engine_link import EngineLink
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import Session
from cnnviz.gui.system_libraries import missing_for_window
from cnnviz.gui.theme import Theme
from cnnviz.start import EventInbox

if TYPE_CHECKING:
    from cnnviz.gui.docks.train import TrainDock

WINDOW_SIZE = (1400, 900)
_TICK_MS = 5
_SETTLE_MS = 300
_OPEN_SECONDS = 120
_HOVER_SECONDS = 1.0
"""A move that changes nothing on screen has been answered by then."""


class WindowSide:
    """A LiveSide with the program's own window, controller and engine process."""

    def __init__(self) -> None:
        if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") and sys.platform.startswith("linux"):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        if problem := missing_for_window():
            raise CnnvizError(f"{problem} `--no-window` measures the engine alone.")
        self._inbox = EventInbox()
        self._channel = EngineChannel(self._inbox.put)
        self._channel.start()
        application = make_application()
        self._window = MainWindow(Theme(application))
        self._link = EngineLink(self._channel, self._inbox)
        self._controller = Controller(self._window, self._link)
        self._window.restore(Session())
        self._show_four_mosaics()
        self._controller.start(None, SourceSpec("test-card"))
        self._window.resize(*WINDOW_SIZE)
        self._window.show()
        gc.freeze()  # as the program does

    def open(self, choice: NetworkChoice) -> str:
        self._controller.open_network(choice)
        offer = self._await_network(lambda offer: offer.choice == choice, choice.name)
        self._pin(offer)
        return offer.device

    def watch(self, run: Path, docks: Sequence[str]) -> None:
        """Looks through the weights of ``run`` as they come, at a picture that is held, with these docks open too."""
        for name in docks:
            self._window.open_dock(name)
        train = cast("TrainDock", self._window.dock("train"))
        self._controller.subject(TrainingSubject).choose(run)
        self._wait_until(lambda: train.controls.view is not None, f"The run in {run}")
        train.watch_requested.emit(run)  # as its button does
        offer = self._await_network(lambda offer: offer.choice.run == str(run), run.name)
        self._pin(offer)
        self._controller.set_frozen(frozen=True)

    def _pin(self, offer: NetworkOffer) -> None:
        for dock, layer in zip(self._window.maps.values(), spread_layers(offer.layers, MAPS), strict=False):
            dock.set_strip(0)
            dock.pin(layer)

    def _await_network(self, wanted: Callable[[NetworkOffer], bool], name: str) -> NetworkOffer:
        shown: list[NetworkOffer] = []

        def note(offer: NetworkOffer) -> None:
            if wanted(offer):
                shown.append(offer)

        self._controller.network_shown.connect(note)
        self._wait_until(lambda: bool(shown), name)
        self._controller.network_shown.disconnect(note)
        return shown[0]

    def _wait_until(self, met: Callable[[], bool], what: str) -> None:
        ends = time.monotonic() + _OPEN_SECONDS
        while not met():
            if time.monotonic() > ends:
                raise CnnvizError(f"{what} did not open within {_OPEN_SECONDS} seconds.")
            self._wait(_TICK_MS)

    def measure(self, seconds: float) -> LivePart:
        self._controller.set_frozen(frozen=False)
        recording = self._recorded(seconds)
        self._controller.set_frozen(frozen=True)
        self._wait(_SETTLE_MS)  # the engine must rest while the bare network runs
        return recording.part()

    def rest(self, seconds: float) -> tuple[int, list[float]]:
        """Lets the window be as it is; how often maps were painted, and the gaps of the event loop in milliseconds."""
        recording = self._recorded(seconds)
        return recording.painted, recording.gaps_ms()

    def _recorded(self, seconds: float) -> Recording:
        recording = Recording()
        self._controller.frame_painted.connect(recording.note)
        timer = QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(recording.tick)
        timer.start(_TICK_MS)
        self._wait(round(seconds * 1e3))
        timer.stop()
        self._controller.frame_painted.disconnect(recording.note)
        return recording

    @staticmethod
    def _wait(milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop, loop.quit)
        loop.exec()

    def open_docks(self, names: Sequence[str]) -> None:
        """Side by side at the right, in front of nothing: all of them are painted."""
        for name in names:
            dock = self._window.dock(name)
            self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            dock.show()
        QApplication.processEvents()

    def close_docks(self, names: Sequence[str]) -> None:
        """Those of them that are open."""
        for name in set(names) & set(self._window.open_on_demand()):
            self._window.dock(name).hide()
        QApplication.processEvents()

    def hover_times(self, count: int = 40) -> list[float]:
        """Milliseconds from a move of the mouse over a feature map until the window has painted what it changes."""
        view = next(iter(self._window.maps.values())).canvas.view
        return [self._hover(view, QPointF(view.width() * (0.2 + 0.6 * step / count), 40.0)) for step in range(count)]

    def _hover(self, view: QWidget, place: QPointF) -> float:
        painted: list[float] = []
        self._window.painted.connect(painted.append)
        none = Qt.MouseButton.NoButton
        move = QMouseEvent(
            QEvent.Type.MouseMove, place, view.mapToGlobal(place), none, none, Qt.KeyboardModifier.NoModifier
        )
        started = time.perf_counter()
        QApplication.sendEvent(view, move)
        while not painted and time.perf_counter() - started < _HOVER_SECONDS:
            QApplication.processEvents()
        self._window.painted.disconnect(painted.append)
        return (time.perf_counter() - started) * 1e3

    def close(self) -> None:
        self._window.close()
        self._channel.close()
        QApplication.processEvents()

    def _show_four_mosaics(self) -> None:
        """Side by side, two by two: nothing is behind a tab, so everything is painted."""
        window = self._window
        while len(window.maps) < MAPS:
            window.add_maps_dock()
        first, second, third, fourth = list(window.maps.values())[:MAPS]
        window.splitDockWidget(first, third, Qt.Orientation.Horizontal)
        window.splitDockWidget(second, fourth, Qt.Orientation.Horizontal)
        for dock in (first, second, third, fourth):
            dock.show()
