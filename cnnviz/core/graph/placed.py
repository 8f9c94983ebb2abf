"""The graph with a place for everything, in pixels at a scale of one: y points down, all places are positive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.core.graph.folding import GraphEdge, GraphNode
from cnnviz.core.networks.values import LayerInfo

Direction = Literal["down", "right"]
Point = tuple[float, float]
"""x, y."""


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def centre(self) -> Point:
        return self.left + self.width / 2, self.top + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        return self.left <= x < self.right and self.top <= y < self.bottom

    def meets(self, other: Box) -> bool:
        """They share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class PlacedNode:
    node: GraphNode
    box: Box


@dataclass(frozen=True)
class PlacedFrame:
    """An open block around what is in it."""

    block: LayerInfo
    box: Box


@dataclass(frozen=True)
class PlacedEdge:
    """``points`` from border to border, at right angles. ``into_bar``: it ends in a junction and has no arrow's head.

    ``label``: where the shape stands, as wide as it was measured; None where an edge of the same tensor has it or
    there is no room.
    """

    edge: GraphEdge
    points: tuple[Point, ...]
    into_bar: bool = False
    label: Box | None = None


@dataclass(frozen=True)
class PlacedGraph:
    """``frames``: outer before inner. ``bars``: where shared lines meet."""

    direction: Direction
    width: float
    height: float
    nodes: tuple[PlacedNode, ...]
    frames: tuple[PlacedFrame, ...]
    edges: tuple[PlacedEdge, ...]
    bars: tuple[Box, ...]
