"""With which weights a network is opened: a published set, a file, or none yet."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QFormLayout, QSizePolicy, QSpinBox, QWidget

from cnnviz.core.values import NetworkChoice, NetworkEntry, WeightsInfo
from cnnviz.gui.widgets.path_field import PathField

NONE = "none"
FILE = ""
LARGEST_SEED = 2**31 - 1


class WeightsForm(QWidget):
    """Fields for one network at a time; ``choice`` reads them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: NetworkEntry | None = None
        self.weights_box = QComboBox(self)
        self.weights_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.weights_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.weights_box.currentIndexChanged.connect(self._show_rows)
        self.file_field = PathField(
            self.tr("Open weights"),
            [self.tr("Weights (*.pth *.pt *.safetensors)"), self.tr("All files (*)")],
            self.tr("A state dict: .pth, .pt or .safetensors"),
            self,
        )
        self.seed_box = QSpinBox(self, maximum=LARGEST_SEED)
        self.seed_box.setToolTip(self.tr("The same seed gives the same initial weights"))
        self.names_field = PathField(
            self.tr("Open class names"),
            [self.tr("Text, one name a line (*.txt *.json)"), self.tr("All files (*)")],
            self.tr("From the weights"),
            self,
        )
        self._arrange()

    def show_entry(self, entry: NetworkEntry) -> None:
        """Offers this network's weights; untrained ones stay chosen, a file was for the network before."""
        if entry == self._entry:
            return
        untrained = self._entry is not None and self.weights_box.currentData() == NONE and bool(self._entry.weights)
        self._entry = entry
        self.names_field.set_path("")
        self.weights_box.clear()
        for weights in entry.weights:
            self.weights_box.addItem(self._words(weights), weights.name)
        self.weights_box.addItem(self.tr("Initial weights, not trained"), NONE)
        self.weights_box.addItem(self.tr("A file"), FILE)
        self.weights_box.setCurrentIndex(self.weights_box.findData(NONE) if untrained else 0)

    def show_choice(self, choice: NetworkChoice) -> None:
        """Fills the fields with ``choice``; a network other than the one on view is ``show_entry``'s business."""
        weights = FILE if choice.weights_file else choice.weights
        self.weights_box.setCurrentIndex(max(self.weights_box.findData(weights), 0))
        self.file_field.set_path(choice.weights_file)
        self.names_field.set_path(choice.class_names_file)
        self.seed_box.setValue(choice.seed)

    def choice(self) -> NetworkChoice | None:
        """What the fields say; None without a network, or where a file is to be read and none is named."""
        if self._entry is None:
            return None
        weights, path = self.weights_box.currentData(), self.file_field.path()
        if weights == FILE and not path:
            return None
        return NetworkChoice(
            self._entry.name,
            weights=weights if weights != FILE else NONE,
            weights_file=path if weights == FILE else "",
            class_names_file=self.names_field.path(),
            seed=self.seed_box.value(),
        )

    def _arrange(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.addRow(self.tr("Weights"), self.weights_box)
        self._form.addRow(self.tr("File"), self.file_field)
        self._form.addRow(self.tr("Seed"), self.seed_box)
        self._form.addRow(self.tr("Class names"), self.names_field)
        self._show_rows()

    def _show_rows(self) -> None:
        weights = self.weights_box.currentData()
        self._form.setRowVisible(self.file_field, weights == FILE)
        self._form.setRowVisible(self.seed_box, weights == NONE)

    def _words(self, weights: WeightsInfo) -> str:
        accuracy = f"{weights.accuracy:.1f} %" if weights.accuracy else ""
        size = self.tr("{number} MB").format(number=f"{weights.megabytes:,.1f}")
        here = self.tr("on this machine") if weights.cached else self.tr("download {size}").format(size=size)
        return ", ".join(part for part in (weights.name, weights.data, accuracy, here) if part)
