"""Where the shapes stand beside the lines: once per output, on the straightest line, where they cover nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from cnnviz.core.graph.measures import Measures
from cnnviz.core.graph.placed import Box, Direction, PlacedEdge, PlacedGraph, Point

TEXT_SIZE = 0.85
"""Height of a label, in lines of text."""


def labelled(graph: PlacedGraph, measures: Measures, text_width: Callable[[str], float]) -> PlacedGraph:
    """``graph`` with a label on one line of every output, if it fits there."""
    taken = _Taken(graph, measures)
    chosen: dict[int, Box] = {}
    for numbers in _by_source(graph.edges):
        text = shape_label(graph.edges[numbers[0]])
        size = (text_width(text), TEXT_SIZE * measures.line)
        for number in numbers:
            places = _places(graph.edges[number].points, size, 0.25 * measures.line, graph.direction)
            box = next((place for place in places if taken.is_free(place)), None) if text else None
            if box is not None:
                taken.add(box)
                chosen[number] = box
                break
    edges = tuple(replace(edge, label=chosen.get(number)) for number, edge in enumerate(graph.edges))
    return replace(graph, edges=edges)


def shape_label(edge: PlacedEdge) -> str:
    """``64×56×56``; ``64×56×56 +2`` for a line that carries three tensors; empty for what is no tensor."""
    shape = edge.edge.tensors[0][1]
    if shape is None:
        return ""
    more = len(edge.edge.tensors) - 1
    return "×".join(map(str, shape)) + (f" +{more}" if more else "")


def _by_source(edges: Sequence[PlacedEdge]) -> list[list[int]]:
    """The lines of each output, the straightest first."""
    groups: dict[str, list[int]] = {}
    for number, edge in enumerate(edges):
        groups.setdefault(edge.edge.source, []).append(number)
    return [sorted(group, key=lambda number: len(edges[number].points)) for group in groups.values()]


def _places(points: Sequence[Point], size: tuple[float, float], away: float, direction: Direction) -> Iterator[Box]:
    """Beside every long enough part along the flow: near its start and its end, on either side."""
    width, height = size
    for (x, y), (other_x, other_y) in pairwise(points):
        if direction == "down" and x == other_x and other_y - y >= height + 2 * away:
            for top in (y + away, other_y - 2 * away - height):
                yield Box(x + 1.4 * away, top, width, height)
                yield Box(x - 1.4 * away - width, top, width, height)
        elif direction == "right" and y == other_y and other_x - x >= width + 2 * away:
            for left in (x + away, other_x - 2 * away - width):
                yield Box(left, y - away - height, width, height)
                yield Box(left, y + away, width, height)


class _Taken:
    """What a label must not cover, found by its band along y."""

    def __init__(self, graph: PlacedGraph, measures: Measures) -> None:
        self._band = 8 * measures.line
        self._bands: dict[int, list[Box]] = {}
        for node in graph.nodes:
            self.add(node.box)
        for bar in graph.bars:
            self.add(bar)
        for frame in graph.frames:
            for edge in _frame_lines(frame.box):
                self.add(edge)
        for placed in graph.edges:
            for one, other in pairwise(placed.points):
                self.add(_thin(one, other))

    def add(self, box: Box) -> None:
        for band in self._bands_of(box):
            self._bands.setdefault(band, []).append(box)

    def is_free(self, box: Box) -> bool:
        return not any(box.meets(other) for band in self._bands_of(box) for other in self._bands.get(band, ()))

    def _bands_of(self, box: Box) -> range:
        return range(int(box.top // self._band), int(box.bottom // self._band) + 1)


def _thin(one: Point, other: Point) -> Box:
    left, top = min(one[0], other[0]) - 1, min(one[1], other[1]) - 1
    return Box(left, top, abs(one[0] - other[0]) + 2, abs(one[1] - other[1]) + 2)


def _frame_lines(box: Box) -> Iterator[Box]:
    corners = ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))
    for one, other in zip(corners, (*corners[1:], corners[0]), strict=True):
        yield _thin(one, other)
