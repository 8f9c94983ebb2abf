"""A placed graph as something to paint and to point at: indexed by place, with the names of all that is on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPolygonF

from cnnviz.core.graph.measures import Measures, picture_box, row_boxes
from cnnviz.core.graph.placed import Box, PlacedEdge, PlacedFrame, PlacedGraph, PlacedNode, Point
from cnnviz.core.networks.values import LayerInfo

Part = Literal["row", "switch", "header", "frame"]

SWITCH = 1.1
"""Side of the field with the plus or minus sign, in lines of text."""

ROUNDING = 5.0
ARROW = (3.6, 6.5)
"""Half the width and the length of an arrow's head."""


@dataclass(frozen=True)
class Target:
    """What lies at a place: a row of a node, the switch of a block, an open block's header or its inside."""

    layer: str
    part: Part


class GraphScene:
    """Everything here is in the placed graph's own pixels."""

    def __init__(self, graph: PlacedGraph, measures: Measures) -> None:
        self.graph = graph
        self.measures = measures
        self._node_corners = _corners(node.box for node in graph.nodes)
        self._frame_corners = _corners(frame.box for frame in graph.frames)
        self._edge_corners = _corners(_around(edge) for edge in graph.edges)
        self._places = {layer.name: node for node in graph.nodes for layer in node.node.rows}
        self._places |= {node.node.name: node for node in graph.nodes}
        self._frames = {frame.block.name: frame for frame in graph.frames}

    # --------------------------------------------------------------------------------------------------------- by place

    def nodes_in(self, box: Box) -> list[PlacedNode]:
        return [self.graph.nodes[number] for number in _meeting(self._node_corners, box)]

    def frames_in(self, box: Box) -> list[PlacedFrame]:
        return [self.graph.frames[number] for number in _meeting(self._frame_corners, box)]

    def edges_in(self, box: Box) -> list[int]:
        """Numbers of the edges that may pass through ``box``."""
        return _meeting(self._edge_corners, box)

    def target_at(self, x: float, y: float) -> Target | None:
        """The smallest thing at a place; None beside all."""
        for node in self.nodes_in(Box(x, y, 0, 0)):
            found = self._row_at(node, x, y)
            if found is not None:
                return found
        for frame in reversed(self.frames_in(Box(x, y, 0, 0))):  # the inner ones come later
            return self._frame_part(frame, x, y)
        return None

    def _row_at(self, placed: PlacedNode, x: float, y: float) -> Target | None:
        node = placed.node
        if not node.layers or not placed.box.contains(x, y):
            return None
        row, layer = next(
            ((row, layer) for row, layer in self.rows(placed) if row.top <= y < row.bottom),
            (placed.box, node.layers[-1]),
        )
        folds = node.kind == "block" or layer in node.titles
        return Target(layer.name, "switch" if folds and self.switch(row).contains(x, y) else "row")

    def _frame_part(self, frame: PlacedFrame, x: float, y: float) -> Target:
        header = self.header(frame)
        if self.switch(header).contains(x, y):
            return Target(frame.block.name, "switch")
        return Target(frame.block.name, "header" if y < header.bottom else "frame")

    # ---------------------------------------------------------------------------------------------------------- by name

    def box_of(self, layer: str) -> Box | None:
        """Of the row, or of the open block, that stands for a call; None where it is hidden."""
        if layer in self._frames:
            return self._frames[layer].box
        placed = self._places.get(layer)
        if placed is None:
            return None
        return next((row for row, one in self.rows(placed) if one.name == layer), placed.box)

    def node_of(self, layer: str) -> PlacedNode | None:
        """The node that a call is a row of."""
        return self._places.get(layer)

    # ----------------------------------------------------------------------------------------------------------- shapes

    def rows(self, placed: PlacedNode) -> Iterator[tuple[Box, LayerInfo]]:
        """The rows of a node, from the top; none for the ends."""
        boxes = row_boxes(placed.node, placed.box, self.measures)
        return zip(boxes, placed.node.rows, strict=False)

    def picture(self, placed: PlacedNode) -> Box | None:
        """Where a node's thumbnail lies."""
        return picture_box(placed.node, placed.box, self.measures)

    def header(self, frame: PlacedFrame) -> Box:
        """The line at the top of an open block."""
        return Box(frame.box.left, frame.box.top, frame.box.width, self.measures.header)

    def switch(self, line: Box) -> Box:
        """The plus or minus sign at the left of a line."""
        side = SWITCH * self.measures.line
        top = line.top + min((line.height - side) / 2, 0.2 * self.measures.line)
        return Box(line.left + 0.25 * self.measures.line, top, side, side)

    @cached_property
    def paths(self) -> tuple[QPainterPath, ...]:
        """A line with round corners for every edge."""
        return tuple(_rounded(edge.points) for edge in self.graph.edges)

    @cached_property
    def heads(self) -> tuple[QPolygonF | None, ...]:
        """An arrow's head for every edge that has one."""
        return tuple(None if edge.into_bar else _head(edge.points) for edge in self.graph.edges)

    @cached_property
    def all_lines(self) -> QPainterPath:
        """All edges at once, for when they are small."""
        path = QPainterPath()
        for edge in self.graph.edges:
            path.addPolygon(QPolygonF([QPointF(*point) for point in edge.points]))
        return path


def _corners(boxes: Iterator[Box]) -> NDArray[np.float64]:
    """Left, top, right, bottom in a column each."""
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, np.float64).reshape(-1, 4)


def _meeting(corners: NDArray[np.float64], box: Box) -> list[int]:
    left, top, right, bottom = corners.T
    meets = (left <= box.right) & (right >= box.left) & (top <= box.bottom) & (bottom >= box.top)
    return np.flatnonzero(meets).tolist()


def _around(edge: PlacedEdge) -> Box:
    """The edge with its label."""
    xs, ys = zip(*edge.points, strict=True)
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    if edge.label is not None:
        left, top = min(left, edge.label.left), min(top, edge.label.top)
        right, bottom = max(right, edge.label.right), max(bottom, edge.label.bottom)
    return Box(left, top, right - left, bottom - top)


def _rounded(points: Sequence[Point]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before))
        path.quadTo(QPointF(*corner), _towards(corner, after))
    path.lineTo(QPointF(*points[-1]))
    return path


def _towards(corner: Point, other: Point) -> QPointF:
    """A little way from a corner, at most half of it."""
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])  # lines run along the axes
    share = min(ROUNDING / length, 0.5) if length else 0.0
    return QPointF(corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share)


def _head(points: Sequence[Point]) -> QPolygonF:
    (from_x, from_y), (x, y) = points[-2], points[-1]
    half, length = ARROW
    if abs(x - from_x) > abs(y - from_y):
        back = x - length if x > from_x else x + length
        return QPolygonF([QPointF(x, y), QPointF(back, y - half), QPointF(back, y + half)])
    back = y - length if y > from_y else y + length
    return QPolygonF([QPointF(x, y), QPointF(x - half, back), QPointF(x + half, back)])
