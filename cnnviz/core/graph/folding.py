"""Which calls of a network are on view: blocks are folded into one node or open as a frame around their parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cnnviz.core.networks.values import NETWORK_INPUT, LayerInfo

Shape = tuple[int, ...]
NodeKind = Literal["layer", "block", "input", "output"]

INPUT_NODE = "<input>"
OUTPUT_NODE = "<output>"
"""Nodes that are no calls. No module can be called so."""

ROOT = ""
"""The parent of what stands in no frame."""

FIRST_NODES = 64
"""At most so many nodes are on view at first."""


@dataclass(frozen=True)
class GraphNode:
    """What is drawn as one box: a layer, several stacked layers, a folded block, or an end of the network.

    ``layers`` is empty for the ends. ``parent``: the open block around it. ``titles``: open blocks that hold nothing
    but this node, the outermost first; they are drawn as its title lines and not as frames.
    """

    name: str
    kind: NodeKind
    parent: str = ROOT
    layers: tuple[LayerInfo, ...] = ()
    titles: tuple[LayerInfo, ...] = ()

    @property
    def rows(self) -> tuple[LayerInfo, ...]:
        """The calls it is drawn for, from the top."""
        return self.titles + self.layers


@dataclass(frozen=True)
class GraphEdge:
    """``tensors``: the calls whose outputs flow along it, and their shapes."""

    source: str
    target: str
    tensors: tuple[tuple[str, Shape | None], ...]


@dataclass(frozen=True)
class FoldedGraph:
    """``frames``: the open blocks on view, outer before inner. ``nodes`` are in the order they start to run."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    frames: tuple[LayerInfo, ...]
    frame_parents: dict[str, str]


class CallTree:
    """A network's calls, nested. ``layers``: in the order they start to run; ``input_shape``: without the batch."""

    def __init__(self, layers: Sequence[LayerInfo], input_shape: Shape) -> None:
        self.input_shape = input_shape
        self.layers = {layer.name: layer for layer in layers}
        self._root = next((layer.name for layer in layers if not layer.parent and not layer.leaf), ROOT)
        self._parents = {layer.name: self._parent_of(layer) for layer in layers if layer.name != self._root}
        self._children: dict[str, list[LayerInfo]] = {}
        for name, parent in self._parents.items():
            self._children.setdefault(parent, []).append(self.layers[name])
        self._position = {name: place for place, name in enumerate(self.layers)}

    def _parent_of(self, layer: LayerInfo) -> str:
        known = layer.parent in self.layers and layer.parent != self._root
        return layer.parent if known else ROOT

    def __contains__(self, name: str) -> bool:
        return name in self._parents

    def children(self, name: str = ROOT) -> Sequence[LayerInfo]:
        """The calls directly inside a block; of the whole network by default."""
        return self._children.get(name, ())

    def is_block(self, name: str) -> bool:
        """It can be opened: calls were recorded inside it."""
        return name != ROOT and name in self._children

    @property
    def blocks(self) -> tuple[str, ...]:
        """All that can be opened, in the order they start to run."""
        return tuple(name for name in self.layers if self.is_block(name))

    def around(self, name: str) -> tuple[str, ...]:
        """The blocks around a call, the innermost first."""
        found = []
        parent = self._parents.get(name, ROOT)
        while parent != ROOT:
            found.append(parent)
            parent = self._parents[parent]
        return tuple(found)

    def order(self, name: str) -> int:
        """Its place among all calls; the network's input comes first."""
        return self._position.get(name, -1)

    def tops(self) -> Sequence[LayerInfo]:
        """The call of the whole network; where it is not among the calls, those that stand in no other."""
        return [self.layers[self._root]] if self._root in self.layers else self.children()

    def ends(self) -> tuple[LayerInfo, ...]:
        """All calls that nothing is recorded inside, in the order they start to run."""
        return tuple(layer for name, layer in self.layers.items() if name in self and not self.is_block(name))


# ---------------------------------------------------------------------------------------------------- what is open


def first_open(tree: CallTree, most_nodes: int = FIRST_NODES) -> frozenset[str]:
    """Blocks to open at first: level by level, as long as no more than ``most_nodes`` nodes are on view."""
    opened: set[str] = set()
    shown = len(tree.children())
    level = [layer.name for layer in tree.children() if tree.is_block(layer.name)]
    while level:
        shown += sum(len(tree.children(name)) - 1 for name in level)
        if shown > most_nodes:
            break
        opened.update(level)
        level = [inner.name for name in level for inner in tree.children(name) if tree.is_block(inner.name)]
    return frozenset(opened)


def opened_to(tree: CallTree, opened: Collection[str], name: str) -> frozenset[str]:
    """``opened`` and all that hides ``name``."""
    return frozenset(opened).union(tree.around(name))


def matches(tree: CallTree, text: str) -> tuple[str, ...]:
    """Calls whose name or kind contains ``text``, in the order they run; none for no text."""
    wanted = text.strip().casefold()
    if not wanted:
        return ()
    return tuple(name for name, layer in tree.layers.items() if name in tree and _says(layer, wanted))


def _says(layer: LayerInfo, wanted: str) -> bool:
    return wanted in layer.name.casefold() or wanted in layer.kind.casefold()


# ------------------------------------------------------------------------------------------------- what is on view


def fold(tree: CallTree, opened: Collection[str]) -> FoldedGraph:
    """The graph with these blocks open; one inside a folded block stays hidden."""
    nodes: list[GraphNode] = []
    frames: list[LayerInfo] = []
    shown_as: dict[str, str] = {}
    for layer, parent in _on_view(tree, opened):
        if tree.is_block(layer.name) and layer.name in opened:
            frames.append(layer)
            continue
        nodes.append(GraphNode(layer.name, "block" if tree.is_block(layer.name) else "layer", parent, (layer,)))
        shown_as.update((name, layer.name) for name in _inside(tree, layer.name))
    nodes.insert(0, GraphNode(INPUT_NODE, "input"))
    edges = _edges(tree, shown_as)
    last = _last_unread(tree)
    if last is not None:
        nodes.append(GraphNode(OUTPUT_NODE, "output"))
        edges.append(GraphEdge(shown_as[last.name], OUTPUT_NODE, ((last.name, last.shape),)))
    parents = {frame.name: next(iter(tree.around(frame.name)), ROOT) for frame in frames}
    return FoldedGraph(tuple(nodes), tuple(edges), tuple(frames), parents)


def _on_view(tree: CallTree, opened: Collection[str]) -> Iterator[tuple[LayerInfo, str]]:
    """Calls no folded block hides, with the block around each, in the order they start to run."""
    waiting = [(layer, ROOT) for layer in reversed(tree.children())]
    while waiting:
        layer, parent = waiting.pop()
        yield layer, parent
        if layer.name in opened:
            waiting.extend((inner, layer.name) for inner in reversed(tree.children(layer.name)))


def _inside(tree: CallTree, name: str) -> Iterator[str]:
    """The ends inside a call, itself if it is one."""
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if tree.is_block(one):
            waiting.extend(layer.name for layer in tree.children(one))
        else:
            yield one


def _edges(tree: CallTree, shown_as: dict[str, str]) -> list[GraphEdge]:
    tensors: dict[tuple[str, str], dict[str, Shape | None]] = {}
    for layer in tree.ends():
        target = shown_as[layer.name]
        for name, shape, source in _sources(tree, layer.inputs, shown_as):
            if source != target:
                tensors.setdefault((source, target), {})[name] = shape
    return [GraphEdge(*ends, tuple(found.items())) for ends, found in tensors.items()]


def _sources(
    tree: CallTree, inputs: Iterable[str], shown_as: dict[str, str]
) -> Iterator[tuple[str, Shape | None, str]]:
    """The inputs that are ends on view; a layer of the same name as the network's input goes first."""
    for name in inputs:
        if name in shown_as:
            yield name, tree.layers[name].shape, shown_as[name]
        elif name == NETWORK_INPUT:
            yield name, tree.input_shape, INPUT_NODE


def _last_unread(tree: CallTree) -> LayerInfo | None:
    """The last call that no other reads: the network's output."""
    ends = tree.ends()
    read = {name for layer in ends for name in layer.inputs}
    return next((layer for layer in reversed(ends) if layer.name not in read), None)
