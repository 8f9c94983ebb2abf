"""Which network is trained, and what it starts from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer
from cnnviz.core.training.values import NetworkPlan
from cnnviz.gui.widgets.path_field import PathField
from cnnviz.gui.widgets.train_fields import ChoiceField
from cnnviz.gui.widgets.train_layout import settings_label, settings_layout

LIVE, BUILT = "live", "built"
FILE: Final = "file"

_COLOURS = 3  # that torchvision's networks take


class NetworkFields(QWidget):
    """``changed``: another NetworkPlan, by the user's hand."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = NetworkPlan("convnet-mnist")
        self._live: NetworkOffer | None = None
        self._built: NetworkSpec | None = None
        self._from_file = False
        self.network_box = QComboBox(self)
        self.network_box.setEditable(True)
        self.network_box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.network_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.network_box.setMinimumContentsLength(10)
        self.network_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.network_box.setToolTip(self.tr("A network of the course, the one that runs, or any name of the registry"))
        self.weights_box = ChoiceField(
            (
                ("none", self.tr("Initial, from the seed")),
                ("default", self.tr("Published")),
                (FILE, self.tr("A file")),
            ),
            self,
        )
        self.file_field = PathField(
            self.tr("Start from weights"),
            [self.tr("Weights (*.pth *.pt *.safetensors)"), self.tr("All files (*)")],
            self.tr("A state dict: .pth, .pt or .safetensors"),
            self,
        )
        self._arrange()
        self._list()
        self._connect()

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def plan(self) -> NetworkPlan:
        return self._plan

    @property
    def problem(self) -> str:
        """What is missing, as a sentence; empty where nothing is."""
        if self._from_file and not self._plan.weights_file:
            return self.tr("Choose the weights file to start from, or other weights.")
        return ""

    @property
    def title(self) -> str:
        """A name for people, also of a network of the builder."""
        if not self._plan.spec:
            return self._plan.name
        built = self._built
        return built.title if built is not None and spec_text(built) == self._plan.spec else self.tr("builder")

    @property
    def live_shape(self) -> tuple[int, int, int] | None:
        """Channels, height and width that the chosen network takes; None where only the trainer knows."""
        if self._built is not None and self._plan.spec:
            return self._built.input_shape
        if self._live is not None and plan_of(self._live.choice) == self._plan:
            return self._live.input_shape
        classic, side = CLASSICS.get(self._plan.name), self._plan.input_size
        if side:
            return (classic.spec().input_shape[0] if classic is not None else _COLOURS), side, side
        return classic.spec().input_shape if classic is not None else None

    @property
    def live_layers(self) -> tuple[LayerInfo, ...]:
        """Of the chosen network, if it is the one on view, whatever its weights."""
        live = self._live
        if live is None or (live.choice.spec or live.choice.name) != (self._plan.spec or self._plan.name):
            return ()
        return live.layers

    def show_plan(self, plan: NetworkPlan) -> None:
        """Emits nothing."""
        self._plan = plan
        self._from_file = bool(plan.weights_file) or (self._from_file and not plan.spec and plan.weights == "none")
        self._show()

    def show_live(self, offer: NetworkOffer) -> None:
        """The network on view can be chosen, unless it is a file's: such a one cannot be trained."""
        self._live = None if offer.choice.file else offer
        self._list()
        self._show()

    def show_built(self, spec: NetworkSpec) -> None:
        """The builder's network can be chosen, and is."""
        self._built = spec
        self._list()
        self.show_plan(NetworkPlan(spec=spec_text(spec)))

    # ---------------------------------------------------------------------------------------------------- user's hand

    def _choose(self, index: int) -> None:
        place = self.network_box.itemData(index)
        if place == BUILT and self._built is not None:
            self._take(NetworkPlan(spec=spec_text(self._built)))
        elif place == LIVE and self._live is not None:
            self._take(plan_of(self._live.choice))
        elif place:
            self._take(NetworkPlan(place, self._plan.weights))

    def _take_name(self) -> None:
        name = self.network_box.currentText().strip()
        known = {self.network_box.itemText(index) for index in range(self.network_box.count())}
        if name and name not in known and name != self._plan.name:
            self._take(NetworkPlan(name, self._plan.weights))

    def _choose_weights(self, weights: str) -> None:
        self._from_file = weights == FILE
        path = self.file_field.path() if self._from_file else ""
        self._take(replace(self._plan, weights="none" if self._from_file else weights, weights_file=path))
        self._show()

    def _choose_file(self, path: str) -> None:
        if self._from_file:
            self._take(replace(self._plan, weights_file=path.strip()))

    def _take(self, plan: NetworkPlan) -> None:
        if plan != self._plan:
            self.show_plan(plan)
            self.changed.emit(plan)

    # --------------------------------------------------------------------------------------------------------- showing

    def _list(self) -> None:
        box = self.network_box
        blocked = box.blockSignals(True)  # noqa: FBT003 -- Qt's own
        box.clear()
        if self._live is not None:
            box.addItem(self.tr("On view: %1").replace("%1", self._live.title), LIVE)
        if self._built is not None:
            box.addItem(self.tr("Builder: %1").replace("%1", self._built.title), BUILT)
        for name in CLASSICS:
            box.addItem(name, name)
        box.blockSignals(blocked)

    def _show(self) -> None:
        plan, box = self._plan, self.network_box
        blocked = box.blockSignals(True)  # noqa: FBT003 -- Qt's own
        index = self._index()
        box.setCurrentIndex(index)
        if index < 0:
            box.setEditText(plan.name or self.title)
        box.blockSignals(blocked)
        self.weights_box.show_value(FILE if self._from_file else "none" if plan.weights == "none" else "default")
        if plan.weights_file and plan.weights_file != self.file_field.path():
            blocked = self.file_field.blockSignals(True)  # noqa: FBT003 -- Qt's own
            self.file_field.set_path(plan.weights_file)
            self.file_field.blockSignals(blocked)
        self._form.setRowVisible(self.file_field, self._from_file)
        self._form.setRowVisible(self.weights_box, not plan.spec)

    def _index(self) -> int:
        if self._plan.spec:
            built = self._built is not None and spec_text(self._built) == self._plan.spec
            return self.network_box.findData(BUILT if built else LIVE)
        return self.network_box.findData(self._plan.name)

    def _arrange(self) -> None:
        self._form = settings_layout(self)
        for text, field in (
            (self.tr("Network"), self.network_box),
            (self.tr("Weights"), self.weights_box),
            (self.tr("File"), self.file_field),
        ):
            self._form.addRow(settings_label(text, field, self), field)

    def _connect(self) -> None:
        self.network_box.activated.connect(self._choose)
        self.network_box.lineEdit().editingFinished.connect(self._take_name)
        self.weights_box.changed.connect(self._choose_weights)
        self.file_field.path_changed.connect(self._choose_file)


def plan_of(choice: NetworkChoice) -> NetworkPlan:
    """The network on view as one to train, with initial weights: its own are chosen where that is meant."""
    if choice.spec:
        return NetworkPlan(spec=choice.spec)
    return NetworkPlan(choice.name, "none")
