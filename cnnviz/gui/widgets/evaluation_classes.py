"""Every class against all others: how many there are, accuracy, precision, recall, F1."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHeaderView, QWidget

from cnnviz.core.training.evaluation_values import ClassScore
from cnnviz.gui.widgets.number_text import percent_text
from cnnviz.gui.widgets.rows_model import RowColumn
from cnnviz.gui.widgets.rows_table import RowsTable


def _tr(text: str) -> str:
    return QCoreApplication.translate("EvaluationClasses", text)


def classes_table(parent: QWidget | None = None) -> RowsTable:
    """Rows are ClassScore values; ``row_chosen`` is one of them."""
    columns = (
        RowColumn(_tr("Class"), lambda row: row.name, lambda row: row.name, number=False),
        RowColumn(_tr("Pictures"), lambda row: f"{row.support:,}", lambda row: row.support),
        _share(_tr("Recall"), lambda row: row.recall, _tr("Of this class's pictures, how many were recognised")),
        _share(_tr("Precision"), lambda row: row.precision, _tr("Of the answers of this class, how many are right")),
        _share(_tr("F1"), lambda row: row.f1, _tr("Harmonic mean of precision and recall")),
        _share(_tr("Accuracy"), lambda row: row.accuracy, _tr("Right decisions between this class and all others")),
    )
    table = RowsTable(columns, lambda row: row.name, parent)
    table.header().setStretchLastSection(False)
    table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table


def _share(title: str, value: Callable[[ClassScore], float | None], tip: str) -> RowColumn:
    def key(row: ClassScore) -> float:
        found = value(row)
        return math.nan if found is None else found

    def text(row: ClassScore) -> str:
        found = value(row)
        return "–" if found is None else percent_text(found)

    return RowColumn(title, text, key, tip=tip)
