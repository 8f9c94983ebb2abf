"""How the input is shown (frame or tensor, mirrored), made to fit the network and normalised."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QHBoxLayout, QWidget

from cnnviz.core.networks.values import Preprocessing
from cnnviz.gui.widgets.options_popup import OptionsPopup
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.tool_row import tool_button

if TYPE_CHECKING:  # the window opens without
    from cnnviz.gui.widgets.normalisation_form import NormalisationForm

FITS = ("crop", "squash", "pad")


class InputOptions(QWidget):
    """``preprocessing_changed``: a Preprocessing, or None for the weights' own."""

    tensor_view_toggled = Signal(bool)
    mirror_toggled = Signal(bool)
    preprocessing_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preprocessing = Preprocessing()
        self._make_view_switch()
        self._make_fit()
        self._make_normalisation()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(2)
        layout.setVerticalSpacing(4)
        layout.addLayout(self._switch_row(), 0, 0)
        layout.addLayout(self._fit_row(), 1, 0)

    def show_preprocessing(self, preprocessing: Preprocessing, *, overridden: bool) -> None:
        """What is in force; ``overridden``: it is not the weights' own."""
        self._preprocessing = preprocessing
        self.fit_box.setCurrentIndex(FITS.index(preprocessing.fit))
        self.invert_button.setChecked(preprocessing.invert)
        self.reset_button.setEnabled(overridden)
        if self._popup.isVisible():
            self.normalisation.show_preprocessing(preprocessing)

    @cached_property
    def normalisation(self) -> NormalisationForm:
        """Made when it is first wanted."""
        from cnnviz.gui.widgets.normalisation_form import NormalisationForm

        form = NormalisationForm(self._popup)
        form.changed.connect(self._take)
        self._popup.layout().addWidget(form)
        return form

    def _make_view_switch(self) -> None:
        self.frame_button = SegmentButton(self.tr("Frame"), self)
        self.frame_button.setToolTip(self.tr("The picture as it comes; the outline is what the network sees of it"))
        self.tensor_button = SegmentButton(self.tr("Network input"), self)
        self.tensor_button.setToolTip(self.tr("Exactly what the network receives, one square per input pixel"))
        self._views = QButtonGroup(self)
        for button in (self.frame_button, self.tensor_button):
            self._views.addButton(button)
        self.frame_button.setChecked(True)
        self._views.buttonClicked.connect(lambda button: self.tensor_view_toggled.emit(button is self.tensor_button))
        self.mirror_button = tool_button(
            "mirror",
            self.tr("Mirror the frame on screen, as a looking glass; the network's input stays"),
            self,
            checkable=True,
        )
        self.mirror_button.clicked.connect(self.mirror_toggled)

    def _make_fit(self) -> None:
        self.fit_box = QComboBox(self)
        self.fit_box.addItems([self.tr("Crop to fit"), self.tr("Squash to fit"), self.tr("Pad to fit")])
        self.fit_box.setToolTip(self.tr("How the picture gets the network's shape: cut out, squashed, or with borders"))
        self.fit_box.activated.connect(lambda place: self._change(fit=FITS[place]))
        self.invert_button = tool_button(
            "invert",
            self.tr("Invert: dark strokes on paper for a network that knows light strokes on black"),
            self,
            checkable=True,
        )
        self.invert_button.clicked.connect(lambda on: self._change(invert=on))
        self.reset_button = tool_button("reset", self.tr("Back to the preprocessing that belongs to the weights"), self)
        self.reset_button.setEnabled(False)
        self.reset_button.clicked.connect(lambda: self.preprocessing_changed.emit(None))

    def _make_normalisation(self) -> None:
        self.normalisation_button = tool_button("options", self.tr("Normalisation and resizing"), self)
        self._popup = OptionsPopup(self)
        self.normalisation_button.clicked.connect(self._show_normalisation)

    def _show_normalisation(self) -> None:
        self.normalisation.show_preprocessing(self._preprocessing)
        self._popup.show_below(self.normalisation_button)

    def _switch_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.frame_button, 1)
        row.addWidget(self.tensor_button, 1)
        row.addSpacing(2)
        row.addWidget(self.mirror_button)
        return row

    def _fit_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.fit_box, 1)
        row.addWidget(self.invert_button)
        row.addWidget(self.normalisation_button)
        row.addWidget(self.reset_button)
        return row

    def _change(self, **changes: object) -> None:
        self._take(replace(self._preprocessing, **changes))

    def _take(self, preprocessing: Preprocessing) -> None:
        self._preprocessing = preprocessing
        self.preprocessing_changed.emit(preprocessing)
