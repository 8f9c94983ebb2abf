"""What is drawn in the curves dock and along which axis: one row of choices."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from cnnviz.gui.widgets.curves_scene import LAYERS, PANELS, CurvesChoices, PanelName
from cnnviz.gui.widgets.flow_layout import FlowLayout
from cnnviz.gui.widgets.segment_button import SegmentButton

SMOOTHEST = 60
"""Of the slider: an average over some thousand lines."""

_PADDING = 9


class CurvesToolbar(QWidget):
    """``changed``: the user made other CurvesChoices."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = CurvesChoices()
        self._make_panel_buttons()
        self._make_axis()
        self._make_smoothing()
        layout = FlowLayout(self)
        for widget in (
            *self.panel_buttons.values(),
            self.measure_box,
            self.across_box,
            self.log_across_button,
            self.log_values_button,
            self._smoothing,
        ):
            layout.addWidget(widget)
        self.show_choices(self._choices)

    @property
    def choices(self) -> CurvesChoices:
        return self._choices

    def show_choices(self, choices: CurvesChoices) -> None:
        """Emits nothing."""
        self._choices = choices
        for name, button in self.panel_buttons.items():
            button.setChecked(name in choices.panels)
        self.measure_box.setCurrentIndex(self.measure_box.findData(choices.measure))
        self.measure_box.setEnabled(LAYERS in choices.panels)
        self.across_box.setCurrentIndex(self.across_box.findData(choices.across))
        self.log_across_button.setChecked(choices.log_across)
        self.log_values_button.setChecked(choices.log_values)
        blocked = self.smoothing_slider.blockSignals(True)  # noqa: FBT003 -- Qt's own
        self.smoothing_slider.setValue(slider_place(choices.smoothing))
        self.smoothing_slider.blockSignals(blocked)

    def _take(self, **changes: object) -> None:
        self.show_choices(replace(self._choices, **changes))
        self.changed.emit(self._choices)

    def _switch_panel(self, name: PanelName, shown: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        wanted = {*self._choices.panels, name} if shown else {*self._choices.panels} - {name}
        self._take(panels=tuple(each for each in PANELS if each in wanted) or self._choices.panels)

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_panel_buttons(self) -> None:
        words = {
            "loss": self.tr("Loss"),
            "accuracy": self.tr("Accuracy"),
            "learning_rate": self.tr("Rate"),
            "images_per_second": self.tr("Pace"),
            "layers": self.tr("Layers"),
        }
        tips = {
            "learning_rate": self.tr("The learning rate"),
            "images_per_second": self.tr("Images a second"),
            "layers": self.tr("Every layer through the whole run"),
        }
        self.panel_buttons = {name: self._button(words[name], tips.get(name, "")) for name in PANELS}
        for name, button in self.panel_buttons.items():
            button.clicked.connect(lambda shown, panel=name: self._switch_panel(panel, shown))

    def _make_axis(self) -> None:
        self.measure_box = self._box(
            self.tr("What is drawn of the layers"),
            (
                ("gradient_norms", self.tr("gradient norms")),
                ("update_ratios", self.tr("step ÷ weights")),
                ("silent", self.tr("silent units")),
            ),
        )
        self.measure_box.activated.connect(lambda _: self._take(measure=self.measure_box.currentData()))
        self.across_box = self._box(
            self.tr("What stands along the x-axis"),
            (("epoch", self.tr("by epoch")), ("steps", self.tr("by step")), ("seconds", self.tr("by time"))),
        )
        self.across_box.activated.connect(lambda _: self._take(across=self.across_box.currentData()))
        self.log_across_button = self._button(self.tr("log x"), self.tr("The x-axis logarithmic: the beginning large"))
        self.log_across_button.clicked.connect(lambda on: self._take(log_across=on))
        self.log_values_button = self._button(self.tr("log y"), self.tr("Loss and learning rate logarithmic"))
        self.log_values_button.clicked.connect(lambda on: self._take(log_values=on))

    def _make_smoothing(self) -> None:
        self._smoothing = QWidget(self)
        layout = QHBoxLayout(self._smoothing)
        layout.setContentsMargins(4, 0, 0, 0)
        label = QLabel(self.tr("Smoothing"), self._smoothing)
        self.smoothing_slider = QSlider(Qt.Orientation.Horizontal, self._smoothing)
        self.smoothing_slider.setRange(0, SMOOTHEST)
        self.smoothing_slider.setFixedWidth(90)
        tip = self.tr("Exponential average of the training lines; what was logged stays on view behind it")
        self.smoothing_slider.setToolTip(tip)
        self.smoothing_slider.setAccessibleName(self.tr("Smoothing"))
        label.setBuddy(self.smoothing_slider)
        self.smoothing_slider.valueChanged.connect(lambda place: self._take(smoothing=smoothing_weight(place)))
        layout.addWidget(label)
        layout.addWidget(self.smoothing_slider)

    def _button(self, text: str, tip: str) -> SegmentButton:
        button = _Switch(text, self)
        button.setToolTip(tip)
        return button

    def _box(self, tip: str, items: tuple[tuple[str, str], ...]) -> QComboBox:
        box = QComboBox(self)
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        for name, words in items:
            box.addItem(words, name)
        return box


class _Switch(SegmentButton):
    """No wider than its word, in whatever size of text."""

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2 * _PADDING, super().sizeHint().height())


def smoothing_weight(place: int) -> float:
    """Of the average so far: 0 at the slider's left end, then ever nearer to 1."""
    return 0.0 if place <= 0 else 1 - 10 ** (-place / 20)


def slider_place(weight: float) -> int:
    """The inverse of ``smoothing_weight``, rounded."""
    return 0 if weight <= 0 else round(-20 * math.log10(1 - weight))
