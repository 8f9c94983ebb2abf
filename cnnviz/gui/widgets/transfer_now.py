"""What of a run's network is frozen at this moment: a sentence, and the whole plan with a line where the run is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from cnnviz.core.training.transfer_values import LearningPlan
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.checkpoints_words import filled
from cnnviz.gui.widgets.transfer_picture import TransferPicture
from cnnviz.gui.widgets.transfer_words import stage_text


class TransferNow(QWidget):
    """Hides itself for runs that learn everything at one rate."""

    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.picture = TransferPicture(self)
        self.picture.problem_met.connect(self.problem_met)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.label)
        layout.addWidget(self.picture)
        self.hide()

    def show_run(self, view: RunView) -> None:
        """Its present state."""
        plan, settings = view.learning, view.configuration
        shown = plan is not None and settings is not None and plan.strategy != "none"
        self.setVisible(shown)
        if shown:
            self.label.setText(self._sentence(plan, view))
            self.picture.show_plan(plan, settings.epochs, settings.optimizer.learning_rate, view.status.epoch)

    def _sentence(self, plan: LearningPlan, view: RunView) -> str:
        last = max(0, view.configuration.epochs - 1)
        frozen = plan.phase_at(min(int(view.status.epoch), last)).frozen
        names = tuple(stage_text(stage.name) for stage in plan.stages[:frozen])
        if not names:
            return self.tr("No stage is frozen.") if not view.is_at_work else self.tr("No stage is frozen now.")
        words = (
            self.tr("Frozen now: %1 (%2 of %3 stages).")
            if view.is_at_work
            else self.tr("Frozen at the end: %1 (%2 of %3 stages).")
        )
        return filled(words, ", ".join(names), len(names), len(plan.stages))
