"""With which weights a network is opened: its own, a published set, a file, or none yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from cnnviz.core.networks.values import NetworkChoice, NetworkEntry, WeightsInfo
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.path_field import PathField

NONE = "none"
FILE = ""
OWN = "default"
LARGEST_SEED = 2**31 - 1
_UNTRAINED_SUFFIXES = (".json", ".py")


class WeightsForm(QWidget):
    """Fields for one network at a time, of the registry, of a file or of a spec; ``choice`` reads them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base: NetworkChoice | None = None
        self._entry: NetworkEntry | None = None
        self.network_label = ElidedLabel(parent=self)
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
        """Offers this network's weights; untrained ones stay chosen, a file was for the network before.

        Of published ones the first that is on this machine is chosen, or the first.
        """
        if entry == self._entry:
            return
        untrained = self._entry is not None and self.weights_box.currentData() == NONE and bool(self._entry.weights)
        items = [(self._words(weights), weights.name) for weights in entry.weights]
        items += [(self.tr("Initial weights, not trained"), NONE), (self.tr("A file"), FILE)]
        self._show(NetworkChoice(entry.name), entry.title, items)
        self._entry = entry
        if untrained:
            self.weights_box.setCurrentIndex(self.weights_box.findData(NONE))
        else:
            here = (place for place, weights in enumerate(entry.weights) if weights.cached)
            self.weights_box.setCurrentIndex(next(here, 0))

    def show_own(self, choice: NetworkChoice) -> None:
        """Offers what goes with a network that is none of the registry: one of a file, or of a spec."""
        title = choice.file or self.tr("%1, from the builder").replace("%1", choice.name)
        self._entry = None
        own = self.tr("Initial weights, not trained") if _is_untrained(choice) else self.tr("Those in the file")
        self._show(replace(choice, replace_head=False), title, [(own, OWN), (self.tr("A file"), FILE)])

    def show_choice(self, choice: NetworkChoice) -> None:
        """Fills the fields with ``choice``; another network of the registry is ``show_entry``'s business."""
        if choice.file or choice.spec:
            self.show_own(choice)
        weights = FILE if choice.weights_file else OWN if choice.file or choice.spec else choice.weights
        self.weights_box.setCurrentIndex(max(self.weights_box.findData(weights), 0))
        self.file_field.set_path(choice.weights_file)
        self.names_field.set_path(choice.class_names_file)
        self.seed_box.setValue(choice.seed)

    def choice(self) -> NetworkChoice | None:
        """What the fields say; None without a network, or where a file is to be read and none is named."""
        if self._base is None:
            return None
        weights, path = self.weights_box.currentData(), self.file_field.path()
        if weights == FILE and not path:
            return None
        return replace(
            self._base,
            weights=weights if weights != FILE else NONE,
            weights_file=path if weights == FILE else "",
            class_names_file=self.names_field.path(),
            seed=self.seed_box.value(),
        )

    def _show(self, base: NetworkChoice, title: str, items: list[tuple[str, str]]) -> None:
        self._base = base
        self.network_label.set_text(title)
        self.names_field.set_path("")
        self.weights_box.clear()
        for words, name in items:
            self.weights_box.addItem(words, name)

    def _arrange(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.addRow(QLabel(self.tr("Network"), self), self.network_label)
        self._form.addRow(self.tr("Weights"), self.weights_box)
        self._form.addRow(self.tr("File"), self.file_field)
        self._form.addRow(self.tr("Seed"), self.seed_box)
        self._form.addRow(self.tr("Class names"), self.names_field)
        self._show_rows()

    def _show_rows(self) -> None:
        weights = self.weights_box.currentData()
        own = self._base is not None and bool(self._base.file or self._base.spec)
        initial = weights == NONE or (weights == OWN and own and _is_untrained(self._base))
        self._form.setRowVisible(self.file_field, weights == FILE)
        self._form.setRowVisible(self.seed_box, initial)

    def _words(self, weights: WeightsInfo) -> str:
        accuracy = f"{weights.accuracy:.1f} %" if weights.accuracy else ""
        size = self.tr("{number} MB").format(number=f"{weights.megabytes:,.1f}") if weights.megabytes else ""
        here = self.tr("on this machine") if weights.cached else f"{self.tr('download')} {size}".rstrip()
        return ", ".join(part for part in (weights.name, weights.data, accuracy, here) if part)


def _is_untrained(choice: NetworkChoice | None) -> bool:
    """Specs and Python code make networks with initial weights."""
    return choice is not None and (bool(choice.spec) or Path(choice.file).suffix.lower() in _UNTRAINED_SUFFIXES)
