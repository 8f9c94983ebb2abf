"""Which part of the picture a cell of a feature map can see: exact arithmetic on intervals, without torch."""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]
Span = tuple[int, int]
"""First pixel and the one after the last."""


@dataclass(frozen=True)
class Region:
    """Pixels of the network's input: rows ``top`` to ``bottom`` and columns ``left`` to ``right``, the ends left out."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class ReceptiveField:
    """The theoretical receptive field of every cell of one layer, (height, width) in pixels of the network's input.

    Cell i's field starts at ``offset + i * stride``; ``offset`` is negative where it begins in padding. ``size`` None:
    the field is the whole picture. ``input_size``: the picture's.
    """

    size: Size | None
    stride: Size
    offset: Size
    input_size: Size
