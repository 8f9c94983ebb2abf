"""The layered layout itself: boxes in boxes and the lines between them, by the graphlay library.

graphlay (MIT or Apache, no dependencies) knows sizes, nested boxes and right-angled lines, which grandalf, igraph and
fast-sugiyama do not all do. Only this file knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.core.errors import NetworkError
from cnnviz.core.graph.placed import Box, Direction, Point


@dataclass(frozen=True)
class Item:
    """A box to place. ``parent``: the item around it; the size of one with items inside is found by the layout."""

    name: str
    parent: str
    width: float = 1.0
    height: float = 1.0


@dataclass(frozen=True)
class Spacing:
    """In pixels. ``along``: between what follows one another; ``across``: beside it; ``lane``: beside lines."""

    along: float
    across: float
    lane: float
    padding: float
    header: float


@dataclass(frozen=True)
class Layout:
    """``lines`` in the order of the given pairs, from border to border."""

    boxes: Mapping[str, Box]
    lines: tuple[tuple[Point, ...], ...]


def layered(items: Sequence[Item], pairs: Sequence[tuple[str, str]], spacing: Spacing, direction: Direction) -> Layout:
    """Places ``items`` (each after the one around it) so that all ``pairs`` point along ``direction``.

    Raises NetworkError where the library gives up.
    """
    import graphlay

    graph = graphlay.Graph()
    places: dict[str, int] = {}
    for item in items:
        around: dict[str, Any] = {"parent": places[item.parent]} if item.parent in places else {}
        places[item.name] = graph.node(item.name, width=item.width, height=item.height, **around)
    for source, target in pairs:
        graph.edge(source, target)
    try:
        drawn = graphlay.layout(graph, options=_options(spacing, direction))
    except graphlay.GraphlayError as error:
        raise NetworkError(
            f"This graph of {len(items)} nodes cannot be laid out: fold some of its blocks.", details=str(error)
        ) from error
    boxes = {item.name: _box(node) for item, node in zip(items, drawn.nodes, strict=True)}
    return Layout(boxes, tuple(_points(edge) for edge in drawn.edges))


def _options(spacing: Spacing, direction: Direction) -> dict[str, Any]:
    return {
        "direction": "topbottom" if direction == "down" else "leftright",
        "routing": {"merge_edges": "forks", "port_sides": "facing_only", "lane_gap": spacing.lane / 2},
        "spacing": {
            "layer_gap": spacing.along,
            "node_gap": spacing.across,
            "dummy_gap": spacing.lane,
            "port_gap": spacing.lane,
            "stub": spacing.lane / 2,
            "compound_padding": spacing.padding,
            "compound_header": spacing.header,
        },
    }


def _box(node: Mapping[str, Any]) -> Box:
    width, height = node["size"]["width"], node["size"]["height"]
    return Box(node["center"]["x"] - width / 2, node["center"]["y"] - height / 2, width, height)


def _points(edge: Mapping[str, Any]) -> tuple[Point, ...]:
    """At right angles to the last digit: the library lets lines lean by less than a pixel."""
    points: list[Point] = []
    for point in edge["points"]:
        x, y = point["x"], point["y"]
        if points and abs(x - points[-1][0]) < 1:
            x = points[-1][0]
        elif points and abs(y - points[-1][1]) < 1:
            y = points[-1][1]
        points.append((x, y))
    return tuple(points)
