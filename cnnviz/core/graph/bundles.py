"""Lines that many readers share, drawn once: a dense block's layers all read everything before them.

Where one reader takes all that an earlier one takes and more, the earlier one's lines meet in a junction, and one line
goes on from there. Nothing is left out: a junction carries every output that enters it or the junctions above it. The
n²/2 lines of a dense block become 3n.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cnnviz.core.graph.folding import ROOT, FoldedGraph, GraphEdge

LOOK_BACK = 32
"""Earlier sets of sources that are compared with a new one: a bound for networks with thousands."""

FEWEST = 2
"""Sources in a junction, at least."""

Sources = frozenset[str]


@dataclass(frozen=True)
class Junction:
    """``name`` is no call's. ``parent``: the open block it stands in."""

    name: str
    parent: str


@dataclass(frozen=True)
class Bundled:
    """``edges`` run between nodes and junctions; one from a junction carries the tensors of all that enters it."""

    edges: tuple[GraphEdge, ...]
    junctions: tuple[Junction, ...]


def bundled(graph: FoldedGraph) -> Bundled:
    """The graph's edges with shared lines drawn once."""
    entering: dict[str, dict[str, GraphEdge]] = {}
    for edge in graph.edges:
        entering.setdefault(edge.target, {})[edge.source] = edge
    sets = {target: frozenset(edges) for target, edges in entering.items()}
    bases = _bases(sets.values())
    names = {sources: f"<junction {number}>" for number, sources in enumerate(_shared(sets, bases))}
    edges: list[GraphEdge] = []
    for target, sources in sets.items():
        edges += _entering(target, sources, names.get(sources), entering[target], bases, names)
    for sources, name in names.items():
        example = entering[next(target for target, one in sets.items() if one == sources)]
        edges += _entering(name, sources, None, example, bases, names)
    return Bundled(tuple(edges), _junctions(names.values(), edges, graph))


def _bases(sets: Iterable[Sources]) -> dict[Sources, Sources | None]:
    """For every distinct set the largest earlier one inside it."""
    bases: dict[Sources, Sources | None] = {}
    for one in sets:
        if len(one) >= FEWEST and one not in bases:
            earlier = list(bases)[-LOOK_BACK:]
            bases[one] = max((other for other in earlier if other < one), key=len, default=None)
    return bases


def _shared(sets: Mapping[str, Sources], bases: Mapping[Sources, Sources | None]) -> list[Sources]:
    """The sets worth a junction: a larger one is built on them, or it saves lines between many sources and readers."""
    readers = Counter(sets.values())
    built_on = set(bases.values())
    return [one for one in bases if one in built_on or len(one) * readers[one] > len(one) + readers[one]]


def _entering(
    target: str,
    sources: Sources,
    junction: str | None,
    edges: Mapping[str, GraphEdge],
    bases: Mapping[Sources, Sources | None],
    names: Mapping[Sources, str],
) -> list[GraphEdge]:
    """The lines into ``target``: one from its junction, or from the junction of its base and from the rest."""
    if junction is not None:
        return [_joint(junction, target, edges.values())]
    base = bases.get(sources)
    if base is None or base not in names:
        return [GraphEdge(name, target, edge.tensors) for name, edge in edges.items()]
    rest = [GraphEdge(name, target, edge.tensors) for name, edge in edges.items() if name not in base]
    return [_joint(names[base], target, (edges[name] for name in edges if name in base)), *rest]


def _joint(source: str, target: str, edges: Iterable[GraphEdge]) -> GraphEdge:
    return GraphEdge(source, target, tuple(tensor for edge in edges for tensor in edge.tensors))


def _junctions(names: Iterable[str], edges: Sequence[GraphEdge], graph: FoldedGraph) -> tuple[Junction, ...]:
    """Each stands in the innermost open block around all that reads it."""
    parents = {node.name: node.parent for node in graph.nodes}
    readers: dict[str, list[str]] = {}
    for edge in edges:
        readers.setdefault(edge.source, []).append(edge.target)
    for name in reversed(tuple(names)):  # later ones are built on earlier ones
        around = [_frames_around(parents[reader], graph.frame_parents) for reader in readers[name]]
        parents[name] = next((frame for frame in around[0] if all(frame in other for other in around)), ROOT)
    return tuple(Junction(name, parents[name]) for name in names)


def _frames_around(frame: str, frame_parents: Mapping[str, str]) -> list[str]:
    found = [frame]
    while found[-1] != ROOT:
        found.append(frame_parents[found[-1]])
    return found
