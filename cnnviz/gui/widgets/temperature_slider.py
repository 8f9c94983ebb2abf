"""The softmax temperature: from one-hot over the usual 1 to uniform."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.tool_row import tool_button

STEPS = 400
VALUE_TEMPLATE = "T = 0.0123"
DECADES = 2  # each way from 1


def temperature_of(step: int) -> float:
    """Logarithmic, 1 in the middle; the two ends are the limits 0 and infinity."""
    if step <= 0:
        return 0.0
    if step >= STEPS:
        return math.inf
    return 10 ** (DECADES * (2 * step / STEPS - 1))


def step_of(temperature: float) -> int:
    """The slider's place nearest to a temperature."""
    if temperature <= 0:
        return 0
    if math.isinf(temperature):
        return STEPS
    step = round(STEPS * (math.log10(temperature) / DECADES + 1) / 2)
    return min(max(1, step), STEPS - 1)


class TemperatureSlider(QWidget):
    """``temperature_changed``: by hand. The setter emits nothing."""

    temperature_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // (2 * DECADES))
        self.slider.setAccessibleName(self.tr("Softmax temperature"))
        self.value_readout = Readout(self, template=VALUE_TEMPLATE, alignment=Qt.AlignmentFlag.AlignRight)
        self.reset_button = tool_button("reset", self.tr("Back to temperature 1"), self)
        self.slider.valueChanged.connect(self._note_step)
        self.reset_button.clicked.connect(lambda: self.slider.setValue(step_of(1.0)))
        self._arrange()
        self.set_temperature(1.0)

    @property
    def temperature(self) -> float:
        return temperature_of(self.slider.value())

    def set_temperature(self, temperature: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(step_of(temperature))
        self._show()

    def _arrange(self) -> None:
        tip = self.tr(
            "The logits are divided by T before the softmax: T → 0 keeps only the largest, T → ∞ makes all equal"
        )
        low, high = QLabel(self.tr("one-hot"), self), QLabel(self.tr("uniform"), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(0)
        title = Readout(self)
        title.set_text(self.tr("Softmax temperature"))
        layout.addLayout(_row(title, self.value_readout, self.reset_button))
        layout.addLayout(_row(low, self.slider, high))
        self.setToolTip(tip)

    def _note_step(self) -> None:
        self._show()
        self.temperature_changed.emit(self.temperature)

    def _show(self) -> None:
        temperature = self.temperature
        limits = {0.0: self.tr("T → 0"), math.inf: self.tr("T → ∞")}
        self.value_readout.set_text(limits.get(temperature, f"T = {value_text(float(f'{temperature:.3g}'))}"))
        self.reset_button.setEnabled(temperature != 1)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    return row
