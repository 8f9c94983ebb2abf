"""The colours of the graph in light and dark: one per family of layer, told apart by colour-blind eyes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette

from cnnviz.core.graph.families import FAMILIES, Family
from cnnviz.gui.theme import tones_of
from cnnviz.gui.widgets.color_mixing import mixed
from cnnviz.gui.widgets.series_colors import OTHER, RGB, SERIES

_BLUE, _RED, _GREEN, _YELLOW, _CYAN, _PURPLE = SERIES
FAMILY_COLORS: dict[Family, RGB] = {
    "convolution": _BLUE,
    "linear": _PURPLE,
    "normalization": _YELLOW,
    "activation": _RED,
    "pooling": _GREEN,
    "join": _CYAN,
    "attention": (238, 119, 51),
    "other": OTHER,
}
LIGHT_TINT, DARK_TINT = 0.17, 0.30


@dataclass(frozen=True)
class GraphColors:
    """``tints``: what rows are filled with; their text is ``text`` and ``muted``."""

    background: QColor
    node: QColor
    frame: QColor
    border: QColor
    line: QColor
    text: QColor
    muted: QColor
    marked: QColor
    found: QColor
    strips: dict[Family, QColor]
    tints: dict[Family, QColor]


def graph_colors(palette: QPalette) -> GraphColors:
    """For a widget with this palette."""
    tones = tones_of(palette)
    base, raised, window = QColor(tones.base), QColor(tones.raised), QColor(tones.window)
    dark = window.lightness() < 128
    tint = DARK_TINT if dark else LIGHT_TINT
    strips = {family: QColor(*FAMILY_COLORS[family]) for family in FAMILIES}
    return GraphColors(
        background=base,
        node=raised,
        frame=mixed(base, QColor(tones.muted), 0.07),
        border=mixed(base, QColor(tones.muted), 0.55),
        line=mixed(base, QColor(tones.muted), 0.9),
        text=QColor(tones.text),
        muted=QColor(tones.muted),
        marked=QColor(tones.accent),
        found=QColor(*tones.maps.selection),
        strips=strips,
        tints={family: mixed(base, color, tint) for family, color in strips.items()},
    )
