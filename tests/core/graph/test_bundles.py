"""Bundles: shared lines drawn once carry exactly what the single lines did."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.graph.bundles import bundled
from cnnviz.core.graph.folding import FoldedGraph, GraphEdge, GraphNode, fold
from cnnviz.core.graph.stacks import stacked


def reached(bundle, nodes):
    """By following the lines back through junctions: the nodes whose outputs enter each node."""
    entering = defaultdict(set)
    for edge in bundle.edges:
        entering[edge.target].add(edge.source)

    def sources(name):
        found = set()
        for source in entering[name]:
            found |= {source} if source in nodes else sources(source)
        return found

    return {name: sources(name) for name in nodes if entering[name]}


def wanted(graph):
    entering = defaultdict(set)
    for edge in graph.edges:
        entering[edge.target].add(edge.source)
    return dict(entering)


@pytest.mark.parametrize("layers", [2, 3, 12])
def test_a_dense_blocks_lines_grow_with_its_layers_and_not_with_their_square(make_dense, layers):
    tree = make_dense(layers)
    graph = stacked(fold(tree, tree.blocks))
    bundle = bundled(graph)
    assert len(bundle.edges) <= 4 * layers + 4
    assert reached(bundle, {node.name for node in graph.nodes}) == wanted(graph)


def test_a_junction_stands_in_the_block_whose_parts_read_it(make_dense):
    tree = make_dense(4)
    bundle = bundled(fold(tree, ("dense",)))
    assert {junction.parent for junction in bundle.junctions} == {"dense"}
    bundle = bundled(fold(tree, tree.blocks))
    assert {junction.parent for junction in bundle.junctions} == {"dense"}


def test_a_line_from_a_junction_carries_all_that_entered(make_dense):
    tree = make_dense(3)
    bundle = bundled(fold(tree, ("dense",)))
    into_last = next(edge for edge in bundle.edges if edge.target == "dense.2")
    assert [name for name, _ in into_last.tensors] == ["stem", "dense.0.conv", "dense.1.conv"]


def test_skips_and_branches_need_no_junction(residual, branches):
    for tree in (residual, branches):
        graph = fold(tree, tree.blocks)
        assert bundled(graph).junctions == ()
        assert set(bundled(graph).edges) == set(graph.edges)


@given(st.lists(st.sets(st.integers(0, 11), max_size=8), min_size=1, max_size=12))
def test_every_reader_gets_exactly_its_sources(reads):
    nodes = tuple(GraphNode(str(number), "layer") for number in range(len(reads) + 12))
    edges = tuple(
        GraphEdge(str(source), str(12 + number), ((str(source), None),))
        for number, sources in enumerate(reads)
        for source in sorted(sources)
    )
    graph = FoldedGraph(nodes, edges, (), {})
    bundle = bundled(graph)
    assert reached(bundle, {node.name for node in nodes}) == wanted(graph)
    for edge in bundle.edges:
        assert len(set(edge.tensors)) == len(edge.tensors)
