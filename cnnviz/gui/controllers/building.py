"""The builder joined to the rest: what it builds runs live, and what runs can be taken apart."""

from __future__ import annotations

from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.engine.commands import DescribeSpec
from cnnviz.engine.events import SpecDescribed
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.widgets.dock_base import Dock


class BuildingSubject(Subject):
    """Dock "builder"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"builder": self._connect}
        self.handlers = {SpecDescribed: self._show_spec}

    def run(self, spec: NetworkSpec, seed: int) -> None:
        """The network of these rows, with initial weights, instead of the one on view."""
        name = spec.title or self.tr("Network of the builder")
        self._desk.open_network(NetworkChoice(name, weights="none", spec=spec_text(spec), seed=seed))

    def _connect(self, dock: Dock) -> None:
        dock.run_requested.connect(self.run)
        dock.train_requested.connect(lambda spec: self._desk.subject(TrainingSubject).train(spec))
        dock.loaded_spec_wanted.connect(lambda: self._desk.send(DescribeSpec()))

    def _show_spec(self, event: SpecDescribed) -> None:
        self._desk.window.open_dock("builder").show_spec(event.spec)
