"""A census: what every channel did over a folder of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication, QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnviz.core.inside.layer_numbers import Census, LayerCensus
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.number_text import percent_text, short_value_text
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.rows_model import RowColumn
from cnnviz.gui.widgets.rows_table import RowsTable
from cnnviz.gui.widgets.tool_row import tool_button

_translate = QCoreApplication.translate


@dataclass(frozen=True)
class CensusRow:
    """One channel. ``picture``: in which it was strongest."""

    channel: int
    mean: float
    maximum: float
    frequency: float
    density: float
    picture: str


def census_rows(layer: LayerCensus, pictures: tuple[str, ...]) -> tuple[CensusRow, ...]:
    numbers = (layer.mean, layer.maximum, layer.frequency, layer.density)
    rows = zip(*(each.tolist() for each in numbers), layer.strongest.tolist(), strict=True)
    return tuple(
        CensusRow(channel, *values, pictures[strongest] if 0 <= strongest < len(pictures) else "")
        for channel, (*values, strongest) in enumerate(rows)
    )


class CensusView(QWidget):
    """``census_requested``: a folder. ``channel_chosen``: a layer's channel; ``layer_chosen``: another layer to list.
    All by hand.
    """

    census_requested = Signal(str)
    channel_chosen = Signal(str, int)
    layer_chosen = Signal(str)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._census: Census | None = None
        self._pictures: tuple[str, ...] = ()
        self._make_widgets()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._row())
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)
        self.clear()

    # --------------------------------------------------------------------------------------------------------- setters

    def show_census(self, census: Census, pictures: tuple[str, ...], broken: tuple[str, ...]) -> None:
        """``broken``: files that could not be read."""
        self._census, self._pictures = census, pictures
        with QSignalBlocker(self.layer_combo):
            self.layer_combo.clear()
            for name in census.layers:
                self.layer_combo.addItem(name)
        text = filled(self.tr("%1 pictures, %2 layers"), census.pictures, len(census.layers))
        if broken:
            text += filled(self.tr(" · %1 could not be read: %2"), len(broken), ", ".join(broken))
        if census.missing:
            text += filled(self.tr(" · %1 layers gave nothing"), len(census.missing))
        self._whole = text
        self._show_layer(next(iter(census.layers), ""))

    def show_layer(self, name: str) -> None:
        """The selected layer's channels, where the census has it."""
        if self._census is not None and name in self._census.layers and name != self.layer_combo.currentText():
            self._show_layer(name)

    def show_channel(self, channel: int | None) -> None:
        self.table.mark(channel)

    def clear(self) -> None:
        """Another network: nothing was counted."""
        self._census = None
        self.layer_combo.clear()
        self.table.set_rows(())
        self.save_button.setEnabled(False)
        self.words.set_text(self.tr("Every channel's mean, maximum and how often it fires, over a folder of pictures."))

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self) -> None:
        self._whole = ""
        self.folder_button = QPushButton(self.tr("Folder of pictures…"), self)
        self.folder_button.clicked.connect(self.ask_for_folder)
        self.layer_combo = QComboBox(self)
        self.layer_combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layer_combo.setMinimumContentsLength(8)
        self.layer_combo.activated.connect(self._choose_layer)
        self.save_button = tool_button("save", self.tr("Save the table as CSV"), self)
        self.words = ElidedLabel("", self, muted=True)
        self.table = RowsTable(_columns(), lambda row: row.channel, self)
        self.table.row_chosen.connect(lambda row: self.channel_chosen.emit(self.layer_combo.currentText(), row.channel))
        self.table.problem_met.connect(self.problem_met)
        self.save_button.clicked.connect(self.table.ask_where_to_save)

    def _row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.folder_button)
        row.addWidget(self.layer_combo, 1)
        row.addWidget(self.save_button)
        return row

    # ---------------------------------------------------------------------------------------------------------- inside

    def ask_for_folder(self) -> QFileDialog:
        """Without stopping the window."""
        dialog = QFileDialog(self, self.tr("Folder of pictures for the census"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.census_requested)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _choose_layer(self) -> None:
        name = self.layer_combo.currentText()
        self._show_layer(name)
        self.layer_chosen.emit(name)

    def _show_layer(self, name: str) -> None:
        layer = self._census.layers.get(name)
        if layer is None:
            return
        with QSignalBlocker(self.layer_combo):
            self.layer_combo.setCurrentText(name)
        self.table.set_rows(census_rows(layer, self._pictures))
        self.save_button.setEnabled(True)
        dead = filled(self.tr("%1 of %2 never fired"), len(layer.dead), len(layer.mean))
        broken = int(np.count_nonzero(layer.not_finite))
        if broken:
            dead += filled(self.tr(", %1 with NaN or ∞"), broken)
        self.words.set_text(f"{dead} · {self._whole}")


def _columns() -> tuple[RowColumn, ...]:
    """What a narrow dock cuts off comes last."""
    return (
        RowColumn(_translate("Statistics", "channel"), lambda row: str(row.channel), lambda row: row.channel),
        RowColumn(
            _translate("Statistics", "fires in"),
            lambda row: percent_text(row.frequency),
            lambda row: row.frequency,
            tip=_translate("Statistics", "Share of the pictures in which any cell is above 0; 0 is a dead channel"),
        ),
        RowColumn(
            _translate("Statistics", "maximum"), lambda row: short_value_text(row.maximum), lambda row: row.maximum
        ),
        RowColumn(
            _translate("Statistics", "strongest in"), lambda row: row.picture, lambda row: row.picture, number=False
        ),
        RowColumn(_translate("Statistics", "mean"), lambda row: short_value_text(row.mean), lambda row: row.mean),
        RowColumn(
            _translate("Statistics", "cells"),
            lambda row: percent_text(row.density),
            lambda row: row.density,
            tip=_translate("Statistics", "Mean share of cells above 0"),
        ),
    )
