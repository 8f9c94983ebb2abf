"""The chosen row's arithmetic: how its size, parameters and costs come about, with their numbers."""

from __future__ import annotations

import math
from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from cnnviz.core.networks.spec.check import RowReport
from cnnviz.gui.widgets.builder_model import sentence
from cnnviz.gui.widgets.builder_text import bytes_text, field_text
from cnnviz.gui.widgets.number_text import shape_text

_MOST_INNER = 40
_MUTED, _PROBLEM = QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.BrightText


class BuilderArithmetic(QTextBrowser):
    """Text to read and to copy, as high as it is long.

    A label would do, but that a label's height is asked many times for one new number: most of the time an edit took.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: RowReport | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Arithmetic of the chosen row"))
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self._fit()

    def show_report(self, report: RowReport | None) -> None:
        """None for nothing to say."""
        if report is not self._report:
            self._report = report
            self._write()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _write(self) -> None:
        muted, problem = (self.palette().color(role).name() for role in (_MUTED, _PROBLEM))
        report = self._report
        parts = []
        if report is not None and report.problem is not None:
            reason, fix = escape(sentence(report.problem.reason)), escape(sentence(report.problem.fix))
            parts.append(f'<p style="color:{problem}; margin:0 0 4px 0"><b>{reason}</b> {fix}</p>')
        if report is not None:
            parts.append(_table(self._lines(report), muted))
        self.setHtml("".join(parts))
        self._fit()

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height())
        if height != self.height():
            self.setFixedHeight(height)

    def _lines(self, report: RowReport) -> list[tuple[str, str]]:
        lines = [(self.tr("Input"), shape_text(report.input_shape))]
        if report.assumes:
            lines.append(("", self.tr("as if %1 were left out").replace("%1", report.assumes)))
        if report.shape is None:
            return lines
        lines.append((self.tr("Output"), shape_text(report.shape)))
        if report.formula and not report.layers and not report.inner:  # of several layers it would be the last one's
            lines.append((self.tr("Size"), report.formula))
        lines.append((self.tr("Parameters"), report.parameter_formula or f"{report.parameters:,}"))
        if report.macs:
            lines.append((self.tr("Multiply-adds"), report.macs_formula or f"{report.macs:,}"))
        lines.append((self.tr("One cell sees"), self._field(report)))
        lines.append((self.tr("Memory"), f"{report.memory // 4:,} · 4 B = {bytes_text(report.memory)}"))
        return lines + self._inner_lines(report)

    def _field(self, report: RowReport) -> str:
        field = report.receptive_field
        if field.size is None:
            return self.tr("the whole picture")
        words = self.tr("%1 pixels of the picture, %2 apart")
        return words.replace("%1", field_text(field)).replace("%2", shape_text(field.stride))

    def _inner_lines(self, report: RowReport) -> list[tuple[str, str]]:
        """What a block is made of."""
        inner = report.layers
        lines = [(layer.name, self._inner_line(layer.shape, layer.parameters)) for layer in inner[:_MOST_INNER]]
        if len(inner) > _MOST_INNER:
            lines.append(("…", self.tr("%1 more").replace("%1", str(len(inner) - _MOST_INNER))))
        return lines

    def _inner_line(self, shape: tuple[int, ...], parameters: int) -> str:
        counted = self.tr(", %1 parameters").replace("%1", f"{parameters:,}") if parameters else ""
        return shape_text(shape) + counted


def _table(lines: list[tuple[str, str]], muted: str) -> str:
    """Names beside what they are; the names in their own column and colour."""
    rows = (
        f'<tr><td style="padding-right:10px; white-space:nowrap; color:{muted}">{escape(name)}</td>'
        f"<td>{escape(words)}</td></tr>"
        for name, words in lines
    )
    return f"<table cellspacing='0' cellpadding='1'>{''.join(rows)}</table>"
