"""The list of pinned units: colour, name, value, scale, how often it was not a number, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from cnnviz.core.views import Probe
from cnnviz.gui.widgets.exporting import add_action
from cnnviz.gui.widgets.icons import icon
from cnnviz.gui.widgets.number_text import short_value_text, value_text
from cnnviz.gui.widgets.row_height import AiryRows
from cnnviz.gui.widgets.series_colors import RGB, SERIES

NAME, VALUE, RANGE, NOT_FINITE, REMOVE = range(5)
MOST_PINS = 2 * len(SERIES)
"""A second round of the colours is dashed."""

_SWATCH = QSize(22, 12)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Pin:
    """A pinned unit. ``slot``: which of the colours it has. ``present``: this network has it."""

    probe: Probe
    name: str
    slot: int
    present: bool = True

    @property
    def color(self) -> RGB:
        return SERIES[self.slot % len(SERIES)]

    @property
    def dashed(self) -> bool:
        return self.slot >= len(SERIES)


@dataclass(frozen=True)
class PinReading:
    """What stands beside a pin. ``value`` None: none. ``limits``: of its scale."""

    value: float | None
    limits: tuple[float, float] | None
    not_finite: int


class PinsTable(QTreeWidget):
    """``pin_chosen``: a probe to look at; ``removed``: a probe. Both by hand only."""

    pin_chosen = Signal(object)
    removed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pins: tuple[Pin, ...] = ()
        self.setHeaderLabels([self.tr("Pinned unit"), self.tr("Value"), self.tr("Scale"), self.tr("NaN, ∞"), ""])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setItemDelegate(AiryRows(self))
        self.setIconSize(_SWATCH)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self._arrange_columns()
        self.itemClicked.connect(self._note_click)
        self.itemActivated.connect(lambda item, _: self.pin_chosen.emit(self._pin_of(item).probe))
        add_action(self, self.tr("Remove"), self._remove_selected, QKeySequence.StandardKey.Delete)

    def set_pins(self, pins: Sequence[Pin]) -> None:
        """In this order, from the top."""
        self._pins = tuple(pins)
        self._fill()

    def show_readings(self, readings: Sequence[PinReading]) -> None:
        """One for each pin."""
        for place, (pin, reading) in enumerate(zip(self._pins, readings, strict=True)):
            item = self.topLevelItem(place)
            for column, text in enumerate(_texts(pin, reading), VALUE):
                if item.text(column) != text:
                    item.setText(column, text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._fill()

    def _arrange_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        width = self.fontMetrics().horizontalAdvance
        for column, template in ((VALUE, "−0.00000"), (RANGE, "−0.0000 … 0.0000"), (NOT_FINITE, "NaN, ∞ 0")):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width(template) + 14)
            self.headerItem().setTextAlignment(column, _RIGHT)
        header.setSectionResizeMode(REMOVE, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(20)
        self.setColumnWidth(REMOVE, 26)

    def _fill(self) -> None:
        self.clear()
        muted = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for pin in self._pins:
            item = QTreeWidgetItem(self)
            item.setIcon(NAME, _swatch(pin))
            item.setText(NAME, pin.name if pin.present else self.tr("%1 (not here)").replace("%1", pin.name))
            item.setToolTip(NAME, pin.name)
            item.setIcon(REMOVE, icon("close"))
            item.setToolTip(REMOVE, self.tr("Remove this pin (Delete)"))
            for column in (VALUE, RANGE, NOT_FINITE):
                item.setTextAlignment(column, _RIGHT)
            if not pin.present:
                item.setForeground(NAME, muted)
                item.setToolTip(NAME, self.tr("This network has no such unit: %1").replace("%1", pin.name))

    def _pin_of(self, item: QTreeWidgetItem) -> Pin:
        return self._pins[self.indexOfTopLevelItem(item)]

    def _note_click(self, item: QTreeWidgetItem, column: int) -> None:
        if column == REMOVE:
            self.removed.emit(self._pin_of(item).probe)

    def _remove_selected(self) -> None:
        for probe in [self._pin_of(item).probe for item in self.selectedItems()]:
            self.removed.emit(probe)


def _texts(pin: Pin, reading: PinReading) -> tuple[str, str, str]:
    """Value, scale and count."""
    value = value_text(reading.value) if pin.present and reading.value is not None else "–"
    limits = " … ".join(short_value_text(limit) for limit in reading.limits) if reading.limits else ""
    return value, limits, f"{reading.not_finite:,}" if reading.not_finite else ""


def _swatch(pin: Pin) -> QIcon:
    pixmap = QPixmap(_SWATCH * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    style = Qt.PenStyle.DashLine if pin.dashed else Qt.PenStyle.SolidLine
    painter.setPen(QPen(QColor(*pin.color), 4, style, Qt.PenCapStyle.FlatCap))
    painter.setOpacity(1.0 if pin.present else 0.4)
    painter.drawLine(1, _SWATCH.height() // 2, _SWATCH.width() - 1, _SWATCH.height() // 2)
    painter.end()
    return QIcon(pixmap)
