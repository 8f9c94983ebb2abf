"""The statistics dock joined to the rest."""

from __future__ import annotations

from cnnviz.core.live_views import Statistics
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.views import LiveView, Snapshot
from cnnviz.engine.commands import TakeCensus
from cnnviz.engine.events import CensusTaken
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.state import Selection


class StatisticsSubject(Subject):
    """Dock "statistics"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"statistics": self._connect}
        self.handlers = {CensusTaken: self._show_census}
        self._dock: Dock | None = None

    def wishes(self) -> tuple[LiveView, ...]:
        view = self._dock.wish() if self._dock is not None and self._dock.is_shown else None
        return () if view is None else (view,)

    def show_network(self, offer: NetworkOffer) -> None:
        if self._dock is not None:
            self._dock.show_network(offer)

    def show_selection(self, selection: Selection) -> None:
        if self._dock is not None:
            self._dock.show_selection(selection.layer, selection.channel)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        for answer in snapshot.live:
            if isinstance(answer, Statistics) and self._dock is not None:
                self._dock.show_statistics(answer)

    def _connect(self, dock: Dock) -> None:
        self._dock = dock
        dock.wish_changed.connect(self._desk.refresh)
        dock.layer_selected.connect(self._desk.select_layer)
        dock.channel_selected.connect(self._select_channel)
        dock.census_requested.connect(lambda folder: self._desk.send(TakeCensus(folder)))
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))

    def _show_census(self, event: CensusTaken) -> None:
        if self._dock is not None:
            self._dock.show_census(event.census, event.pictures, event.broken)
