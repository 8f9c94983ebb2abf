"""The statistics dock: what the numbers of a layer, and of the whole network, are like."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QToolButton, QVBoxLayout, QWidget

from cnnviz.core.inside.layer_numbers import Census
from cnnviz.core.live_views import Statistics, StatisticsView
from cnnviz.core.networks.values import LayerInfo, NetworkOffer
from cnnviz.gui.widgets import statistics_words as words
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.histogram_view import HistogramView
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.statistics_batch_norm import BatchNormPlot
from cnnviz.gui.widgets.statistics_census import CensusView
from cnnviz.gui.widgets.statistics_correlation import CorrelationView
from cnnviz.gui.widgets.statistics_depth_page import DepthPage
from cnnviz.gui.widgets.statistics_stuck import stuck_channels, stuck_table

REFRESH_MS = 100
"""Bars that move more often tell nothing more."""


class StatisticsDock(Dock):
    """``wish_changed``: other numbers are wanted. ``layer_selected``, ``channel_selected``. ``census_requested``: a
    folder. ``problem_met``. Setters emit nothing.
    """

    wish_changed = Signal()
    layer_selected = Signal(str)
    channel_selected = Signal(str, int)
    census_requested = Signal(str)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "statistics",
            self.tr("Statistics"),
            sentence=self.tr("How a layer's activations are spread, and which units never fire."),
            help_text=self.tr(
                "<p>Behind a <b>ReLU</b> many activations are exactly 0: that is <b>sparsity</b>, and it is useful. A "
                "channel whose whole map is one value is <b>dead</b> for this picture; one that stays dead whatever is "
                "shown learns nothing any more, because no gradient passes it. A unit of a sigmoid or tanh that sits "
                "at its bound is <b>saturated</b>: its gradient is next to nothing too.</p>"
                "<p><b>Through depth</b>, mean and deviation should neither grow without end (exploding) nor fade "
                "(vanishing): that is what initialisation and batch normalization are for.</p>"
                "<p><b>Correlation</b> near 1 between two channels means that both say the same about this picture.</p>"
                "<p><b>Batch norm</b> in evaluation mode subtracts the <i>running</i> mean and divides by the running "
                "deviation, both from training. A point far from the diagonal is a channel whose present input is "
                "unlike the training data.</p>"
                "<p>A <b>census</b> counts over many pictures: what is dead on one may fire on another.</p>"
            ),
            parent=parent,
        )
        self._layers: dict[str, LayerInfo] = {}
        self._layer: LayerInfo | None = None
        self._latest: Statistics | None = None
        self._pause = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._pause.timeout.connect(self._show_latest)
        content = QWidget(self)
        self._make_widgets(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.addWidget(self._parts(content))
        self.set_content(content)
        self._connect()
        self._forget()

    # ----------------------------------------------------------------------------------------------------------- values

    def wish(self) -> StatisticsView | None:
        """Only what the page on view shows; None without a layer."""
        layer = self._layer
        if layer is None or not layer.map_axes:
            return None
        page = self.pages.currentWidget()
        return StatisticsView(
            through=self.depth.layers if page is self.depth else (),
            detail=layer.name,
            correlation=page is self.correlation and self._has_maps(layer),
            normalised=layer.inputs[0] if page is self.batch_norm and _is_batch_norm(layer) else "",
        )

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:
        self._layers = {layer.name: layer for layer in offer.layers}
        self.depth.show_layers([layer for layer in offer.layers if layer.leaf and layer.map_axes])
        self.census.clear()
        self._layer = None
        self._forget()

    def show_selection(self, name: str, channel: int | None) -> None:
        """The layer and channel every dock follows."""
        if self._layer is None or name != self._layer.name:
            self._layer = self._layers.get(name)
            self._forget()
        self.depth.plot.set_marked(name)
        self.census.show_layer(name)
        self.census.show_channel(channel)
        self.batch_norm.set_selected(channel)

    def show_statistics(self, statistics: Statistics) -> None:
        """An answer to the wish. What comes sooner than it can be read waits, and the newest is shown."""
        if statistics.detail != (self._layer.name if self._layer is not None else ""):
            return
        self.depth.plot.take(statistics.layers)
        if statistics.correlation is not None and self.pages.currentWidget() is self.correlation:
            self.correlation.show_correlation(statistics.correlation)
        self._latest = statistics
        if not self._pause.isActive():
            self._show_latest()

    def show_census(self, census: Census, pictures: tuple[str, ...], broken: tuple[str, ...]) -> None:
        """``pictures``: file names by their number; ``broken``: those that could not be read."""
        self.census.show_census(census, pictures, broken)
        self.census.show_layer(self._layer.name if self._layer is not None else "")
        self.pages.setCurrentWidget(self.census)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self, parent: QWidget) -> None:
        self.layer_label = ElidedLabel("", parent)
        self.histogram = HistogramView(parent, logarithmic=True)
        self.trouble_label = Readout(parent, muted=True)
        self.units_label = Readout(parent)
        self.list_button = QToolButton(parent)
        self.list_button.setText(self.tr("List"))
        self.list_button.setToolTip(self.tr("The dead and saturated channels, and since when"))
        self.pages = QTabWidget(parent)
        self.pages.setDocumentMode(True)
        self.pages.setElideMode(Qt.TextElideMode.ElideNone)
        self.depth = DepthPage(self.pages)
        self.stuck = stuck_table(self.pages)
        self.correlation = CorrelationView(self.pages)
        self.batch_norm = BatchNormPlot(self.pages)
        self.census = CensusView(self.pages)
        titles = (
            (self.depth, self.tr("Depth"), self.tr("Mean, deviation, zeros and dead channels of every layer")),
            (self.stuck, self.tr("Dead"), self.tr("Dead and saturated channels, and since when")),
            (self.correlation, self.tr("Corr."), self.tr("Correlation: how alike the channels are on this picture")),
            (self.batch_norm, self.tr("Norm"), self.tr("Batch norm: running statistics against the present ones")),
            (self.census, self.tr("Census"), self.tr("What every channel does over a folder of pictures")),
        )
        for page, title, tip in titles:
            self.pages.setTabToolTip(self.pages.addTab(page, title), tip)

    def _parts(self, parent: QWidget) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Vertical, parent)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._upper(splitter))
        splitter.addWidget(self.pages)
        splitter.setSizes((380, 620))
        return splitter

    def _upper(self, parent: QWidget) -> QWidget:
        part = QWidget(parent)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.layer_label)
        layout.addWidget(self.histogram, 1)
        row = QHBoxLayout()
        row.addWidget(self.units_label, 1)
        row.addWidget(self.list_button)
        layout.addLayout(row)
        layout.addWidget(self.trouble_label)
        return part

    def _connect(self) -> None:
        self.pages.currentChanged.connect(lambda _: self.wish_changed.emit())
        self.list_button.clicked.connect(lambda: self.pages.setCurrentWidget(self.stuck))
        self.depth.plot.layer_clicked.connect(self.layer_selected)
        self.depth.layers_changed.connect(self.wish_changed)
        self.stuck.row_chosen.connect(lambda row: self._select(row.channel))
        self.correlation.channel_clicked.connect(self._select)
        self.batch_norm.channel_clicked.connect(self._select)
        self.census.channel_chosen.connect(self.channel_selected)
        self.census.layer_chosen.connect(self.layer_selected)
        self.census.census_requested.connect(self.census_requested)
        for part in (self.histogram, self.depth.plot, self.stuck, self.correlation.view, self.batch_norm, self.census):
            part.problem_met.connect(self.problem_met)

    # ----------------------------------------------------------------------------------------------------------- inside

    def _select(self, channel: int) -> None:
        if self._layer is not None:
            self.channel_selected.emit(self._layer.name, channel)

    def _forget(self) -> None:
        """Another layer: its numbers are yet to come."""
        self._latest = None
        layer = self._layer
        name = f"{layer.name} · {layer.kind}" if layer is not None else self.tr("No layer selected")
        self.layer_label.set_text(name)
        self.histogram.set_histogram(None, math.nan, math.nan, "")
        self.units_label.set_text("")
        self.trouble_label.set_text(
            self.tr("This layer's output cannot be read as channels.") if self._unreadable else ""
        )
        self.stuck.set_rows(())
        self.batch_norm.set_numbers(None)
        self.correlation.show_words(self._why_no_correlation(layer))
        self.pages.setTabEnabled(self.pages.indexOf(self.batch_norm), layer is not None and _is_batch_norm(layer))

    def _why_no_correlation(self, layer: LayerInfo | None) -> str:
        if layer is None or not layer.map_axes:
            return ""
        return "…" if self._has_maps(layer) else self.tr("This layer has one value a channel.")

    @property
    def _unreadable(self) -> bool:
        return self._layer is not None and not self._layer.map_axes

    @staticmethod
    def _has_maps(layer: LayerInfo) -> bool:
        return layer.map_axes == "chw" and layer.shape is not None and layer.shape[1] * layer.shape[2] > 1

    def _show_latest(self) -> None:
        latest, self._latest = self._latest, None
        if latest is None or latest.detail not in latest.layers:
            return
        self._pause.start()
        numbers = latest.layers[latest.detail]
        deviation = math.sqrt(numbers.variance) if numbers.variance >= 0 else math.nan
        self.histogram.set_histogram(numbers.histogram, numbers.mean, deviation, words.moments_text(numbers))
        self.units_label.set_text(words.units_text(numbers))
        self.trouble_label.set_text(words.trouble_text(numbers))
        page = self.pages.currentWidget()
        if page is self.stuck:
            self.stuck.set_rows(stuck_channels(numbers))
        elif page is self.depth:
            self.depth.plot.update()
        elif page is self.batch_norm and latest.batch_norm is not None:
            self.batch_norm.set_numbers(latest.batch_norm)


def _is_batch_norm(layer: LayerInfo) -> bool:
    return layer.kind.startswith(("BatchNorm", "SyncBatchNorm")) and len(layer.inputs) == 1
