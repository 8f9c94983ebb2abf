"""The dead and saturated channels of a layer in a table: silent since when."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from cnnviz.core.inside.layer_numbers import LayerNumbers, StuckUnits
from cnnviz.gui.widgets.rows_model import RowColumn
from cnnviz.gui.widgets.rows_table import RowsTable
from cnnviz.gui.widgets.statistics_words import duration_text

_translate = QCoreApplication.translate


@dataclass(frozen=True)
class StuckChannel:
    """For how many measured frames in a row, and for how many seconds."""

    channel: int
    saturated: bool
    frames: int
    seconds: float


def stuck_channels(numbers: LayerNumbers) -> tuple[StuckChannel, ...]:
    """The dead ones, then the saturated."""
    saturated = () if numbers.saturated is None else _channels(numbers.saturated, saturated=True)
    return (*_channels(numbers.dead, saturated=False), *saturated)


def stuck_table(parent: QWidget) -> RowsTable:
    """Of StuckChannels."""
    return RowsTable(_columns(), lambda row: (row.channel, row.saturated), parent)


def _channels(units: StuckUnits, *, saturated: bool) -> tuple[StuckChannel, ...]:
    rows = zip(units.channels.tolist(), units.frames.tolist(), units.seconds.tolist(), strict=True)
    return tuple(StuckChannel(channel, saturated, frames, seconds) for channel, frames, seconds in rows)


def _columns() -> tuple[RowColumn, ...]:
    dead, saturated = _translate("Statistics", "dead"), _translate("Statistics", "saturated")
    return (
        RowColumn(_translate("Statistics", "channel"), lambda row: str(row.channel), lambda row: row.channel),
        RowColumn(
            _translate("Statistics", "state"),
            lambda row: saturated if row.saturated else dead,
            lambda row: saturated if row.saturated else dead,
            number=False,
        ),
        RowColumn(
            _translate("Statistics", "since"),
            lambda row: duration_text(row.seconds),
            lambda row: row.seconds,
            tip=_translate("Statistics", "As long as it was looked at; on a still picture no time passes"),
        ),
        RowColumn(
            _translate("Statistics", "frames"),
            lambda row: f"{row.frames:,}",
            lambda row: row.frames,
            tip=_translate("Statistics", "Measured frames in a row"),
        ),
    )
