"""What goes wrong in a run: each finding with its evidence, its remedy, and buttons that carry it out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from cnnviz.core.training.diagnosis import Diagnosis
from cnnviz.core.training.values import Control
from cnnviz.gui.widgets.diagnosis_words import offer_text, title_text
from cnnviz.gui.widgets.flow_layout import FlowLayout

EDGE = 4
_WARNING = (214, 137, 16)
"""Amber reads on light and on dark; red is for what ended the run."""


class DiagnosisCard(QFrame):
    """``carried_out``: a Control of the diagnosis. ``layer_wanted``: the layer it is about."""

    carried_out = Signal(object)
    layer_wanted = Signal(str)

    def __init__(self, diagnosis: Diagnosis, parent: QWidget) -> None:
        super().__init__(parent)
        self.diagnosis = diagnosis
        self.buttons: dict[Control, QPushButton] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(EDGE + 8, 4, 6, 6)
        layout.setSpacing(3)
        layout.addLayout(self._head())
        for text, muted in ((diagnosis.sentence, False), (diagnosis.evidence, True), (diagnosis.remedy, False)):
            layout.addWidget(self._line(text, muted=muted))
        if diagnosis.offers:
            layout.addWidget(self._offers())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar at the left in the colour of how bad it is."""
        super().paintEvent(event)
        painter = QPainter(self)
        fatal = self.diagnosis.severity == "fatal"
        color = self.palette().color(QPalette.ColorRole.BrightText) if fatal else QColor(*_WARNING)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.fillRect(QRectF(0, 0, EDGE, self.height()), color)
        painter.end()

    def set_offers_enabled(self, *, enabled: bool, tip: str) -> None:
        """Whether somebody is there who can carry them out; ``tip`` says what they do then, or why not."""
        for button in self.buttons.values():
            button.setEnabled(enabled)
            button.setToolTip(tip)

    def _head(self) -> QHBoxLayout:
        title = QLabel(title_text(self.diagnosis.kind), self)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        step = QLabel(self.tr("step %1").replace("%1", f"{self.diagnosis.step:,}"), self)
        step.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        row = QHBoxLayout()
        row.addWidget(title, 1)
        if self.diagnosis.layer:
            row.addWidget(self._layer_button())
        row.addWidget(step)
        return row

    def _layer_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setText(self.diagnosis.layer)
        button.setAutoRaise(True)
        button.setToolTip(self.tr("Look at this layer in every dock"))
        button.clicked.connect(lambda: self.layer_wanted.emit(self.diagnosis.layer))
        return button

    def _line(self, text: str, *, muted: bool) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if muted:
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def _offers(self) -> QWidget:
        row = QWidget(self)
        flow = FlowLayout(row)
        for offer in self.diagnosis.offers:
            button = QPushButton(offer_text(offer), row)
            button.clicked.connect(lambda _=False, chosen=offer: self.carried_out.emit(chosen))
            self.buttons[offer] = button
            flow.addWidget(button)
        return row


class DiagnosisList(QWidget):
    """``ordered``: a Control for the trainer at work. ``resume_requested``: a Control with which the stopped run is to
    go on from its last good checkpoint. ``layer_wanted``: the layer of a finding. Hides itself where nothing is wrong.
    """

    ordered = Signal(object)
    resume_requested = Signal(object)
    layer_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: tuple[Diagnosis, ...] = ()
        self._at_work = self._can_resume = False
        self.cards: list[DiagnosisCard] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.hide()

    def show_diagnoses(self, found: Sequence[Diagnosis], *, at_work: bool, can_resume: bool) -> None:
        """``at_work``: a trainer listens. ``can_resume``: it ended early. Emits nothing."""
        self._at_work, self._can_resume = at_work, can_resume
        if tuple(found) != self._found:
            self._found = tuple(found)
            self._make_cards()
        for card in self.cards:
            card.set_offers_enabled(enabled=at_work or can_resume, tip=self._tip())
        self.setVisible(bool(self._found))

    def _make_cards(self) -> None:
        for card in self.cards:
            self._layout.removeWidget(card)
            card.deleteLater()
        self.cards = [DiagnosisCard(each, self) for each in self._found]
        for card in self.cards:
            card.carried_out.connect(self._carry_out)
            card.layer_wanted.connect(self.layer_wanted)
            self._layout.addWidget(card)

    def _carry_out(self, control: Control) -> None:
        (self.ordered if self._at_work else self.resume_requested).emit(control)

    def _tip(self) -> str:
        if self._at_work:
            return self.tr("From the next step on")
        if self._can_resume:
            return self.tr("Goes on from the last good checkpoint")
        return self.tr("The run is over: start a new one")
