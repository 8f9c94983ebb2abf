"""The filters dock joined to the rest."""

from __future__ import annotations

import time

import numpy as np

from cnnviz.core.arrays import Floats
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.views import Snapshot
from cnnviz.engine.commands import ShowFilters
from cnnviz.engine.events import FiltersShown
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.state import Selection

ACTIVATION_SECONDS = 1.0
"""How often filters are ordered anew by their activation: pictures that jump more often cannot be looked at."""


class FiltersSubject(Subject):
    """Dock "filters". It asks for a page when something changes, and not with every frame."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"filters": self._connect}
        self.handlers = {FiltersShown: self._show}
        self._dock: Dock | None = None
        self._asked: tuple[object, ...] = ()
        self._activation: Floats | None = None
        self._activation_at = 0.0

    def show_network(self, offer: NetworkOffer) -> None:
        self._asked, self._activation = (), None
        if self._dock is not None:
            self._dock.show_network(offer)

    def show_selection(self, selection: Selection) -> None:
        if self._dock is not None:
            self._dock.show_selection(selection.layer, selection.channel)
            self._ask()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Takes the strength of each channel from maps that are on view anyway."""
        if self._dock is None or not self._dock.is_shown or self._dock.toolbar.order != "activation":
            return
        now = time.monotonic()
        found = self._strengths(snapshot)
        if found is not None and (self._activation is None or now - self._activation_at >= ACTIVATION_SECONDS):
            self._activation, self._activation_at = found, now
            self._ask()

    def weights_changed(self) -> None:
        """The network on view has learnt: the page that is shown is of weights that are no more."""
        self._asked = ()
        self._ask()

    # ---------------------------------------------------------------------------------------------------------- inside

    def _connect(self, dock: Dock) -> None:
        self._dock = dock
        dock.wish_changed.connect(self._ask)
        dock.shown_changed.connect(lambda _: self._ask())
        dock.channel_selected.connect(self._select_channel)
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))

    def _ask(self) -> None:
        dock = self._dock
        view = dock.wish() if dock is not None and dock.is_shown and self._desk.offer is not None else None
        if view is None:
            self._asked = ()
            return
        order = dock.toolbar.order
        activation = self._activation if order == "activation" else None
        name = dock.layer.layer.name
        asked = name, view, order, None if activation is None else self._activation_at
        if asked != self._asked:
            self._asked = asked
            self._desk.send(ShowFilters(name, view, order, activation))

    def _show(self, event: FiltersShown) -> None:
        if self._dock is None or not self._asked or event.layer != self._asked[0]:
            return
        if event.sheet is None or event.numbers is None:
            self._dock.show_problem(event.problem)
        else:
            self._dock.show_filters(event.sheet, event.numbers, event.travel)

    def _strengths(self, snapshot: Snapshot) -> Floats | None:
        """The highest cell of each output's map, where a dock shows the maps of the filters or their activations."""
        shown = self._dock.layer
        if shown is None:
            return None
        names = (self._desk.selection.layer if shown.same_channels else "", shown.layer.name)
        parts = {part.layer: part for picture in snapshot.maps for part in picture.parts}
        for name in names:
            if name in parts:
                return np.asarray(parts[name].statistics.high, np.float32)
        return None
