"""A line of text that may change thirty times a second: it never asks its layout for another size."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget


class Readout(QWidget):
    """Elided where it is too long. ``template``: a text as long as the longest to be shown, for the width."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        template: str = "",
        muted: bool = False,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        super().__init__(parent)
        self._text = ""
        self._template = template
        self._alignment = alignment | Qt.AlignmentFlag.AlignVCenter
        self._role = QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.WindowText
        across = QSizePolicy.Policy.Fixed if template else QSizePolicy.Policy.Expanding
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # spares painting all widgets below

    def text(self) -> str:
        """The whole text, however much of it is on view."""
        return self._text

    def set_template(self, template: str) -> None:
        """A text as long as the longest to be shown from now on."""
        if template != self._template:
            self._template = template
            self.updateGeometry()

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._template) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setPen(self.palette().color(self._role))
        line = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), self._alignment, line)
        painter.end()
