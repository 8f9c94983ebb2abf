"""The whole network's totals, and what to do with it: run it live or train it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QToolButton, QWidget

from cnnviz.core.networks.spec.check import SpecReport
from cnnviz.gui.widgets.builder_text import bytes_text, count_text
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.weights_form import LARGEST_SEED


class BuilderFooter(QWidget):
    """``run_wanted``: with this seed. ``problem_wanted``: to the first row with a problem."""

    run_wanted = Signal(int)
    train_wanted = Signal()
    problem_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.totals_label = ElidedLabel(parent=self)
        self.problem_button = QToolButton(self)
        self.problem_button.setAutoRaise(True)
        self.problem_button.clicked.connect(self.problem_wanted)
        self._color_problem()
        self._make_buttons()
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        first, self._second = QHBoxLayout(), QHBoxLayout()
        second = self._second
        first.addWidget(self.problem_button)
        first.addWidget(self.totals_label, 1)
        for widget in (self._seed_label, self.seed_box):
            second.addWidget(widget)
        second.addStretch(1)
        for widget in (self.train_button, self.run_button):
            second.addWidget(widget)
        self._layout.addLayout(first, 1)
        self._layout.addLayout(second)

    def show_report(self, report: SpecReport, *, rows: int) -> None:
        """Totals, and whether the network can run."""
        words = self.tr("%1 parameters · %2 mult-adds · %3")
        self.totals_label.set_text(
            words.replace("%1", f"{report.parameters:,}")
            .replace("%2", count_text(report.macs))
            .replace("%3", bytes_text(report.memory))
        )
        whole = self.tr("%1 parameters, %2 multiply-adds for one picture, %3 bytes of outputs")
        self.totals_label.setToolTip(
            whole.replace("%1", f"{report.parameters:,}")
            .replace("%2", f"{report.macs:,}")
            .replace("%3", f"{report.memory:,}")
        )
        self._show_problems(len(report.problems))
        possible = report.possible and rows > 0
        for button in (self.run_button, self.train_button):
            button.setEnabled(possible)
        self._fit()
        why = "" if possible else self.tr("\nNot before every row can work." if rows else "\nAdd rows first.")
        self.run_button.setToolTip(self.tr("With initial weights drawn by this seed (Ctrl+Enter)") + why)
        self.train_button.setToolTip(self.tr("Choose data and settings, then train this network") + why)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def run(self) -> None:
        """As the button does, where it can."""
        self.run_button.click()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._color_problem()

    def _color_problem(self) -> None:
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.ButtonText, palette.color(QPalette.ColorRole.BrightText))
        self.problem_button.setPalette(palette)

    def _fit(self) -> None:
        """On one line where nothing is cut, whether or not there is a problem: it comes and goes while one types."""
        parts = (self.problem_button, self.totals_label, self._second)
        needed = sum(part.sizeHint().width() + self._layout.spacing() for part in parts)
        directions = QBoxLayout.Direction
        self._layout.setDirection(directions.LeftToRight if needed <= self.width() else directions.TopToBottom)

    def _show_problems(self, count: int) -> None:
        self.problem_button.setVisible(count > 0)
        one, many = self.tr("⚠ 1 problem"), self.tr("⚠ %1 problems")
        self.problem_button.setText(one if count == 1 else many.replace("%1", str(count)))
        self.problem_button.setToolTip(self.tr("Go to the first row that cannot work"))

    def _make_buttons(self) -> None:
        self._seed_label = QLabel(self.tr("Seed"), self)
        self.seed_box = QSpinBox(self, maximum=LARGEST_SEED)
        self.seed_box.setToolTip(self.tr("The same seed gives the same initial weights"))
        self._seed_label.setBuddy(self.seed_box)
        self.run_button = QPushButton(self.tr("Run it live"), self)
        set_icon(self.run_button, "play")
        self.run_button.clicked.connect(lambda: self.run_wanted.emit(self.seed_box.value()))
        self.train_button = QPushButton(self.tr("Train it…"), self)
        self.train_button.clicked.connect(self.train_wanted)
