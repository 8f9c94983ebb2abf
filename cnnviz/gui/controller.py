"""Joins docks, state and engine: the one place where their signals meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.core.freed_memory import give_back_freed_memory
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.core.reports import Problem, Progress
from cnnviz.core.sources.values import SourceCommand, SourceSpec, SourceState
from cnnviz.core.views import Probe
from cnnviz.engine.commands import (
    Cancel,
    ChooseDevice,
    ChooseMode,
    ChoosePreprocessing,
    Command,
    ControlSource,
    ListCameras,
    ListNetworks,
    OpenNetwork,
    OpenSource,
    SetView,
    ShowPicture,
    Taken,
)
from cnnviz.engine.events import (
    CamerasListed,
    EngineReady,
    EngineStopped,
    ModeChanged,
    NetworkOpened,
    NetworksListed,
    ProblemMet,
    ProgressMade,
    SnapshotReady,
    SourceChanged,
)
from cnnviz.gui.controllers import SUBJECTS
from cnnviz.gui.controllers.interventions import InterventionsSubject
from cnnviz.gui.controllers.subject import Subject
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.controllers.unit import UnitSubject
from cnnviz.gui.defaults import DIGIT_NETWORK, FIRST_NETWORK, first_source, knows_digits
from cnnviz.gui.docks.feature_maps import FeatureMapsDock
from cnnviz.gui.engine_link import EngineLink
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.progress_gate import ProgressGate
from cnnviz.gui.session import Session
from cnnviz.gui.snapshots import Snapshots
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.state import Requests, Selection, Wishes, keep_selection, neighbour_layer, resolve

DRAWN = ("pasted", "sketch")
"""Sources whose picture the window holds: there is no file to open again."""

_Subject = TypeVar("_Subject", bound=Subject)

ENGINE_TASK = "engine"
"""The window's own progress line, until the engine can speak for itself."""


class Controller(QObject):
    """``frame_painted``: a snapshot and the monotonic time at which it was on screen. ``network_shown``: an offer."""

    frame_painted = Signal(object, float)
    network_shown = Signal(object)

    def __init__(self, window: MainWindow, link: EngineLink) -> None:
        super().__init__(window)
        self.window = self._window = window
        self._link = link
        self.offer: NetworkOffer | None = None
        self._network: NetworkChoice = FIRST_NETWORK
        self._source: SourceSpec = first_source()
        self._state: SourceState | None = None
        self._picture: ShowPicture | None = None
        self._preprocessing: Preprocessing | None = None  # the user's, in place of the weights' own
        self._device = ChooseDevice("auto")
        self._engine_is_gone = False
        self._selection = Selection()
        self._selection_to_come: Selection | None = None  # a session's, for its network
        self._hovered: Probe | None = None
        self._frozen = False
        self._paint_rate = 30.0
        self._requests = Requests()
        self._snapshots = Snapshots(window)
        self._snapshots.painted.connect(self.frame_painted)
        self._snapshots.taken.connect(lambda: link.send(Taken()))
        self._progress = ProgressGate(self)
        self._progress.passed.connect(self._show_progress)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._send_request)
        self._handlers: dict[type, Callable[..., None]] = {
            EngineReady: self._on_engine_ready,
            NetworkOpened: self._on_network_opened,
            ModeChanged: lambda event: self._window.show_mode(training=event.training),
            SourceChanged: self._on_source_changed,
            SnapshotReady: self._on_snapshot,
            NetworksListed: lambda event: self._window.network.show_networks(event.entries),
            CamerasListed: lambda event: self._window.input.show_cameras(event.cameras),
            ProgressMade: lambda event: self._progress.take(event.progress),
            ProblemMet: self._on_problem,
            EngineStopped: self._on_engine_stopped,
        }
        self._subjects = tuple(subject(self) for subject in SUBJECTS)
        for subject in self._subjects:
            self._handlers.update(subject.handlers)
        link.event_received.connect(self._on_event)
        self._connect_docks()

    # -------------------------------------------------------------------------------------------------- for the program

    def restore(self, session: Session) -> None:
        """Of a session everything but its network and source."""
        self._window.restore(session)
        self._selection_to_come = Selection(session.layer, session.channel, session.cell)
        self.subject(InterventionsSubject).restore(session.interventions)
        self.subject(UnitSubject).restore(session.pins)
        self.subject(TrainingSubject).restore(session.runs, session.training)

    def start(self, network: NetworkChoice | None, source: SourceSpec | None) -> None:
        """Shows this network and source, or what ships with the program."""
        self._network, self._source = network or FIRST_NETWORK, source or first_source()
        self._link.listen()
        self._say_that_the_engine_starts()
        self.send(OpenSource(self._source))
        self.send(OpenNetwork(self._network))

    def session(self) -> Session:
        """What the next start should find."""
        return replace(
            self._window.session(),
            network=self._network,
            source=self._source,
            layer=self._selection.layer,
            channel=self._selection.channel,
            cell=self._selection.cell,
            interventions=self.subject(InterventionsSubject).listed,
            pins=self.subject(UnitSubject).pinned,
            runs=self.subject(TrainingSubject).followed,
            training=self.subject(TrainingSubject).saved_settings,
        )

    def resume(self, session: Session) -> None:
        """Shows what a session kept, in place of what is shown."""
        self.restore(session)
        self.open_source(session.source or first_source())
        self.open_network(session.network or FIRST_NETWORK)

    def open_network(self, choice: NetworkChoice) -> None:
        """The present network stays until this one is ready."""
        self._window.message.clear_problem()
        if self._engine_is_gone:
            self._network = choice
            self._begin_anew()
        else:
            self.send(OpenNetwork(choice))

    def open_source(self, spec: SourceSpec) -> None:
        """The present source stays if this one cannot be opened."""
        self._window.message.clear_problem()
        self.set_frozen(frozen=False)
        if self._engine_is_gone:
            self._source, self._picture = spec, None
            self._begin_anew()
        else:
            self.send(OpenSource(spec))

    def show_picture(self, pixels: np.ndarray, kind: str, title: str) -> None:
        """A pasted picture or the sketch pad's: H×W×3 uint8 RGB."""
        self._picture = ShowPicture(pixels, kind, title)
        self.set_frozen(frozen=False)
        self.send(self._picture)

    def select_layer(self, name: str) -> None:
        """Every dock follows."""
        if name != self._selection.layer:
            self.select(Selection(name))

    def step_layer(self, step: int) -> None:
        """To the next or previous layer in running order: of the pinned dock that has the focus, else of all others."""
        pinned = next((dock for dock in self._window.maps.values() if dock.is_pinned and dock.has_focus), None)
        if pinned is not None:
            pinned.step_layer(step)
        elif self.offer is not None:
            self.select_layer(neighbour_layer(self.offer.layers, self._selection.layer, step))

    @property
    def actions(self) -> dict[str, Callable[[], None]]:
        """What the subjects' menu actions do, by name."""
        return {name: act for subject in self._subjects for name, act in subject.actions.items()}

    def subject(self, kind: type[_Subject]) -> _Subject:
        """The one of this kind."""
        return next(subject for subject in self._subjects if isinstance(subject, kind))

    @property
    def network(self) -> NetworkChoice:
        """The network that runs, or will first."""
        return self._network

    @property
    def selection(self) -> Selection:
        """What every dock follows."""
        return self._selection

    def control_source(self, command: SourceCommand) -> None:
        """Play, pause, step … the present source."""
        self.send(ControlSource(command))

    def toggle_play(self) -> None:
        """Pauses what plays, and plays what is paused."""
        playing = self._state is None or self._state.playing
        self.control_source(SourceCommand("pause" if playing else "play"))

    def set_frozen(self, *, frozen: bool) -> None:
        """Holds the present frame; the source goes on behind it."""
        self._frozen = frozen
        self._window.input.show_frozen(frozen)
        self._window.status.show_frozen(frozen)
        self._window.menus.actions["freeze"].setChecked(frozen)
        self.refresh()

    def set_training_mode(self, *, training: bool) -> None:
        """Dropout and batch statistics at work, or evaluation mode."""
        self.send(ChooseMode(training))

    def set_paint_rate(self, rate: float) -> None:
        """Snapshots a second, at most."""
        self._paint_rate = rate
        self.refresh()

    def send(self, command: Command) -> None:
        """To the engine."""
        self._link.send(command)

    def refresh(self) -> None:
        """Asks for what the docks want now; several changes in one turn of the event loop make one request."""
        if not self._later.isActive():
            self._later.start()

    def problem(self, problem: Problem) -> None:
        """One line, and an entry in the log."""
        self._window.message.show_problem(problem)
        self._window.log.show_problem(problem)

    # ----------------------------------------------------------------------------------------------------------- wiring

    def _connect_docks(self) -> None:
        window = self._window
        window.maps_dock_added.connect(self._connect_maps)
        window.maps_dock_removed.connect(lambda _: self.refresh())
        window.dock_made.connect(self._connect_made)
        window.status.cancel_requested.connect(self._cancel)
        window.message.way_out_taken.connect(self.open_network)
        window.status.device_chosen.connect(self._choose_device)
        self._connect_input()
        network = window.network
        network.layer_selected.connect(self.select_layer)
        network.network_requested.connect(self.open_network)
        network.networks_wanted.connect(lambda: self.send(ListNetworks()))
        network.cancel_requested.connect(self._cancel)
        network.mode_chosen.connect(lambda training: self.set_training_mode(training=training))
        window.sketch.picture_drawn.connect(lambda pixels: self.show_picture(pixels, "sketch", self.tr("Sketch pad")))
        window.sketch.digit_network_wanted.connect(lambda: self.open_network(DIGIT_NETWORK))
        window.predictions.problem_met.connect(self._say)
        window.predictions.shown_changed.connect(lambda _: self.refresh())

    def _connect_made(self, name: str, dock: Dock) -> None:
        for subject in self._subjects:
            subject.add_dock(name, dock)

    def _connect_input(self) -> None:
        dock = self._window.input
        dock.source_requested.connect(self.open_source)
        dock.source_command.connect(self.control_source)
        dock.freeze_toggled.connect(lambda frozen: self.set_frozen(frozen=frozen))
        dock.pasted.connect(lambda pixels: self.show_picture(pixels, "pasted", self.tr("Pasted picture")))
        dock.tensor_view_toggled.connect(lambda _: self.refresh())
        dock.preprocessing_changed.connect(self._choose_preprocessing)
        dock.cameras_requested.connect(lambda: self.send(ListCameras()))
        dock.size_changed.connect(lambda *_: self.refresh())
        dock.not_understood.connect(self._say)
        dock.shown_changed.connect(lambda _: self.refresh())

    def _connect_maps(self, dock: FeatureMapsDock) -> None:
        dock.wish_changed.connect(self.refresh)
        dock.shown_changed.connect(lambda _: self.refresh())
        dock.layer_chosen.connect(self.select_layer)
        dock.channel_selected.connect(self._select_channel)
        dock.cell_selected.connect(lambda layer, channel, y, x: self.select(Selection(layer, channel, (y, x))))
        dock.cell_hovered.connect(self._on_cell_hovered)
        dock.hover_left.connect(lambda: self._hover(None))
        dock.new_dock_requested.connect(self.add_maps_dock)
        dock.problem_met.connect(self._say)
        if self.offer is not None:
            dock.show_layers(self.offer.layers)
            self._show_selection_in(dock)

    # -------------------------------------------------------------------------------------------------- the user's hand

    def add_maps_dock(self) -> None:
        """One more, or a closed one again, pinned to the present layer: one that follows would show the same."""
        dock = self._window.open_maps_dock()
        if self._selection.layer:
            dock.pin(self._selection.layer)

    def _say(self, sentence: str) -> None:
        self.problem(Problem(sentence))

    def select(self, selection: Selection) -> None:
        """Every dock follows."""
        if selection != self._selection:
            self._selection = selection
            self._show_selection()
            self.refresh()

    def _show_selection(self) -> None:
        self._window.network.show_layer(self._selection.layer)
        for dock in self._window.maps.values():
            self._show_selection_in(dock)
        for subject in self._subjects:
            subject.show_selection(self._selection)

    def _show_selection_in(self, dock: FeatureMapsDock) -> None:
        dock.show_layer(self._selection.layer)
        dock.show_selection(self._selection.layer, self._selection.channel, self._selection.cell)

    def _select_channel(self, layer: str, channel: int) -> None:
        """The same cell of another channel."""
        self.select(Selection(layer, channel, self._selection.cell if layer == self._selection.layer else None))

    def _on_cell_hovered(self, layer: str, channel: int, y: int, x: int) -> None:
        self._hover(Probe(layer, channel, y, x))

    def _hover(self, probe: Probe | None) -> None:
        self._hovered = probe
        for subject in self._subjects:
            subject.show_hover(probe)
        self.refresh()

    def _choose_preprocessing(self, preprocessing: Preprocessing | None) -> None:
        self._preprocessing = preprocessing
        self.send(ChoosePreprocessing(preprocessing))
        if self.offer is not None:
            self._window.input.show_preprocessing(
                preprocessing or self.offer.preprocessing, overridden=preprocessing is not None
            )

    def _cancel(self, task: str) -> None:
        self.send(Cancel(task))

    def _choose_device(self, name: str, half: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._device = ChooseDevice(name, half)
        self.send(self._device)

    # -------------------------------------------------------------------------------------------------------- requests

    def _send_request(self) -> None:
        if self.offer is not None:
            request = self._requests.next(resolve(self._wishes(), self.offer, 0))
            if request is not None:
                self.send(SetView(request))

    def _wishes(self) -> Wishes:
        window = self._window
        return Wishes(
            maps=tuple(dock.wish() for dock in window.maps.values() if dock.is_shown),
            input=window.input.wish() if self._wants_picture else None,
            predictions=window.predictions.is_shown or any(subject.wants_predictions for subject in self._subjects),
            frozen=self._frozen,
            selection=self._selection,
            hovered=self._hovered,
            paint_rate=self._paint_rate,
            live=tuple(view for subject in self._subjects for view in subject.wishes()),
        )

    @property
    def _wants_picture(self) -> bool:
        return self._window.input.is_shown or any(subject.wants_picture for subject in self._subjects)

    # ---------------------------------------------------------------------------------------------------------- events

    def _on_event(self, event: object) -> None:
        self._handlers[type(event)](event)

    def _say_that_the_engine_starts(self) -> None:
        self._progress.take(Progress(ENGINE_TASK, self.tr("Starting the engine: PyTorch is being loaded")))

    def _on_engine_ready(self, event: EngineReady) -> None:
        self._progress.take(Progress(ENGINE_TASK, "", done=True))
        self._window.status.show_devices(event.devices)
        for subject in self._subjects:
            subject.begin_anew()

    def _on_network_opened(self, event: NetworkOpened) -> None:
        offer, first = event.offer, self.offer is None
        kept = self._preprocessing if offer.choice == self._network else None  # on another device, in another engine
        self.offer, self._network = offer, offer.choice
        self._requests.forget()
        self._selection = keep_selection(self._selection_to_come or self._selection, offer)
        self._selection_to_come = None
        self._window.show_network(offer)
        self._window.sketch.show_knows_digits(knows_digits(offer))
        for subject in self._subjects:
            subject.show_network(offer)
        self._choose_preprocessing(kept)
        self._show_selection()
        self._send_request()
        self.network_shown.emit(offer)
        if not first:
            give_back_freed_memory()  # of the pictures of the network before

    def _on_source_changed(self, event: SourceChanged) -> None:
        state = event.state
        if state.spec.kind not in DRAWN:
            self._source = state.spec
        if state.notice and (self._state is None or self._state.notice != state.notice):
            self._window.log.show_text(state.notice)
        self._state = state
        self._window.show_source(state)
        for subject in self._subjects:
            subject.show_source(state)

    def _on_snapshot(self, event: SnapshotReady) -> None:
        snapshot, offer = event.snapshot, self.offer
        if offer is not None and snapshot.network == offer.serial and self._requests.wants(snapshot.request):
            self._snapshots.show(snapshot)
            for subject in self._subjects:
                subject.show_snapshot(snapshot)
        else:
            self._snapshots.skip()

    def _show_progress(self, progress: Progress) -> None:
        self._window.status.progress_line.show_progress(progress)
        self._window.network.show_progress(progress)
        for subject in self._subjects:
            subject.show_progress(progress)

    def _on_problem(self, event: ProblemMet) -> None:
        self.problem(event.problem)
        self._window.network.show_problem(event.problem)
        for subject in self._subjects:
            subject.show_problem(event.task)
        # Nothing is on view yet: the last session's network or source is gone. What ships with the program is there.
        if event.task == "network" and self.offer is None and self._network != FIRST_NETWORK:
            self._network = FIRST_NETWORK
            self.send(OpenNetwork(FIRST_NETWORK))
        elif event.task == "source" and self._state is None and self._source != first_source():
            self._source = first_source()
            self.send(OpenSource(self._source))

    def _on_engine_stopped(self, event: EngineStopped) -> None:
        if event.expected:
            return
        self._progress.clear()
        self._window.status.progress_line.clear()
        self._window.status.show_idle()
        self._window.network.show_engine_lost(Problem(self.tr("The engine stopped: try again.")))
        if not self._link.may_restart():
            self._engine_is_gone = True
            self._say(self.tr("The engine keeps stopping: choose another network or source, or start cnnviz again."))
            return
        words = self.tr("The engine stopped (exit code %1) and was started again with the same network and source.")
        self._say(words.replace("%1", str(event.exit_code)))
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Another engine, with the same device, source and network."""
        drawn = self._picture if self._state is not None and self._state.spec.kind in DRAWN else None
        self._engine_is_gone = False
        self.offer = None
        self._requests.forget()
        self._link.restart()
        self._say_that_the_engine_starts()
        self.send(self._device)
        self.send(drawn or OpenSource(self._source))
        self.send(OpenNetwork(self._network))
