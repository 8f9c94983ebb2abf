"""Runs looked into: the live docks see through their weights, and their mistakes become the live input."""

from __future__ import annotations

from pathlib import Path

from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.sources.values import SourceState
from cnnviz.engine.commands import TraceChannels, WatchRun
from cnnviz.engine.events import ChannelsTraced, RunWeights
from cnnviz.gui.controllers.filtering import FiltersSubject
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.state import Selection

_NETWORK_TASK = "network"


class WatchingSubject(Subject):
    """Dock "checkpoints", and the word to watch a run in dock "train"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"checkpoints": self._connect, "train": self._connect_train}
        self.handlers = {RunWeights: self._show_weights, ChannelsTraced: self._show_life}
        self._dock: Dock | None = None
        self._source: SourceState | None = None
        self._asked: object = None

    def watch(self, run: Path, moment: int | str) -> None:
        """Puts the network of a run on view, with the weights of a checkpoint's step or "live"."""
        self._send(run, moment, 10)

    def show_network(self, offer: NetworkOffer) -> None:
        self._asked = None
        if self._dock is not None:
            self._dock.show_network(offer.layers)

    def show_source(self, state: SourceState) -> None:
        self._source = state
        if self._dock is not None:
            self._dock.show_moving(moves=self._moves)
            self._ask()

    def show_selection(self, selection: Selection) -> None:
        if self._dock is not None:
            self._dock.show_selection(selection.layer, selection.channel)
            self._ask()

    def begin_anew(self) -> None:
        """The new engine loads the run's network by itself, but nobody told it to follow the run."""
        self._asked = None
        if self._dock is not None and self._dock.watched is not None:
            self._dock.watch_again()

    def show_problem(self, task: str) -> None:
        if self._dock is not None and task == _NETWORK_TASK:
            self._dock.show_failure()

    @property
    def _moves(self) -> bool:
        return self._source is not None and not self._source.still and self._source.playing

    # ---------------------------------------------------------------------------------------------------------- wiring

    def _connect(self, dock: Dock) -> None:
        self._dock = dock
        training = self._desk.subject(TrainingSubject)
        training.join("checkpoints", dock)
        dock.show_moving(moves=self._moves)
        dock.run_chosen.connect(training.choose)
        dock.watch_requested.connect(self._send)
        dock.left.connect(lambda: self._desk.send(WatchRun("", None)))
        dock.life_wanted.connect(self._ask)
        dock.channel_selected.connect(self._select_channel)
        dock.hold_requested.connect(self._desk.window.menus.actions["freeze"].trigger)
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))

    def _connect_train(self, dock: Dock) -> None:
        dock.watch_requested.connect(self._watch_live)

    def _watch_live(self, run: Path) -> None:
        """As if by hand, in the dock that is there for it."""
        self._desk.window.open_dock("checkpoints")
        self._desk.subject(TrainingSubject).choose(run)
        self._dock.live_button.click()

    def _ask(self) -> None:
        """Channels are traced anew when the layer, the checkpoints or the picture that stands still are others."""
        wanted, layer = self._dock.wants_life, self._desk.selection.layer
        picture = None if self._moves or self._source is None else (self._source.spec, self._source.frame_index)
        if wanted is None or not layer or self._asked == (wanted, layer, picture):
            return
        self._asked = wanted, layer, picture
        self._desk.send(TraceChannels(layer))

    def _send(self, run: Path, moment: int | str, every: int) -> None:
        self._desk.send(WatchRun(str(run), moment, every))

    def _show_weights(self, event: RunWeights) -> None:
        self._desk.subject(FiltersSubject).weights_changed()
        if self._dock is not None:
            self._dock.show_weights(Path(event.run), event.step)

    def _show_life(self, event: ChannelsTraced) -> None:
        if self._dock is not None:
            self._dock.show_life(event.layer, event.steps, event.highest)
