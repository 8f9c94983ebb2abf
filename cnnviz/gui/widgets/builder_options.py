"""The chosen row's options as fields, as many beside each other as fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.options import Option, Options
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.core.networks.spec.rows import GroupRow, Row
from cnnviz.gui.widgets.builder_fields import OptionField, option_field
from cnnviz.gui.widgets.elided_label import ElidedLabel

_FIELD_LETTERS = 15


class BuilderOptions(QWidget):
    """``option_changed``: an option's name and its new value; a group's only option is ``repeat``.

    ``refused``: why what is typed cannot be, empty once it can.
    """

    option_changed = Signal(str, object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: object = None
        self.fields: dict[str, OptionField] = {}
        self._made: dict[
            int, dict[str, OptionField]
        ] = {}  # by the table of options, which lives as long as the program
        self.title_label = ElidedLabel(parent=self)
        font = self.title_label.font()
        font.setBold(True)
        self.title_label.setFont(font)
        self.help_label = QLabel(self)
        self.help_label.setWordWrap(True)
        self.help_label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.title_label)
        layout.addWidget(self.help_label)
        layout.addLayout(self._grid)
        layout.addStretch(1)

    def show_row(self, row: Row | None, chosen: int) -> None:
        """The fields for ``row``, which stands for all ``chosen`` rows of its kind; None for nothing to edit."""
        if row is None:
            self._show_nothing(chosen)
            return
        title, words, options, values = self._described(row)
        many = self.tr("%1 – %2 rows") if chosen > 1 else "%1 – %2"
        self._show_words(many.replace("%1", title).replace("%2", str(chosen) if chosen > 1 else row.name), words)
        self._make_fields(options)
        for option in options:
            self.fields[option.name].show_value(values[option.name])

    def begin_editing(self) -> None:
        """The keyboard goes to the first field."""
        first = next(iter(self.fields.values()), None)
        if first is not None:
            first.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _show_nothing(self, chosen: int) -> None:
        title = self.tr("Rows of several kinds") if chosen else self.tr("No row chosen")
        many = self.tr("Rows of one kind can be changed together.")
        one = self.tr("Choose a row to change its options, or add one from the palette.")
        self._show_words(title, many if chosen else one)
        self._make_fields(_NO_OPTIONS)

    def _show_words(self, title: str, words: str) -> None:
        """Only what is new: a label that gets a text asks for a new layout of everything around it."""
        if title != self.title_label.text():
            self.title_label.set_text(title)
        if words != self.help_label.text():
            self.help_label.setText(words)

    def _described(self, row: Row) -> tuple[str, str, Sequence[Option], Options]:
        if isinstance(row, GroupRow):
            words = self.tr("These rows, one below the other, so many times. Every repetition has weights of its own.")
            return self.tr("Group"), words, GROUP_OPTIONS, Options(((REPEAT.name, row.repeat),))
        kind = KINDS[row.kind]
        return kind.title, kind.help, kind.options, row.options

    def _make_fields(self, options: Sequence[Option]) -> None:
        """Those of one kind of row are made once and keep their focus while rows of that kind are chosen."""
        if self._shown is options:
            return
        self._shown = options
        for field in self.fields.values():
            field.hide()
        if id(options) not in self._made:
            self._made[id(options)] = {option.name: self._field(option) for option in options}
        self.fields = self._made[id(options)]
        self._arrange()
        for field in self.fields.values():
            field.show()

    def _field(self, option: Option) -> OptionField:
        field = option_field(option, self)
        field.changed.connect(self.option_changed)
        field.refused.connect(self.refused)
        return field

    def _arrange(self) -> None:
        while self._grid.count():
            self._grid.takeAt(0)
        width = self.fontMetrics().averageCharWidth() * _FIELD_LETTERS
        columns = max(2, self.width() // (width + self._grid.horizontalSpacing()))
        switches_last = sorted(self.fields.values(), key=lambda field: field.option.type == "flag")
        height = max((field.editor.sizeHint().height() for field in switches_last), default=0)
        for place, field in enumerate(switches_last):
            field.editor.setFixedHeight(height)
            self._grid.addWidget(field, place // columns, place % columns, Qt.AlignmentFlag.AlignBottom)
        for column in range(max(self._grid.columnCount(), columns)):
            self._grid.setColumnStretch(column, int(column < columns))


REPEAT = Option("repeat", "int", 2, "How many times the group's rows follow each other.", 1, limits.REPEAT)
GROUP_OPTIONS = (REPEAT,)
_NO_OPTIONS: tuple[Option, ...] = ()
