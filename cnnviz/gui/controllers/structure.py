"""The network as a graph and as a table, joined to the rest."""

from __future__ import annotations

import math

import numpy as np

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.live_views import Thumbnails, ThumbnailsView
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.rendering.colormaps import GAP, shade
from cnnviz.core.reports import Problem
from cnnviz.core.views import LiveView, MosaicPicture, Snapshot, VectorPicture
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.state import Selection


class StructureSubject(Subject):
    """Docks "graph" and "summary"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"graph": self._connect_graph, "summary": self._connect}
        self._made: dict[str, Dock] = {}

    def wishes(self) -> tuple[LiveView, ...]:
        graph = self._made.get("graph")
        if graph is None or not graph.is_shown or not graph.thumbnail_layers:
            return ()
        return (ThumbnailsView(graph.thumbnail_layers, graph.thumbnail_side),)

    def show_network(self, offer: NetworkOffer) -> None:
        for dock in self._made.values():
            dock.show_network(offer)

    def show_selection(self, selection: Selection) -> None:
        for dock in self._made.values():
            dock.show_layer(selection.layer)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        for answer in snapshot.live:
            if isinstance(answer, Thumbnails) and "graph" in self._made:
                pictures = {name: thumbnail_indices(picture) for name, picture in answer.pictures.items()}
                self._made["graph"].show_thumbnails(pictures)

    def _connect_graph(self, dock: Dock) -> None:
        self._connect(dock)
        dock.thumbnails_wanted_changed.connect(self._desk.refresh)

    def _connect(self, dock: Dock) -> None:
        self._made[dock.objectName()] = dock
        dock.layer_selected.connect(self._desk.select_layer)
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))


def thumbnail_indices(picture: MosaicPicture | VectorPicture) -> Bytes:
    """Palette indices of the one map, without the margin around it; a vector's values fill a square line by line."""
    if isinstance(picture, VectorPicture):
        return _square(picture.values)
    layout = picture.layout
    return picture.indices[layout.top : layout.top + layout.tile_height, layout.left : layout.left + layout.tile_width]


def _square(values: Floats) -> Bytes:
    side = math.ceil(math.sqrt(len(values)))
    cells = np.full(side * side, GAP, np.uint8)
    cells[: len(values)] = shade(values, float(values.min()), float(values.max()))
    return cells.reshape(side, side)
