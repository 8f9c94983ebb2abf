"""The graph dock: the network as boxes and lines, its blocks folded or open."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from cnnviz.core.graph.folding import matches
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.rendering.colormaps import palette
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.graph_legend import GraphLegend
from cnnviz.gui.widgets.graph_search import GraphSearch
from cnnviz.gui.widgets.graph_view import GraphView
from cnnviz.gui.widgets.images import color_table, indexed_image, rgb_image
from cnnviz.gui.widgets.tool_row import tool_button


class GraphDock(Dock):
    """``layer_selected``: a call's name. ``thumbnails_wanted_changed``: ``thumbnail_layers`` names other calls.
    ``problem_met``: a sentence.
    """

    layer_selected = Signal(str)
    thumbnails_wanted_changed = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "graph",
            self.tr("Graph"),
            sentence=self.tr("What flows where; open a block to see inside, choose a layer and every dock follows."),
            help_text=self.tr(
                "<p>Every box is a layer, every line a tensor with its shape: channels × height × width. Wider boxes "
                "have more channels. A convolution stands with the normalization and activation that follow it.</p>"
                "<p><b>Branches</b> (Inception) look at the same maps through different windows, and a "
                "<b>concatenation</b> puts their answers side by side. A <b>skip connection</b> (ResNet) leads round a "
                "block and is added to its output: H(x) = F(x) + x, so that the block learns only what to change. In a "
                "<b>dense block</b> every layer takes all outputs before it: lines that meet in a bar go on as one "
                "that carries them all.</p>"
                "<p><b>Mouse</b>: click selects, + and − or a double click open and fold a block, the wheel scrolls, "
                "with Ctrl it zooms, dragging pans, a double click beside all goes back to the start.<br>"
                "<b>Keys</b>: arrows move along the lines, Enter opens or folds, + and − zoom, 0 back to the start, "
                "F the whole graph.</p>"
            ),
            parent=parent,
        )
        content = QWidget(self)
        self.view = GraphView(content)
        self.search = GraphSearch(content)
        self.legend = GraphLegend(content)
        self._make_buttons(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(self._tool_row())
        layout.addWidget(self.view, 1)
        layout.addWidget(self.legend)
        self.set_content(content)
        self._connect()

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:
        self.search.clear()
        self.view.show_found("")
        self.view.show_layers(offer.layers, offer.input_shape)

    def show_layer(self, name: str) -> None:
        """Marks the layer every dock follows, opens what hides it and brings it into view."""
        self.view.show_layer(name)

    @property
    def thumbnail_layers(self) -> tuple[str, ...]:
        """The calls whose strongest map is wanted, by what is on screen; none while the switch is off."""
        return self.view.thumbnail_layers

    @property
    def thumbnail_side(self) -> int:
        """Of their square, in device pixels."""
        return self.view.thumbnail_side

    def show_thumbnails(self, pictures: Mapping[str, NDArray[np.uint8]], colormap: str = "viridis") -> None:
        """By call: h×w palette indices (see ``rendering.colormaps``), or h×w×3 RGB."""
        colors = map_colors(self.palette())
        table = color_table(palette(colormap, gap=colors.gap, dead=colors.dead))
        self.view.show_pictures(
            {
                name: indexed_image(picture, table) if picture.ndim == 2 else rgb_image(picture)
                for name, picture in pictures.items()
            }
        )

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_buttons(self, parent: QWidget) -> None:
        self.unfold_button = tool_button("graph-unfold", self.tr("Unfold all blocks"), parent)
        self.fold_button = tool_button("graph-fold", self.tr("Fold as at first"), parent)
        self.whole_button = tool_button("graph-whole", self.tr("Show the whole graph (F)"), parent)
        self.direction_button = tool_button("graph-rightwards", self.tr("From left to right"), parent, checkable=True)
        tip = self.tr("The strongest map of every layer on view, live")
        self.maps_button = tool_button("graph-maps", tip, parent, checkable=True)

    def _buttons(self) -> tuple[QToolButton, ...]:
        return self.unfold_button, self.fold_button, self.whole_button, self.direction_button, self.maps_button

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.search, 1)
        for button in self._buttons():
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        view = self.view
        view.layer_chosen.connect(self.layer_selected)
        view.thumbnails_wanted_changed.connect(self.thumbnails_wanted_changed)
        view.problem_met.connect(self.problem_met)
        view.scene_changed.connect(lambda: self.legend.show_families(view.families))
        self.search.text_changed.connect(self._search)
        self.search.match_shown.connect(view.show_found)
        self.search.match_chosen.connect(self._choose_match)
        self.unfold_button.clicked.connect(view.unfold_all)
        self.fold_button.clicked.connect(view.fold_as_at_first)
        self.whole_button.clicked.connect(view.show_whole)
        self.direction_button.toggled.connect(lambda on: view.set_direction("right" if on else "down"))
        self.maps_button.toggled.connect(lambda on: view.set_thumbnails(shown=on))

    def _search(self, text: str) -> None:
        self.search.set_matches(matches(self.view.tree, text) if self.view.tree is not None else ())

    def _choose_match(self, name: str) -> None:
        self.view.show_found(name)
        self.view.choose(name)
