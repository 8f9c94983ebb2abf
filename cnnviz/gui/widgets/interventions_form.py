"""What to do to which channels of the selected layer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget

from cnnviz.core.inside.interventions import Intervention, InterventionKind
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.channel_ranges import parse_channels
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.interventions_table import value_box
from cnnviz.gui.widgets.interventions_words import KINDS, TIPS, VALUED

FIRST_VALUES: dict[InterventionKind, float] = {"scale": 2.0, "add": 1.0}


class InterventionsForm(QWidget):
    """``add_requested``: an Intervention, by hand. Setters emit nothing."""

    add_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: LayerInfo | None = None
        self._make_fields()
        self.problem_label = QLabel(self)
        self.problem_label.setWordWrap(True)
        self.problem_label.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.layer_label)
        layout.addLayout(self._row())
        layout.addWidget(self.problem_label)
        self._show_kind()
        self.show_layer(None)

    @property
    def kind(self) -> InterventionKind:
        """The chosen one."""
        return self.kind_combo.currentData()

    def show_layer(self, layer: LayerInfo | None) -> None:
        """The selected layer; None where nothing is selected that has an output."""
        changed = layer is None or self._layer is None or layer.name != self._layer.name
        self._layer = layer
        channels = layer.channels if layer is not None else 0
        words = self.tr("%1 · %2 channels") if channels else self.tr("%1 · no channels")
        name = layer.name if layer is not None else self.tr("No layer selected")
        self.layer_label.set_text(words.replace("%1", name).replace("%2", str(channels)) if layer else name)
        self.other_box.setRange(0, max(0, channels - 1))
        self.add_button.setEnabled(layer is not None)
        self._say("")
        if changed:
            self.channels_field.clear()

    def show_channel(self, channel: int | None) -> None:
        """The selected channel, as the one to change."""
        self.channels_field.setText("" if channel is None else str(channel))
        self._say("")

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_fields(self) -> None:
        self.layer_label = ElidedLabel("", self)
        self.layer_label.set_elide_mode(Qt.TextElideMode.ElideLeft)
        self.kind_combo = QComboBox(self)
        for kind, words in KINDS.items():
            self.kind_combo.addItem(words, kind)
            self.kind_combo.setItemData(self.kind_combo.count() - 1, TIPS[kind], Qt.ItemDataRole.ToolTipRole)
        self.kind_combo.currentIndexChanged.connect(self._show_kind)
        self.channels_field = QLineEdit(self)
        self.channels_field.setPlaceholderText(self.tr("whole layer"))
        self.channels_field.setToolTip(self.tr("Channels and ranges, such as 3, 7, 10-14; empty for the whole layer"))
        self.channels_field.returnPressed.connect(self._add)
        self.value_box = value_box(self)
        self.swap_label = QLabel("↔", self)
        self.other_box = QSpinBox(self)
        self.other_box.setToolTip(self.tr("The channel to change places with"))
        self.add_button = QPushButton(self.tr("Add"), self)
        self.add_button.clicked.connect(self._add)

    def _row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.kind_combo)
        row.addWidget(self.channels_field, 1)
        for widget in (self.swap_label, self.other_box, self.value_box, self.add_button):
            row.addWidget(widget)
        return row

    # ----------------------------------------------------------------------------------------------------------- inside

    def _show_kind(self) -> None:
        kind = self.kind
        self.value_box.setVisible(kind in VALUED)
        self.value_box.setPrefix("× " if kind == "scale" else "+ ")
        self.value_box.setValue(FIRST_VALUES.get(kind, 0.0))
        for widget in (self.swap_label, self.other_box):
            widget.setVisible(kind == "swap")
        self.kind_combo.setToolTip(TIPS[kind])
        self._say("")

    def _add(self) -> None:
        if self._layer is None:
            return
        try:
            channels = parse_channels(self.channels_field.text(), self._layer.channels)
        except ValueError as error:
            self._say(str(error))
            return
        if channels is None and self.kind in ("solo", "swap"):
            self._say(self.tr("Write the channel: a solo or a swap is of some channels, not of the whole layer."))
            return
        if self.kind == "swap" and (len(channels) != 1 or channels[0] == self.other_box.value()):
            self._say(self.tr("A swap takes two different channels: write one and choose the other."))
            return
        self._say("")
        value = self.value_box.value() if self.kind in VALUED else 0.0
        other = self.other_box.value() if self.kind == "swap" else None
        self.add_requested.emit(Intervention(self._layer.name, self.kind, channels, value, other))

    def _say(self, sentence: str) -> None:
        self.problem_label.setText(sentence)
        self.problem_label.setVisible(bool(sentence))
