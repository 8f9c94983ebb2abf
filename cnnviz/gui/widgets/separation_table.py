"""The units that tell frames with the object from those without, in a table."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from cnnviz.core.inside.channel_effects import SeparatingUnit
from cnnviz.gui.widgets.number_text import percent_text, short_value_text
from cnnviz.gui.widgets.rows_model import RowColumn
from cnnviz.gui.widgets.rows_table import RowsTable

_translate = QCoreApplication.translate
LONG_EFFECT = 2.0
"""Two spreads that hardly overlap: weaker effects do not look as strong as this, even where there are no stronger."""


def separation_table(parent: QWidget) -> RowsTable:
    """Of SeparatingUnits; what stays of one is its layer and channel."""
    return RowsTable(_columns(), lambda unit: (unit.layer, unit.channel), parent)


def effect_text(unit: SeparatingUnit) -> str:
    """With its sign: positive where the unit fires for the object."""
    if math.isinf(unit.effect):
        return "∞" if unit.effect > 0 else "−∞"
    return f"{unit.effect:+.2f}".replace("-", "−")


def _columns() -> tuple[RowColumn, ...]:
    return (
        RowColumn(_translate("Separation", "layer"), lambda unit: unit.layer, lambda unit: unit.layer, number=False),
        RowColumn(_translate("Separation", "channel"), lambda unit: str(unit.channel), lambda unit: unit.channel),
        RowColumn(
            _translate("Separation", "effect"),
            effect_text,
            lambda unit: unit.effect,
            tip=_translate(
                "Separation",
                "Hedges' g: the difference of the two means in standard deviations. To the right: fires for the object",
            ),
            bar=True,
            long=LONG_EFFECT,
        ),
        RowColumn(
            _translate("Separation", "more with it"),
            lambda unit: percent_text(unit.probability),
            lambda unit: unit.probability,
            tip=_translate(
                "Separation", "How likely a frame with the object excites it more than one without, for normal spreads"
            ),
        ),
        RowColumn(
            _translate("Separation", "with"),
            lambda unit: short_value_text(unit.mean_with),
            lambda unit: unit.mean_with,
            tip=_translate("Separation", "Mean of the map's highest cell over the frames with the object"),
        ),
        RowColumn(
            _translate("Separation", "without"),
            lambda unit: short_value_text(unit.mean_without),
            lambda unit: unit.mean_without,
            tip=_translate("Separation", "Mean of the map's highest cell over the frames without it"),
        ),
        RowColumn(
            _translate("Separation", "frames"),
            lambda unit: f"{unit.with_count} + {unit.without_count}",
            lambda unit: unit.with_count + unit.without_count,
            tip=_translate("Separation", "Frames with and without the object in which it was finite"),
        ),
    )
