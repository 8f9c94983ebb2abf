"""The chosen row from near: its options as fields and its arithmetic, beside or below each other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QWidget

from cnnviz.core.networks.spec.check import RowReport
from cnnviz.core.networks.spec.rows import Row
from cnnviz.gui.widgets.builder_arithmetic import BuilderArithmetic
from cnnviz.gui.widgets.builder_options import BuilderOptions

_BESIDE_LETTERS = 95


class BuilderInspector(QScrollArea):
    """``option_changed`` and ``refused``: as of ``BuilderOptions``."""

    option_changed = Signal(str, object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        content = QWidget(self)
        self.options = BuilderOptions(content)
        self.arithmetic = BuilderArithmetic(content)
        self.options.option_changed.connect(self.option_changed)
        self.options.refused.connect(self.refused)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._layout.setContentsMargins(2, 4, 4, 2)
        self._layout.setSpacing(16)
        self._layout.addWidget(self.options, 1)
        self._layout.addWidget(self.arithmetic, 1, Qt.AlignmentFlag.AlignTop)
        self.setWidget(content)

    def show_row(self, row: Row | None, report: RowReport | None, chosen: int) -> None:
        """``row`` stands for all ``chosen`` rows; ``report``: of the one row, where it is one."""
        self.options.show_row(row, chosen)
        self.arithmetic.show_report(report)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.viewport().width() > self.fontMetrics().averageCharWidth() * _BESIDE_LETTERS
        directions = QBoxLayout.Direction
        self._layout.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        self._layout.setSpacing(16 if beside else 8)
