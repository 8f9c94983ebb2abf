"""Forms of the training dock: their labels are equally wide, so that fields of all parts stand below each other."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

LABEL_LETTERS = 14


def settings_layout(parent: QWidget) -> QFormLayout:
    """Without margins; fields take the whole width."""
    layout = QFormLayout(parent)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setVerticalSpacing(4)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return layout


def settings_label(text: str, buddy: QWidget, parent: QWidget) -> QLabel:
    """Of a field; the tip is the field's."""
    label = QLabel(text, parent)
    label.setMinimumWidth(LABEL_LETTERS * label.fontMetrics().averageCharWidth())
    label.setToolTip(buddy.toolTip())
    label.setBuddy(buddy)
    return label
