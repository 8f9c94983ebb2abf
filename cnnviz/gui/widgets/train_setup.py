"""Everything about a run that is still to be started: network, data, settings, and where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.training.configuration import PRESETS
from cnnviz.core.training.transfer_values import with_strategy
from cnnviz.core.training.values import Augmentations, DataChoice, NetworkPlan, RunConfiguration, TransferStrategy
from cnnviz.gui.training_settings import with_values
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.train_data import DataFields
from cnnviz.gui.widgets.train_fold import Fold
from cnnviz.gui.widgets.train_form import SettingsForm
from cnnviz.gui.widgets.train_layout import settings_label
from cnnviz.gui.widgets.train_network import NetworkFields
from cnnviz.gui.widgets.train_preview import AugmentationPreview
from cnnviz.gui.widgets.train_rate import RateFinder
from cnnviz.gui.widgets.train_schedule import SchedulePicture
from cnnviz.gui.widgets.transfer_view import TransferView
from cnnviz.gui.widgets.transfer_words import strategy_text

_MOST_CLAIMED = 400
"""Pixels of width: with larger text the fields are wider and scrolled sideways, as other docks need room too."""

_RATE = "optimizer.learning_rate"
_MARGIN = 6


class SetupPage(QWidget):
    """``start_requested``: a RunConfiguration and a folder, empty for one of its own. ``data_changed``: a DataChoice,
    or the input the chosen network takes, is another. ``preview_wanted``: the augmentations to show.
    ``rate_wanted``: a RunConfiguration to find a learning rate for. ``rate_cancelled``: no more. ``problem_met``: a
    sentence.
    """

    start_requested = Signal(object, str)
    data_changed = Signal()
    fetch_wanted = Signal()
    preview_wanted = Signal()
    rate_wanted = Signal(object)
    rate_cancelled = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = PRESETS["lecture"]
        self._make_parts()
        self._arrange()
        self._connect()
        self.show_settings(self._settings)

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def settings(self) -> RunConfiguration:
        return self._settings

    @property
    def shows_preview(self) -> bool:
        """The augmentations are on view."""
        return self.augmentation_fold.is_open and self.isVisible()

    def show_settings(self, settings: RunConfiguration) -> None:
        """Emits nothing."""
        self._settings = replace(settings, versions={})
        self.network.show_plan(settings.network)
        self.data.show_choice(settings.data)
        self._show_values()

    def show_live(self, offer: NetworkOffer) -> None:
        self.network.show_live(offer)
        self.transfer.show_layers(self.network.live_layers)

    def show_spec(self, spec: NetworkSpec) -> None:
        """The builder's network, to be trained with the present settings."""
        self.network.show_built(spec)
        self._settings = replace(self._settings, network=self.network.plan)
        self._show_values()

    def show_message(self, sentence: str) -> None:
        """Why the run did not start; empty for none."""
        self.message_label.setText(sentence)
        self.message_label.setVisible(bool(sentence))

    def _show_values(self) -> None:
        for form in (self.basic, self.augmentation, self.advanced):
            form.show_settings(self._settings)
        self.schedule.show_settings(self._settings)
        self.finder.show_settings(self._settings)
        self.transfer.show_settings(self._settings)
        self.transfer.show_layers(self.network.live_layers)
        self.transfer_fold.setVisible(self._starts_trained or self._settings.transfer.strategy != "none")
        self.transfer_fold.set_title(self._transfer_title())
        self.augmentation_fold.set_title(self._augmentation_title())
        for name, button in self.preset_buttons.items():
            button.setChecked(_is_like(self._settings, PRESETS[name]))
        self.show_message("")

    @property
    def _starts_trained(self) -> bool:
        """Only then there is something to transfer."""
        network = self._settings.network
        return network.weights != "none" or bool(network.weights_file)

    def _transfer_title(self) -> str:
        words = self.tr("Transfer learning: %1")
        return words.replace("%1", strategy_text(self._settings.transfer.strategy).lower())

    def _augmentation_title(self) -> str:
        none = self._settings.augmentations == Augmentations()
        return self.tr("Augmentation: none") if none else self.tr("Augmentation")

    # ------------------------------------------------------------------------------------------------- the user's hand

    def _take(self, values: Mapping[str, object]) -> None:
        before = self._settings
        self._settings = with_values(before, values)
        self._show_values()
        if self._settings.augmentations != before.augmentations:
            self.preview_wanted.emit()
        if (self._settings.data, self._settings.network) != (before.data, before.network):
            self.data.show_choice(self._settings.data)
            self.data_changed.emit()

    def _use_strategy(self, strategy: TransferStrategy) -> None:
        """With the normalisation that goes with it."""
        choice = replace(self._settings.transfer, strategy=strategy)
        self._take({"transfer": choice, "data": with_strategy(self._settings, choice).data})

    def _use_preset(self, name: str) -> None:
        """The preset's settings on the chosen data, with the chosen network."""
        kept = replace(
            PRESETS[name], network=self._settings.network, data=self._settings.data, seed=self._settings.seed
        )
        self._settings = kept
        self._show_values()
        self.preview_wanted.emit()

    def _take_plan(self, plan: NetworkPlan) -> None:
        self._take({"network": plan})

    def _take_data(self, choice: DataChoice) -> None:
        self._take({"data": choice})

    def start(self) -> None:
        """Asks for the run, unless something is missing."""
        problem = self._problem()
        self.show_message(problem)
        if not problem:
            self.start_requested.emit(self._settings, self.folder_field.text().strip())

    def find_rate(self) -> None:
        """Asks for a search with exactly what is set up, unless something is missing."""
        problem = self._problem()
        self.show_message(problem)
        if not problem:
            self.finder.begin()
            self.rate_wanted.emit(self._settings)

    def _use_rate(self, rate: float) -> None:
        """As if it were typed."""
        self.basic.fields[_RATE].show_value(rate)
        self._take({_RATE: rate})

    def _problem(self) -> str:
        for form in (self.basic, self.transfer.form, self.augmentation, self.advanced):
            if form.wrong_label():
                words = self.tr("“%1” cannot be what is typed there: correct it first.")
                return words.replace("%1", form.wrong_label())
        return self.network.problem or self.data.problem

    def ask_for_folder(self) -> QFileDialog:
        """Where the run's own folder is made."""
        dialog = QFileDialog(self, self.tr("Where the run goes: a new folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.folder_field.setText(str(Path(name))))
        dialog.open()
        return dialog

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_parts(self) -> None:
        words = {
            "lecture": (self.tr("Lecture"), self.tr("The lecture's settings: RMSprop, batches of 128, 5 epochs")),
            "mnist-fast": (self.tr("Fast MNIST"), self.tr("One cycle of Adam, 2 epochs: MNIST to 99 % in little time")),
        }
        self.preset_buttons = {name: SegmentButton(words[name][0], self) for name in PRESETS}
        for name, button in self.preset_buttons.items():
            button.setToolTip(words[name][1])
        self.network = NetworkFields(self)
        self.data = DataFields(self)
        self.basic = SettingsForm("basic", self)
        self.schedule = SchedulePicture(self)
        self.finder = RateFinder(self)
        self.find_button = QPushButton(self.tr("Find…"), self)
        self.find_button.setToolTip(self.tr("Tries rising learning rates, a step each, and shows where the loss falls"))
        self.basic.add_tool(_RATE, self.find_button, self.finder)
        self.transfer = TransferView(self)
        self.augmentation = SettingsForm("augmentation", self)
        self.preview = AugmentationPreview(self)
        self.advanced = SettingsForm("advanced", self)
        self.folder_field = QLineEdit(self)
        self.folder_field.setPlaceholderText(self.tr("A folder of its own among your runs"))
        self.folder_button = QToolButton(self)
        set_icon(self.folder_button, "open")
        self.start_button = QPushButton(self.tr("Start training"), self)
        set_icon(self.start_button, "play")
        self.message_label = QLabel(self)
        self.message_label.setWordWrap(True)
        self.message_label.setForegroundRole(QPalette.ColorRole.BrightText)
        self.message_label.hide()

    def _arrange(self) -> None:
        augmentation = _column(self.preview, self.augmentation, parent=self)
        self.transfer_fold = Fold(self.tr("Transfer learning"), self.transfer, self)
        self.augmentation_fold = Fold(self.tr("Augmentation"), augmentation, self)
        self.advanced_fold = Fold(self.tr("Advanced"), self.advanced, self)
        fields = _column(
            self._preset_row(), self.network, self.data, _line(self), self.basic, self.schedule, _line(self),
            self.transfer_fold, self.augmentation_fold, self.advanced_fold, parent=self,
        )  # fmt: skip
        fields.layout().addStretch(1)
        fields.layout().setContentsMargins(8, 4, 8, 4)
        scroller = self._scroller = QScrollArea(self)
        scroller.setFrameShape(QFrame.Shape.NoFrame)
        scroller.setWidgetResizable(True)
        scroller.setWidget(fields)
        wide = self._least_width(fields) + scroller.verticalScrollBar().sizeHint().width()
        scroller.setMinimumWidth(min(wide, _MOST_CLAIMED))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(scroller, 1)
        layout.addWidget(self._foot())

    def _least_width(self, fields: QWidget) -> int:
        """Also of what is folded away as yet: nothing is cut off once it is opened."""
        folded = max(fold.content.minimumSizeHint().width() for fold in self._folds)
        margins = fields.layout().contentsMargins()
        return max(fields.minimumSizeHint().width(), folded + margins.left() + margins.right())

    @property
    def _folds(self) -> tuple[Fold, ...]:
        return self.transfer_fold, self.augmentation_fold, self.advanced_fold

    def _preset_row(self) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(settings_label(self.tr("Preset"), row, row))
        for button in self.preset_buttons.values():
            layout.addWidget(button, 1)
        return row

    def _foot(self) -> QWidget:
        foot = QWidget(self)
        folder = QHBoxLayout()
        folder.setSpacing(4)
        folder.addWidget(QLabel(self.tr("Run folder"), foot))
        folder.addWidget(self.folder_field, 1)
        folder.addWidget(self.folder_button)
        layout = QVBoxLayout(foot)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(self.message_label)
        layout.addLayout(folder)
        layout.addWidget(self.start_button)
        return foot

    def _connect(self) -> None:
        for name, button in self.preset_buttons.items():
            button.clicked.connect(lambda _=False, chosen=name: self._use_preset(chosen))
        self.network.changed.connect(self._take_plan)
        self.data.changed.connect(self._take_data)
        self.data.fetch_wanted.connect(self.fetch_wanted)
        for form in (self.basic, self.augmentation, self.advanced):
            form.changed.connect(lambda place, value: self._take({place: value}))
        self.find_button.clicked.connect(self.find_rate)
        self.finder.wanted.connect(self.find_rate)
        self.finder.cancelled.connect(self.rate_cancelled)
        self.finder.rate_chosen.connect(self._use_rate)
        self.finder.grown.connect(lambda: self._scroller.ensureWidgetVisible(self.finder, 0, _MARGIN))
        self.finder.problem_met.connect(self.problem_met)
        self.preview.problem_met.connect(self.problem_met)
        self.transfer.strategy_chosen.connect(self._use_strategy)
        self.transfer.changed.connect(lambda place, value: self._take({place: value}))
        self.augmentation_fold.opened.connect(lambda _: self.preview_wanted.emit())
        self.preview.again_wanted.connect(self.preview_wanted)
        self.folder_button.clicked.connect(self.ask_for_folder)
        self.start_button.clicked.connect(self.start)


def _is_like(settings: RunConfiguration, preset: RunConfiguration) -> bool:
    """But for network, data and seed."""
    return replace(settings, network=preset.network, data=preset.data, seed=preset.seed) == preset


def _column(*widgets: QWidget, parent: QWidget) -> QWidget:
    column = QWidget(parent)
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for widget in widgets:
        layout.addWidget(widget)
    return column


def _line(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    line.setFrameShape(QFrame.Shape.HLine)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    return line
