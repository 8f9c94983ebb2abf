"""The network dock: which network runs, with which weights, and its layers in the order they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from cnnviz.core.networks.values import NetworkEntry, NetworkOffer
from cnnviz.core.reports import Problem, Progress
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.layer_tree import LayerTree
from cnnviz.gui.widgets.mode_switch import ModeSwitch
from cnnviz.gui.widgets.number_text import shape_text

if TYPE_CHECKING:
    from cnnviz.gui.dialogs.network_chooser import NetworkChooser


class NetworkDock(Dock):
    """``layer_selected``: a layer call's name. ``network_requested``: a NetworkChoice. ``networks_wanted``: asks for
    the registry (``show_networks``). ``cancel_requested``: a task's name. ``mode_chosen``: True for training mode.
    """

    layer_selected = Signal(str)
    network_requested = Signal(object)
    networks_wanted = Signal()
    cancel_requested = Signal(str)
    mode_chosen = Signal(bool)

    tree: LayerTree | None = None  # Qt may tell of another font before the tree is made

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "network",
            self.tr("Network"),
            sentence=self.tr("The layers in the order they run; choose one and every dock follows."),
            help_text=self.tr(
                "<p>A network is a chain of layers: the output of one is the input of the next. A <b>convolution</b> "
                "slides small filters over its input and gives one <b>feature map</b> per filter; <b>pooling</b> makes "
                "maps smaller; at the end the <b>head</b> turns maps into one number per class, the <b>logits</b>.</p>"
                "<p><b>Output</b> reads channels × height × width. Follow it down: the maps become smaller and more "
                "numerous, from edges through textures and parts to objects.</p>"
                "<p><b>Parameters</b> are the numbers that were learnt. A convolution with k×k filters has "
                "k·k·C<sub>in</sub>·C<sub>out</sub> + C<sub>out</sub> of them, whatever the size of the picture; "
                "pooling and ReLU have none. A block counts its children's too.</p>"
            ),
            parent=parent,
        )
        self._offer: NetworkOffer | None = None
        self._chooser: NetworkChooser | None = None
        content = QWidget(self)
        self._make_head(content)
        self._make_list(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        for widget in (self.title_label, self.weights_label, self.total_label, self.unreached_label):
            layout.addWidget(widget)
        layout.addLayout(self._button_row())
        layout.addWidget(self.mode_switch)
        layout.addWidget(self.search_field)
        layout.addWidget(self.tree, 1)
        self.set_content(content)

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_mode(self, *, training: bool) -> None:
        """Whether dropout and batch statistics are at work."""
        self.mode_switch.show_mode(training=training)

    def show_network(self, offer: NetworkOffer) -> None:
        self._offer = offer
        self.title_label.set_text(offer.title)
        self.weights_label.set_text(self.tr("Weights: {words}").format(words=offer.weights))
        self._show_totals(offer)
        self.weights_button.setEnabled(True)
        self.tree.show_layers(offer.layers)
        if self._chooser is not None:
            self._chooser.show_choice(offer.choice)

    def _show_totals(self, offer: NetworkOffer) -> None:
        """What is never reached has no place in the list below."""
        words = self.tr("{number} parameters, input {shape}")
        text = words.format(number=f"{offer.parameters:,}", shape=shape_text(offer.input_shape))
        self.total_label.set_text(text)
        names = self.tr("Never reached: {names}").format(names=", ".join(offer.unreached))
        self.unreached_label.set_text(names if offer.unreached else "")
        self.unreached_label.setVisible(bool(offer.unreached))

    def show_layer(self, name: str) -> None:
        """Marks the layer every dock follows."""
        self.tree.show_layer(name)

    def show_networks(self, entries: Sequence[NetworkEntry]) -> None:
        """The registry, for the chooser that asked for it."""
        self.chooser().show_entries(entries)

    def show_progress(self, progress: Progress) -> None:
        """To the chooser, while it waits for the network it asked for."""
        if self._chooser is not None and (self._chooser.waiting or progress.done):
            self._chooser.show_progress(progress)

    def show_problem(self, problem: Problem) -> None:
        """To the chooser, if it waits for the network it asked for."""
        if self._chooser is not None and self._chooser.waiting:
            self._chooser.show_problem(problem)

    def show_engine_lost(self, problem: Problem) -> None:
        """What the chooser waited for will not come."""
        if self._chooser is not None:
            self._chooser.message_line.clear_progress()
        self.show_problem(problem)

    # ---------------------------------------------------------------------------------------------------------- dialogs

    def chooser(self) -> NetworkChooser:
        """The dialog, made when it is first needed."""
        if self._chooser is None:
            from cnnviz.gui.dialogs.network_chooser import NetworkChooser

            self._chooser = NetworkChooser(self)
            self._chooser.network_requested.connect(self.network_requested)
            self._chooser.entries_requested.connect(self.networks_wanted)
            self._chooser.cancel_requested.connect(self.cancel_requested)
            if self._offer is not None:
                self._chooser.show_choice(self._offer.choice)
        return self._chooser

    def choose_network(self) -> None:
        """Opens the chooser, or brings it to the front."""
        chooser = self.chooser()
        chooser.show()
        chooser.raise_()
        chooser.activateWindow()

    def choose_weights_file(self) -> QFileDialog:
        """Asks for a weights file for the present network; the window goes on meanwhile."""
        dialog = QFileDialog(self, self.tr("Open weights for this network"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Weights (*.pth *.pt *.safetensors)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self.open_weights)
        dialog.open()
        return dialog

    def open_weights(self, path: str) -> None:
        """Asks for the present network with the weights in this file."""
        if self._offer is not None:
            choice = replace(self._offer.choice, weights="none", weights_file=path, replace_head=False)
            self.network_requested.emit(choice)

    # ----------------------------------------------------------------------------------------------------------- making

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.tree is not None:
            self.tree.follow_text_size(self.font())

    def _make_head(self, parent: QWidget) -> None:
        self.title_label = ElidedLabel(self.tr("No network yet"), parent)
        font = self.title_label.font()
        font.setBold(True)
        self.title_label.setFont(font)
        self.weights_label = ElidedLabel("", parent)
        self.total_label, self.unreached_label = (ElidedLabel("", parent, muted=True) for _ in range(2))
        self.unreached_label.hide()
        self.choose_button = QPushButton(self.tr("Choose network…"), parent)
        self.choose_button.clicked.connect(self.choose_network)
        self.weights_button = QPushButton(self.tr("Open weights…"), parent)
        self.weights_button.setToolTip(self.tr("A weights file (.pth, .pt, .safetensors) for this network"))
        self.weights_button.setEnabled(False)
        self.weights_button.clicked.connect(self.choose_weights_file)

        self.mode_switch = ModeSwitch(parent)
        self.mode_switch.training_chosen.connect(self.mode_chosen)

    def _make_list(self, parent: QWidget) -> None:
        self.search_field = QLineEdit(parent)
        self.search_field.setPlaceholderText(self.tr("Search layers by name or type"))
        self.search_field.setClearButtonEnabled(True)
        self._search_icon = QAction(self)
        set_icon(self._search_icon, "search")
        self.search_field.addAction(self._search_icon, QLineEdit.ActionPosition.LeadingPosition)
        self.tree = LayerTree(parent)
        self.tree.layer_chosen.connect(self.layer_selected)
        self.search_field.textChanged.connect(self.tree.search)

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.choose_button, 1)
        row.addWidget(self.weights_button, 1)
        return row
