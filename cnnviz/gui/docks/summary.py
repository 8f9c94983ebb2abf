"""The summary dock: every call in a table, the totals, and where the chosen layer's parameters come from."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.graph.folding import CallTree
from cnnviz.core.graph.totals import totals_of
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.summary_field_plot import FieldPlot, field_steps
from cnnviz.gui.widgets.summary_table import SummaryTable
from cnnviz.gui.widgets.summary_words import explanation, totals_text
from cnnviz.gui.widgets.tool_row import tool_button

SIDE_BY_SIDE = 90
"""Letters of width from which on the words and the plot stand side by side."""

EQUAL = (1_000, 1_000)
TABLE_AND_DETAILS = (1_000, 520)
"""Shares of a splitter."""


class SummaryDock(Dock):
    """``layer_selected``: a call's name. ``problem_met``: a sentence."""

    layer_selected = Signal(str)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "summary",
            self.tr("Summary"),
            sentence=self.tr("What every layer costs, sees and learns."),
            help_text=self.tr(
                "<p>A <b>convolution</b> with k×k filters has k·k·C<sub>in</sub>/groups·C<sub>out</sub> + "
                "C<sub>out</sub> parameters, whatever the size of the picture; a dense layer has one for every pair of "
                "input and output. That is the reason for convolution: choose one and compare.</p>"
                "<p><b>Multiply-adds</b> are the multiplications of convolutions and dense layers for one picture. "
                "<b>Memory</b> is that of the layer's output.</p>"
                "<p><b>Field</b> is the receptive field, the part of the picture a cell can see: one 3×3 layer sees "
                "3×3 pixels, two see 5×5, three 7×7. A stride makes all later ones grow faster.</p>"
                "<p><b>Backpropagation</b> updates what learns. Pooling, ReLU and dropout have nothing to learn; "
                "batch normalization learns a scale and a shift, and keeps running statistics without gradients; a "
                "frozen layer stays as it is.</p>"
                "<p>A click on a title sorts, Ctrl+C copies the marked rows for a spreadsheet.</p>"
            ),
            parent=parent,
        )
        self._tree: CallTree | None = None
        self._marked = ""
        content = QWidget(self)
        self.table = SummaryTable(content)
        self.totals_label = ElidedLabel("", content)
        self._make_tools(content)
        self._make_details(content)
        splitter = QSplitter(Qt.Orientation.Vertical, content)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._upper(content))
        splitter.addWidget(self.details)
        splitter.setSizes(TABLE_AND_DETAILS)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(self._tool_row())
        layout.addWidget(splitter, 1)
        self.set_content(content)
        self._connect()

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:
        self._tree = CallTree(offer.layers, offer.input_shape)
        self.table.show_calls(self._tree)
        self.totals_label.set_text(totals_text(totals_of(self._tree), offer.unreached))
        self.field_plot.set_steps(field_steps(self._tree.ends()), max(offer.input_shape[1:]))
        self.show_layer(self._marked)

    def show_layer(self, name: str) -> None:
        """Marks the layer every dock follows and explains it."""
        self._marked = name
        self.table.show_layer(name)
        self._explain(name)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_tools(self, parent: QWidget) -> None:
        self.search_field = QLineEdit(parent)
        self.search_field.setPlaceholderText(self.tr("Search layers by name or type"))
        self.search_field.setClearButtonEnabled(True)
        self._search_icon = QAction(self)
        set_icon(self._search_icon, "search")
        self.search_field.addAction(self._search_icon, QLineEdit.ActionPosition.LeadingPosition)
        self.tree_button = SegmentButton(self.tr("Tree"), parent)
        self.tree_button.setToolTip(self.tr("Blocks around their layers; a block counts its parts too"))
        self.flat_button = SegmentButton(self.tr("Flat"), parent)
        self.flat_button.setToolTip(self.tr("Only the layers themselves, to sort them all"))
        self.tree_button.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self.tree_button)
        group.addButton(self.flat_button)
        self.save_button = tool_button("save", self.tr("Save the table as CSV"), parent)

    def _make_details(self, parent: QWidget) -> None:
        self.explanation_label = QLabel(parent)
        self.explanation_label.setTextFormat(Qt.TextFormat.RichText)
        self.explanation_label.setWordWrap(True)
        self.explanation_label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.explanation_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.explanation_label.setMargin(6)
        scroller = QScrollArea(parent)
        scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroller.setMinimumSize(180, 60)
        scroller.setWidgetResizable(True)
        scroller.setWidget(self.explanation_label)
        self.field_plot = FieldPlot(parent)
        self.details = QSplitter(Qt.Orientation.Horizontal, parent)
        self.details.addWidget(scroller)
        self.details.addWidget(self.field_plot)
        self.details.setChildrenCollapsible(False)
        self.details.setSizes(EQUAL)

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.search_field, 1)
        switch = QHBoxLayout()
        switch.setSpacing(0)
        switch.addWidget(self.tree_button)
        switch.addWidget(self.flat_button)
        row.addLayout(switch)
        row.addWidget(self.save_button)
        return row

    def _upper(self, parent: QWidget) -> QWidget:
        upper = QWidget(parent)
        layout = QVBoxLayout(upper)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.totals_label)
        return upper

    def _connect(self) -> None:
        self.table.layer_chosen.connect(self._choose)
        self.table.problem_met.connect(self.problem_met)
        self.field_plot.clicked.connect(self._choose)
        self.field_plot.problem_met.connect(self.problem_met)
        self.search_field.textChanged.connect(self.table.search)
        self.tree_button.toggled.connect(lambda nested: self.table.set_nested(nested=nested))
        self.save_button.clicked.connect(self.table.ask_where_to_save)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow dock the plot goes below the words."""
        super().resizeEvent(event)
        narrow = self.width() < SIDE_BY_SIDE * self.fontMetrics().averageCharWidth()
        self.details.setOrientation(Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal)

    # --------------------------------------------------------------------------------------------------------- choosing

    def _choose(self, name: str) -> None:
        """By the user's hand: explained here, and told to the others where its output can be drawn."""
        self.show_layer(name)
        if self._tree is not None and self._tree.layers[name].map_axes:
            self.layer_selected.emit(name)

    def _explain(self, name: str) -> None:
        self.field_plot.set_marked(name)
        if self._tree is not None and name in self._tree:
            layer = self._tree.layers[name]
            self.explanation_label.setText(f"<b>{escape(name)}</b>{explanation(self._tree, layer)}")
        else:
            self.explanation_label.setText(self.tr("Choose a layer to see where its parameters come from."))
