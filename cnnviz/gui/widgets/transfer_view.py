"""Transfer learning as it is set up: advice, and a drawing of what is frozen when."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.stages import find_stages, leaves_of_layers
from cnnviz.core.training.transfer_values import LearningPlan, Stage, phases_of
from cnnviz.core.training.values import DataSummary, RunConfiguration
from cnnviz.gui.widgets.train_form import SettingsForm
from cnnviz.gui.widgets.transfer_advice import TransferAdvice
from cnnviz.gui.widgets.transfer_picture import TransferPicture


class TransferView(QWidget):
    """``strategy_chosen``: one of TransferStrategy, ``changed``: the place of one of its settings and what it is now,
    by the user's hand. Setters emit nothing.
    """

    strategy_chosen = Signal(str)
    changed = Signal(str, object)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stages: tuple[Stage, ...] = ()
        self._settings = RunConfiguration()
        self.advice = TransferAdvice(self)
        self.form = SettingsForm("transfer", self)
        self.picture = TransferPicture(self)
        self.advice.strategy_chosen.connect(self.strategy_chosen)
        self.form.changed.connect(self.changed)
        self.picture.problem_met.connect(self.problem_met)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.advice)
        layout.addWidget(self.form)
        layout.addWidget(self.picture)
        self.form.show_settings(self._settings)
        self._draw()

    def show_settings(self, settings: RunConfiguration) -> None:
        """What is set up."""
        if settings != self._settings:
            self._settings = settings
            self.advice.show_strategy(settings.transfer.strategy)
            self.form.show_settings(settings)
            self._draw()

    def show_layers(self, layers: Sequence[LayerInfo]) -> None:
        """Of the network to train; none where only its trainer knows them."""
        self._stages = find_stages(leaves_of_layers(layers)) if any(layer.parameters for layer in layers) else ()
        self._draw()

    def show_data(self, summary: DataSummary | None) -> None:
        """The chosen data, once it was counted."""
        train = next((split for split in summary.splits if split.split == "train"), None) if summary else None
        self.advice.show_amount(None if train is None or not summary.classes else train.total / len(summary.classes))

    def _draw(self) -> None:
        settings = self._settings
        if not self._stages:
            self.picture.show_words(self.tr("Put the network on view to see its stages here."))
            return
        rate = settings.optimizer.learning_rate
        try:
            phases = phases_of(settings.transfer, len(self._stages), rate or 1.0)
        except ConfigurationError as error:
            self.picture.show_words(error.message)
            return
        self.picture.show_plan(LearningPlan(settings.transfer.strategy, self._stages, phases), settings.epochs, rate)
