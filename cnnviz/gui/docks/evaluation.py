"""The evaluation dock: what a run's network answers for pictures with known classes, and what to do about mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.training.evaluation_values import Answer, ClassScore, RunEvaluation, cell
from cnnviz.core.training.sample_edits import SampleEdits
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.evaluation_calibration import CalibrationPlot
from cnnviz.gui.widgets.evaluation_classes import classes_table
from cnnviz.gui.widgets.evaluation_confusion import ConfusionView
from cnnviz.gui.widgets.evaluation_edits import EditsBar
from cnnviz.gui.widgets.evaluation_gallery import AnswerGallery
from cnnviz.gui.widgets.evaluation_words import cell_text, split_text, summary_text
from cnnviz.gui.widgets.flow_layout import FlowLayout
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.readout import Readout

LATEST = "latest"
_MOST_SHOWN = 200
"""Pictures of one cell: more are not looked through by hand."""


class EvaluationDock(Dock):
    """``evaluate_requested``: a run's path, a checkpoint's step or "latest", and a split. ``kept_wanted``: a path whose
    last evaluation is wanted. ``samples_wanted``: a path, keys of small pictures, and their side in pixels.
    ``sample_chosen``: a path and an Answer whose picture is to be the live input. ``relabelled``: a path, a key and a
    class; ``excluded`` and ``restored``: a path and a key. ``resume_requested``: a path. ``run_chosen``: a path.
    """

    evaluate_requested = Signal(object, object, str)
    kept_wanted = Signal(object)
    samples_wanted = Signal(object, object, int)
    sample_chosen = Signal(object, object)
    relabelled = Signal(object, str, str)
    excluded = Signal(object, str)
    restored = Signal(object, str)
    resume_requested = Signal(object)
    run_chosen = Signal(object)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "evaluation",
            self.tr("Evaluation"),
            sentence=self.tr("What the network takes for what, how sure it is, and which pictures fool it."),
            help_text=self._help(),
            parent=parent,
        )
        self._runs: dict[Path, RunView] = {}
        self._found: RunEvaluation | None = None
        self._evaluated: Path | None = None
        self._busy = False
        content = QWidget(self)
        self._make_widgets(content)
        self._arrange(content)
        self.set_content(content)
        self._connect()
        self._show_run()
        self._forget()

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def run(self) -> Path | None:
        """The one that is chosen."""
        return self.run_box.currentData()

    @property
    def evaluation(self) -> RunEvaluation | None:
        """What is on view."""
        return self._found

    def show_run(self, view: RunView) -> None:
        """A run that is followed, or its present state."""
        if view.path not in self._runs:
            with QSignalBlocker(self.run_box):
                self.run_box.addItem(view.path.name, view.path)
        known = self._runs.get(view.path)
        self._runs[view.path] = view
        if view.path == self.run and not _looks_like(known, view):
            self._show_run()

    def remove_run(self, path: Path) -> None:
        """It is followed no more."""
        if self._runs.pop(path, None) is not None:
            with QSignalBlocker(self.run_box):
                self.run_box.removeItem(self.run_box.findData(path))
            self._change_run()

    def choose_run(self, view: RunView) -> None:
        """The run that every dock about runs shows."""
        self.show_run(view)
        place = self.run_box.findData(view.path)
        if place != self.run_box.currentIndex() or self._evaluated != view.path:
            with QSignalBlocker(self.run_box):
                self.run_box.setCurrentIndex(place)
            self._change_run()

    def show_evaluation(self, run: Path, found: RunEvaluation | None) -> None:
        """None: the run was not evaluated so far."""
        if run != self.run:
            return
        self.show_busy(busy=False)
        if found is None:
            return
        self._found = found
        self.summary_label.set_text(summary_text(found))
        self.confusion.show_confusion(np.array(found.confusion, np.int64), found.classes)
        self.classes.set_rows(found.scores)
        self.calibration.show_bins(found.reliability)
        self._show_mistakes()
        self.edits_bar.show_answer(found, None)

    def show_samples(self, run: Path, keys: Sequence[str], pictures: NDArray[np.uint8]) -> None:
        """Small pictures that were asked for: N×side×side×3."""
        if run == self.run:
            self.gallery.show_pictures(keys, pictures)

    def show_edits(self, run: Path, edits: SampleEdits, problem: str = "") -> None:
        """What was corrected in the data of a run; ``problem``: why nothing can be."""
        if run == self.run:
            self.gallery.show_edits(edits)
            self.edits_bar.show_edits(edits, problem)

    def show_busy(self, *, busy: bool) -> None:
        """An evaluation is under way; how far it is, and how to cancel it, is said by the status line."""
        self._busy = busy
        view = self._runs.get(self.run) if self.run is not None else None
        self.evaluate_button.setEnabled(not busy and view is not None and bool(view.checkpoints))
        if self._found is None:
            self.confusion.show_words(self._words_for_none())

    # ------------------------------------------------------------------------------------------------- the user's hand

    def evaluate(self) -> None:
        """Asks for the chosen split and checkpoint."""
        if self.run is not None:
            self.show_busy(busy=True)
            self.evaluate_requested.emit(self.run, self.checkpoint_box.currentData(), self.split_box.currentData())

    def _choose_run(self) -> None:
        self._change_run()
        if self.run is not None:
            self.run_chosen.emit(self.run)

    def _show_cell(self, label: int, predicted: int) -> None:
        if self._found is not None:
            self.gallery_label.set_text(cell_text(self._found, label, predicted))
            self._show_answers(cell(self._found.answers, label, predicted, _MOST_SHOWN))

    def _show_mistakes(self) -> None:
        """The most confident ones: they tell most about the network, or about the labels."""
        if self._found is None:
            return
        self.confusion.set_chosen(None)
        count = len(self._found.mistakes)
        words = self.tr("The %1 most confident mistakes") if count else self.tr("No mistakes at all")
        self.gallery_label.set_text(filled(words, count))
        self._show_answers(self._found.mistakes)

    def _show_answers(self, answers: Sequence[Answer]) -> None:
        self.gallery.show_answers(answers, self._found.classes)
        self.mistakes_button.setEnabled(self.confusion.chosen is not None)
        if answers and self.run is not None:
            self.samples_wanted.emit(self.run, self.gallery.keys, self.gallery.side)

    def _choose_answer(self, answer: Answer) -> None:
        self.edits_bar.show_answer(self._found, answer)
        self.sample_chosen.emit(self.run, answer)

    def _choose_class(self, score: ClassScore) -> None:
        """Its row's hits: from there the arrow keys go through what it is taken for."""
        number = self._found.classes.index(score.name)
        self.confusion.set_chosen((number, number))
        self._show_cell(number, number)

    # --------------------------------------------------------------------------------------------------------- showing

    def _change_run(self) -> None:
        self._evaluated = self.run
        self._show_run()
        self._forget()
        if self.run is not None:
            self.kept_wanted.emit(self.run)

    def _forget(self) -> None:
        self._found = None
        self.confusion.show_words(self._words_for_none())
        self.summary_label.set_text("")
        self.classes.set_rows(())
        self.calibration.show_bins(())
        self.gallery.show_answers((), ())
        self.gallery_label.set_text("")
        self.edits_bar.show_answer(None, None)

    def _words_for_none(self) -> str:
        """Why there is no matrix yet."""
        if self._busy:
            return self.tr("The network answers for every picture of the split…")
        view = self._runs.get(self.run) if self.run is not None else None
        if view is None:
            return self.tr("No run yet: start one in the training dock, or open its folder there.")
        if not view.checkpoints:
            return self.tr("This run has no weights yet: its first checkpoint comes before the first step.")
        return self.tr("Press Evaluate: the network answers for every picture of the split.")

    def _show_run(self) -> None:
        view = self._runs.get(self.run) if self.run is not None else None
        self.show_busy(busy=self._busy)
        self._list_checkpoints(view)
        self._list_splits(view)
        if view is None:
            self.edits_bar.show_resume(enabled=False, text=self.tr("Resume training"), tip="")
        elif view.is_at_work:
            tip = self.tr("Corrections are read when a run is resumed: stop it first.")
            self.edits_bar.show_resume(enabled=False, text=self.tr("Resume training"), tip=tip)
        elif view.can_resume:
            tip = self.tr("From the last checkpoint, with the corrected data")
            self.edits_bar.show_resume(enabled=True, text=self.tr("Resume training"), tip=tip)
        else:
            tip = self.tr("This run is finished: a new one starts from its weights, with the corrected data")
            self.edits_bar.show_resume(enabled=not view.problem, text=self.tr("Train on"), tip=tip)

    def _list_checkpoints(self, view: RunView | None) -> None:
        chosen = self.checkpoint_box.currentData()
        self.checkpoint_box.clear()
        self.checkpoint_box.addItem(self.tr("Newest"), LATEST)
        for each in reversed(view.checkpoints if view is not None else ()):
            best = self.tr(" (best)") if each.step == view.status.best_step else ""
            self.checkpoint_box.addItem(filled(self.tr("Step %1"), f"{each.step:,}") + best, each.step)
        self.checkpoint_box.setCurrentIndex(max(0, self.checkpoint_box.findData(chosen)))

    def _list_splits(self, view: RunView | None) -> None:
        chosen = self.split_box.currentData()
        known = [split.split for split in view.data.splits] if view is not None and view.data else ["validation"]
        self.split_box.clear()
        for split in ("validation", "test", "train"):
            if split in known:
                self.split_box.addItem(split_text(split), split)
        self.split_box.setCurrentIndex(max(0, self.split_box.findData(chosen)))

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self, parent: QWidget) -> None:
        self.run_box, self.checkpoint_box, self.split_box = (QComboBox(parent) for _ in range(3))
        tips = (self.tr("The run"), self.tr("Which of its weights"), self.tr("Which pictures"))
        for box, tip, letters in zip(
            (self.run_box, self.checkpoint_box, self.split_box), tips, (18, 9, 8), strict=True
        ):
            box.setToolTip(tip)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(letters)
        self.evaluate_button = QPushButton(self.tr("Evaluate"), parent)
        self.summary_label = ElidedLabel("", parent)
        self.confusion = ConfusionView(parent)
        self.order_button = QToolButton(parent)
        self.order_button.setText(self.tr("Worst first"))
        self.order_button.setToolTip(self.tr("Classes with most wrong answers first"))
        self.order_button.setCheckable(True)
        self.cell_readout = Readout(parent)
        self.classes = classes_table(parent)
        self.calibration = CalibrationPlot(parent)
        self.gallery_label = ElidedLabel("", parent)
        self.mistakes_button = QToolButton(parent)
        self.mistakes_button.setText(self.tr("Most confident mistakes"))
        self.gallery = AnswerGallery(parent)
        self.edits_bar = EditsBar(parent)

    def _arrange(self, content: QWidget) -> None:
        head = FlowLayout()
        for widget in (self.run_box, self.checkpoint_box, self.split_box, self.evaluate_button):
            head.addWidget(widget)
        parts = QSplitter(Qt.Orientation.Vertical, content)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._pages(parts))
        parts.addWidget(self._gallery_part(parts))
        parts.setSizes((560, 440))
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.summary_label)
        layout.addWidget(parts, 1)

    def _pages(self, parent: QWidget) -> QTabWidget:
        self.pages = QTabWidget(parent)
        self.pages.setDocumentMode(True)
        page = QWidget(self.pages)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.confusion, 1)
        layout.addWidget(self.cell_readout)
        self.pages.setCornerWidget(self.order_button)
        self.pages.currentChanged.connect(lambda number: self.order_button.setVisible(number == 0))
        self.pages.addTab(page, self.tr("Confusion"))
        self.pages.addTab(self.classes, self.tr("Classes"))
        self.pages.addTab(self._calibration_page(), self.tr("Calibration"))
        return self.pages

    def _calibration_page(self) -> QWidget:
        page = QWidget(self.pages)
        self.bin_readout = Readout(page)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.calibration, 1)
        layout.addWidget(self.bin_readout)
        return page

    def _gallery_part(self, parent: QWidget) -> QWidget:
        part = QWidget(parent)
        head = QHBoxLayout()
        head.addWidget(self.gallery_label, 1)
        head.addWidget(self.mistakes_button)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.gallery, 1)
        layout.addWidget(self.edits_bar)
        return part

    def _connect(self) -> None:
        self.run_box.activated.connect(lambda _: self._choose_run())
        self.evaluate_button.clicked.connect(self.evaluate)
        self.order_button.toggled.connect(lambda on: self.confusion.set_order("error" if on else "class"))
        self.confusion.cell_hovered.connect(self._tell_cell)
        self.confusion.hover_left.connect(lambda: self.cell_readout.set_text(""))
        self.confusion.cell_chosen.connect(self._show_cell)
        self.calibration.told.connect(self.bin_readout.set_text)
        self.classes.row_chosen.connect(self._choose_class)
        self.mistakes_button.clicked.connect(self._show_mistakes)
        self.gallery.answer_chosen.connect(self._choose_answer)
        bar = self.edits_bar
        bar.relabelled.connect(lambda key, name: self.relabelled.emit(self.run, key, name))
        bar.excluded.connect(lambda key: self.excluded.emit(self.run, key))
        bar.restored.connect(lambda key: self.restored.emit(self.run, key))
        bar.resume_requested.connect(lambda: self.resume_requested.emit(self.run))
        for part in (self.confusion, self.classes, self.calibration):
            part.problem_met.connect(self.problem_met)

    def _tell_cell(self, label: int, predicted: int) -> None:
        if self._found is not None:
            self.cell_readout.set_text(cell_text(self._found, label, predicted))

    def _help(self) -> str:
        return self.tr(
            "<p>The <b>confusion matrix</b> counts answers: rows are the true classes, columns the answers. On "
            "the diagonal it is right; everything beside it is a mistake, and tells which classes look alike to it.</p>"
            "<p><b>Recall</b>: the share of a class that is recognised. <b>Precision</b>: how many of the answers "
            "of a class are right. A network that says one class too often has high recall and low precision there.</p>"
            "<p>A network is <b>calibrated</b> when of the answers given with 80 % about 80 % are right. Orange is the "
            "gap; the <b>ECE</b> is its mean. Deep networks tend to be surer than they should be.</p>"
            "<p>Look at the <b>most confident mistakes</b>: often the label is wrong, not the network. Click one, and "
            "it passes the network live; <b>relabel</b> or <b>exclude</b> it, and train on. The corrections are a list "
            "beside the data; no picture is touched.</p>"
        )


def _looks_like(one: RunView | None, other: RunView) -> bool:
    """As far as this dock shows it."""
    return one is not None and (one.checkpoints, one.data, one.status.state, one.status.best_step, one.problem) == (
        other.checkpoints,
        other.data,
        other.status.state,
        other.status.best_step,
        other.problem,
    )
