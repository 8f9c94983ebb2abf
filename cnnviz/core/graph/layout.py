"""From a network's calls to a drawing: fold, stack, bundle, lay out, squeeze, and find room for the shapes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import pairwise

from cnnviz.core.errors import NetworkError
from cnnviz.core.graph.bundles import Bundled, bundled
from cnnviz.core.graph.folding import CallTree, FoldedGraph, fold
from cnnviz.core.graph.labels import labelled
from cnnviz.core.graph.layered import Item, Layout, Spacing, layered
from cnnviz.core.graph.measures import Measures, node_size
from cnnviz.core.graph.placed import Box, Direction, PlacedEdge, PlacedFrame, PlacedGraph, PlacedNode, Point
from cnnviz.core.graph.squeeze import squeezed
from cnnviz.core.graph.stacks import stacked, titled

MOST_NODES = 3000
"""A graph with more takes longer to lay out than a user waits, and nobody finds anything in it."""

TextWidth = Callable[[str], float]


def lay_out(
    tree: CallTree, opened: Collection[str], measures: Measures, direction: Direction, text_width: TextWidth
) -> PlacedGraph:
    """The graph with these blocks open. ``text_width``: of a shape's text, in pixels.

    Raises NetworkError where there are too many nodes to lay out.
    """
    graph = titled(stacked(fold(tree, opened)))
    if len(graph.nodes) > MOST_NODES:
        raise NetworkError(
            f"This graph would have {len(graph.nodes):,} boxes, and at most {MOST_NODES:,} can be drawn: "
            "fold some of its blocks."
        )
    bundle = bundled(graph)
    layout = _layered(graph, bundle, measures, direction)
    layout = _squeezed(_tight_frames(layout, graph, measures, direction), graph, bundle, measures, direction)
    return labelled(_placed(layout, graph, bundle, measures, direction), measures, text_width)


def _layered(graph: FoldedGraph, bundle: Bundled, measures: Measures, direction: Direction) -> Layout:
    frames = [Item(frame.name, graph.frame_parents[frame.name]) for frame in graph.frames]
    nodes = [Item(node.name, node.parent, *node_size(node, measures)) for node in graph.nodes]
    length, thickness = measures.bar
    bar = (length, thickness) if direction == "down" else (thickness, length)
    bars = [Item(junction.name, junction.parent, *bar) for junction in bundle.junctions]
    spacing = Spacing(
        along=measures.gap(direction),
        across=1.2 * measures.line,
        lane=0.8 * measures.line,
        # the library leaves room for a header where the flow enters: to the right, that is not the top
        padding=measures.padding if direction == "down" else measures.header + 0.3 * measures.line,
        header=measures.header if direction == "down" else 0.0,
    )
    return layered([*frames, *nodes, *bars], [(edge.source, edge.target) for edge in bundle.edges], spacing, direction)


def _tight_frames(layout: Layout, graph: FoldedGraph, measures: Measures, direction: Direction) -> Layout:
    """Frames end a little after the last of what is in them."""
    boxes = dict(layout.boxes)
    ends: dict[str, float] = {}
    for node in graph.nodes:
        ends[node.parent] = max(ends.get(node.parent, 0.0), _end(boxes[node.name], direction))
    for frame in reversed(graph.frames):
        wanted = ends[frame.name] + measures.padding
        boxes[frame.name] = box = _ending(boxes[frame.name], wanted, direction)
        parent = graph.frame_parents[frame.name]
        ends[parent] = max(ends.get(parent, 0.0), _end(box, direction))
    return replace(layout, boxes=boxes)


def _end(box: Box, direction: Direction) -> float:
    return box.bottom if direction == "down" else box.right


def _ending(box: Box, end: float, direction: Direction) -> Box:
    if direction == "down":
        return replace(box, height=min(box.bottom, end) - box.top)
    return replace(box, width=min(box.right, end) - box.left)


# ----------------------------------------------------------------------------------------------------------- squeezing


def _squeezed(layout: Layout, graph: FoldedGraph, bundle: Bundled, measures: Measures, direction: Direction) -> Layout:
    down = direction == "down"
    along = squeezed(_occupied(layout, graph, bundle, measures, direction), measures.gap(direction))
    first = min((box.left if down else box.top for box in layout.boxes.values()), default=0.0)
    for points in layout.lines:
        first = min([first, *(x if down else y for x, y in points)])

    def point(x: float, y: float) -> Point:
        return (x - first, along(y)) if down else (along(x), y - first)

    def box(old: Box) -> Box:
        left, top = point(old.left, old.top)
        right, bottom = point(old.right, old.bottom)
        return Box(left, top, right - left, bottom - top)

    boxes = {name: box(old) for name, old in layout.boxes.items()}
    return Layout(boxes, tuple(tuple(point(*place) for place in points) for points in layout.lines))


def _occupied(
    layout: Layout, graph: FoldedGraph, bundle: Bundled, measures: Measures, direction: Direction
) -> Iterator[tuple[float, float]]:
    """Spans along the flow that must stay as long as they are."""
    names = [node.name for node in graph.nodes] + [junction.name for junction in bundle.junctions]
    for name in names:
        yield _span(layout.boxes[name], direction)
    for frame in graph.frames:
        start, end = _span(layout.boxes[frame.name], direction)
        yield start, start + (measures.header if direction == "down" else 0.0)
        yield end, end
    axis = 1 if direction == "down" else 0
    for points in layout.lines:
        for one, other in pairwise(points):
            if one[axis] == other[axis]:
                yield one[axis], one[axis]


def _span(box: Box, direction: Direction) -> tuple[float, float]:
    return (box.top, box.bottom) if direction == "down" else (box.left, box.right)


# -------------------------------------------------------------------------------------------------------------- result


def _placed(
    layout: Layout, graph: FoldedGraph, bundle: Bundled, measures: Measures, direction: Direction
) -> PlacedGraph:
    margin = measures.line
    boxes = {name: replace(box, left=box.left + margin, top=box.top + margin) for name, box in layout.boxes.items()}
    bars = {junction.name for junction in bundle.junctions}
    edges = tuple(
        PlacedEdge(edge, tuple((x + margin, y + margin) for x, y in points), edge.target in bars)
        for edge, points in zip(bundle.edges, layout.lines, strict=True)
    )
    corners = [(box.right, box.bottom) for box in boxes.values()] + [point for edge in edges for point in edge.points]
    return PlacedGraph(
        direction,
        max(x for x, _ in corners) + margin,
        max(y for _, y in corners) + margin,
        tuple(PlacedNode(node, boxes[node.name]) for node in graph.nodes),
        tuple(PlacedFrame(frame, boxes[frame.name]) for frame in graph.frames),
        edges,
        tuple(boxes[junction.name] for junction in bundle.junctions),
    )
