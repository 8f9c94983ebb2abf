"""The plot through depth, and the choice of the layers in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cnnviz.core.networks.values import ACTIVATIONS, LayerInfo
from cnnviz.gui.widgets.layer_choice import passes_on
from cnnviz.gui.widgets.statistics_depth import DepthPlot

_translate = QCoreApplication.translate

CHOICES: tuple[tuple[str, Callable[[LayerInfo], bool]], ...] = (
    (_translate("Statistics", "all layers"), lambda layer: not passes_on(layer)),
    (_translate("Statistics", "activations"), lambda layer: layer.kind.lower() in ACTIVATIONS),
    (_translate("Statistics", "convolutions, linear"), lambda layer: layer.weight is not None),
)
"""A convolution's sums and the activations behind them differ so much that one line through both is jagged."""


class DepthPage(QWidget):
    """``layers_changed``: other layers are wanted, by hand."""

    layers_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawn: tuple[LayerInfo, ...] = ()
        self.plot = DepthPlot(self)
        self.choice_combo = QComboBox(self)
        for words, _ in CHOICES:
            self.choice_combo.addItem(words)
        self.choice_combo.activated.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(QLabel(self.tr("Show"), self))
        row.addWidget(self.choice_combo)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers in the plot."""
        wanted = CHOICES[self.choice_combo.currentIndex()][1]
        return tuple(layer.name for layer in self._drawn if wanted(layer))

    def show_layers(self, layers: Sequence[LayerInfo]) -> None:
        """Another network's leaf layers that have channels, in the order they run."""
        self._drawn = tuple(layers)
        self.plot.set_layers(self.layers)

    def _choose(self) -> None:
        self.plot.set_layers(self.layers)
        self.layers_changed.emit()
