"""What the header of a table says of a column."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TitledColumn(Protocol):
    """``tip`` explains the title; ``number``: right-aligned."""

    @property
    def title(self) -> str: ...
    @property
    def tip(self) -> str: ...
    @property
    def number(self) -> bool: ...


def header_data(column: TitledColumn, orientation: Qt.Orientation, role: int) -> object:
    """The answer of a model's ``headerData``; rows have no headers."""
    if orientation != Qt.Orientation.Horizontal:
        return None
    if role == Qt.ItemDataRole.TextAlignmentRole and column.number:
        return RIGHT
    if role == Qt.ItemDataRole.ToolTipRole:
        return column.tip or None
    return column.title if role == Qt.ItemDataRole.DisplayRole else None
