"""Filters in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.inside.filters import (
    NEAR_DEAD,
    NEAR_DUPLICATE,
    FilterArrangement,
    FilterKind,
    FilterNumbers,
    FilterSheet,
    FilterTravel,
    FilterWeight,
)
from cnnviz.gui.widgets.number_text import percent_text, short_value_text, value_text
from cnnviz.gui.widgets.placeholders import filled

_translate = QCoreApplication.translate

MOST_NAMED = 5
"""Channels named in one line."""

ARRANGEMENTS: dict[FilterArrangement, str] = {
    "filters": _translate("Filters", "One tile each"),
    "sheet": _translate("Filters", "Outputs × inputs"),
    "output": _translate("Filters", "Output"),
    "input": _translate("Filters", "Input"),
}

KINDS: dict[FilterKind, str] = {
    "convolution": _translate("Filters", "convolution"),
    "transposed": _translate("Filters", "transposed convolution"),
    "depthwise": _translate("Filters", "depthwise: each kernel reads one channel"),
    "pointwise": _translate("Filters", "1×1: mixes channels cell by cell"),
    "linear": _translate("Filters", "matrix, a row per output"),
    "pictures": _translate("Filters", "weights of the maps before it"),
}


def weight_text(weight: FilterWeight) -> str:
    """The weight under the mouse: where it stands and its value or three."""
    read = "" if weight.input is None else filled(_translate("Filters", " ← input %1"), weight.input)
    place = filled(_translate("Filters", "output %1%2 · y %3, x %4"), weight.output, read, weight.row, weight.column)
    if len(weight.values) == 1:
        return f"{place} · {value_text(weight.values[0])}"
    return f"{place} · " + " ".join(
        f"{name} {short_value_text(value)}" for name, value in zip("RGB", weight.values, strict=True)
    )


def filter_text(output: int, numbers: FilterNumbers, travel: FilterTravel | None) -> str:
    """What is measured of one filter."""
    parts = [filled(_translate("Filters", "L2 norm %1"), short_value_text(float(numbers.l2[output])))]
    similarity = numbers.similarity
    if similarity is not None and similarity.nearest[output] >= 0:
        words = _translate("Filters", "most like %1 (cosine %2)")
        parts.append(filled(words, similarity.nearest[output], f"{similarity.cosine[output]:.2f}".replace("-", "−")))
    if travel is not None:
        words = _translate("Filters", "travelled %1 (%2 of its norm)")
        relative = percent_text(float(travel.relative[output]))
        parts.append(filled(words, short_value_text(float(travel.distance[output])), relative))
    return " · ".join(parts)


def moments_text(numbers: FilterNumbers) -> str:
    """Of all weights of the layer."""
    words = _translate("Filters", "mean %1 · deviation %2 · %3 near zero")
    text = filled(
        words, short_value_text(numbers.mean), short_value_text(numbers.deviation), percent_text(numbers.sparsity)
    )
    if numbers.not_finite:  # first, as a narrow dock cuts the end off
        text = filled(_translate("Filters", "%1 NaN or ∞ · %2"), f"{numbers.not_finite:,}", text)
    return text


def travel_text(travel: FilterTravel) -> str:
    """The filters that are farthest from where they started."""
    if not travel.distance.any():
        return _translate("Filters", "As when the run began: no filter has moved yet")
    farthest = ", ".join(str(output) for output in travel.order[:MOST_NAMED].tolist())
    return filled(_translate("Filters", "Travelled farthest since the start: %1"), farthest)


def page_text(sheet: FilterSheet) -> str:
    """Which kernels are on the page; empty where all are."""
    if sheet.pages == (1, 1):
        return ""
    outputs, inputs = sheet.kernels[:, 0], sheet.kernels[:, 1]
    named = inputs if sheet.arrangement == "output" else outputs
    what = _translate("Filters", "inputs") if sheet.arrangement == "output" else _translate("Filters", "outputs")
    text = filled(_translate("Filters", "%1 of %2 pages"), *_page_numbers(sheet))
    if sheet.arrangement == "sheet":
        shown = len(set(outputs.tolist())), len(set(inputs.tolist()))
        return filled(_translate("Filters", "%1 outputs × %2 inputs · page %3"), *shown, text)
    return filled(_translate("Filters", "%1 %2 · page %3"), len(set(named.tolist())), what, text)


def _page_numbers(sheet: FilterSheet) -> tuple[int, int]:
    down, across = sheet.page
    return down * sheet.pages[1] + across + 1, sheet.pages[0] * sheet.pages[1]


def dead_tip() -> str:
    return filled(
        _translate("Filters", "Its norm is at most %1 of the layer's median: it hardly does anything"),
        percent_text(NEAR_DEAD),
    )


def duplicate_tip() -> str:
    return filled(
        _translate("Filters", "The cosine between it and another filter is at least %1: both do nearly the same"),
        NEAR_DUPLICATE,
    )
