"""The picture that was chosen among the answers: what it is called in the data, and what is to be made of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnviz.core.training.evaluation_values import Answer, RunEvaluation
from cnnviz.core.training.sample_edits import SampleEdits
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.evaluation_words import answer_text, edit_text, edits_text
from cnnviz.gui.widgets.flow_layout import FlowLayout
from cnnviz.gui.widgets.tool_row import tool_button


class EditsBar(QWidget):
    """``relabelled``: a sample's key and the class it really shows. ``excluded``, ``restored``: a key.
    ``resume_requested``: training is to go on with the corrections. Setters emit nothing.
    """

    relabelled = Signal(str, str)
    excluded = Signal(str)
    restored = Signal(str)
    resume_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Answer | None = None
        self._edits = SampleEdits()
        self.answer_label = ElidedLabel("", self)
        self.class_box = QComboBox(self)
        self.class_box.setToolTip(self.tr("The class that the picture really shows"))
        self.class_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.class_box.setMinimumContentsLength(8)
        self.relabel_button = QPushButton(self.tr("Relabel"), self)
        self.relabel_button.setToolTip(self.tr("Kept in a list beside the data; the picture stays as it is"))
        self.exclude_button = QPushButton(self.tr("Exclude"), self)
        self.exclude_button.setToolTip(self.tr("Neither trained on nor evaluated any more; the picture stays"))
        self.restore_button = tool_button("undo", self.tr("Take the correction of this picture back"), self)
        self.edits_label = ElidedLabel("", self, muted=True)
        self.resume_button = QPushButton(self.tr("Resume training"), self)
        self._arrange()
        self._connect()
        self.show_answer(None, None)
        self.show_resume(enabled=False, text=self.resume_button.text(), tip="")

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def answer(self) -> Answer | None:
        return self._answer

    def show_answer(self, found: RunEvaluation | None, answer: Answer | None) -> None:
        """The chosen picture; None for none."""
        self._answer = answer
        if found is not None and [self.class_box.itemText(n) for n in range(self.class_box.count())] != [
            *found.classes
        ]:
            self.class_box.clear()
            self.class_box.addItems(found.classes)
        if found is None or answer is None:
            self.answer_label.set_text(self.tr("Choose a picture: it becomes the live input."))
        else:
            self.answer_label.set_text(answer_text(found, answer))
            self.class_box.setCurrentIndex(answer.predicted)
        self._enable()

    def show_edits(self, edits: SampleEdits, problem: str = "") -> None:
        """``problem``: why nothing can be corrected."""
        self._edits = edits
        self.edits_label.set_text(problem or edits_text(edits))
        self._enable()

    def show_resume(self, *, enabled: bool, text: str, tip: str) -> None:
        """What going on means for the run on view."""
        self.resume_button.setEnabled(enabled)
        self.resume_button.setText(text)
        self.resume_button.setToolTip(tip)

    # ---------------------------------------------------------------------------------------------------------- inside

    def _enable(self) -> None:
        chosen = self._answer is not None
        for widget in (self.class_box, self.relabel_button, self.exclude_button):
            widget.setEnabled(chosen)
        self.restore_button.setEnabled(self._answer is not None and bool(edit_text(self._edits, self._answer.key)))

    def _arrange(self) -> None:
        row = QWidget(self)
        flow = FlowLayout(row)
        for widget in (self.class_box, self.relabel_button, self.exclude_button, self.restore_button):
            flow.addWidget(widget)
        below = QHBoxLayout()
        below.addWidget(self.edits_label, 1)
        below.addWidget(self.resume_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.answer_label)
        layout.addWidget(row)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.relabel_button.clicked.connect(self._relabel)
        self.exclude_button.clicked.connect(lambda: self._answer and self.excluded.emit(self._answer.key))
        self.restore_button.clicked.connect(lambda: self._answer and self.restored.emit(self._answer.key))
        self.resume_button.clicked.connect(self.resume_requested)

    def _relabel(self) -> None:
        if self._answer is not None:
            self.relabelled.emit(self._answer.key, self.class_box.currentText())
