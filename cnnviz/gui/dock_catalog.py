"""Docks that are made when they are first wanted: a table of names, so that the window opens without importing them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from cnnviz.gui.widgets.dock_base import Dock


@dataclass(frozen=True)
class DockRow:
    """``place``: "module:Class" of the dock. ``beside``: names of docks it opens in a tab with, the first that is on
    view. ``name`` is also what saved workspaces know the dock by.
    """

    name: str
    title: str
    place: str
    beside: tuple[str, ...]

    def make(self, parent: object) -> Dock:
        """The dock, without a place in the window yet."""
        module, _, kind = self.place.partition(":")
        dock: Dock = getattr(importlib.import_module(f"cnnviz.gui.docks.{module}"), kind)(parent)
        if dock.objectName() != self.name:
            raise ValueError(f"the dock {self.place} calls itself {dock.objectName()}, the table {self.name}")
        return dock


ON_DEMAND: dict[str, DockRow] = {
    row.name: row
    for row in (
        DockRow("graph", "Graph", "graph:GraphDock", ("network",)),
        DockRow("summary", "Summary", "summary:SummaryDock", ("maps-2", "maps-1")),
        DockRow("unit", "Unit", "unit:UnitDock", ("network",)),
        DockRow("oscilloscope", "Oscilloscope", "oscilloscope:OscilloscopeDock", ("maps-2", "predictions")),
        DockRow("filters", "Filters", "filters:FiltersDock", ("network",)),
        DockRow("statistics", "Statistics", "statistics:StatisticsDock", ("network",)),
        DockRow("interventions", "Interventions", "interventions:InterventionsDock", ("network",)),
        DockRow("separation", "What fires for this?", "separation:SeparationDock", ("network",)),
        DockRow("builder", "Builder", "builder:BuilderDock", ("maps-1",)),
        DockRow("train", "Training", "train:TrainDock", ("input",)),
        DockRow("curves", "Curves", "curves:CurvesDock", ("maps-1",)),
        DockRow("data", "Data", "data:DataDock", ("train", "input")),
        DockRow("evaluation", "Evaluation", "evaluation:EvaluationDock", ("curves", "maps-1")),
        DockRow("checkpoints", "Watch it learn", "checkpoints:CheckpointsDock", ("filters", "curves", "network")),
    )
}
"""By name, in the order of the View menu. A new dock is its file, a row here and its wiring in a controller."""
