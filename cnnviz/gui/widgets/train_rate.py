"""The learning-rate finder below the learning rate it is for: how far it is, its curve, and what to take from it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from cnnviz.core.training.rate_values import RateCurve, RateNews, RatePreparing, RateStep
from cnnviz.core.training.values import Recording, RunConfiguration, ScheduleChoice
from cnnviz.gui.widgets.number_text import short_value_text
from cnnviz.gui.widgets.progress_line import PER_MILLE
from cnnviz.gui.widgets.tool_row import tool_button
from cnnviz.gui.widgets.train_rate_plot import RatePlot, one_digit


class RateFinder(QFrame):
    """``wanted``: a search for the present set-up. ``cancelled``: the one that is under way. ``rate_chosen``: take this
    one. ``grown``: it has another height. ``problem_met``: a sentence. Hidden until a search begins, and once it is
    closed. Setters emit nothing of the user's.
    """

    wanted = Signal()
    cancelled = Signal()
    rate_chosen = Signal(float)
    grown = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._settings = self._searched = RunConfiguration()
        self._steps: list[RateStep] = []
        self._curve: RateCurve | None = None
        self._is_busy = False
        self._make_parts()
        self._arrange()
        self.hide()

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def is_busy(self) -> bool:
        """A search is under way."""
        return self._is_busy

    def show_settings(self, settings: RunConfiguration) -> None:
        """Those in the form: a curve of other ones says so."""
        self._settings = settings
        self.plot.show_present(settings.optimizer.learning_rate)
        self._show_age()

    def begin(self) -> None:
        """For the settings on view."""
        self._searched, self._steps, self._curve, self._is_busy = self._settings, [], None, True
        self.plot.show_steps(())
        self._say(self.tr("Starting the learning-rate finder"))
        self._show_fraction(None)
        self._show_parts()
        self.show()

    def show_news(self, news: RateNews) -> None:
        """What the finder tells, to its end."""
        if isinstance(news, RateStep):
            self._show_step(news)
        elif isinstance(news, RatePreparing):
            self._say(news.doing)
            self._show_fraction(news.fraction)
        else:
            self._show_curve(news)

    def show_problem(self, sentence: str) -> None:
        """Why there is no curve."""
        self._is_busy, self._steps = False, []
        self.plot.show_steps(())
        self._show_parts()
        self._say(sentence, bad=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() == event.oldSize().width():
            self.grown.emit()

    def _show_step(self, step: RateStep) -> None:
        self._steps.append(step)
        self.plot.show_steps(self._steps)
        words = self.tr("Step %1 of at most %2, learning rate %3").replace("%1", str(step.step))
        self._say(words.replace("%2", str(step.steps)).replace("%3", short_value_text(step.rate)))
        self._show_fraction(step.step / step.steps)
        self._show_parts()

    def _show_curve(self, curve: RateCurve) -> None:
        self._curve, self._is_busy = curve, False
        self.plot.show_steps(self._steps, curve.suggestion)
        self._say(self._words_of(curve))
        if curve.suggestion is not None:
            rate = short_value_text(one_digit(curve.suggestion))
            self.use_button.setText(self.tr("Use %1").replace("%1", rate))
        self._show_parts()
        self._show_age()

    def _words_of(self, curve: RateCurve) -> str:
        if curve.suggestion is None:
            return self.tr("The loss did not clearly fall at any rate. A click on the curve takes one all the same.")
        rate = short_value_text(one_digit(curve.suggestion))
        if curve.source == "before-divergence":
            words = self.tr("%1 is well before the loss rises: a tenth of the rate where it was lowest.")
        else:
            words = self.tr("At %1 the loss falls fastest; it did not rise up to the highest rate.")
        return words.replace("%1", rate)

    def _show_age(self) -> None:
        self.age_label.setVisible(self._curve is not None and _shapes(self._settings) != _shapes(self._searched))

    def _say(self, sentence: str, *, bad: bool = False) -> None:
        self.words_label.setText(sentence)
        role = QPalette.ColorRole.BrightText if bad else QPalette.ColorRole.WindowText
        self.words_label.setForegroundRole(role)

    def _show_fraction(self, fraction: float | None) -> None:
        self.bar.setMaximum(0 if fraction is None else PER_MILLE)
        self.bar.setValue(round((fraction or 0.0) * PER_MILLE))

    def _show_parts(self) -> None:
        self.plot.setVisible(len(self._steps) > 1)  # before, there is no scale
        self.bar.setVisible(self._is_busy)
        self.cancel_button.setVisible(self._is_busy)
        self.again_button.setVisible(not self._is_busy)
        self.use_button.setVisible(not self._is_busy and self._curve is not None and self._curve.suggestion is not None)
        self._show_age()

    # ------------------------------------------------------------------------------------------------- the user's hand

    def close_finder(self) -> None:
        """Also ends a search under way."""
        if self._is_busy:
            self._is_busy = False
            self.cancelled.emit()
        self._steps, self._curve = [], None
        self.hide()

    def _use(self) -> None:
        if self._curve is not None and self._curve.suggestion is not None:
            self.rate_chosen.emit(one_digit(self._curve.suggestion))

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_parts(self) -> None:
        self.words_label = QLabel(self)
        self.words_label.setWordWrap(True)
        self.close_button = tool_button("close", self.tr("Close the learning-rate finder"), self)
        self.plot = RatePlot(self)
        self.plot.setToolTip(self.tr("Click to take a rate. Pale: each step's loss; strong: smoothed"))
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.cancel_button = QPushButton(self.tr("Cancel"), self)
        self.use_button = QPushButton(self)
        self.again_button = QPushButton(self.tr("Find again"), self)
        self.age_label = QLabel(self.tr("The settings have changed since."), self)
        self.age_label.setWordWrap(True)
        self.age_label.setForegroundRole(QPalette.ColorRole.BrightText)
        self.close_button.clicked.connect(self.close_finder)
        self.cancel_button.clicked.connect(self.close_finder)
        self.again_button.clicked.connect(self.wanted)
        self.use_button.clicked.connect(self._use)
        self.plot.rate_chosen.connect(self.rate_chosen)
        self.plot.problem_met.connect(self.problem_met)

    def _arrange(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.words_label, 1)
        head.addWidget(self.close_button)
        foot.setSpacing(6)
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.use_button, 1)
        foot.addWidget(self.again_button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 8)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.plot)
        layout.addWidget(self.age_label)
        layout.addLayout(foot)


def _shapes(settings: RunConfiguration) -> RunConfiguration:
    """What the curve depends on: the finder has rates and a schedule of its own, and stops when it has seen enough."""
    return replace(
        settings,
        optimizer=replace(settings.optimizer, learning_rate=0.0),
        schedule=ScheduleChoice(),
        recording=Recording(),
        epochs=1,
        early_stopping=0,
        versions={},
    )
