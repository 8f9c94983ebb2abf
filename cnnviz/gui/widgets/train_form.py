"""A section of a run's settings as fields, one below the other; what is of no use now is not there."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from cnnviz.core.training.values import RunConfiguration
from cnnviz.gui.training_settings import limits_at, value_at
from cnnviz.gui.widgets.train_fields import ChoiceField, NumberField, NumbersField
from cnnviz.gui.widgets.train_layout import settings_label, settings_layout
from cnnviz.gui.widgets.train_rows import SETTINGS, Section, SettingRow, tr

Field = NumberField | NumbersField | ChoiceField | QCheckBox


class SettingsForm(QWidget):
    """``changed``: the place of a setting, and what the user made of it."""

    changed = Signal(str, object)

    def __init__(self, section: Section, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = SETTINGS[section]
        self.fields: dict[str, Field] = {}
        self._places: dict[str, QWidget] = {}
        self._form = settings_layout(self)
        for row in self._rows:
            self._add(row)

    def show_settings(self, settings: RunConfiguration) -> None:
        """Emits nothing."""
        for row in self._rows:
            field, value = self.fields[row.place], value_at(settings, row.place)
            if isinstance(field, QCheckBox):
                field.setChecked(value)
            else:
                field.show_value(value)
            self._form.setRowVisible(self._places[row.place], row.when is None or row.when(settings))

    def wrong_label(self) -> str:
        """Of the first field with something that cannot be taken; empty where all is well."""
        for row in self._rows:
            field = self.fields[row.place]
            if isinstance(field, NumberField | NumbersField) and not field.is_allowed and field.isVisibleTo(self):
                return tr(row.label)
        return ""

    def add_tool(self, place: str, button: QWidget, below: QWidget) -> None:
        """``button`` beside a field, and ``below`` that row, over the whole width, what it opens."""
        field = self.fields[place]
        row, role = self._form.getWidgetPosition(field)
        self._places[place] = beside = QWidget(self)
        line = QHBoxLayout(beside)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        self._form.removeWidget(field)
        self._form.setWidget(row, role, beside)
        line.addWidget(field, 1)
        line.addWidget(button)
        self._form.insertRow(row + 1, below)
        QWidget.setTabOrder(field, button)

    def _add(self, row: SettingRow) -> None:
        field = self._field(row)
        field.setToolTip(tr(row.tip))
        field.setAccessibleName(tr(row.label))
        self.fields[row.place] = self._places[row.place] = field
        if isinstance(field, QCheckBox):
            field.setText(tr(row.label))
            field.clicked.connect(lambda on, place=row.place: self.changed.emit(place, on))
            self._form.addRow("", field)
            return
        field.changed.connect(lambda value, place=row.place: self.changed.emit(place, value))
        self._form.addRow(settings_label(tr(row.label), field, self), field)

    def _field(self, row: SettingRow) -> Field:
        if row.kind == "flag":
            return QCheckBox(self)
        if row.kind == "choice":
            return ChoiceField([(name, tr(words)) for name, words in row.choices], self)
        limits = limits_at(RunConfiguration(), row.place)
        if row.kind == "numbers":
            return NumbersField(limits, self, whole=row.whole)
        empty = None if row.empty is None else tr(row.empty)
        return NumberField(limits, self, whole=row.kind == "whole", empty=empty)
