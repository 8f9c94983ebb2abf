"""Fields for the settings of a run: each tries what is typed at every keystroke and keeps to what is allowed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from cnnviz.core.training.values import Limits

_STEPS = (1.0, 2.0, 5.0)
_KEYS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 3, Qt.Key.Key_PageDown: -3}


class NumberField(QLineEdit):
    """A number such as ``128``, ``0.001`` or ``1e-3``. ``changed``: the user gave an allowed one. Up and Down go to the
    next round number: 1, 2, 5, 10 …

    ``whole``: no fractions. ``empty``: the text for None, where that is allowed.
    """

    changed = Signal(object)

    def __init__(
        self, limits: Limits, parent: QWidget | None = None, *, whole: bool = False, empty: str | None = None
    ) -> None:
        super().__init__(parent)
        self._limits, self._whole, self._empty = limits, whole, empty
        self._value: float | None = None
        self.setPlaceholderText(empty or "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textEdited.connect(self._try)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 12, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 7, self.sizeHint().height())

    @property
    def value(self) -> float | None:
        """The last allowed one."""
        return self._value

    @property
    def is_allowed(self) -> bool:
        """What is typed now can be taken."""
        return self._meant() is not _NOTHING

    def show_value(self, value: float | None) -> None:
        """Emits nothing."""
        if value != self._value or not self.hasFocus():
            self._value = value
            self.setText(number_text(value))
            self._mark(wrong=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _KEYS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self._step(_KEYS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only while it is edited: a wheel that scrolls past changes nothing."""
        if self.hasFocus() and event.angleDelta().y():
            self._step(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What cannot be is forgotten."""
        super().focusOutEvent(event)
        if not self.is_allowed:
            self.setText(number_text(self._value))
            self._mark(wrong=False)

    def _try(self, _: str) -> None:
        meant = self._meant()
        self._mark(wrong=meant is _NOTHING)
        if meant is not _NOTHING and meant != self._value:
            self._value = meant
            self.changed.emit(meant)

    def _meant(self) -> object:
        text = self.text().strip().replace("−", "-").replace(",", ".")
        if not text and self._empty is not None:
            return None
        try:
            number = int(text) if self._whole else float(text)
        except ValueError:
            return _NOTHING
        return number if self._limits.low <= number <= self._limits.high else _NOTHING

    def _step(self, steps: int) -> None:
        number = self._value or 0.0
        for _ in range(abs(steps)):
            number = next_round(number, up=steps > 0, whole=self._whole)
        number = min(max(number, self._limits.low), self._limits.high)
        self.setText(number_text(int(number) if self._whole else number))
        self._try("")

    def _mark(self, *, wrong: bool) -> None:
        mark(self, wrong=wrong)
        low, high = number_text(self._limits.low), number_text(self._limits.high)
        kind = self.tr("A whole number") if self._whole else self.tr("A number")
        words = self.tr("%1 from %2 to %3").replace("%1", kind).replace("%2", low).replace("%3", high)
        self.setAccessibleDescription(words if wrong else "")


class NumbersField(QLineEdit):
    """Several numbers with commas between them. ``changed``: a tuple, once all are allowed. ``count``: how many there
    must be; None: any number.
    """

    changed = Signal(object)

    def __init__(self, limits: Limits, parent: QWidget | None = None, *, whole: bool = False) -> None:
        super().__init__(parent)
        self._limits, self._kind = limits, int if whole else float
        self.count: int | None = None
        self.textEdited.connect(self._try)

    @property
    def is_allowed(self) -> bool:
        """What is typed now can be taken."""
        return self._meant() is not None

    def show_value(self, values: tuple[float, ...]) -> None:
        """Emits nothing."""
        if not self.hasFocus() or self._meant() != values:
            self.setText(", ".join(map(number_text, values)))
            mark(self, wrong=False)

    def _try(self, _: str) -> None:
        meant = self._meant()
        mark(self, wrong=meant is None)
        if meant is not None:
            self.changed.emit(meant)

    def _meant(self) -> tuple[float, ...] | None:
        try:
            numbers = tuple(self._kind(text) for text in self.text().split(",") if text.strip())
        except ValueError:
            return None
        allowed = all(self._limits.low <= number <= self._limits.high for number in numbers)
        return numbers if allowed and self.count in (None, len(numbers)) else None


class ChoiceField(QComboBox):
    """``changed``: the user chose another name."""

    changed = Signal(object)

    def __init__(self, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """``choices``: names and their words."""
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for name, words in choices:
            self.addItem(words, name)
        self.activated.connect(lambda _: self.changed.emit(self.currentData()))

    def show_value(self, name: str) -> None:
        """Emits nothing."""
        self.setCurrentIndex(self.findData(name))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel that scrolls past changes nothing."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


_NOTHING = object()


def mark(field: QLineEdit, *, wrong: bool) -> None:
    """Text in the colour of problems."""
    palette = QPalette() if not wrong else QPalette(field.palette())
    if wrong:
        palette.setColor(QPalette.ColorRole.Text, palette.color(QPalette.ColorRole.BrightText))
    field.setPalette(palette)


def number_text(value: float | None) -> str:
    """``0.001``, ``1e-05``, ``128``; nothing for None."""
    return "" if value is None else f"{value:.10g}"


def next_round(number: float, *, up: bool, whole: bool) -> float:
    """The next of 0, 1, 2, 5, 10 … or of their parts; whole numbers below 10 one by one."""
    if whole and (number < 10 or (number <= 10 and not up)):
        return number + (1 if up else -1)
    if number <= 0:
        return 1e-4 if up else 0.0
    power = math.floor(math.log10(number) + 1e-9)
    rounds = [step * 10.0**exponent for exponent in (power - 1, power, power + 1) for step in _STEPS]
    if up:
        return float(f"{min(each for each in rounds if each > number * 1.0001):.3g}")
    return float(f"{max(each for each in rounds if each < number * 0.9999):.3g}")
