""" "What fires for this?" joined to the rest: the two held keys, and what becomes of the units that were found."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.core.inside.channel_effects import SeparatingUnit, SeparationRanking
from cnnviz.core.inside.interventions import Intervention, InterventionKind
from cnnviz.core.live_views import WHOLE_MAP, ObserveView
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.sources.values import SourceSpec, SourceState
from cnnviz.core.views import LiveView, Probe, Snapshot
from cnnviz.engine.commands import ForgetObservations
from cnnviz.gui.controllers.held_keys import HeldKey
from cnnviz.gui.controllers.interventions import InterventionsSubject
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.controllers.unit import UnitSubject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.layer_choice import passes_on
from cnnviz.state import Selection


class SeparationSubject(Subject):
    """Dock "separation", and the actions "observe-with" and "observe-without"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"separation": self._connect}
        self._dock: Dock | None = None
        self._present: bool | None = None
        self._source: SourceSpec | None = None
        self._still = False
        self._answered = False  # since the key went down
        self._lingers = False  # the key is up, but the still picture is yet to be counted
        self._next: bool | None = None  # the other key came meanwhile
        self._next_held = False
        actions = desk.window.menus.actions
        self._keys = {True: HeldKey(actions["observe-with"], self), False: HeldKey(actions["observe-without"], self)}
        for present, key in self._keys.items():
            key.held.connect(lambda on, chosen=present: self._hold(chosen, on=on))

    def wishes(self) -> tuple[LiveView, ...]:
        """Of every layer with units of its own, while a key is held."""
        offer = self._desk.offer
        if self._present is None or offer is None:
            return ()
        observed = [layer for layer in offer.layers if layer.leaf and layer.map_axes and not passes_on(layer)]
        return (ObserveView(tuple(layer.name for layer in observed), self._present),)

    def show_network(self, offer: NetworkOffer) -> None:
        self._end_lingering(counted=False)
        if self._dock is not None:
            self._dock.show_network(offer)

    def show_source(self, state: SourceState) -> None:
        if state.spec != self._source:
            self._source = state.spec
            self._end_lingering(counted=False)
        if state.still != self._still:
            self._still = state.still
            if self._dock is not None:
                self._dock.show_still(state.still)

    def show_selection(self, selection: Selection) -> None:
        if self._dock is not None:
            self._dock.show_selection(selection.layer, selection.channel)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        for answer in snapshot.live:
            if isinstance(answer, SeparationRanking) and self._dock is not None:
                self._dock.show_ranking(answer)
                self._answered = True
                self._end_lingering(counted=True)

    # ------------------------------------------------------------------------------------------------- the user's hand

    def _connect(self, dock: Dock) -> None:
        self._dock = dock
        dock.show_still(self._still)
        dock.observing_changed.connect(self._observe)
        dock.forget_requested.connect(lambda: self._desk.send(ForgetObservations()))
        dock.channel_selected.connect(self._select_channel)
        dock.maps_requested.connect(self._open_maps)
        dock.pins_requested.connect(self._pin)
        dock.mute_requested.connect(lambda units: self._mask("mute", units))
        dock.solo_requested.connect(lambda units: self._mask("solo", units))
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))

    def _hold(self, present: bool, *, on: bool) -> None:  # noqa: FBT001 -- which of the two keys
        if on:
            self._keys[not present].let_go()
            self._desk.window.open_dock("separation")
            self._observe(present)
        elif present in (self._present, self._next):
            self._observe(None)

    def _observe(self, present: bool | None) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        if self._dock is not None:
            self._dock.show_observing(present)
        if self._lingers and present is not self._present:
            self._next_held = present is not None
            self._next = present if present is not None else self._next
            return  # not before the first is counted
        self._next = None
        self._lingers = present is None and self._present is not None and self._still and not self._answered
        if self._lingers:
            return  # the picture is the same however late it is looked at
        self._present, self._answered = present, False
        self._desk.refresh()

    def _end_lingering(self, *, counted: bool) -> None:
        """The other key's turn, if it came meanwhile: on another picture only while it is still held."""
        if not self._lingers:
            return
        following, held = self._next, self._next_held
        self._lingers, self._answered = False, True
        self._observe(None)
        if following is not None and (counted or held):
            self._observe(following)
            if not held:
                self._observe(None)

    def _open_maps(self, units: Sequence[SeparatingUnit]) -> None:
        """One dock shows one layer: that of the first."""
        layer = units[0].layer
        channels = tuple(sorted(unit.channel for unit in units if unit.layer == layer))
        dock = self._desk.window.open_maps_dock()
        dock.set_strip(0)
        dock.pin(layer, channels)

    def _pin(self, units: Sequence[SeparatingUnit]) -> None:
        self._desk.subject(UnitSubject).pin_probes(
            tuple(Probe(unit.layer, unit.channel, WHOLE_MAP, WHOLE_MAP) for unit in units)
        )

    def _mask(self, kind: InterventionKind, units: Sequence[SeparatingUnit]) -> None:
        by_layer: dict[str, list[int]] = {}
        for unit in units:
            by_layer.setdefault(unit.layer, []).append(unit.channel)
        masks = (Intervention(layer, kind, tuple(sorted(channels))) for layer, channels in by_layer.items())
        self._desk.subject(InterventionsSubject).add(*masks)
        self._desk.window.open_dock("interventions")
