"""How a unit's number comes about, in words and numbers. Free of widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np
from PySide6.QtCore import QCoreApplication

from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.unit import (
    Addition,
    Average,
    Copy,
    Function,
    Maximum,
    Normalisation,
    Numbers,
    Patch,
    Rank,
    Unit,
    WeightedSum,
)
from cnnviz.gui.widgets.number_text import short_value_text, value_text


def exact_text(value: float) -> str:
    """Six significant digits: what a single-precision number is good for."""
    return value_text(value) if not math.isfinite(value) else f"{value:.6g}".replace("-", "−")


def rank_text(rank: Rank) -> str:
    """``3rd of 64 here, 1,204th of 193,600 in the layer``; a single channel has no rank here."""
    if rank.here is None or rank.overall is None:
        return _tr("not a number: it has no rank")
    here = _tr("%1 of %2 channels here").replace("%1", _ordinal(rank.here)).replace("%2", f"{rank.channels:,}")
    overall = _tr("%1 of %2 in the layer").replace("%1", _ordinal(rank.overall)).replace("%2", f"{rank.units:,}")
    if rank.units == rank.channels:
        return _tr("%1 of %2 values").replace("%1", _ordinal(rank.here)).replace("%2", f"{rank.channels:,}")
    return f"{here}, {overall}" if rank.channels > 1 else overall


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return {"st": _tr("%1st"), "nd": _tr("%1nd"), "rd": _tr("%1rd"), "th": _tr("%1th")}[ending].replace(
        "%1", f"{number:,}"
    )


def check_text(unit: Unit) -> str:
    """Whether the number worked out is the one captured."""
    if unit.difference is None:
        return ""
    captured = _tr("captured %1").replace("%1", exact_text(unit.value))
    if not math.isfinite(unit.difference):
        return captured + (" ✓" if unit.agrees else " ✗")
    difference = _tr("difference %1").replace("%1", f"{abs(unit.difference):.1g}" if unit.difference else "0")
    more = "" if unit.agrees else _tr(", more than rounding explains")
    return f"{captured} {'✓' if unit.agrees else '✗'} {difference}{more}"


def formula(unit: Unit, inputs: Sequence[str]) -> str:
    """The arithmetic as rich text. ``inputs``: what the layer takes; their names are links."""
    match unit.arithmetic:
        case WeightedSum() as arithmetic:
            return _sum_formula(arithmetic, inputs)
        case Maximum() as arithmetic:
            y, x = arithmetic.winner
            words = _tr("The largest of %1 cells of %2: <b>%3</b>, at y %4, x %5.")
            texts = (_count(arithmetic.patch), _link(inputs, 0), exact_text(arithmetic.result), f"{y}", f"{x}")
            return _fill(words, *texts) + _places(arithmetic.patch)
        case Average() as arithmetic:
            total = exact_text(float(arithmetic.patch.values.sum()))
            words = _tr("The mean of %1 cells of %2: their sum %3 / %4 = <b>%5</b>.")
            texts = (total, f"{arithmetic.divisor:,}", exact_text(arithmetic.result))
            return _fill(words, _count(arithmetic.patch), _link(inputs, 0), *texts) + _places(arithmetic.patch)
        case Normalisation() as arithmetic:
            return _normalisation_formula(arithmetic, inputs)
        case Function() as arithmetic:
            words = _tr("%1(%2) = <b>%3</b>, of %4.")
            numbers = exact_text(arithmetic.input), exact_text(arithmetic.result)
            return _fill(words, escape(unit.kind), *numbers, _link(inputs, 0))
        case Addition() as arithmetic:
            return _addition_formula(arithmetic, inputs)
        case Copy() as arithmetic:
            words = _tr("Handed on from %1, channel %2, y %3, x %4: <b>%5</b>.")
            place = f"{arithmetic.channel}", f"{arithmetic.row}", f"{arithmetic.column}"
            return _fill(words, _link(inputs, arithmetic.input), *place, exact_text(arithmetic.result))
    words = _tr("What %1 computes is not spelled out here; the layers inside it and around it are.")
    return words.replace("%1", escape(unit.kind or _tr("this layer")))


def _sum_formula(arithmetic: WeightedSum, inputs: Sequence[str]) -> str:
    count = len(arithmetic.patch.channels)
    words = _tr("Σ over %1 input channels of %2 + bias %3 = <b>%4</b>")
    if arithmetic.patch.values[0].size == 1 and not arithmetic.patch.rows.any():
        words = _tr("Σ over %1 inputs of %2 + bias %3 = <b>%4</b>")
    texts = (f"{count:,}", _link(inputs, 0), exact_text(arithmetic.bias), exact_text(arithmetic.result))
    return _fill(words, *texts) + _places(arithmetic.patch)


def _normalisation_formula(arithmetic: Normalisation, inputs: Sequence[str]) -> str:
    words = _tr("(input %1 − mean %2) / √(variance %3 + ε %4) × weight %5 + bias %6 = <b>%7</b>, of %8.")
    numbers = (
        arithmetic.input,
        arithmetic.mean,
        arithmetic.variance,
        arithmetic.epsilon,
        arithmetic.weight,
        arithmetic.bias,
        arithmetic.result,
    )
    return _fill(words, *map(exact_text, numbers), _link(inputs, 0))


def _addition_formula(arithmetic: Addition, inputs: Sequence[str]) -> str:
    terms = " + ".join(exact_text(number) for number in arithmetic.inputs)
    names = ", ".join(_link(inputs, place) for place in range(len(inputs)))
    return _fill(_tr("%1 = <b>%2</b>, of %3."), terms, exact_text(arithmetic.result), names)


def _places(patch: Patch) -> str:
    """``Rows 4–6, columns 7–9``, and how much of that is padding; nothing for a vector."""
    if patch.rows.size == patch.columns.size == 1 and not patch.rows.any() and not patch.columns.any():
        return ""
    row_words = _tr("<br>Row %1, ") if patch.rows.size == 1 else _tr("<br>Rows %1, ")
    column_words = _tr("column %1") if patch.columns.size == 1 else _tr("columns %1")
    words = _fill(row_words, _span(patch.rows)) + _fill(column_words, _span(patch.columns))
    outside = int(np.count_nonzero(~patch.inside))
    padding = _tr(", %1 of %2 places in padding").replace("%1", f"{outside}").replace("%2", f"{patch.inside.size}")
    return words + (padding if outside else "") + "."


def _span(places: Numbers) -> str:
    inside = places[places >= 0]
    if not inside.size:
        return "–"
    first, last = int(inside.min()), int(inside.max())
    return f"{first}" if first == last else f"{first}–{last}"


def _count(patch: Patch) -> str:
    return f"{patch.rows.size}×{patch.columns.size}"


def _link(inputs: Sequence[str], place: int) -> str:
    """The name of what the layer takes there, as a link with its place."""
    if place >= len(inputs) or inputs[place] == NETWORK_INPUT:
        return _tr("the network's input") if place < len(inputs) else _tr("its input")
    return f'<a href="{place}">{escape(inputs[place])}</a>'


def matrix_text(values: Numbers) -> str:
    """Rows of numbers, tab-separated, for a spreadsheet."""
    return "\n".join("\t".join(repr(float(value)) for value in row) for row in values)


def limit_text(limit: float) -> str:
    """``±0.41``."""
    return f"±{short_value_text(limit)}"


def _fill(words: str, *texts: str) -> str:
    """All at once: a text may hold a % itself."""
    parts = words.split("%")
    return parts[0] + "".join(texts[int(part[0]) - 1] + part[1:] for part in parts[1:])


def _tr(text: str) -> str:
    return QCoreApplication.translate("UnitWords", text)
