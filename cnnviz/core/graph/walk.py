"""Walking over the graph with four keys: along the lines, down and up the rows of a stack, and sideways."""

from __future__ import annotations

from typing import Literal

from cnnviz.core.graph.placed import PlacedGraph, PlacedNode

Step = Literal["up", "down", "left", "right"]

_FORWARD: dict[str, Step] = {"down": "down", "right": "right"}
_BACK: dict[str, Step] = {"down": "up", "right": "left"}


def next_layer(graph: PlacedGraph, layer: str, step: Step) -> str:
    """The layer one step away; ``layer`` itself where there is none. From nowhere, the first."""
    nodes = [node for node in graph.nodes if node.node.rows]
    place = next((node for node in nodes if any(row.name == layer for row in node.node.rows)), None)
    if place is None:
        return _entered(graph, nodes, layer)
    row = _row_beside(place, layer, step)
    if row is not None:
        return row
    if step == _FORWARD[graph.direction]:
        found = _nearest(place, _connected(graph, place, forward=True))
    elif step == _BACK[graph.direction]:
        found = _nearest(place, _connected(graph, place, forward=False))
    else:
        found = _beside(nodes, place, step)
    return layer if found is None else found.node.rows[-1 if step == "up" else 0].name


def _entered(graph: PlacedGraph, nodes: list[PlacedNode], layer: str) -> str:
    """From an open block to the first node inside it, from anywhere else to the first of all."""
    frame = next((frame.box for frame in graph.frames if frame.block.name == layer), None)
    inside = [node for node in nodes if frame is None or frame.contains(*node.box.centre)]
    return inside[0].node.rows[0].name if inside else layer


def _row_beside(place: PlacedNode, layer: str, step: Step) -> str | None:
    """The next row of the same node."""
    names = [row.name for row in place.node.rows]
    number = names.index(layer) + {"down": 1, "up": -1}.get(step, len(names))
    return names[number] if 0 <= number < len(names) else None


def _connected(graph: PlacedGraph, place: PlacedNode, *, forward: bool) -> list[PlacedNode]:
    """The nodes at the other ends of its lines, through junctions."""
    nodes = {node.node.name: node for node in graph.nodes}
    ends = [(placed.edge.source, placed.edge.target) for placed in graph.edges]
    pairs = ends if forward else [(target, source) for source, target in ends]
    found: dict[str, None] = {}
    waiting, seen = [place.node.name], set()
    while waiting:
        name = waiting.pop()
        for one, other in pairs:
            if one == name and other not in seen:
                seen.add(other)
                (found.setdefault(other) if other in nodes else waiting.append(other))
    return [nodes[name] for name in found if nodes[name].node.rows]


def _nearest(place: PlacedNode, others: list[PlacedNode]) -> PlacedNode | None:
    return min(others, key=lambda other: _distance(place, other), default=None)


def _beside(nodes: list[PlacedNode], place: PlacedNode, step: Step) -> PlacedNode | None:
    """The nearest node on that side, at about the same height (or place along the flow)."""
    axis, sign = (0, 1) if step == "right" else (0, -1) if step == "left" else (1, 1) if step == "down" else (1, -1)

    def ahead(other: PlacedNode) -> bool:
        return sign * (other.box.centre[axis] - place.box.centre[axis]) > 1 and _overlap(place, other, 1 - axis)

    return _nearest(place, [other for other in nodes if other is not place and ahead(other)])


def _overlap(one: PlacedNode, other: PlacedNode, axis: int) -> bool:
    if axis == 0:
        return one.box.left < other.box.right and other.box.left < one.box.right
    return one.box.top < other.box.bottom and other.box.top < one.box.bottom


def _distance(one: PlacedNode, other: PlacedNode) -> float:
    (x, y), (other_x, other_y) = one.box.centre, other.box.centre
    return (x - other_x) ** 2 + (y - other_y) ** 2
