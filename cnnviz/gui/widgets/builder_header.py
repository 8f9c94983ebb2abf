"""The network's title, whether it is saved, and the input its sizes are computed for."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from cnnviz.core.networks.spec import limits
from cnnviz.gui.widgets.builder_fields import NumberLine, PlainLine

InputShape = tuple[int, int, int]

_TITLE_LENGTH = 200
_USUAL = ("28×28×1", "32×32×1", "32×32×3", "64×64×3", "96×96×3", "128×128×3", "224×224×3", "227×227×3", "299×299×3")
_BETWEEN = re.compile(r"\s*[×x*,; ]\s*")


def input_text(shape: InputShape) -> str:
    """Height × width × channels, as the course writes it."""
    channels, height, width = shape
    return f"{height}×{width}×{channels}"


def read_input(text: str) -> InputShape | None:
    """Channels, height and width of ``227×227×3`` or ``28x28`` (one channel); None for anything else or too large."""
    try:
        numbers = [int(part) for part in _BETWEEN.split(text.strip())]
    except ValueError:
        return None
    if len(numbers) not in (2, 3):
        return None
    height, width, channels = numbers if len(numbers) == 3 else (*numbers, 1)
    sides_fit = all(1 <= side <= limits.SIDE for side in (height, width))
    fits = sides_fit and 1 <= channels <= limits.CHANNELS and height * width * channels <= limits.INPUT_VALUES
    return (channels, height, width) if fits else None


class BuilderHeader(QWidget):
    """``title_changed``: at every keystroke. ``input_changed``: (channels, height, width), once what is typed is one.

    ``refused``: why what is typed is none; empty once it is.
    """

    title_changed = Signal(str)
    input_changed = Signal(tuple)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title_field = PlainLine(self)
        self.title_field.setMaxLength(_TITLE_LENGTH)
        self.title_field.setAccessibleName(self.tr("Title of the network"))
        self.title_field.textEdited.connect(self.title_changed)
        font = self.title_field.font()
        font.setBold(True)
        self.title_field.setFont(font)
        self.saved_label = QLabel("●", self)
        self.saved_label.setToolTip(self.tr("There are changes that are not saved"))
        self.saved_label.setAccessibleName(self.tr("Not saved"))
        policy = self.saved_label.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.saved_label.setSizePolicy(policy)
        self._make_input_box()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.title_field, 1)
        row.addWidget(self.saved_label)
        row.addSpacing(6)
        row.addWidget(self._input_label)
        row.addWidget(self.input_box)

    def show_network(self, title: str, shape: InputShape, *, saved: bool) -> None:
        """Emits nothing; a field that means the same already is left as it is typed."""
        if self.title_field.text() != title:
            self.title_field.setText(title)
        if read_input(self.input_box.currentText()) != shape:
            with QSignalBlocker(self.input_box):
                self.input_box.setEditText(input_text(shape))
            self._line.mark(wrong=False)
        self.saved_label.setVisible(not saved)

    def _make_input_box(self) -> None:
        self._input_label = QLabel(self.tr("Input"), self)
        self.input_box = QComboBox(self)
        self.input_box.setEditable(True)
        self.input_box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._line = NumberLine(self.input_box)
        self.input_box.setLineEdit(self._line)
        self.input_box.setCompleter(None)
        self.input_box.addItems(_USUAL)
        self.input_box.setMinimumContentsLength(len("227×227×3"))
        self.input_box.setToolTip(self.tr("Height × width × channels: what if the pictures had another size?"))
        self._input_label.setBuddy(self.input_box)
        self._line.textEdited.connect(self._try)
        self.input_box.textActivated.connect(self._try)
        self._line.stepped.connect(self._step)

    def _try(self, text: str) -> None:
        shape = read_input(text)
        self._line.mark(wrong=shape is None)
        if shape is None:
            self.refused.emit(self.tr("The input is height × width × channels, such as 28×28×1."))
        else:
            self.refused.emit("")
            self.input_changed.emit(shape)

    def _step(self, steps: int) -> None:
        """Height and width grow together."""
        shape = read_input(self.input_box.currentText())
        if shape is not None:
            channels, height, width = shape
            self._line.setText(input_text((channels, max(1, height + steps), max(1, width + steps))))
            self._try(self._line.text())
