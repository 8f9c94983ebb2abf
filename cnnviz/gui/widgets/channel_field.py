"""The search for channels: ``3, 10-20``; empty for all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QLineEdit, QWidget

from cnnviz.gui.theme import tones_of
from cnnviz.gui.widgets.channel_ranges import parse_channels, ranges_text

WIDTH_TEMPLATE = "all channels 00"


class ChannelField(QLineEdit):
    """``channels_changed``: another set of channels, by hand.

    What is no search leaves the last set in force and says why in the tooltip.
    """

    channels_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._channels: tuple[int, ...] | None = None
        self._hint = self.tr("Only these channels: numbers and ranges, such as 3, 10-20")
        self.setPlaceholderText(self.tr("all channels"))
        self.setToolTip(self._hint)
        self.setClearButtonEnabled(True)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(WIDTH_TEMPLATE) + 30)
        self.textEdited.connect(self._note_text)
        self.textChanged.connect(self._note_cleared)

    @property
    def channels(self) -> tuple[int, ...] | None:
        """Those searched for; None for all."""
        return self._channels

    @property
    def problem(self) -> str:
        """Why the text is no search of this layer; empty where it is one."""
        return "" if self.toolTip() == self._hint else self.toolTip()

    def set_count(self, count: int) -> None:
        """The layer has ``count`` channels; the search is applied to them anew."""
        if count != self._count:
            self._count = count
            self._apply()

    def set_channels(self, channels: Sequence[int]) -> None:
        """Searches for these; for all where there are none."""
        with QSignalBlocker(self):
            self.setText(ranges_text(channels))
        self._apply()

    def _note_text(self) -> None:
        before = self._channels
        self._apply()
        if self._channels != before:
            self.channels_changed.emit()

    def _note_cleared(self, text: str) -> None:
        if not text:
            self._note_text()  # the clear button edits without saying so

    def _apply(self) -> None:
        try:
            self._channels = parse_channels(self.text(), self._count)
        except ValueError as error:
            self._channels = self._still_there()
            self._show_problem(str(error))
        else:
            self._show_problem("")

    def _still_there(self) -> tuple[int, ...] | None:
        return tuple(channel for channel in self._channels or () if channel < self._count) or None

    def _show_problem(self, problem: str) -> None:
        self.setToolTip(problem or self._hint)
        palette = QPalette()
        if problem:
            palette.setColor(QPalette.ColorRole.Text, QColor(tones_of(palette).problem))
        self.setPalette(palette)
