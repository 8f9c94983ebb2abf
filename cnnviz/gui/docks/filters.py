"""The filters dock: the weights of a layer as pictures, what they are like, and which are alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from cnnviz.core.inside.filters import FilterNumbers, FilterSheet, FiltersView, FilterTravel, FilterWeight
from cnnviz.core.networks.values import LayerInfo, NetworkOffer
from cnnviz.core.rendering.colormaps import palette
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets import filters_words as words
from cnnviz.gui.widgets.color_bar import ColorBar
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.filters_layer import FilterLayer, filter_layer
from cnnviz.gui.widgets.filters_legend import FiltersLegend
from cnnviz.gui.widgets.filters_response import FiltersResponse
from cnnviz.gui.widgets.filters_toolbar import FiltersToolbar
from cnnviz.gui.widgets.filters_view import FiltersView as FiltersPicture
from cnnviz.gui.widgets.histogram_view import HistogramView
from cnnviz.gui.widgets.images import color_table
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.tool_row import tool_button

_TURNS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
"""Pages that a key turns, down and across."""

PICTURE_AND_NUMBERS = (1_000, 340)
"""Shares of the splitter."""


class FiltersDock(Dock):
    """``wish_changed``: another page is wanted. ``channel_selected``: an output of the layer of the filters.
    ``problem_met``. Setters emit nothing.
    """

    wish_changed = Signal()
    channel_selected = Signal(str, int)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "filters",
            self.tr("Filters"),
            sentence=self.tr("The weights that were learnt: what each channel looks for."),
            help_text=self.tr(
                "<p>A <b>filter</b> has one small <b>kernel</b> for each channel it reads; it slides over them, and "
                "the sum of weight × value is one cell of its map. Where the picture looks like the kernel, the sum is "
                "large.</p>"
                "<p>The first layer reads red, green and blue, so its filters are pictures: edges, blobs and colours, "
                "whatever a network learnt. Deeper filters read channels, and each kernel tells which of them it wants "
                "(one colour), which it does not (the other), and where.</p>"
                "<p><b>1×1</b> filters have no place: they mix channels. <b>Depthwise</b> ones read a single channel. "
                "A <b>linear</b> layer behind a flatten has a weight for every cell of every map before it.</p>"
                "<p>Two filters whose weights point the same way are <b>near-duplicates</b>; one whose weights are all "
                "next to nothing is <b>nearly dead</b>: neither adds much, and pruning removes it.</p>"
                "<p>The <b>frequency response</b> is the size of a kernel's Fourier transform: a blur passes slow "
                "changes (bright in the middle), an edge filter quick ones across the edge.</p>"
            ),
            parent=parent,
        )
        self._layers: Mapping[str, LayerInfo] = {}
        self._shown_layer: FilterLayer | None = None
        self._selected = ""
        self._channel: int | None = None
        self._numbers: FilterNumbers | None = None
        self._travel: FilterTravel | None = None
        content = QWidget(self)
        self._make_widgets(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        for widget in (self.layer_label, self.note_label, self.toolbar):
            layout.addWidget(widget)
        layout.addWidget(self._parts(content), 1)
        self.set_content(content)
        self._connect()
        self._forget(self.tr("No network yet"))

    # ----------------------------------------------------------------------------------------------------------- values

    def wish(self) -> FiltersView | None:
        """The page to be drawn; None where there is nothing to draw, or no room."""
        size = self.view.device_size
        if self._shown_layer is None or min(size) < 1:
            return None
        bar = self.toolbar
        background = map_colors(self.palette()).gap
        look = (bar.arrangement, bar.channel, bar.page, bar.scale, bar.cell, bar.colour)
        return FiltersView(size, *look, background, since_start=bar.since_start)

    @property
    def layer(self) -> FilterLayer | None:
        """Whose filters are shown."""
        return self._shown_layer

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:
        self._layers = {layer.name: layer for layer in offer.layers}
        self._shown_layer = self._channel = None
        self._forget(self.tr("Choose a layer"))

    def show_selection(self, name: str, channel: int | None) -> None:
        """The filters of the selected layer, or of the nearest one before it that has some."""
        before, self._selected = self._shown_layer, name
        self._shown_layer = filter_layer(self._layers, name)
        if self._shown_layer is None:
            self._forget(self.tr("Neither this layer nor one before it has filters.") if name else "")
            return
        if before is None or before.layer.name != self._shown_layer.layer.name:
            self.toolbar.show_layer(self._shown_layer.layer)
            self._forget(self.tr("Reading the weights…"))
        self._channel = channel if self._shown_layer.same_channels else None
        if self._channel is not None:
            self.toolbar.show_channel(self._channel)
        self._show_title()
        self._mark()
        self._show_response(None)

    def show_filters(self, sheet: FilterSheet, numbers: FilterNumbers, travel: FilterTravel | None) -> None:
        """The answer to the wish."""
        self._numbers, self._travel = numbers, travel
        self.view.show_sheet(sheet)
        self.toolbar.show_sheet(sheet, coloured=self._coloured, started=travel is not None)
        self.legend.show_numbers(numbers)
        self.histogram.set_histogram(numbers.histogram, numbers.mean, numbers.deviation, self.tr("all weights"))
        self.moments_label.set_text(words.moments_text(numbers))
        self._mark()
        self._show_range(None)
        self._show_readout(None)
        self._show_response(None)

    def show_problem(self, sentence: str) -> None:
        """Why there is nothing to show."""
        self._forget(sentence)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self, parent: QWidget) -> None:
        self.layer_label = ElidedLabel("", parent)
        self.layer_label.set_elide_mode(Qt.TextElideMode.ElideMiddle)
        self.note_label = ElidedLabel("", parent, muted=True)
        self.toolbar = FiltersToolbar(parent)
        self.view = FiltersPicture(parent)
        self.readout = Readout(parent)
        self.color_bar = ColorBar(parent)
        self.legend = FiltersLegend(parent)
        self.moments_label = Readout(parent)
        self.histogram = HistogramView(parent)
        self.response = FiltersResponse(parent)
        for widget in (self.color_bar, self.legend):  # another size of the picture would ask for another page
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        self.save_button = tool_button("save", self.tr("Save this page as PNG"), parent)

    def _parts(self, parent: QWidget) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Vertical, parent)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._picture_part(splitter))
        splitter.addWidget(self._numbers_part(splitter))
        splitter.setSizes(PICTURE_AND_NUMBERS)
        return splitter

    def _picture_part(self, parent: QWidget) -> QWidget:
        part = QWidget(parent)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.readout)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.color_bar, 1)
        row.addWidget(self.save_button)
        layout.addLayout(row)
        layout.addWidget(self.legend)
        return part

    def _numbers_part(self, parent: QWidget) -> QWidget:
        part = QWidget(parent)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.moments_label)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.histogram, 3)
        row.addWidget(self.response, 2)
        layout.addLayout(row, 1)
        return part

    def _connect(self) -> None:
        self.toolbar.changed.connect(self.wish_changed)
        self.view.size_changed.connect(lambda *_: self.wish_changed.emit())
        self.view.weight_hovered.connect(self._note_hover)
        self.view.output_clicked.connect(self._select)
        self.view.key_pressed.connect(lambda key: self.toolbar.turn(*_TURNS[Qt.Key(key)]))
        self.legend.changed.connect(self._mark)
        self.save_button.clicked.connect(self.view.ask_where_to_save)
        for part in (self.view, self.histogram, self.response.view):
            part.problem_met.connect(self.problem_met)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_range(None)
            self.wish_changed.emit()  # also where a page of the old colours is still on its way

    # ----------------------------------------------------------------------------------------------------------- inside

    @property
    def _coloured(self) -> bool:
        weight = self._shown_layer.layer.weight if self._shown_layer is not None else None
        return weight is not None and len(weight) == 4 and weight[1] == 3 and weight[2:] != (1, 1)

    def _forget(self, sentence: str) -> None:
        self._numbers = self._travel = None
        self.view.show_words(sentence)
        self.readout.set_text("")
        self.histogram.set_histogram(None, 0.0, 0.0, "")
        self.moments_label.set_text("")
        self.response.clear()
        for widget in (self.color_bar, self.legend):
            widget.setVisible(False)
        self._show_title()

    def _show_title(self) -> None:
        shown = self._shown_layer
        weight = "×".join(map(str, (shown.layer.weight if shown is not None else None) or ()))
        self.layer_label.set_text(f"{shown.layer.name} · {shown.layer.kind} · {weight}" if shown is not None else "")
        self.note_label.setVisible(shown is not None and not shown.own)
        self.note_label.set_text(filled(self.tr("the nearest filters before %1"), self._selected))

    def _mark(self) -> None:
        if self._numbers is None:
            return
        similarity = self._numbers.similarity
        pairs = similarity.duplicates if similarity is not None else np.zeros((0, 2), np.int32)
        duplicates = np.unique(pairs).tolist() if self.legend.duplicates_button.isChecked() else ()
        dead = self._numbers.near_dead.tolist() if self.legend.dead_button.isChecked() else ()
        self.view.mark(dead, duplicates, self._channel)

    def _select(self, output: int) -> None:
        if self._shown_layer is not None:
            self.channel_selected.emit(self._shown_layer.layer.name, output)

    # -------------------------------------------------------------------------------------------------------- the mouse

    def _note_hover(self, weight: FilterWeight | None) -> None:
        self._show_readout(weight)
        self._show_range(weight)
        self._show_response(weight)

    def _show_readout(self, weight: FilterWeight | None) -> None:
        output = weight.output if weight is not None else self._channel
        if self._numbers is None or output is None or output >= len(self._numbers.l2):
            self.readout.set_text(words.travel_text(self._travel) if self._travel is not None else "")
            return
        own = words.filter_text(output, self._numbers, self._travel)
        place = words.weight_text(weight) if weight is not None else filled(self.tr("output %1"), output)
        if weight is not None and self.toolbar.since_start:
            place = filled(self.tr("change of %1"), place)
        self.readout.set_text(f"{place} · {own}")
        self.readout.setToolTip(self.readout.text())

    def _show_range(self, weight: FilterWeight | None) -> None:
        """The ends of the colours: of the layer, or of the filter under the mouse where each has its own."""
        sheet = self.view.sheet
        if sheet is None or not len(sheet.limits):
            return
        self.color_bar.show()
        self.legend.show()
        colors = map_colors(self.palette())
        grey = color_table(palette("grey", gap=colors.gap, dead=colors.dead))
        self.color_bar.set_colors(grey if sheet.colour else self.view.colors)
        places = np.flatnonzero(sheet.kernels[:, 0] == weight.output) if weight is not None else ()
        if self.toolbar.scale == "filter" and not len(places):
            self.color_bar.set_words(self.tr("−own"), self.tr("+own"))
            return
        limit = float(sheet.limits[places[0] if len(places) else 0])
        self.color_bar.set_range(-limit, limit)

    def _show_response(self, weight: FilterWeight | None) -> None:
        """Of the kernel under the mouse, else of the selected filter, else of none."""
        sheet = self.view.sheet
        if sheet is None:
            return
        wanted = (weight.output, weight.input) if weight is not None else (self._channel, None)
        places = [
            place
            for place, (output, read) in enumerate(sheet.kernels.tolist())
            if output == wanted[0] and (wanted[1] is None or read == wanted[1])
        ]
        if not places:
            self.response.clear()
            return
        output, read = sheet.kernels[places[0]].tolist()
        title = filled(self.tr("output %1") if read < 0 else self.tr("output %1 ← input %2"), output, read)
        self.response.show_kernel(sheet.values[places[0]], title)
