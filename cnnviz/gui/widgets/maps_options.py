"""How feature maps are drawn: scaling, colours, order, which channels, how many layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.rendering.colormaps import DIVERGING, SEQUENTIAL
from cnnviz.core.views import ChannelOrder, Scaling
from cnnviz.gui.widgets.channel_field import ChannelField
from cnnviz.gui.widgets.color_map_combo import ColorMapCombo
from cnnviz.gui.widgets.layer_choice import strip_layers
from cnnviz.gui.widgets.layer_picker import LayerPicker
from cnnviz.gui.widgets.maps_choices import PICK, MapsChoices

STRIP_COUNTS = (3, 4, 6, 8, 12)
SPACING = 6
LARGEST = 1e6


class MapsOptions(QWidget):
    """``changed``: what is wished for, ``colors_changed``: how it is painted; both by hand. Setters emit nothing."""

    changed = Signal()
    colors_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerInfo, ...] = ()
        self._strip: tuple[str, ...] = ()
        self._awaited: tuple[str, ...] = ()  # picked in the last session, of a network that is still to come
        self._range_on_view: Callable[[], tuple[float, float] | None] = lambda: None
        self._color_names = {"sequential": SEQUENTIAL[0], "diverging": DIVERGING[0]}
        self._make_controls()
        self._rows = self._labelled_rows()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING)
        self._fill_color_combo()
        self._show_what_applies()
        self._connect()
        self.arrange(inline=True)

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def scaling(self) -> Scaling:
        if self.scaling_combo.currentData() == "fixed":
            return Scaling("fixed", self.low_box.value(), self.high_box.value())
        return Scaling(self.scaling_combo.currentData())

    @property
    def fixed_range(self) -> tuple[float, float] | None:
        """Of the fixed scaling; None with another."""
        return (self.low_box.value(), self.high_box.value()) if self.scaling.mode == "fixed" else None

    @property
    def order(self) -> ChannelOrder:
        return self.order_combo.currentData()

    @property
    def hide_dead(self) -> bool:
        return self.hide_dead_box.isChecked()

    @property
    def channels(self) -> tuple[int, ...] | None:
        """Those searched for; None for all."""
        return self.channel_field.channels

    @property
    def color_map(self) -> str:
        """Its name; signed scaling has one of its own."""
        return self._color_names[self._color_kind]

    @property
    def strip(self) -> tuple[str, ...]:
        """The layers of the strip; empty for one layer."""
        return self._strip

    @property
    def choices(self) -> MapsChoices:
        """Everything but the search, which belongs to a layer."""
        return MapsChoices(
            scaling=self.scaling,
            order=self.order,
            hide_dead=self.hide_dead,
            sequential=self._color_names["sequential"],
            diverging=self._color_names["diverging"],
            strip=self.strip_combo.currentData(),
            picked=self.picker.names(),
        )

    # -------------------------------------------------------------------------------------------------------- setters

    def set_choices(self, choices: MapsChoices) -> None:
        """All of them; names and counts that are not offered leave what is there."""
        with QSignalBlocker(self.scaling_combo), QSignalBlocker(self.order_combo):
            self.scaling_combo.setCurrentIndex(max(0, self.scaling_combo.findData(choices.scaling.mode)))
            self.order_combo.setCurrentIndex(max(0, self.order_combo.findData(choices.order)))
        self._set_range(choices.scaling.low, choices.scaling.high)
        self.hide_dead_box.setChecked(choices.hide_dead)
        if choices.sequential in SEQUENTIAL:
            self._color_names["sequential"] = choices.sequential
        if choices.diverging in DIVERGING:
            self._color_names["diverging"] = choices.diverging
        self._fill_color_combo()
        self._awaited = choices.picked
        self.picker.set_names(choices.picked)
        self.set_strip(choices.strip)

    def show_layers(self, layers: Sequence[LayerInfo]) -> None:
        """What a strip can be made of."""
        self._layers = tuple(layers)
        self.picker.set_layers(layers)
        if self._awaited:
            self.picker.set_names(self._awaited)
            self._awaited = ()
        self._find_strip()

    def take_range_from(self, on_view: Callable[[], tuple[float, float] | None]) -> None:
        """``on_view`` gives the least and largest value on view: what a fixed range starts from."""
        self._range_on_view = on_view

    def set_strip(self, count: int) -> None:
        """A strip of so many layers, one of those the list offers; 0 for one layer."""
        with QSignalBlocker(self.strip_combo):
            self.strip_combo.setCurrentIndex(max(0, self.strip_combo.findData(count)))
        self._show_what_applies()

    def arrange(self, *, inline: bool) -> None:
        """One row for a wide dock, which may be made narrower than it, or one line per control for a popup."""
        across = QSizePolicy.Policy.Ignored if inline else QSizePolicy.Policy.Preferred
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        for label, control in self._rows:
            self._grid.removeWidget(label)
            self._grid.removeWidget(control)
        for place, (label, control) in enumerate(self._rows):
            row, column = (0, 2 * place) if inline else (place, 0)
            self._grid.addWidget(label, row, column)
            self._grid.addWidget(control, row, column + 1)
        self._grid.addWidget(self.picker, len(self._rows), 0, 1, 2 * len(self._rows) if inline else 2)
        self._grid.setColumnStretch(2 * len(self._rows), 1 if inline else 0)

    def row_width(self) -> int:
        """What one row takes, whatever of it is hidden just now."""
        hints = (part.sizeHint().width() + SPACING for row in self._rows for part in row)
        return sum(hints)

    # --------------------------------------------------------------------------------------------------------- making

    def _make_controls(self) -> None:
        self.scaling_combo = _combo(
            self,
            (self.tr("each channel"), "channel"),
            (self.tr("whole layer"), "layer"),
            (self.tr("fixed range"), "fixed"),
            (self.tr("signed"), "signed"),
        )
        self.scaling_combo.setToolTip(
            self.tr(
                "What the first and last shade stand for: each map's own range, one range for all, "
                "a range you give, or a symmetric one around zero"
            )
        )
        self.low_box, self.high_box = _value_box(self, 0.0), _value_box(self, 1.0)
        self.color_combo = ColorMapCombo(self)
        self.order_combo = _combo(
            self,
            (self.tr("index"), "index"),
            (self.tr("mean"), "mean"),
            (self.tr("maximum"), "maximum"),
            (self.tr("variance"), "variance"),
            (self.tr("change"), "change"),
        )
        self.order_combo.setToolTip(self.tr("Which channels come first; change: against the frame before"))
        self.channel_field = ChannelField(self)
        self.hide_dead_box = QCheckBox(self.tr("Hide dead"), self)
        self.hide_dead_box.setToolTip(self.tr("Leave out channels that have one value everywhere on this picture"))
        counts = ((self.tr("strip of {}").format(count), count) for count in STRIP_COUNTS)
        self.strip_combo = _combo(self, (self.tr("one layer"), 0), *counts, (self.tr("strip of …"), PICK))
        self.strip_combo.setToolTip(self.tr("Several layers at once: one row each, with its strongest channels"))
        self.picker = LayerPicker(self)

    def _labelled_rows(self) -> list[tuple[QWidget, QWidget]]:
        self._scaling_row = QWidget(self)
        layout = QHBoxLayout(self._scaling_row)
        layout.setContentsMargins(0, 0, 0, 0)
        for control in (self.scaling_combo, self.low_box, self.high_box):
            layout.addWidget(control)
        layout.addStretch()
        return [
            (QLabel(self.tr("Scaling"), self), self._scaling_row),
            (QLabel(self.tr("Colours"), self), self.color_combo),
            (QLabel(self.tr("Order"), self), self.order_combo),
            (QLabel(self.tr("Show"), self), self.channel_field),
            (QLabel("", self), self.hide_dead_box),
            (QLabel(self.tr("Layers"), self), self.strip_combo),
        ]

    def _connect(self) -> None:
        self.scaling_combo.activated.connect(self._note_scaling)
        self.low_box.valueChanged.connect(self._note_low)
        self.high_box.valueChanged.connect(self._note_high)
        self.color_combo.color_map_chosen.connect(self._note_color)
        self.order_combo.activated.connect(self.changed)
        self.channel_field.channels_changed.connect(self.changed)
        self.hide_dead_box.clicked.connect(self.changed)
        self.strip_combo.activated.connect(self._note_strip)
        self.picker.picked.connect(self._note_picked)

    # ---------------------------------------------------------------------------------------------------------- hands

    def _note_scaling(self) -> None:
        on_view = self._range_on_view() if self.scaling_combo.currentData() == "fixed" else None
        if on_view:
            self._set_range(*on_view)
        self._fill_color_combo()
        self._show_what_applies()
        self.changed.emit()
        self.colors_changed.emit()

    def _note_low(self, low: float) -> None:
        self._set_range(low, max(self.high_box.value(), low))
        self.changed.emit()

    def _note_high(self, high: float) -> None:
        self._set_range(min(self.low_box.value(), high), high)
        self.changed.emit()

    def _note_color(self, name: str) -> None:
        self._color_names[self._color_kind] = name
        self.colors_changed.emit()

    def _note_strip(self) -> None:
        if self.strip_combo.currentData() == PICK and not self.picker.names():
            self.picker.set_names(strip_layers(self._layers, STRIP_COUNTS[1]))
        self._show_what_applies()
        self.changed.emit()

    def _note_picked(self) -> None:
        self._find_strip()
        self.changed.emit()

    # --------------------------------------------------------------------------------------------------------- inside

    def _find_strip(self) -> None:
        """Kept, as every frame asks for it."""
        count = self.strip_combo.currentData()
        self._strip = self.picker.names() if count == PICK else strip_layers(self._layers, count) if count else ()

    @property
    def _color_kind(self) -> str:
        return "diverging" if self.scaling_combo.currentData() == "signed" else "sequential"

    def _set_range(self, low: float, high: float) -> None:
        for box, value in ((self.low_box, low), (self.high_box, high)):
            with QSignalBlocker(box):
                box.setValue(value)

    def _fill_color_combo(self) -> None:
        names = DIVERGING if self._color_kind == "diverging" else SEQUENTIAL
        self.color_combo.set_color_maps(names, self.color_map)

    def _show_what_applies(self) -> None:
        strip = self.strip_combo.currentData()
        self._find_strip()
        for box in (self.low_box, self.high_box):
            box.setVisible(self.scaling_combo.currentData() == "fixed")
        self.picker.setVisible(strip == PICK)
        self.channel_field.setEnabled(not strip)  # its channels are one layer's


def _combo(parent: QWidget, *items: tuple[str, object]) -> QComboBox:
    combo = QComboBox(parent)
    for text, data in items:
        combo.addItem(text, data)
    return combo


def _value_box(parent: QWidget, value: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setDecimals(3)
    box.setRange(-LARGEST, LARGEST)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setKeyboardTracking(False)
    box.setValue(value)
    box.setMaximumWidth(84)
    return box
