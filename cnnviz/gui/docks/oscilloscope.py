"""The oscilloscope: what pinned units said over the last seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from cnnviz.core.views import Probe
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.exporting import ask_where
from cnnviz.gui.widgets.oscilloscope_pins import Pin, PinReading, PinsTable
from cnnviz.gui.widgets.oscilloscope_trace import UnitTraces
from cnnviz.gui.widgets.oscilloscope_view import OscilloscopeView
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.strip_chart import StripLines
from cnnviz.gui.widgets.tool_row import tool_button

SPANS = (5, 10, 20, 30)
USUAL_SPAN = 10
CHART_AND_LIST = (300, 160)

SENTENCE = QCoreApplication.translate("OscilloscopeDock", "How strongly pinned units answer, over the last seconds")
HELP = QCoreApplication.translate(
    "OscilloscopeDock",
    "<p>A <b>unit</b> is one number of a layer: one channel at one cell of its map, or the mean of the whole map. Pin "
    "units (<b>P</b>; <b>Shift+P</b> for the mean of the map) and watch which of them follow what you do before the "
    "camera.</p>"
    "<p>A cell's value jumps when the object moves on, as it sees one place only; the mean of a map stays, wherever "
    "in the picture the pattern is: that is what <b>global average pooling</b> makes of it.</p>"
    "<p>On <b>own scale</b> each line fills the height between its own low and high; on a <b>common scale</b> lines "
    "can be compared. Lines break where no frame came, and where a value was NaN or infinite: those are counted.</p>"
    "<p><b>Mouse</b>: the wheel shows fewer seconds, dragging earlier ones, a double click all. A double click on a "
    "pin goes to it, Delete removes it.</p>",
)


class OscilloscopeDock(Dock):
    """``pin_removed`` and ``pin_chosen``: a probe; ``problem_met``: a sentence. Setters emit nothing."""

    pin_removed = Signal(object)
    pin_chosen = Signal(object)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("oscilloscope", self.tr("Oscilloscope"), sentence=SENTENCE, help_text=HELP, parent=parent)
        self._pins: tuple[Pin, ...] = ()
        self._traces = UnitTraces()
        self._make_widgets()
        self._connect()
        self.set_content(self._arranged())
        self.show_pins(())

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_pins(self, pins: Sequence[Pin]) -> None:
        """All that are pinned; those that stay keep their lines."""
        self._pins = tuple(pins)
        self._traces.set_units([pin.probe for pin in pins])
        self.table.set_pins(pins)
        self.hint.setVisible(not pins)
        self._draw()

    def show_values(self, time: float, values: Mapping[Probe, float | None]) -> None:
        """Of the frame captured at ``time``, in seconds; None where there is no such unit."""
        self._traces.append(time, values)
        if not self.pause_button.isChecked():
            self._draw()

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self) -> None:
        self.view = OscilloscopeView(self, seconds=USUAL_SPAN)
        self.table = PinsTable(self)
        self.hint = Readout(self, muted=True)
        self.hint.set_text(self.tr("Click a cell of a feature map and press P to pin it."))
        self.span_box = QComboBox(self)
        for seconds in SPANS:
            self.span_box.addItem(self.tr("%1 s").replace("%1", str(seconds)), seconds)
        self.span_box.setCurrentIndex(SPANS.index(USUAL_SPAN))
        self.span_box.setToolTip(self.tr("Seconds on view"))
        self.own_button = SegmentButton(self.tr("Own scale"), self)
        self.own_button.setToolTip(self.tr("Each line between its own low and high"))
        self.common_button = SegmentButton(self.tr("Common scale"), self)
        self.common_button.setToolTip(self.tr("All lines on one scale, to compare them"))
        self._scales = QButtonGroup(self)
        for button in (self.own_button, self.common_button):
            self._scales.addButton(button)
        self.own_button.setChecked(True)
        self.pause_button = tool_button("pause", self.tr("Hold the lines; they go on behind"), self, checkable=True)
        self.clear_button = tool_button("clear", self.tr("Clear the lines; the pins stay"), self)
        self.save_button = tool_button("save", self.tr("Save the lines as CSV"), self)

    def _connect(self) -> None:
        self.span_box.activated.connect(lambda _: self._choose_span())
        self._scales.buttonClicked.connect(lambda button: self._choose_scale(common=button is self.common_button))
        self.pause_button.clicked.connect(self._draw)
        self.clear_button.clicked.connect(self._clear)
        self.save_button.clicked.connect(self._ask_where_to_save)
        self.view.hovered.connect(lambda _: self._show_readings())
        self.view.hover_left.connect(self._show_readings)
        self.view.problem_met.connect(self.problem_met)
        self.table.removed.connect(self.pin_removed)
        self.table.pin_chosen.connect(self.pin_chosen)

    def _arranged(self) -> QWidget:
        content = QWidget(self)
        splitter = QSplitter(Qt.Orientation.Vertical, content)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.view)
        splitter.addWidget(self.table)
        splitter.setSizes(CHART_AND_LIST)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 0, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(self._tool_row())
        layout.addWidget(self.hint)
        layout.addWidget(splitter, 1)
        return content

    def _tool_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.own_button, 1)
        row.addWidget(self.common_button, 1)
        row.addSpacing(6)
        row.addWidget(self.span_box)
        row.addSpacing(2)
        for button in (self.pause_button, self.clear_button, self.save_button):
            row.addWidget(button)
        return row

    # ----------------------------------------------------------------------------------------------------------- inside

    def _choose_span(self) -> None:
        self.view.set_longest(float(self.span_box.currentData()))
        self._draw()

    def _choose_scale(self, *, common: bool) -> None:
        self.view.set_common(common=common)
        self._show_readings()

    def _clear(self) -> None:
        self._traces.clear()
        self._draw()

    def _ask_where_to_save(self) -> None:
        ask_where(self, self.tr("Save the lines"), self.tr("Tables"), "csv", self.view.save_csv)

    def _draw(self) -> None:
        times, values = self._traces.lines(float(self.span_box.currentData()))
        names = tuple(pin.name for pin in self._pins)
        colors, dashed = tuple(pin.color for pin in self._pins), tuple(pin.dashed for pin in self._pins)
        self.view.set_lines(StripLines(times, values, names, colors, dashed))
        self._show_readings()

    def _show_readings(self) -> None:
        """At the moment under the mouse, else the newest."""
        values, ranges = self.view.lines.values, self.view.ranges
        row = self.view.cursor if self.view.cursor is not None and self.view.cursor < len(values) else -1
        self.table.show_readings(
            [
                PinReading(
                    _value(values[row, place]) if len(values) else None,
                    ranges[place] if len(values) and np.isfinite(values[:, place]).any() else None,
                    self._traces.not_finite[pin.probe],
                )
                for place, pin in enumerate(self._pins)
            ]
        )


def _value(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
