"""The columns of the summary: a title, what a cell says, and the number it is sorted by."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from cnnviz.core.arrays import Size
from cnnviz.core.graph.totals import Totals
from cnnviz.core.networks.values import LayerInfo, Learning, Window
from cnnviz.gui.widgets.builder_text import bytes_text
from cnnviz.gui.widgets.number_text import shape_text

translate = QCoreApplication.translate

Text = Callable[[LayerInfo], str]
Key = Callable[[LayerInfo], float | str]
Total = Callable[[Totals], int]


@dataclass(frozen=True)
class Column:
    """``tip`` explains the title. ``number``: right-aligned. ``plain``: what files have in place of ``text``.
    ``total``: of the whole network, for columns that add up.
    """

    title: str
    tip: str
    text: Text
    key: Key
    number: bool = True
    plain: Text | None = None
    total: Total | None = None

    def exported(self, layer: LayerInfo) -> str:
        """What a cell says in a file: whole numbers, without separators."""
        return (self.plain or self.text)(layer)


def learning_text(learning: Learning) -> str:
    """What backpropagation updates, in a word or two."""
    return {
        "learns": translate("SummaryTable", "learns"),
        "frozen": translate("SummaryTable", "frozen"),
        "partly": translate("SummaryTable", "partly frozen"),
        "statistics": translate("SummaryTable", "statistics only"),
        "nothing": translate("SummaryTable", "nothing"),
    }[learning]


def columns() -> tuple[Column, ...]:
    """The name first."""
    return (
        Column(
            translate("SummaryTable", "Layer"), "", lambda layer: layer.name, lambda layer: layer.order, number=False
        ),
        Column(translate("SummaryTable", "Type"), "", lambda layer: layer.kind, lambda layer: layer.kind, number=False),
        *_window_columns(),
        Column(
            translate("SummaryTable", "Output"),
            translate("SummaryTable", "Channels × height × width"),
            _output,
            lambda layer: math.prod(layer.shape or (0,)),
        ),
        _count(
            translate("SummaryTable", "Parameters"),
            translate("SummaryTable", "Numbers that are learnt"),
            lambda layer: layer.parameters,
            lambda totals: totals.parameters,
        ),
        _count(
            translate("SummaryTable", "Multiply-adds"),
            translate("SummaryTable", "For one picture"),
            lambda layer: layer.macs,
            lambda totals: totals.macs,
        ),
        Column(
            translate("SummaryTable", "Memory"),
            translate("SummaryTable", "Of the output, for one picture"),
            lambda layer: bytes_text(layer.memory) if layer.memory else "",
            lambda layer: layer.memory,
            plain=lambda layer: str(layer.memory),
            total=lambda totals: totals.memory,
        ),
        *_field_columns(),
        Column(
            translate("SummaryTable", "Backpropagation"),
            translate("SummaryTable", "What it updates in this layer"),
            lambda layer: learning_text(layer.learning),
            lambda layer: layer.learning,
            number=False,
        ),
    )


def _window_columns() -> tuple[Column, ...]:
    return (
        _window(
            translate("SummaryTable", "Kernel"),
            translate("SummaryTable", "Height × width of the window"),
            lambda window: window.kernel,
        ),
        _window(
            translate("SummaryTable", "Stride"),
            translate("SummaryTable", "Cells from one window to the next"),
            lambda window: window.stride,
        ),
        _window(
            translate("SummaryTable", "Padding"),
            translate("SummaryTable", "Rows above and columns to the left"),
            lambda window: window.padding,
        ),
        _window(
            translate("SummaryTable", "Dilation"),
            translate("SummaryTable", "Cells from one weight to the next"),
            lambda window: window.dilation,
        ),
        Column(
            translate("SummaryTable", "Groups"),
            translate("SummaryTable", "Parts the channels are split into"),
            lambda layer: str(layer.window.groups) if layer.window and layer.weight else "",
            lambda layer: layer.window.groups if layer.window and layer.weight else 0,
        ),
    )


def _window(title: str, tip: str, side: Callable[[Window], Size]) -> Column:
    return Column(
        title,
        tip,
        lambda layer: sides_text(side(layer.window)) if layer.window else "",
        lambda layer: math.prod(side(layer.window)) if layer.window else -1,
    )


def _field_columns() -> tuple[Column, ...]:
    tip = translate("SummaryTable", "The part of the picture a cell can see, in pixels")
    return (
        Column(translate("SummaryTable", "Field"), tip, _field_size, _field_key),
        Column(
            translate("SummaryTable", "Field stride"),
            translate("SummaryTable", "Pixels from one cell's field to the next one's"),
            lambda layer: sides_text(layer.receptive_field.stride) if _has_size(layer) else "",
            lambda layer: float(layer.receptive_field.stride[0]) if _has_size(layer) else -1,
        ),
        Column(
            translate("SummaryTable", "Field offset"),
            translate("SummaryTable", "Where the first cell's field begins; negative in the padding"),
            lambda layer: sides_text(layer.receptive_field.offset) if _has_size(layer) else "",
            lambda layer: layer.receptive_field.offset[0] if _has_size(layer) else math.inf,
        ),
    )


def sides_text(sides: tuple[object, object]) -> str:
    """``3`` where both sides are equal, else ``3×1``."""
    first, second = (str(side).replace("-", "−") for side in sides)
    return first if first == second else f"{first}×{second}"


def _output(layer: LayerInfo) -> str:
    return shape_text(layer.shape)


def _count(title: str, tip: str, number: Callable[[LayerInfo], int], total: Total) -> Column:
    return Column(
        title,
        tip,
        lambda layer: f"{number(layer):,}" if number(layer) else "",
        number,
        plain=lambda layer: str(number(layer)),
        total=total,
    )


def _has_size(layer: LayerInfo) -> bool:
    return layer.receptive_field is not None and layer.receptive_field.size is not None


def _field_size(layer: LayerInfo) -> str:
    if layer.receptive_field is None:
        return ""
    return (
        translate("SummaryTable", "all")
        if layer.receptive_field.size is None
        else shape_text(layer.receptive_field.size)
    )


def _field_key(layer: LayerInfo) -> float:
    if layer.receptive_field is None:
        return -1
    return math.inf if layer.receptive_field.size is None else math.prod(layer.receptive_field.size)
