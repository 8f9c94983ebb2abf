"""Interventions joined to the rest: the list belongs to the program, with or without its dock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from cnnviz.core.errors import CnnvizError
from cnnviz.core.inside.interventions import Intervention, InterventionKind, check_intervention
from cnnviz.core.networks.values import LayerInfo, NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.views import Snapshot
from cnnviz.engine.commands import Intervene, RankChannels
from cnnviz.engine.events import ChannelsRanked, InterventionsChanged
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.interventions_list import (
    InterventionsHistory,
    Listed,
    ListedIntervention,
    active,
    exchanged,
    silenced,
    switched_off,
    toggled,
    without,
)
from cnnviz.state import Selection


class InterventionsSubject(Subject):
    """Dock "interventions", and the actions on the selected channel."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"interventions": self._connect}
        self.handlers = {InterventionsChanged: self._show_problems, ChannelsRanked: self._show_ranking}
        self.actions = {
            "mute-channel": lambda: self._toggle("mute"),
            "solo-channel": lambda: self._toggle("solo"),
            "undo-intervention": self._undo,
            "redo-intervention": self._redo,
            "interventions-off": self._switch_off,
        }
        self._dock: Dock | None = None
        self._snapshot: Snapshot | None = None  # the last with a prediction
        self._history = InterventionsHistory()
        self._problems: dict[Intervention, str] = {}
        desk.window.maps_dock_added.connect(lambda _: self._mark_maps())

    # ------------------------------------------------------------------------------------------------- for the program

    @property
    def listed(self) -> Listed:
        """For the session to keep."""
        return self._history.listed

    def restore(self, listed: Sequence[ListedIntervention]) -> None:
        """A session's list; it is done as soon as there is a network."""
        self._history = InterventionsHistory(listed)
        self._apply()

    def add(self, *interventions: Intervention) -> None:
        """More of them, switched on, in one step."""
        more = tuple(ListedIntervention(each) for each in interventions)
        self._record((*self.listed, *(each for each in more if each not in self.listed)))

    # --------------------------------------------------------------------------------------------------------- subject

    @property
    def wants_predictions(self) -> bool:
        return self._dock is not None and self._dock.is_shown

    def show_network(self, offer: NetworkOffer) -> None:
        self._problems = {}
        self._snapshot = None
        if self._dock is not None:
            self._dock.show_network(offer)
        if self.listed:
            self._apply()

    def show_selection(self, selection: Selection) -> None:
        if self._dock is not None:
            self._dock.show_selection(self._layers().get(selection.layer), selection.channel)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.logits is not None:
            self._snapshot = snapshot
            self._show_prediction()

    # ------------------------------------------------------------------------------------------------- the user's hand

    def _show_prediction(self) -> None:
        """Also when the dock comes to the front: a still picture is not predicted anew for that."""
        if self._dock is not None and self._dock.is_shown and self._snapshot is not None:
            self._dock.show_predictions(self._snapshot.logits, self._snapshot.logits_before)

    def _connect(self, dock: Dock) -> None:
        self._dock = dock
        dock.class_colors.follow(self._desk.window.predictions.class_colors)
        dock.shown_changed.connect(lambda _: self._show_prediction())
        dock.add_requested.connect(self._add_checked)
        dock.switched.connect(lambda place, on: self._exchange(place, lambda each: replace(each, on=on)))
        dock.value_edited.connect(self._set_value)
        dock.removed.connect(lambda places: self._record(without(self.listed, places)))
        dock.undo_requested.connect(self._undo)
        dock.redo_requested.connect(self._redo)
        dock.off_requested.connect(self._switch_off)
        dock.mute_requested.connect(lambda layer, channels: self.add(Intervention(layer, "mute", channels)))
        dock.rank_requested.connect(self._rank)
        dock.channel_selected.connect(self._select_channel)
        dock.layer_selected.connect(self._desk.select_layer)
        dock.problem_met.connect(self._say)
        self._show()

    def _add_checked(self, intervention: Intervention) -> None:
        try:
            check_intervention(intervention, self._layers())
        except CnnvizError as error:
            self._say(error.message)
        else:
            self.add(intervention)

    def _toggle(self, kind: InterventionKind) -> None:
        selection = self._desk.selection
        if not selection.layer or selection.channel is None:
            self._say(self.tr("No channel is selected: click one in the feature maps first."))
            return
        self._record(toggled(self.listed, kind, selection.layer, selection.channel))

    def _exchange(
        self, place: int, change: Callable[[ListedIntervention], ListedIntervention], series: str = ""
    ) -> None:
        if place < len(self.listed):
            self._record(exchanged(self.listed, place, change(self.listed[place])), series)

    def _set_value(self, place: int, value: float) -> None:
        self._exchange(
            place, lambda each: replace(each, intervention=replace(each.intervention, value=value)), f"value-{place}"
        )

    def _switch_off(self) -> None:
        self._record(switched_off(self.listed))

    def _rank(self, class_index: int) -> None:
        layer = self._desk.selection.layer
        if layer:
            self._desk.send(RankChannels(layer, None if class_index < 0 else class_index))

    def _undo(self) -> None:
        if self._history.undo():
            self._apply()

    def _redo(self) -> None:
        if self._history.redo():
            self._apply()

    def _record(self, listed: Listed, series: str = "") -> None:
        if self._history.record(listed, series):
            self._apply()

    # --------------------------------------------------------------------------------------------------------- showing

    def _apply(self) -> None:
        if self._desk.offer is not None:
            self._desk.send(Intervene(active(self.listed)))
        self._show()

    def _show(self) -> None:
        if self._dock is not None:
            self._dock.show_listed(self.listed, self._problems)
            self._dock.show_history(can_undo=self._history.can_undo, can_redo=self._history.can_redo)
        self._mark_maps()

    def _mark_maps(self) -> None:
        """The maps say which of their channels are silenced."""
        layers = self._layers()
        named = {each.layer for each in active(self.listed) if each.layer in layers}
        marks = {name: silenced(self.listed, name, layers[name].channels) for name in named}
        for dock in self._desk.window.maps.values():
            dock.canvas.set_silenced(marks)

    def _show_problems(self, event: InterventionsChanged) -> None:
        self._problems = {problem.intervention: problem.message for problem in event.problems}
        self._show()

    def _show_ranking(self, event: ChannelsRanked) -> None:
        if self._dock is not None:
            self._dock.show_ranking(event.ranking)

    def _layers(self) -> dict[str, LayerInfo]:
        offer = self._desk.offer
        return {} if offer is None else {layer.name: layer for layer in offer.layers}

    def _say(self, sentence: str) -> None:
        self._desk.problem(Problem(sentence))
