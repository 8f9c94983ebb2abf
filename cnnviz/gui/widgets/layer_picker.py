"""A list to tick the layers of a strip in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.layer_choice import drawable
from cnnviz.gui.widgets.number_text import shape_text

MOST_ROWS = 12


class LayerPicker(QListWidget):
    """``picked``: the ticks changed, by hand. At most ``MOST_ROWS`` layers: more rows would be too thin to read."""

    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setUniformItemSizes(True)
        self.itemChanged.connect(self._note_tick)

    def set_layers(self, layers: Sequence[LayerInfo]) -> None:
        """Ticks stay where the new list has their layers."""
        ticked = set(self.names())
        with QSignalBlocker(self):
            self.clear()
            for layer in drawable(layers):
                item = QListWidgetItem(f"{'   ' * layer.depth}{layer.name}   {shape_text(layer.shape)}", self)
                item.setData(Qt.ItemDataRole.UserRole, layer.name)
                item.setCheckState(Qt.CheckState.Checked if layer.name in ticked else Qt.CheckState.Unchecked)

    def names(self) -> tuple[str, ...]:
        """The ticked layers, in the order they run."""
        items = (self.item(row) for row in range(self.count()))
        return tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked
        )

    def set_names(self, names: Sequence[str]) -> None:
        """Ticks these and no others."""
        with QSignalBlocker(self):
            for row in range(self.count()):
                item = self.item(row)
                ticked = item.data(Qt.ItemDataRole.UserRole) in names
                item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _note_tick(self, item: QListWidgetItem) -> None:
        if len(self.names()) > MOST_ROWS:
            with QSignalBlocker(self):
                item.setCheckState(Qt.CheckState.Unchecked)
        else:
            self.picked.emit()
