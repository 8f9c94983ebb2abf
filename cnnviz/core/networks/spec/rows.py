"""A network as data: frozen, hashable, pure Python. A change makes a new spec, so that undo is a list of specs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.core.networks.spec.options import NO_OPTIONS, Options

Shape = tuple[int, ...]
"""Maps are (channels, height, width), a vector is (features,); the batch is left out."""
Size = tuple[int, int]
Fit = Literal["crop", "squash", "pad"]
Interpolation = Literal["nearest", "bilinear", "bicubic"]
RowPath = tuple[int, ...]
"""Where a row is: its place among the network's rows, then among its group's rows, and so on."""


@dataclass(frozen=True)
class LayerRow:
    """One layer or one block of the palette. ``name`` becomes the module's name: see ``names.checked_name``."""

    name: str
    kind: str
    options: Options = NO_OPTIONS


@dataclass(frozen=True)
class GroupRow:
    """Rows one below the other, ``repeat`` times. Every repetition has weights of its own.

    The modules are called ``group.row``, and ``group.0.row``, ``group.1.row`` … where there are several repetitions.
    """

    name: str
    rows: tuple[Row, ...]
    repeat: int = 1


Row = LayerRow | GroupRow


@dataclass(frozen=True)
class InputScaling:
    """How a picture becomes the network's input. The fields mean what they mean in ``values.Preprocessing``."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: int | None = None
    fit: Fit = "crop"
    interpolation: Interpolation = "bilinear"
    invert: bool = False


@dataclass(frozen=True)
class NetworkSpec:
    """``input_shape``: channels, height, width."""

    title: str
    input_shape: tuple[int, int, int]
    rows: tuple[Row, ...] = ()
    preprocessing: InputScaling | None = None
    class_names: tuple[str, ...] = ()
    notes: str = ""
