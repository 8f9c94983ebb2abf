"""What a kind of row is: its options, its arithmetic and the module it becomes. The palette is a table of these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.field import POINT, RowField
from cnnviz.core.networks.spec.options import Option, Options, options_of
from cnnviz.core.networks.spec.rows import LayerRow, Shape

Category = Literal["convolution", "normalisation", "activation", "pooling", "regularisation", "vector", "block"]
Argument = int | float | bool | str | tuple[int, ...]


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be: ``reason``, and what ``fix`` would make it possible."""

    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.fix}"


class ImpossibleRow(Exception):  # noqa: N818 - not an error: check() turns it into the row's report
    """Raised by a kind's arithmetic where its options do not go with its input."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.problem = Problem(reason, fix)


@dataclass(frozen=True)
class Work:
    """What a row makes of an input, and what that costs. ``formula``: how the output size comes about.

    ``macs``: multiplications of convolutions and linear layers for one picture. ``values``: what its layers hand on,
    all together. ``buffers``: numbers that are kept but not learnt.
    """

    shape: Shape
    formula: str = ""
    parameters: int = 0
    parameter_formula: str = ""
    macs: int = 0
    macs_formula: str = ""
    values: int = 0
    buffers: int = 0
    field: RowField = POINT


@dataclass(frozen=True)
class ModuleCall:
    """A module of ``torch.nn`` and how it is made: what is built, and what is written into exported source."""

    module: str
    arguments: tuple[Argument, ...] = ()
    named: tuple[tuple[str, Argument], ...] = ()


@dataclass(frozen=True)
class Join:
    """Branches that take one input side by side; ``operation`` makes one output of theirs.

    A branch is a name and its nodes; one without nodes hands its input on.
    """

    name: str
    operation: Literal["sum", "concat", "product"]
    branches: tuple[tuple[str, tuple[Node, ...]], ...]


Node = LayerRow | Join


@dataclass(frozen=True)
class Kind:
    """``prefix``: default names are this and a number. ``help``: one sentence on what it does."""

    name: str
    title: str
    category: Category
    prefix: str
    help: str
    options: tuple[Option, ...]

    def row(self, name: str, /, **values: object) -> LayerRow:
        """A row of this kind; options not given have their defaults."""
        try:
            return LayerRow(name, self.name, options_of(self.options, values))
        except NetworkError as error:
            raise NetworkError(f"{self.title} {name!r}: {error.message}") from error


@dataclass(frozen=True)
class LayerKind(Kind):
    """One layer. ``work`` raises ImpossibleRow where ``module`` could not run."""

    work: Callable[[Options, Shape], Work]
    module: Callable[[Options, Shape], ModuleCall]


@dataclass(frozen=True)
class BlockKind(Kind):
    """Several layers under one name. ``expand``: which they are for this input; raises ImpossibleRow too."""

    expand: Callable[[Options, Shape], tuple[Node, ...]]
