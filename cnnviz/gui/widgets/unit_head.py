"""Which unit is looked at: layer, channel and cell, to be stepped through, and the pin."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSpinBox, QToolButton, QVBoxLayout, QWidget

from cnnviz.core.views import Probe
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.tool_row import tool_button


class UnitHead(QWidget):
    """``unit_chosen``: a probe; ``pin_requested``: whether the mean of the map is meant. By hand only."""

    unit_chosen = Signal(object)
    pin_requested = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer = ""
        self.layer_label = ElidedLabel("", self)
        self.layer_label.set_elide_mode(Qt.TextElideMode.ElideLeft)
        bold = QFont(self.font())
        bold.setBold(True)
        self.layer_label.setFont(bold)
        self.kind_label = ElidedLabel("", self, muted=True)
        self.channel_box, self.y_box, self.x_box = (self._box() for _ in range(3))
        self._cell_words = (QLabel(self.tr("y"), self), QLabel(self.tr("x"), self))
        self._make_pin()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        names = QHBoxLayout()
        names.addWidget(self.layer_label, 1)
        names.addWidget(self.kind_label, 1)
        layout.addLayout(names)
        layout.addLayout(self._boxes_row())

    def show_layer(self, name: str, kind: str, channels: int, map_size: tuple[int, int]) -> None:
        """What can be stepped through."""
        self._layer = name
        self.layer_label.set_text(name)
        self.kind_label.set_text(kind)
        for box, count in zip((self.channel_box, self.y_box, self.x_box), (channels, *map_size), strict=True):
            box.blockSignals(True)  # noqa: FBT003 -- Qt's
            box.setMaximum(max(0, count - 1))
            box.blockSignals(False)  # noqa: FBT003 -- Qt's
        for part in (*self._cell_words, self.y_box, self.x_box):
            part.setVisible(map_size != (1, 1))

    def show_unit(self, probe: Probe) -> None:
        for box, value in zip(
            (self.channel_box, self.y_box, self.x_box), (probe.channel, probe.y, probe.x), strict=True
        ):
            box.blockSignals(True)  # noqa: FBT003 -- Qt's
            box.setValue(value)
            box.blockSignals(False)  # noqa: FBT003 -- Qt's

    def _box(self) -> QSpinBox:
        box = QSpinBox(self)
        box.setKeyboardTracking(False)
        box.setWrapping(True)
        box.valueChanged.connect(self._choose)
        return box

    def _make_pin(self) -> None:
        self.pin_button = tool_button("pin", self.tr("Pin this unit to the oscilloscope (P)"), self)
        self.pin_button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.pin_button.clicked.connect(lambda: self.pin_requested.emit(False))  # noqa: FBT003 -- Qt's signal
        menu = QMenu(self.pin_button)
        menu.addAction(self.tr("Pin this cell (P)"), lambda: self.pin_requested.emit(False))  # noqa: FBT003
        menu.addAction(self.tr("Pin the mean of its map (Shift+P)"), lambda: self.pin_requested.emit(True))  # noqa: FBT003
        self.pin_button.setMenu(menu)

    def _boxes_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(QLabel(self.tr("channel"), self))
        row.addWidget(self.channel_box, 1)
        for word, box in zip(self._cell_words, (self.y_box, self.x_box), strict=True):
            row.addWidget(word)
            row.addWidget(box, 1)
        row.addWidget(self.pin_button)
        return row

    def _choose(self) -> None:
        self.unit_chosen.emit(Probe(self._layer, self.channel_box.value(), self.y_box.value(), self.x_box.value()))
