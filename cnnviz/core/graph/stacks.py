"""A convolution, its normalization and its activation as one stack of rows instead of three boxes with two lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from cnnviz.core.graph.families import follows
from cnnviz.core.graph.folding import FoldedGraph, GraphEdge, GraphNode


def stacked(graph: FoldedGraph) -> FoldedGraph:
    """Attaches every layer that only follows (see ``families.follows``) to the one node whose output it alone reads.

    A stack is called by its last layer: its output is that layer's.
    """
    below = _attached(graph)
    lowest: dict[str, str] = {}
    nodes = {node.name: node for node in graph.nodes}
    grown: list[GraphNode] = []
    attached = set(below.values())
    for node in graph.nodes:
        if node.name in attached:
            continue
        rows = [node]
        while rows[-1].name in below:
            rows.append(nodes[below[rows[-1].name]])
        stack = replace(node, name=rows[-1].name, layers=tuple(layer for row in rows for layer in row.layers))
        lowest.update((row.name, stack.name) for row in rows)
        grown.append(stack)
    return replace(graph, nodes=tuple(grown), edges=_outer_edges(graph.edges, lowest))


def titled(graph: FoldedGraph) -> FoldedGraph:
    """Frames that hold a single layer or stack become its title: a frame around one box says nothing more."""
    held = Counter([node.parent for node in graph.nodes] + list(graph.frame_parents.values()))
    frames = {frame.name: frame for frame in graph.frames}
    nodes = []
    for node in graph.nodes:
        while node.kind == "layer" and node.parent in frames and held[node.parent] == 1:
            frame = frames.pop(node.parent)
            node = replace(node, parent=graph.frame_parents[frame.name], titles=(frame, *node.titles))  # noqa: PLW2901
        nodes.append(node)
    parents = {name: graph.frame_parents[name] for name in frames}
    return replace(graph, nodes=tuple(nodes), frames=tuple(frames.values()), frame_parents=parents)


def _attached(graph: FoldedGraph) -> dict[str, str]:
    """From a node to the follower that hangs below it."""
    nodes = {node.name: node for node in graph.nodes}
    readers = Counter(edge.source for edge in graph.edges)
    inputs = Counter(edge.target for edge in graph.edges)
    return {
        edge.source: edge.target
        for edge in graph.edges
        if readers[edge.source] == inputs[edge.target] == 1 and _can_hang(nodes[edge.source], nodes[edge.target])
    }


def _can_hang(above: GraphNode, below: GraphNode) -> bool:
    same_place = above.kind == below.kind == "layer" and above.parent == below.parent
    return same_place and follows(below.layers[0])


def _outer_edges(edges: tuple[GraphEdge, ...], lowest: dict[str, str]) -> tuple[GraphEdge, ...]:
    moved = (replace(edge, source=lowest[edge.source], target=lowest[edge.target]) for edge in edges)
    return tuple(edge for edge in moved if edge.source != edge.target)
