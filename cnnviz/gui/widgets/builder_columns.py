"""Which of the builder's columns fit, and how wide they are: arithmetic on widths, free of Qt's views."""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.gui.widgets.builder_model import FIELD, MACS, MEMORY, NAME, OPTIONS, OUTPUT, PARAMETERS

WIDEST = {
    NAME: "residual12",
    OPTIONS: "Average pooling  2×2",
    OUTPUT: "512×112×112",
    PARAMETERS: "102,764,544",
    MACS: "Mult-adds",
    FIELD: "427×427",
    MEMORY: "Memory",
}
"""Texts the columns have room for, the first two at least."""

_BY_RANK = (NAME, OUTPUT, PARAMETERS, MACS, FIELD, MEMORY, OPTIONS)
_NAME_SHARE = 0.25


def column_widths(room: int, wanted: Mapping[int, int]) -> dict[int, int]:
    """Of the columns on view, by rank as long as there is room. Names and options share what is left over; without a
    column of their own, options stand behind the names.
    """
    widths: dict[int, int] = {}
    for column in _BY_RANK:
        if widths and sum(widths.values()) + wanted[column] > room:
            break
        widths[column] = wanted[column]
    left_over = max(0, room - sum(widths.values()))
    for_name = int(left_over * _NAME_SHARE) if OPTIONS in widths else left_over
    widths[NAME] += for_name
    if OPTIONS in widths:
        widths[OPTIONS] += left_over - for_name
    return widths
