"""Where a frame's milliseconds go: one stacked bar against the 33 ms of thirty frames a second."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from cnnviz.core.views import FrameBudget

STAGES = tuple(stage.name for stage in fields(FrameBudget))
# Okabe and Ito's palette: told apart by colour-blind eyes, on light and on dark.
COLORS = dict(zip(STAGES, ("#56b4e9", "#009e73", "#e69f00", "#0072b2", "#cc79a7", "#d55e00"), strict=True))
FULL_MS = 1000 / 30


class BudgetMeter(QWidget):
    """The bar is full at 33 ms or at the frame's own total, whichever is longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._budget = FrameBudget()
        self.setSizePolicy(self.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed)
        self.show_budget(self._budget)

    def show_budget(self, budget: FrameBudget) -> None:
        self._budget = budget
        self.setToolTip(self._table())
        self.update()

    @property
    def total_ms(self) -> float:
        return sum(getattr(self._budget, stage) for stage in STAGES)

    def segments(self) -> list[tuple[str, float, float]]:
        """Stage, left and right end, as fractions of the bar."""
        scale = max(self.total_ms, FULL_MS)
        found, left = [], 0.0
        for stage in STAGES:
            right = left + getattr(self._budget, stage) / scale
            found.append((stage, left, right))
            left = right
        return found

    def sizeHint(self) -> QSize:
        return QSize(96, 10)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Mid))
        for stage, left, right in self.segments():
            part = QRectF(left * self.width(), 0, (right - left) * self.width(), self.height())
            painter.fillRect(part, QColor(COLORS[stage]))

    def _table(self) -> str:
        titles = self._titles()
        rows = (
            f'<tr><td><font color="{COLORS[stage]}">■</font> {titles[stage]}</td>'
            f'<td align="right">&nbsp;{getattr(self._budget, stage):.1f} ms</td></tr>'
            for stage in STAGES
        )
        together = self.tr("Together")
        total = f'<tr><td><b>{together}</b></td><td align="right">&nbsp;<b>{self.total_ms:.1f} ms</b></td></tr>'
        return f"<b>{self.tr('Frame budget')}</b><table>{''.join(rows)}{total}</table>"

    def _titles(self) -> dict[str, str]:
        return {
            "grab": self.tr("Grab the picture"),
            "prepare": self.tr("Prepare the input"),
            "forward": self.tr("Forward pass"),
            "reduce": self.tr("Reduce the maps"),
            "copy": self.tr("Copy to the window"),
            "paint": self.tr("Paint"),
        }
