"""Predictions: what the network takes the picture for, and how sure it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from cnnviz.core.arrays import Floats
from cnnviz.core.predictions import TopK, probabilities, top_k
from cnnviz.gui.widgets.class_bars import ClassBars, ClassRow
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.history_view import HistoryView
from cnnviz.gui.widgets.number_text import percent_text
from cnnviz.gui.widgets.prediction_history import PredictionHistory
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.series_colors import SERIES, SeriesColors
from cnnviz.gui.widgets.strip_chart import NO_LINES, StripLines
from cnnviz.gui.widgets.temperature_slider import TemperatureSlider
from cnnviz.gui.widgets.tool_row import tool_button

DEFAULT_ROWS = 5
MOST_ROWS = 20
HISTORY_HEIGHT = 64
LEAST_ROWS = 5
HISTORY_MS = 66
"""Its lines move by a pixel or two in this time."""

FLAT_FACTOR = 2.0
"""A distribution whose largest probability is below this many times chance prefers no class."""

SENTENCE = QCoreApplication.translate("PredictionsDock", "What the network takes the picture for, and how sure it is")
HELP = QCoreApplication.translate(
    "PredictionsDock",
    "<p>The last layer gives one number per class, the <b>logit</b>. <b>Softmax</b> turns the logits into "
    "probabilities that add up to 1: each is e<sup>logit / T</sup> over the sum of all.</p>"
    "<p>The <b>temperature</b> T changes how sure that looks and never the order: T → 0 gives everything to the "
    "largest logit (one-hot), T → ∞ the same to every class (uniform). Networks are trained at T = 1.</p>"
    "<p>A high probability is not a promise: the network must share 100 % among the classes it knows, whatever it is "
    "shown. The tick on each bar is chance, one over the number of classes.</p>"
    "<p>While channels are muted or changed, the hollow bar is the probability without that, and the last column the "
    "change in percentage points.</p>",
)


class PredictionsDock(Dock):
    """``temperature_changed``: by hand. Setters emit nothing."""

    temperature_changed = Signal(float)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("predictions", self.tr("Predictions"), sentence=SENTENCE, help_text=HELP, parent=parent)
        self._names: tuple[str, ...] = ()
        self._still = False
        self._logits: Floats | None = None
        self._before: Floats | None = None
        self._history = PredictionHistory(0)
        self.class_colors = SeriesColors()
        self._lines_wait = False
        self._lines_pause = QTimer(self, singleShot=True, interval=HISTORY_MS)
        self._lines_pause.timeout.connect(self._show_new_lines)
        self._make_widgets()
        self._connect()
        self.set_content(self._arranged())
        self.clear()

    # -------------------------------------------------------------------------------------------------------- setters

    def show_classes(self, names: tuple[str, ...]) -> None:
        """Another network's classes; its logits are yet to come."""
        self._names = names
        self.clear()

    def show_logits(self, logits: Floats, times: NDArray[np.float64], history: Floats) -> None:
        """``logits`` (classes) of the frame on view.

        ``history``: n×classes, of the n frames inferred since the last call, this one included, at ``times``.
        """
        if len(logits) != self._history.classes:
            self._history = PredictionHistory(len(logits), self.temperature_slider.temperature)
        self._logits = logits
        self._history.append(times, history)
        self._lines_wait = True
        self._show()
        self._show_new_lines()

    def show_before(self, logits: Floats | None) -> None:
        """Of a frame not long ago, without interventions; None while there are none. Seen with the next logits."""
        self._before = logits

    def show_still(self, still: bool) -> None:  # noqa: FBT001 -- a setter
        """A picture that stays has no history."""
        if still != self._still:
            self._still = still
            self.history_button.setEnabled(not still)
            self._show_history()

    def clear(self) -> None:
        """No network, or another one."""
        self._logits = self._before = None
        self._history = PredictionHistory(0, self.temperature_slider.temperature)
        self.class_colors.forget()
        self.bars.set_rows((), 0.0)
        self.history_view.set_lines(NO_LINES)
        self.hint.set_text(self.tr("No prediction yet"))

    def set_rows(self, count: int) -> None:
        """How many classes are listed."""
        if count != self.rows_box.value():
            self.rows_box.blockSignals(True)  # noqa: FBT003 -- Qt's
            self.rows_box.setValue(count)
            self.rows_box.blockSignals(False)  # noqa: FBT003 -- Qt's
            self._apply_rows(count)

    def set_temperature(self, temperature: float) -> None:
        self.temperature_slider.set_temperature(temperature)
        self._apply_temperature(self.temperature_slider.temperature)

    # --------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self) -> None:
        self.rows_box = QSpinBox(self)
        self.rows_box.setRange(1, MOST_ROWS)
        self.rows_box.setValue(DEFAULT_ROWS)
        self.rows_box.setToolTip(self.tr("How many classes are listed"))
        self.history_button = tool_button("history", self.tr("The last seconds"), self, checkable=True)
        self.history_button.setChecked(True)
        self.bars = ClassBars(self)
        self.bars_area = _BarsArea(self.bars)
        self._give_places(DEFAULT_ROWS)
        self.hint = Readout(self, muted=True)
        self.temperature_slider = TemperatureSlider(self)
        self.history_view = HistoryView(self)
        self.history_view.setMinimumHeight(HISTORY_HEIGHT)

    def _connect(self) -> None:
        self.rows_box.valueChanged.connect(self._apply_rows)
        self.history_button.clicked.connect(self._show_history)
        self.temperature_slider.temperature_changed.connect(self._apply_temperature)
        self.temperature_slider.temperature_changed.connect(self.temperature_changed)
        self.history_view.problem_met.connect(self.problem_met)

    def _arranged(self) -> QWidget:
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(4)
        layout.addLayout(self._first_row())
        layout.addWidget(self.bars_area, 100)  # all of it before the history grows
        layout.addWidget(self.temperature_slider)
        layout.addWidget(self.history_view, 1)
        layout.addStretch(0)
        return content

    def _first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 4, 0)
        row.addWidget(QLabel(self.tr("Top"), self))
        row.addWidget(self.rows_box)
        row.addWidget(self.hint, 1)
        row.addWidget(self.history_button)
        return row

    # --------------------------------------------------------------------------------------------------------- inside

    def _apply_rows(self, count: int) -> None:
        self._give_places(count)
        self._show()
        self._show_lines()

    def _give_places(self, count: int) -> None:
        self.bars.set_places(count)
        self.bars_area.updateGeometry()

    def _apply_temperature(self, temperature: float) -> None:
        self._history.set_temperature(temperature)
        self._show()
        self._show_lines()

    def _show_history(self) -> None:
        self.history_view.setVisible(self.history_button.isChecked() and not self._still)
        self._show_lines()

    def _show(self) -> None:
        if self._logits is None or not len(self._logits):
            return
        best = top_k(self._logits, self.rows_box.value(), self.temperature_slider.temperature)
        classes = best.indices.tolist()
        colors = self.class_colors.of(classes)
        before = self._probabilities_before(classes)
        numbers = zip(classes, best.probabilities.tolist(), best.logits.tolist(), colors, before, strict=True)
        rows = tuple(ClassRow(index, self._name(index), *rest) for index, *rest in numbers)
        self.bars.set_rows(rows, 1 / len(self._logits))
        self.hint.set_text(self._hint(best, len(self._logits)))

    def _probabilities_before(self, classes: list[int]) -> list[float] | list[None]:
        """Without interventions; None where there are none."""
        if self._before is None or len(self._before) != len(self._logits):
            return [None] * len(classes)
        return probabilities(self._before, self.temperature_slider.temperature)[classes].tolist()

    def _show_new_lines(self) -> None:
        """What comes during the pause waits for its end."""
        if self._lines_wait and not self._lines_pause.isActive():
            self._lines_pause.start()
            self._show_lines()

    def _show_lines(self) -> None:
        self._lines_wait = False
        if self.history_view.isHidden():
            return
        rows = self.bars.rows[: len(SERIES)]
        times, lines = self._history.lines([row.index for row in rows])
        names, colors = tuple(row.name for row in rows), tuple(row.color for row in rows)
        self.history_view.set_lines(StripLines(times, lines, names, colors))

    def _name(self, index: int) -> str:
        return self._names[index] if index < len(self._names) else self.tr("class {}").format(index)

    def _hint(self, best: TopK, classes: int) -> str:
        chance = percent_text(1 / classes)
        if not np.isfinite(best.probabilities).all():
            return self.tr("The logits hold NaN or ∞: no probabilities")
        if classes > 1 and best.probabilities[0] < FLAT_FACTOR / classes:
            return self.tr("nearly uniform: no class stands out")
        return self.tr("of {} classes · chance {}").format(classes, chance)


class _BarsArea(QScrollArea):
    """Never higher than its bars, whatever the size of the text; where there is less room they are scrolled."""

    def __init__(self, bars: ClassBars) -> None:
        super().__init__()
        self._bars = bars
        self.setWidget(bars)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        return self._bars.sizeHint()

    def minimumSizeHint(self) -> QSize:
        least = self._bars.height_of(min(self._bars.places, LEAST_ROWS))
        return QSize(self._bars.minimumSizeHint().width(), least)
