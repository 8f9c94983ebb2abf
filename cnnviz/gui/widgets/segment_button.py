"""Buttons side by side of which exactly one is down: which one is unmistakable in light and in dark."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QWidget


class SegmentButton(QPushButton):
    """To be put into an exclusive QButtonGroup."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setCheckable(True)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        frame = self.rect().adjusted(0, 0, -1, -1)
        painter.setPen(self._color(QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Mid))
        painter.setBrush(self._color(QPalette.ColorRole.Highlight if self.isChecked() else QPalette.ColorRole.Button))
        painter.drawRect(frame)
        painter.setPen(
            self._color(QPalette.ColorRole.HighlightedText if self.isChecked() else QPalette.ColorRole.ButtonText)
        )
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, self._line(frame))

    def _color(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(role)

    def _line(self, frame: QRect) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, frame.width() - 8)
