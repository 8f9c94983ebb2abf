"""Fields for a row's options: each tries what is typed at every keystroke and keeps the last value that is allowed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPalette, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.options import Option, OptionValue
from cnnviz.gui.widgets.builder_text import option_label, option_text, read_option

_FLOAT_STEPS = 20
_BY_KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class OptionField(QWidget):
    """One option with its name. ``changed``: the user gave it a value. ``refused``: what is typed cannot be, in a
    sentence; empty once it can.
    """

    changed = Signal(str, object)
    refused = Signal(str)

    def __init__(self, option: Option, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.option = option
        self.setToolTip(f"{option.help}\n{option.allowed.capitalize()}.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        self.label = QLabel("" if option.type == "flag" else option_label(option.name).capitalize(), self)
        self.label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.editor = self._make_editor()
        self.editor.setAccessibleName(option_label(option.name))
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout.addWidget(self.label)
        layout.addWidget(self.editor)

    def show_value(self, value: OptionValue) -> None:
        """Emits nothing."""
        raise NotImplementedError

    def _make_editor(self) -> QWidget:
        raise NotImplementedError

    def _take(self, value: OptionValue) -> None:
        self.refused.emit("")
        self.changed.emit(self.option.name, value)


class FlagField(OptionField):
    def show_value(self, value: OptionValue) -> None:
        self.editor.setChecked(value is True)

    def _make_editor(self) -> QWidget:
        box = QCheckBox(option_label(self.option.name).capitalize(), self)
        box.clicked.connect(self._take)
        return box


class ChoiceField(OptionField):
    def show_value(self, value: OptionValue) -> None:
        self.editor.setCurrentIndex(self.editor.findText(str(value)))

    def _make_editor(self) -> QWidget:
        box = QComboBox(self)
        box.addItems(self.option.words)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        box.activated.connect(lambda place: self._take(box.itemText(place)))
        return box


class TypedField(OptionField):
    """Numbers, pairs and words. Up and Down count."""

    def show_value(self, value: OptionValue) -> None:
        """What is being typed is left alone while it means this value, or nothing allowed."""
        self._value = value
        if not self.editor.hasFocus() or self._meant() not in (value, _NOTHING):
            self.editor.setText(option_text(value))
            self.editor.mark(wrong=False)

    def _make_editor(self) -> QWidget:
        self._value = self.option.default
        field = NumberLine(self)
        field.setPlaceholderText(self.option.empty_means)
        field.textEdited.connect(self._try)
        field.stepped.connect(self._step)
        field.left.connect(self._tidy)
        return field

    def _meant(self) -> object:
        try:
            return read_option(self.option, self.editor.text())
        except NetworkError:
            return _NOTHING

    def _try(self, text: str) -> None:
        try:
            value = read_option(self.option, text)
        except NetworkError as error:
            self.editor.mark(wrong=True)
            self.refused.emit(error.message)
            return
        self.editor.mark(wrong=False)
        self._value = value
        self._take(value)

    def _step(self, steps: int) -> None:
        """Counts where there is a number; a square pair stays square."""
        value = self._meant()
        if isinstance(value, tuple):
            stepped: object = tuple(self._within(side + steps) for side in value)
        elif isinstance(value, int | float):
            stepped = self._within(value + steps * self._step_size())
        else:
            stepped = self._within(self.option.low)
        self.editor.setText(option_text(stepped))
        self._try(self.editor.text())

    def _within(self, number: float) -> float:
        low, high = self.option.low, self.option.high
        limited = min(max(number, low), high)
        return round(limited, 6) if self.option.type == "float" else int(limited)

    def _step_size(self) -> float:
        return (self.option.high - self.option.low) / _FLOAT_STEPS if self.option.type == "float" else 1

    def _tidy(self) -> None:
        """What cannot be is forgotten when the field is left."""
        if self._meant() is _NOTHING:
            self.editor.setText(option_text(self._value))
            self.editor.mark(wrong=False)
            self.refused.emit("")


class PlainLine(QLineEdit):
    """Leaves undo and redo to the builder, which undoes what typing did to the network."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and _is_history_key(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_history_key(event):
            event.ignore()
        else:
            super().keyPressEvent(event)


class NumberLine(PlainLine):
    """``stepped``: Up, Down, a page or the wheel, in steps. ``left``: the focus went elsewhere."""

    stepped = Signal(int)
    left = Signal()

    def mark(self, *, wrong: bool) -> None:
        """Text in the colour of problems."""
        palette = QPalette() if not wrong else QPalette(self.palette())
        if wrong:
            palette.setColor(QPalette.ColorRole.Text, palette.color(QPalette.ColorRole.BrightText))
        self.setPalette(palette)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        if event.key() in steps and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.stepped.emit(steps[event.key()])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only of a field that is being edited: a wheel that scrolls past changes nothing."""
        if self.hasFocus() and event.angleDelta().y():
            self.stepped.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in _BY_KEYS:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


def _is_history_key(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


_NOTHING = object()


def option_field(option: Option, parent: QWidget | None = None) -> OptionField:
    """The field that suits the option's type."""
    kinds = {"flag": FlagField, "choice": ChoiceField}
    return kinds.get(option.type, TypedField)(option, parent)
