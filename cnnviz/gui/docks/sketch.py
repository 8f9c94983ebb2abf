"""The sketch dock: draw a digit and the network reads it while you draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from cnnviz.core.sources.sketch import centre_like_mnist
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.sketch_pad import BRUSH_RANGE, FIRST_BRUSH, SketchPad
from cnnviz.gui.widgets.tool_row import tool_button


class SketchDock(Dock):
    """``picture_drawn``: H×W×3 uint8 RGB, white strokes on black; at most every 33 ms, always the last state.

    ``digit_network_wanted``: the network that runs knows no digits, and the user took the offer of one that does.
    """

    picture_drawn = Signal(object)
    digit_network_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "sketch",
            self.tr("Sketch pad"),
            sentence=self.tr("Draw a digit: the network reads it while you draw."),
            help_text=self.tr(
                "<p>A network knows only what it was trained on. MNIST's digits are white strokes on black, 28×28 "
                "pixels: about 20 high, their centre of mass in the middle. Draw small or in a corner and the network "
                "errs, though you see the digit: convolution follows a shift, the dense layer at the end does not.</p>"
                "<p><b>Centre like MNIST</b> moves and scales the drawing as MNIST's makers did. Switch it off to see "
                "what it is worth.</p><p>The right mouse button erases.</p>"
            ),
            parent=parent,
        )
        content = QWidget(self)
        self.pad = SketchPad(content)
        self.pad.changed.connect(self._send)
        self._make_tools(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self._offer(content))
        layout.addWidget(self.pad, 1)
        layout.addLayout(self._tool_row())
        layout.addWidget(self.centre_box)
        self.set_content(content)

    def show_centred(self, centred: bool) -> None:  # noqa: FBT001 -- a setter
        with QSignalBlocker(self.centre_box):
            self.centre_box.setChecked(centred)

    def show_knows_digits(self, knows: bool) -> None:  # noqa: FBT001 -- a setter
        """Of the network that runs; one that does not gets the offer of another."""
        self.offer.setVisible(not knows)

    def picture(self) -> NDArray[np.uint8]:
        """What the network gets: H×W×3."""
        drawing = self.pad.pixels()
        grey = centre_like_mnist(drawing) if self.centre_box.isChecked() else drawing
        return np.repeat(grey[:, :, None], 3, axis=2)

    def _offer(self, parent: QWidget) -> QWidget:
        self.offer = QWidget(parent)
        words = QLabel(self.tr("This network was not trained on digits."), self.offer)
        words.setWordWrap(True)
        self.offer_button = QPushButton(self.tr("Open the MNIST network"), self.offer)
        self.offer_button.clicked.connect(self.digit_network_wanted)
        row = QHBoxLayout(self.offer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words, 1)
        row.addWidget(self.offer_button)
        self.offer.hide()
        return self.offer

    def _make_tools(self, parent: QWidget) -> None:
        self.brush_slider = QSlider(Qt.Orientation.Horizontal, parent)
        self.brush_slider.setRange(*BRUSH_RANGE)
        self.brush_slider.setValue(FIRST_BRUSH)
        self.brush_slider.setToolTip(self.tr("Width of the brush"))
        self.brush_slider.setAccessibleName(self.tr("Width of the brush"))
        self.brush_slider.valueChanged.connect(self.pad.set_brush)
        self.eraser_button = tool_button("eraser", self.tr("Eraser"), parent, checkable=True)
        self.eraser_button.toggled.connect(lambda on: self.pad.set_erasing(erasing=on))
        self.undo_button = tool_button("undo", self.tr("Undo the last stroke"), parent)
        self.undo_button.clicked.connect(self.pad.undo)
        self.clear_button = tool_button("clear", self.tr("Clear the pad"), parent)
        self.clear_button.clicked.connect(self.pad.clear)
        self.centre_box = QCheckBox(self.tr("Centre like MNIST"), parent)
        self.centre_box.setToolTip(self.tr("Scales the drawing to 20 pixels and puts its centre of mass in the middle"))
        self.centre_box.setChecked(True)
        self.centre_box.toggled.connect(self._send_drawing)

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.brush_slider, 1)
        for button in (self.eraser_button, self.undo_button, self.clear_button):
            row.addWidget(button)
        return row

    def _send_drawing(self) -> None:
        # An untouched pad is nobody's picture: it must not take the place of the source that is running.
        if not self.pad.is_blank:
            self._send()

    def _send(self) -> None:
        self.picture_drawn.emit(self.picture())
