"""How a picture's values are normalised and resized for the network: for weights that do not say it themselves."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from cnnviz.core.networks.values import Preprocessing
from cnnviz.gui.widgets.train_fields import ChoiceField, Limits, NumbersField

IMAGENET = Preprocessing()
OWN = ""
_MEANS, _DEVIATIONS = Limits(-1e3, 1e3), Limits(1e-3, 1e3)


class NormalisationForm(QWidget):
    """``changed``: a Preprocessing, by hand. The setter emits nothing."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preprocessing = Preprocessing()
        self._make_fields()
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addRow(self.tr("Values"), self.range_box)
        layout.addRow(self.tr("Mean"), self.mean_field)
        layout.addRow(self.tr("Standard deviation"), self.std_field)
        layout.addRow(self.tr("Resizing"), self.interpolation_box)

    def show_preprocessing(self, preprocessing: Preprocessing) -> None:
        """What is in force."""
        self._preprocessing = preprocessing
        for field, values in ((self.mean_field, preprocessing.mean), (self.std_field, preprocessing.std)):
            field.count = preprocessing.channels
            field.show_value(values)
        self.range_box.show_value(self._range_name())
        self.interpolation_box.show_value(preprocessing.interpolation)

    def _make_fields(self) -> None:
        ranges = (
            ("imagenet", self.tr("as for ImageNet")),
            ("unit", self.tr("from 0 to 1")),
            ("signed", self.tr("from −1 to 1")),
            (OWN, self.tr("these numbers")),
        )
        self.range_box = ChoiceField(ranges, self)
        self.range_box.changed.connect(self._choose_range)
        self.mean_field = NumbersField(_MEANS, self)
        self.mean_field.setToolTip(self.tr("Subtracted from values between 0 and 1: one number a channel"))
        self.mean_field.changed.connect(lambda values: self._change(mean=values))
        self.std_field = NumbersField(_DEVIATIONS, self)
        self.std_field.setToolTip(self.tr("What is left is divided by it: one number a channel"))
        self.std_field.changed.connect(lambda values: self._change(std=values))
        ways = (
            ("nearest", self.tr("nearest pixel")),
            ("bilinear", self.tr("bilinear")),
            ("bicubic", self.tr("bicubic")),
        )
        self.interpolation_box = ChoiceField(ways, self)
        self.interpolation_box.changed.connect(lambda name: self._change(interpolation=name))

    def _ranges(self) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
        """Mean and standard deviation by the range's name, for so many channels as there are."""
        count = self._preprocessing.channels
        ranges = {"unit": ((0.0,) * count, (1.0,) * count), "signed": ((0.5,) * count, (0.5,) * count)}
        if count == IMAGENET.channels:
            ranges["imagenet"] = (IMAGENET.mean, IMAGENET.std)
        return ranges

    def _range_name(self) -> str:
        present = (self._preprocessing.mean, self._preprocessing.std)
        return next((name for name, numbers in self._ranges().items() if numbers == present), OWN)

    def _choose_range(self, name: str) -> None:
        if name in self._ranges():
            mean, std = self._ranges()[name]
            self._change(mean=mean, std=std)
        else:
            self.range_box.show_value(self._range_name())
            self.mean_field.setFocus()

    def _change(self, **changes: object) -> None:
        self.changed.emit(replace(self._preprocessing, **changes))
