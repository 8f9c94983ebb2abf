"""Joins docks, state and engine: the one place where their signals meet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.core.values import (
    NetworkChoice,
    NetworkOffer,
    Preprocessing,
    Probe,
    Problem,
    Progress,
    Snapshot,
    SourceCommand,
    SourceSpec,
    SourceState,
    ViewRequest,
)
from cnnviz.engine.messages import (
    CamerasListed,
    Cancel,
    ChooseDevice,
    ChoosePreprocessing,
    ControlSource,
    EngineReady,
    EngineStopped,
    ListCameras,
    ListNetworks,
    NetworkOpened,
    NetworksListed,
    OpenNetwork,
    OpenSource,
    ProblemMet,
    ProgressMade,
    SetView,
    ShowPicture,
    SnapshotReady,
    SourceChanged,
    Taken,
)
from cnnviz.gui.defaults import FIRST_NETWORK, first_source
from cnnviz.gui.docks.feature_maps import FeatureMapsDock
from cnnviz.gui.engine_link import EngineLink
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.progress_gate import ProgressGate
from cnnviz.gui.session import Session
from cnnviz.state import Selection, Wishes, keep_selection, neighbour_layer, resolve


class Controller(QObject):
    """``frame_painted``: a snapshot and the monotonic time at which it was on screen (for the bench and for tests)."""

    frame_painted = Signal(object, float)
    network_shown = Signal(object)

    def __init__(self, window: MainWindow, link: EngineLink) -> None:
        super().__init__(window)
        self._window = window
        self._link = link
        self._offer: NetworkOffer | None = None
        self._network: NetworkChoice = FIRST_NETWORK
        self._source: SourceSpec = first_source()
        self._picture: ShowPicture | None = None
        self._device = ChooseDevice("auto")
        self._selection = Selection()
        self._hovered: Probe | None = None
        self._frozen = False
        self._playing = True
        self._paint_rate = 30.0
        self._request: ViewRequest | None = None
        self._numbers = 0
        self._floor = 0
        self._painting: Snapshot | None = None
        self._progress = ProgressGate(self)
        self._progress.passed.connect(self._show_progress)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._send_request)
        self._handlers: dict[type, Callable[..., None]] = {
            EngineReady: self._on_engine_ready,
            NetworkOpened: self._on_network_opened,
            SourceChanged: self._on_source_changed,
            SnapshotReady: self._on_snapshot,
            NetworksListed: lambda event: self._window.network.show_networks(event.entries),
            CamerasListed: lambda event: self._window.input.show_cameras(event.cameras),
            ProgressMade: lambda event: self._progress.take(event.progress),
            ProblemMet: self._on_problem,
            EngineStopped: self._on_engine_stopped,
        }
        link.event_received.connect(self._on_event)
        self._connect_docks()

    # -------------------------------------------------------------------------------------------------- for the program

    def start(self, network: NetworkChoice | None, source: SourceSpec | None) -> None:
        """Shows this network and source, or what ships with the program."""
        self._link.listen()
        self.open_source(source or first_source())
        self.open_network(network or FIRST_NETWORK)

    def session(self) -> Session:
        """What the next start should find."""
        geometry, docks = self._window.layout_as_text()
        return Session(
            network=self._network,
            source=self._source,
            layer=self._selection.layer,
            theme=self._window.theme.scheme,
            larger_text=self._window.menus.actions["larger-text"].isChecked(),
            geometry=geometry,
            docks=docks,
            map_docks=tuple(self._window.maps),
        )

    def open_network(self, choice: NetworkChoice) -> None:
        """The present network stays until this one is ready."""
        self._network = choice
        self._link.send(OpenNetwork(choice))

    def open_source(self, spec: SourceSpec) -> None:
        """The present source stays if this one cannot be opened."""
        self._source, self._picture = spec, None
        self.set_frozen(frozen=False)
        self._link.send(OpenSource(spec))

    def show_picture(self, pixels: np.ndarray, kind: str, title: str) -> None:
        """A pasted picture or the sketch pad's: H×W×3 uint8 RGB."""
        self._picture = ShowPicture(pixels, kind, title)
        self.set_frozen(frozen=False)
        self._link.send(self._picture)

    def select_layer(self, name: str) -> None:
        """Every dock follows."""
        self._select(Selection(name, self._selection.channel if name == self._selection.layer else None))

    def step_layer(self, step: int) -> None:
        """To the next or previous layer in running order."""
        if self._offer is not None:
            self.select_layer(neighbour_layer(self._offer.layers, self._selection.layer, step))

    @property
    def network(self) -> NetworkChoice:
        """The network asked for last."""
        return self._network

    @property
    def selection(self) -> Selection:
        """What every dock follows."""
        return self._selection

    def control_source(self, command: SourceCommand) -> None:
        """Play, pause, step … the present source."""
        self._link.send(ControlSource(command))

    def toggle_play(self) -> None:
        """Pauses what plays, and plays what is paused."""
        self.control_source(SourceCommand("pause" if self._playing else "play"))

    def set_frozen(self, *, frozen: bool) -> None:
        """Holds the present frame; the source goes on behind it."""
        self._frozen = frozen
        self._window.input.show_frozen(frozen)
        self._window.menus.actions["freeze"].setChecked(frozen)
        self._ask()

    def set_paint_rate(self, rate: float) -> None:
        """Snapshots a second, at most."""
        self._paint_rate = rate
        self._ask()

    def problem(self, problem: Problem) -> None:
        """One line, and an entry in the log."""
        self._window.message.show_problem(problem)
        self._window.log.show_problem(problem)

    # ----------------------------------------------------------------------------------------------------------- wiring

    def _connect_docks(self) -> None:
        window = self._window
        window.painted.connect(self._on_painted)
        window.maps_dock_added.connect(self._connect_maps)
        window.maps_dock_removed.connect(lambda _: self._ask())
        window.message.cancel_requested.connect(self._cancel)
        window.message.replace_head_requested.connect(self.open_network)
        window.status.device_chosen.connect(self._choose_device)
        self._connect_input()
        network = window.network
        network.layer_selected.connect(self.select_layer)
        network.network_requested.connect(self.open_network)
        network.networks_wanted.connect(lambda: self._link.send(ListNetworks()))
        network.cancel_requested.connect(self._cancel)
        window.sketch.picture_drawn.connect(lambda pixels: self.show_picture(pixels, "sketch", self.tr("Sketch pad")))
        window.predictions.problem_met.connect(lambda sentence: self.problem(Problem(sentence)))
        for dock in (window.predictions, network):
            dock.shown_changed.connect(lambda _: self._ask())

    def _connect_input(self) -> None:
        dock = self._window.input
        dock.source_requested.connect(self.open_source)
        dock.source_command.connect(self.control_source)
        dock.freeze_toggled.connect(lambda frozen: self.set_frozen(frozen=frozen))
        dock.pasted.connect(lambda pixels: self.show_picture(pixels, "pasted", self.tr("Pasted picture")))
        dock.tensor_view_toggled.connect(lambda _: self._ask())
        dock.preprocessing_changed.connect(self._choose_preprocessing)
        dock.cameras_requested.connect(lambda: self._link.send(ListCameras()))
        dock.size_changed.connect(lambda *_: self._ask())
        dock.not_understood.connect(lambda sentence: self.problem(Problem(sentence)))
        dock.shown_changed.connect(lambda _: self._ask())

    def _connect_maps(self, dock: FeatureMapsDock) -> None:
        dock.wish_changed.connect(self._ask)
        dock.shown_changed.connect(lambda _: self._ask())
        dock.layer_chosen.connect(self.select_layer)
        dock.channel_selected.connect(lambda layer, channel: self._select(Selection(layer, channel)))
        dock.cell_hovered.connect(self._on_cell_hovered)
        dock.hover_left.connect(self._on_hover_left)
        dock.new_dock_requested.connect(self._window.add_maps_dock)
        dock.problem_met.connect(lambda sentence: self.problem(Problem(sentence)))
        if self._offer is not None:
            dock.show_layers(self._offer.layers)
            dock.show_layer(self._selection.layer)

    # -------------------------------------------------------------------------------------------------- the user's hand

    def _select(self, selection: Selection) -> None:
        if selection == self._selection:
            return
        self._selection = selection
        self._show_selection()
        self._ask()

    def _show_selection(self) -> None:
        self._window.network.show_layer(self._selection.layer)
        for dock in self._window.maps.values():
            dock.show_layer(self._selection.layer)
            dock.show_selection(self._selection.layer, self._selection.channel)

    def _on_cell_hovered(self, layer: str, channel: int, y: int, x: int) -> None:
        self._hovered = Probe(layer, channel, y, x)
        self._ask()

    def _on_hover_left(self) -> None:
        self._hovered = None
        self._ask()

    def _choose_preprocessing(self, preprocessing: Preprocessing | None) -> None:
        self._network = replace(self._network, preprocessing=preprocessing)
        self._link.send(ChoosePreprocessing(preprocessing))
        if preprocessing is None and self._offer is not None:
            self._window.input.show_preprocessing(self._offer.preprocessing)

    def _cancel(self, task: str) -> None:
        self._link.send(Cancel(task))

    def _choose_device(self, name: str, half: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._device = ChooseDevice(name, half)
        self._link.send(self._device)

    # -------------------------------------------------------------------------------------------------------- requests

    def _ask(self) -> None:
        """Several changes in one turn of the event loop make one request."""
        if not self._later.isActive():
            self._later.start(0)

    def _send_request(self) -> None:
        if self._offer is None:
            return
        request = resolve(self._wishes(), self._offer, 0)
        last = self._request
        if last is not None and request == last:
            return
        self._numbers += 1
        if last is None or _without_probes(request) != _without_probes(last):
            self._floor = self._numbers
        self._request = request
        self._link.send(SetView(replace(request, number=self._numbers)))

    def _wishes(self) -> Wishes:
        window = self._window
        return Wishes(
            maps=tuple(dock.wish() for dock in window.maps.values() if dock.is_shown),
            input=window.input.wish() if window.input.is_shown else None,
            predictions=window.predictions.is_shown,
            frozen=self._frozen,
            selection=self._selection,
            hovered=self._hovered,
            paint_rate=self._paint_rate,
        )

    # ---------------------------------------------------------------------------------------------------------- events

    def _on_event(self, event: object) -> None:
        self._handlers[type(event)](event)

    def _on_engine_ready(self, event: EngineReady) -> None:
        self._window.status.show_devices(event.devices)

    def _on_network_opened(self, event: NetworkOpened) -> None:
        offer = event.offer
        self._offer, self._network, self._request = offer, offer.choice, None
        self._selection = keep_selection(self._selection, offer)
        window = self._window
        window.status.show_network(offer.title)
        window.status.show_device(offer.device, half=offer.half)
        window.network.show_network(offer)
        window.predictions.show_classes(offer.class_names)
        window.input.show_preprocessing(offer.preprocessing, overridden=offer.choice.preprocessing is not None)
        for dock in window.maps.values():
            dock.show_layers(offer.layers)
        self._show_selection()
        self._send_request()
        self.network_shown.emit(offer)

    def _on_source_changed(self, event: SourceChanged) -> None:
        state: SourceState = event.state
        self._playing = state.playing
        self._window.input.show_source(state)
        if state.notice:
            self._window.log.show_text(state.notice)

    def _on_snapshot(self, event: SnapshotReady) -> None:
        snapshot = event.snapshot
        if self._offer is not None and snapshot.network == self._offer.serial and snapshot.request >= self._floor:
            self._show(snapshot)
        self._link.send(Taken())

    def _show(self, snapshot: Snapshot) -> None:
        window = self._window
        for picture in snapshot.maps:
            if picture.view in window.maps:
                window.maps[picture.view].show_picture(picture)
        if snapshot.input is not None:
            window.input.show_picture(snapshot.input)
        if snapshot.logits is not None:
            window.predictions.show_logits(snapshot.logits, snapshot.history_times, snapshot.history_logits)
        self._painting = snapshot

    def _on_painted(self, milliseconds: float) -> None:
        snapshot, self._painting = self._painting, None
        if snapshot is None:
            return
        budget = replace(snapshot.budget, paint=milliseconds)
        self._window.status.show_frame(budget, snapshot.frames_per_second, snapshot.dropped)
        self.frame_painted.emit(snapshot, time.monotonic())

    def _show_progress(self, progress: Progress) -> None:
        self._window.message.show_progress(progress)
        self._window.network.show_progress(progress)

    def _on_problem(self, event: ProblemMet) -> None:
        self.problem(event.problem)
        self._window.network.show_problem(event.problem)

    def _on_engine_stopped(self, event: EngineStopped) -> None:
        if event.expected:
            return
        self._window.message.clear_progress()
        self._window.status.show_idle()
        if not self._link.restart():
            self.problem(
                Problem(self.tr("The engine keeps stopping: choose another network or source, or start cnnviz again."))
            )
            return
        self.problem(
            Problem(
                self.tr(
                    "The engine stopped (exit code %1) and was started again with the same network and source."
                ).replace("%1", str(event.exit_code))
            )
        )
        self._offer = self._request = None
        self._link.send(self._device)
        self._link.send(self._picture or OpenSource(self._source))
        self._link.send(OpenNetwork(self._network))


def _without_probes(request: ViewRequest) -> ViewRequest:
    return replace(request, maps=tuple(replace(view, probe=None) for view in request.maps))
