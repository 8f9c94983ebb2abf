"""Which strategy suits how much data of which kind: the course's matrix, to choose from."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from cnnviz.core.training.transfer_values import ADVICE, LITTLE_DATA, Advice, amount_of
from cnnviz.core.training.values import TransferStrategy
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.transfer_words import amount_text, similarity_text, strategy_text

_AMOUNTS = ("little", "much")
_SIMILARITIES = ("similar", "different")


class TransferAdvice(QWidget):
    """``strategy_chosen``: one of TransferStrategy, by the user's hand. Setters emit nothing."""

    strategy_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strategy: TransferStrategy = "none"
        self._per_class: float | None = None
        self.buttons: dict[Advice, SegmentButton] = {}
        self.reason_label = QLabel(self)
        self.reason_label.setWordWrap(True)
        self.reason_label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._heads: dict[str, QLabel] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._matrix())
        layout.addWidget(self.reason_label)
        self._show()

    def show_strategy(self, strategy: TransferStrategy) -> None:
        """The one that is set."""
        self._strategy = strategy
        self._show()

    def show_amount(self, images_per_class: float | None) -> None:
        """Training pictures a class of the chosen data; None where they were not counted yet."""
        self._per_class = images_per_class
        self._show()

    # ---------------------------------------------------------------------------------------------------------- inside

    def _matrix(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        for column, similarity in enumerate(_SIMILARITIES, 1):
            grid.addWidget(self._head(similarity_text(similarity)), 0, column, Qt.AlignmentFlag.AlignHCenter)
        for row, amount in enumerate(_AMOUNTS, 1):
            self._heads[amount] = self._head(amount_text(amount))
            grid.addWidget(self._heads[amount], row, 0)
        for each in ADVICE:
            button = self._button(each)
            grid.addWidget(button, 1 + _AMOUNTS.index(each.amount), 1 + _SIMILARITIES.index(each.similarity))
        return grid

    def _head(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def _button(self, advice: Advice) -> SegmentButton:
        button = SegmentButton(strategy_text(advice.strategy), self)
        button.setToolTip(advice.reason)
        button.clicked.connect(lambda _=False: self._choose(advice))
        self.buttons[advice] = button
        return button

    def _choose(self, advice: Advice) -> None:
        """A second click takes the choice back."""
        chosen: TransferStrategy = "none" if self._strategy == advice.strategy else advice.strategy
        self.show_strategy(chosen)
        self.strategy_chosen.emit(chosen)

    def _show(self) -> None:
        amount = None if self._per_class is None else amount_of(self._per_class)
        for advice, button in self.buttons.items():
            button.setChecked(advice.strategy == self._strategy)
        for name, label in self._heads.items():
            font = label.font()
            font.setBold(name == amount)
            label.setFont(font)
        chosen = next((each for each in ADVICE if each.strategy == self._strategy), None)
        self.reason_label.setText(chosen.reason if chosen is not None else self._general())

    def _general(self) -> str:
        words = self.tr(
            "How much data, and how similar to what the weights were trained on? Little is below %1 a class."
        )
        counted = "" if self._per_class is None else self.tr(" Here: %1.").replace("%1", f"{self._per_class:,.0f}")
        return words.replace("%1", str(LITTLE_DATA)) + counted
