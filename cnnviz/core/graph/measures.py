"""How large the boxes of the graph are: width tells channels, height makes room for text."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnnviz.core.graph.folding import GraphNode
from cnnviz.core.graph.placed import Box, Direction

NARROWEST, WIDEST = 8.5, 15.0
"""Of a node with one channel and of one with ``MOST_CHANNELS``, in lines of text."""

MOST_CHANNELS = 4096
TALLEST_PICTURE = 5.0
"""A node's thumbnail, in lines of text."""


@dataclass(frozen=True)
class Measures:
    """``line``: height of a line of text, which all else follows. ``thumbnails``: nodes have room for a picture."""

    line: float = 15.0
    thumbnails: bool = False

    def gap(self, direction: Direction) -> float:
        """Between what follows one another: room for a shape and an arrow's head."""
        return (1.75 if direction == "down" else 6.0) * self.line

    @property
    def padding(self) -> float:
        """Between a frame and what is in it, and between lines and boxes."""
        return 0.7 * self.line

    @property
    def header(self) -> float:
        """Height of a frame's title."""
        return 1.45 * self.line

    @property
    def bar(self) -> tuple[float, float]:
        """Length and thickness of a junction."""
        return 1.8 * self.line, 0.3 * self.line


def row_heights(node: GraphNode, measures: Measures) -> tuple[float, ...]:
    """Of the title lines, the first layer with its two lines, and the layers stacked below it."""
    one, two = 1.3 * measures.line, 2.5 * measures.line
    if not node.layers:
        return (1.6 * measures.line,)
    titles, below = len(node.titles), len(node.layers) - 1
    return (*[one] * titles, two, *[one] * below)


def picture_side(node: GraphNode, measures: Measures) -> float:
    """Of the square thumbnail at the right of a node; 0 for none."""
    if not measures.thumbnails or not node.layers or not node.layers[-1].map_axes:
        return 0.0
    wanted = max(sum(row_heights(node, measures)), 3.2 * measures.line)
    return min(wanted, TALLEST_PICTURE * measures.line)


def node_size(node: GraphNode, measures: Measures) -> tuple[float, float]:
    """Width and height."""
    side = picture_side(node, measures)
    width = _text_width(node) * measures.line + side
    return width, max(sum(row_heights(node, measures)), side)


def row_boxes(node: GraphNode, box: Box, measures: Measures) -> tuple[Box, ...]:
    """Where the rows of a placed node lie, beside its picture; together they are as tall as the node."""
    heights = row_heights(node, measures)
    stretch = box.height / sum(heights)
    width = box.width - picture_side(node, measures)
    tops = [box.top]
    for height in heights:
        tops.append(tops[-1] + height * stretch)
    return tuple(Box(box.left, top, width, height * stretch) for top, height in zip(tops, heights, strict=False))


def picture_box(node: GraphNode, box: Box, measures: Measures) -> Box | None:
    """Where a node's thumbnail lies, centred in its height."""
    side = picture_side(node, measures)
    if not side:
        return None
    return Box(box.right - side, box.top + (box.height - side) / 2, side, side)


def _text_width(node: GraphNode) -> float:
    """In lines of text: the logarithm of the channels between the narrowest and the widest."""
    if not node.layers:
        return NARROWEST
    channels = min(max(node.layers[-1].channels, 1), MOST_CHANNELS)
    return NARROWEST + (WIDEST - NARROWEST) * math.log(channels) / math.log(MOST_CHANNELS)
