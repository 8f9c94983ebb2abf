"""How filters are laid out, ordered and scaled; and which page of them is on view."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from cnnviz.core.inside.filters import FilterArrangement, FilterOrder, FilterScale, FilterSheet
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.filters_words import ARRANGEMENTS, page_text
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.tool_row import tool_button

SMALLEST_CELL, FIRST_CELL, LARGEST_CELL = 1, 4, 64


class FiltersToolbar(QWidget):
    """``changed``: something by hand. ``page``: (down, across)."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = (0, 0)
        self._pages = (1, 1)
        self._make_controls()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._first_row())
        layout.addLayout(self._second_row())
        layout.addLayout(self._page_row())
        self._connect()
        self._show_what_applies()

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def arrangement(self) -> FilterArrangement | None:
        """None: the natural one."""
        return self.arrangement_combo.currentData() or None

    @property
    def channel(self) -> int:
        return self.channel_box.value()

    @property
    def order(self) -> FilterOrder:
        return self.order_combo.currentData()

    @property
    def scale(self) -> FilterScale:
        return self.scale_combo.currentData()

    @property
    def cell(self) -> int:
        return self.cell_box.value()

    @property
    def colour(self) -> bool:
        return self.colour_box.isChecked()

    @property
    def since_start(self) -> bool:
        """The change since a run began is wanted, of a layer that has such a start."""
        return self.start_box.isChecked() and not self.start_box.isHidden()

    # -------------------------------------------------------------------------------------------------------- setters

    def show_layer(self, layer: LayerInfo) -> None:
        """Another layer: from its first page, its first channel."""
        self.page = (0, 0)
        outputs, inputs = self._counts(layer)
        self._counts_now = outputs, inputs
        self._selected = 0
        with QSignalBlocker(self.channel_box):
            self.channel_box.setValue(0)
        self._limit_channel()

    def show_channel(self, channel: int) -> bool:
        """The selected output; whether that asks for another page."""
        self._selected = channel
        if self.arrangement != "output" or channel == self.channel:
            return False
        with QSignalBlocker(self.channel_box):
            self.channel_box.setValue(channel)
        return True

    def show_sheet(self, sheet: FilterSheet, *, coloured: bool, started: bool = False) -> None:
        """What is on view. ``coloured``: the layer can be shown in colours; ``started``: how a run began is known."""
        self.start_box.setVisible(started)
        self.page, self._pages = sheet.page, sheet.pages
        self.page_label.set_text(page_text(sheet))
        self.page_label.setVisible(sheet.pages != (1, 1))
        self.colour_box.setVisible(coloured)
        down, across = sheet.page
        rows, columns = sheet.pages
        steps = (down > 0, down + 1 < rows, across > 0, across + 1 < columns)
        for button, possible in zip(self._page_buttons(), steps, strict=True):
            button.setEnabled(possible)
        self.left_button.setVisible(columns > 1)
        self.right_button.setVisible(columns > 1)
        for widget in (self.up_button, self.down_button):
            widget.setVisible(rows > 1)

    def turn(self, down: int, across: int) -> bool:
        """So many pages on, as far as there are any; whether there was one."""
        wanted = (
            min(max(0, self.page[0] + down), self._pages[0] - 1),
            min(max(0, self.page[1] + across), self._pages[1] - 1),
        )
        if wanted == self.page:
            return False
        self.page = wanted
        self.changed.emit()
        return True

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_controls(self) -> None:
        self._counts_now = 1, 1
        self._selected = 0
        self.arrangement_combo = QComboBox(self)
        self.arrangement_combo.addItem(self.tr("Automatic"), "")
        for arrangement, words in ARRANGEMENTS.items():
            self.arrangement_combo.addItem(words, arrangement)
        self.arrangement_combo.setToolTip(self.tr("One tile for each filter, all kernels, or those of one channel"))
        self.channel_box = QSpinBox(self)
        self.channel_box.setToolTip(self.tr("The channel whose kernels are shown"))
        self.order_combo = _combo(
            self,
            (self.tr("by index"), "index"),
            (self.tr("by norm"), "norm"),
            (self.tr("by similarity"), "similarity"),
            (self.tr("by activation now"), "activation"),
        )
        self.order_combo.setToolTip(self.tr("Which filters come first"))
        self.scale_combo = _combo(self, (self.tr("one range"), "layer"), (self.tr("own range"), "filter"))
        self.scale_combo.setToolTip(self.tr("Colours from the layer's largest weight, or from each filter's own"))
        self.cell_box = QSpinBox(self)
        self.cell_box.setRange(SMALLEST_CELL, LARGEST_CELL)
        self.cell_box.setValue(FIRST_CELL)
        self.cell_box.setPrefix("≥ ")
        self.cell_box.setSuffix(self.tr(" px"))
        self.cell_box.setToolTip(self.tr("A weight is at least so large; what then finds no room is on other pages"))
        self.colour_box = QCheckBox(self.tr("Colour"), self)
        self.colour_box.setChecked(True)
        self.colour_box.setToolTip(self.tr("Kernels that read red, green and blue as one colour picture"))
        self.start_box = QCheckBox(self.tr("Change"), self)
        self.start_box.setToolTip(self.tr("What training added to each weight since the run began, not the weights"))
        self.start_box.hide()
        self.page_label = Readout(self, muted=True)
        self.up_button = tool_button("page-up", self.tr("Page before (↑)"), self)
        self.down_button = tool_button("page-down", self.tr("Next page (↓)"), self)
        self.left_button = tool_button("page-left", self.tr("Inputs before (←)"), self)
        self.right_button = tool_button("page-right", self.tr("Next inputs (→)"), self)

    def _first_row(self) -> QHBoxLayout:
        row = _row()
        row.addWidget(self.arrangement_combo, 1)
        row.addWidget(self.channel_box)
        row.addWidget(self.order_combo, 1)
        return row

    def _second_row(self) -> QHBoxLayout:
        row = _row()
        row.addWidget(self.scale_combo)
        row.addWidget(QLabel(self.tr("cells"), self))
        row.addWidget(self.cell_box)
        row.addWidget(self.colour_box)
        row.addWidget(self.start_box)
        row.addStretch(1)
        return row

    def _page_row(self) -> QHBoxLayout:
        row = _row()
        row.addWidget(self.page_label, 1)
        self.page_label.hide()
        for button in self._page_buttons():
            button.hide()
            row.addWidget(button)
        return row

    def _page_buttons(self) -> tuple[QWidget, ...]:
        return self.up_button, self.down_button, self.left_button, self.right_button

    def _connect(self) -> None:
        self.arrangement_combo.activated.connect(self._note_arrangement)
        self.channel_box.valueChanged.connect(self._restart)
        for combo in (self.order_combo, self.scale_combo):
            combo.activated.connect(self._restart)
        self.cell_box.valueChanged.connect(self._restart)
        for box in (self.colour_box, self.start_box):
            box.toggled.connect(self._restart)
        for button, step in zip(self._page_buttons(), ((-1, 0), (1, 0), (0, -1), (0, 1)), strict=True):
            button.clicked.connect(lambda _=False, turn=step: self.turn(*turn))

    # ---------------------------------------------------------------------------------------------------------- inside

    def _restart(self) -> None:
        self.page = (0, 0)
        self.changed.emit()

    def _note_arrangement(self) -> None:
        self._limit_channel()
        with QSignalBlocker(self.channel_box):
            self.channel_box.setValue(self._selected if self.arrangement == "output" else 0)
        self._show_what_applies()
        self._restart()

    def _limit_channel(self) -> None:
        outputs, inputs = self._counts_now
        with QSignalBlocker(self.channel_box):
            self.channel_box.setRange(0, (inputs if self.arrangement == "input" else outputs) - 1)

    def _show_what_applies(self) -> None:
        self.channel_box.setVisible(self.arrangement in ("output", "input"))

    @staticmethod
    def _counts(layer: LayerInfo) -> tuple[int, int]:
        """Outputs and inputs of the layer; a transposed convolution keeps its weights the other way round."""
        groups = layer.window.groups if layer.window is not None else 1
        first, second = (layer.weight or (1, 1))[:2]
        if layer.window is not None and layer.window.transposed:
            return second * groups, first
        return first, second * groups


def _combo(parent: QWidget, *items: tuple[str, str]) -> QComboBox:
    combo = QComboBox(parent)
    for words, value in items:
        combo.addItem(words, value)
    return combo


def _row() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    row.setAlignment(Qt.AlignmentFlag.AlignLeft)
    return row
