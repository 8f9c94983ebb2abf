"""Folding: which calls are on view, how the others are drawn in their place, and what is open at first."""

import pytest

from cnnviz.core.graph.folding import CallTree, first_open, fold, matches, opened_to
from cnnviz.core.graph.totals import totals_of
from cnnviz.core.networks.values import LayerInfo

ALL = ("stage", "stage.0")


def pairs(graph):
    return {(edge.source, edge.target) for edge in graph.edges}


def test_a_folded_block_is_one_node_that_takes_and_gives_what_its_parts_do(residual):
    graph = fold(residual, ())
    assert [node.name for node in graph.nodes] == ["<input>", "stem", "stage", "fc", "<output>"]
    assert [node.kind for node in graph.nodes] == ["input", "layer", "block", "layer", "output"]
    assert pairs(graph) == {("<input>", "stem"), ("stem", "stage"), ("stage", "fc"), ("fc", "<output>")}
    assert graph.frames == ()


def test_an_edge_says_which_tensors_flow_along_it_and_their_shapes(residual):
    edges = {(edge.source, edge.target): edge.tensors for edge in fold(residual, ()).edges}
    assert edges["<input>", "stem"] == (("input", (3, 8, 8)),)
    assert edges["stage", "fc"] == (("stage.0.relu#2", (16, 8, 8)),)
    assert edges["fc", "<output>"] == (("fc", (10,)),)


def test_open_blocks_are_frames_around_their_parts_and_the_skip_goes_round(residual):
    graph = fold(residual, ALL)
    assert [frame.name for frame in graph.frames] == ["stage", "stage.0"]
    assert graph.frame_parents == {"stage": "", "stage.0": "stage"}
    parents = {node.name: node.parent for node in graph.nodes}
    assert parents["stage.0.conv1"] == "stage.0"
    assert parents["fc"] == ""
    assert {("stem", "stage.0.conv1"), ("stem", "stage.0.add()"), ("stage.0.bn2", "stage.0.add()")} <= pairs(graph)


def test_a_block_inside_a_folded_one_stays_hidden(residual):
    assert fold(residual, ("stage.0",)) == fold(residual, ())


def test_two_tensors_between_the_same_nodes_are_one_edge(make_tree):
    tree = make_tree("a Block 4x2x2\na.x Conv2d 4x2x2 < input\na.y Conv2d 4x2x2 < a.x\ncat() cat 8x2x2 < a.x a.y")
    edge = next(edge for edge in fold(tree, ()).edges if edge.target == "cat()")
    assert edge.tensors == (("a.x", (4, 2, 2)), ("a.y", (4, 2, 2)))


def test_a_second_call_of_a_block_is_a_block_of_its_own(make_tree):
    text = "a Block 4x2x2\na.x Conv2d 4x2x2 < input\na#2 Block 4x2x2\na#2.x Conv2d 4x2x2 < a.x"
    graph = fold(make_tree(text), ())
    assert ("a", "a#2") in pairs(graph)


def test_a_module_called_input_or_output_is_told_from_the_networks_ends(make_tree):
    graph = fold(make_tree("input Conv2d 4x2x2 < first\noutput Linear 4 < input"), ())
    assert [node.name for node in graph.nodes] == ["<input>", "input", "output", "<output>"]
    assert ("input", "output") in pairs(graph)


def test_the_whole_networks_call_is_no_node(residual):
    whole = LayerInfo("network", "", "Net", 0, 0, leaf=False, shape=(10,), parameters=50, trainable=40,
                      map_axes="vector", buffers=3)  # fmt: skip
    tree = CallTree((whole, *residual.layers.values()), (3, 8, 8))
    assert fold(tree, ALL) == fold(residual, ALL)
    assert "network" not in tree
    totals = totals_of(tree)
    assert (totals.calls, totals.parameters, totals.trainable, totals.buffers) == (9, 50, 40, 3)


def test_a_network_without_layers_is_its_input_alone():
    graph = fold(CallTree((), (3, 8, 8)), ())
    assert [node.name for node in graph.nodes] == ["<input>"]
    assert graph.edges == ()


@pytest.mark.parametrize(("most", "opened"), [(2, set()), (3, {"stage"}), (8, {"stage"}), (9, set(ALL))])
def test_levels_open_as_long_as_few_enough_nodes_are_on_view(residual, most, opened):
    # 3 nodes with all folded and with the stage open, 9 with its block open too
    assert first_open(residual, most) == opened


def test_opening_to_a_call_opens_all_around_it(residual):
    assert residual.around("stage.0.bn1") == ("stage.0", "stage")
    assert opened_to(residual, (), "stage.0.bn1") == {"stage", "stage.0"}
    assert opened_to(residual, ("stage",), "fc") == {"stage"}


def test_the_search_finds_names_and_kinds_in_running_order(residual):
    assert matches(residual, "RELU") == ("stage.0.relu", "stage.0.relu#2")
    assert matches(residual, "batchnorm") == ("stage.0.bn1", "stage.0.bn2")
    assert matches(residual, "  ") == ()
    assert matches(residual, "no such") == ()
