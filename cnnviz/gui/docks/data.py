"""The data dock: what a network is trained on, counted and to look at."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnviz.core.training.samples import DataSamples
from cnnviz.core.training.values import DataSummary
from cnnviz.gui.widgets.data_bars import COLORS, ORDER, CountBars
from cnnviz.gui.widgets.data_samples import SampleGrid
from cnnviz.gui.widgets.data_words import facts_text, warnings_of
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel

_SIDE_BY_SIDE = 80
"""Letters of width from which on bars and pictures stand side by side."""


class DataDock(Dock):
    """``fetch_wanted``: the data is to be fetched. ``picture_chosen``: H×W×3 uint8 RGB
    and the name of its class, to become the live input. ``problem_met``: a sentence.
    """

    fetch_wanted = Signal()
    picture_chosen = Signal(object, str)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "data",
            self.tr("Data"),
            sentence=self.tr("What the network learns from: how many of each class, and what they look like."),
            help_text=self.tr(
                "<p>A network knows only what its <b>training</b> pictures show. The <b>validation</b> pictures are "
                "held out: never learnt from, they tell how well it does on new ones.</p>"
                "<p>Classes with many more pictures than others are learnt first, and an accuracy of 90 % may only "
                "mean that nine of ten pictures are of one class: look at the bars, and <b>balance</b> the classes "
                "where they differ much.</p>"
                "<p><b>Mean and deviation</b> are those of the training pictures, values from 0 to 1: they are taken "
                "off and divided by before the network sees a picture.</p>"
                "<p>A double click on a picture shows it to the network on view.</p>"
            ),
            parent=parent,
        )
        self._summary: DataSummary | None = None
        self._samples: DataSamples | None = None
        content = QWidget(self)
        self._make_parts(content)
        self._arrange(content)
        self.set_content(content)
        self.grid.picture_chosen.connect(self._choose_picture)
        self.bars.problem_met.connect(self.problem_met)
        self.fetch_button.clicked.connect(self.fetch_wanted)
        self.show_nothing("")

    # --------------------------------------------------------------------------------------------------------- setters

    def show_nothing(self, sentence: str, button: str = "") -> None:
        """Why there is nothing to see; ``button``: what would help."""
        self._summary = self._samples = None
        self.title_label.set_text("")
        self.message_label.setText(sentence)
        self.fetch_button.setText(button)
        self.fetch_button.setVisible(bool(button))
        self._show_parts(shown=False)

    def show_data(self, summary: DataSummary, samples: DataSamples | None = None) -> None:
        """The numbers; without ``samples`` the pictures of the same data stay."""
        same = self._summary is not None and self._summary.classes == summary.classes
        self._summary = summary
        self._samples = samples if samples is not None else self._samples if same else None
        self.title_label.set_text(summary.title)
        self.facts_label.setText(facts_text(summary))
        warnings = warnings_of(summary)
        self.message_label.setText("<br>".join(escape(sentence) for sentence in warnings))
        self.legend_label.setText(_legend(summary))
        self.fetch_button.setVisible(False)
        self.bars.show_summary(summary)
        self.grid.show_samples(self._samples, summary.classes)
        self._show_parts(shown=True)

    @property
    def summary(self) -> DataSummary | None:
        """On view."""
        return self._summary

    def _show_parts(self, *, shown: bool) -> None:
        for widget in (self.facts_label, self.legend_label, self.bars):
            widget.setVisible(shown)
        self.grid.setVisible(self._samples is not None)
        self.message_label.setVisible(bool(self.message_label.text()))

    def _choose_picture(self, number: int) -> None:
        label = self._summary.classes[self._samples.labels[number]]
        self.picture_chosen.emit(self._samples.pictures[number], label)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() > _SIDE_BY_SIDE * self.fontMetrics().averageCharWidth()
        directions = QBoxLayout.Direction
        self._pictures.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self._pictures.setStretch(1, 2 if wide else 0)
        self._pictures.setStretch(0, 1 if wide else 0)

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_parts(self, content: QWidget) -> None:
        self.title_label = ElidedLabel("", content)
        font = self.title_label.font()
        font.setBold(True)
        self.title_label.setFont(font)
        self.facts_label = QLabel(content)
        self.facts_label.setTextFormat(Qt.TextFormat.RichText)
        self.facts_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts_label.setWordWrap(True)
        self.message_label = QLabel(content)
        self.message_label.setWordWrap(True)
        self.message_label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.legend_label = QLabel(content)
        self.fetch_button = QPushButton(content)
        self.bars = CountBars(content)
        self.grid = SampleGrid(content)

    def _arrange(self, content: QWidget) -> None:
        """The title stays, everything below it is scrolled together."""
        inside = QWidget(content)
        self._pictures = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._pictures.setSpacing(6)
        self._pictures.addWidget(self.bars, 0, Qt.AlignmentFlag.AlignTop)
        self._pictures.addWidget(self.grid, 0, Qt.AlignmentFlag.AlignTop)
        button = QHBoxLayout()
        button.addWidget(self.fetch_button)
        button.addStretch(1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.facts_label)
        column.addWidget(self.message_label)
        column.addLayout(button)
        column.addLayout(self._pictures)
        column.addStretch(1)
        scroller = QScrollArea(content)
        scroller.setFrameShape(QFrame.Shape.NoFrame)
        scroller.setWidgetResizable(True)
        scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroller.setWidget(inside)
        head = QHBoxLayout()
        head.addWidget(self.title_label, 1)
        head.addWidget(self.legend_label)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(scroller, 1)


def _legend(summary: DataSummary) -> str:
    """The colours of the bars."""
    there = {split.split for split in summary.splits}
    chips = (f"<span style='color:rgb{COLORS[split]}'>■</span> {split}" for split in ORDER if split in there)
    return "&nbsp; ".join(chips)
