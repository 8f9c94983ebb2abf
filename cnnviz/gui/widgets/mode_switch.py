"""Evaluation or training mode, side by side."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from cnnviz.gui.widgets.segment_button import SegmentButton


class ModeSwitch(QWidget):
    """``training_chosen``: True for training mode; by the user's hand only."""

    training_chosen = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.evaluation_button = SegmentButton(self.tr("Evaluation"), self)
        self.evaluation_button.setToolTip(
            self.tr("Dropout lets everything pass; batch norm uses the statistics stored while training")
        )
        self.training_button = SegmentButton(self.tr("Training mode"), self)
        self.training_button.setToolTip(
            self.tr("Dropout masks and batch statistics at work in the maps; nothing is stored or learnt")
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._group = QButtonGroup(self)
        for button in (self.evaluation_button, self.training_button):
            self._group.addButton(button)
            layout.addWidget(button, 1)
        self.evaluation_button.setChecked(True)
        self._group.buttonClicked.connect(lambda button: self.training_chosen.emit(button is self.training_button))

    def show_mode(self, *, training: bool) -> None:
        """What is in force."""
        (self.training_button if training else self.evaluation_button).setChecked(True)
