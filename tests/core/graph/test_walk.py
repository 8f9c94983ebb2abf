"""Walking over the graph with four keys."""

import pytest

from cnnviz.core.graph.layout import lay_out
from cnnviz.core.graph.measures import Measures
from cnnviz.core.graph.walk import next_layer


def graph_of(tree, direction="down"):
    return lay_out(tree, tree.blocks, Measures(), direction, len)


def path(graph, start, *steps):
    names = [start]
    for step in steps:
        names.append(next_layer(graph, names[-1], step))
    return names[1:]


def test_down_passes_the_rows_of_a_stack_and_then_follows_the_line(residual):
    graph = graph_of(residual)
    assert path(graph, "stem", "down", "down", "down", "down") == [
        "stage.0.conv1", "stage.0.bn1", "stage.0.relu", "stage.0.conv2",
    ]  # fmt: skip


def test_up_goes_the_same_way_back(residual):
    assert path(graph_of(residual), "stage.0.conv2", "up", "up", "up", "up") == [
        "stage.0.relu", "stage.0.bn1", "stage.0.conv1", "stem",
    ]  # fmt: skip


def test_sideways_steps_lead_to_the_other_branch_and_back(branches):
    graph = graph_of(branches)
    one = next_layer(graph, "stem", "down")
    assert one in {"mixed.a", "mixed.b.pool"}  # a block around one stack is its title
    across = {next_layer(graph, "mixed.a.conv", step) for step in ("left", "right")} - {"mixed.a.conv"}
    assert len(across) == 1
    assert across.pop().startswith("mixed.b")


def test_to_the_right_the_arrows_turn(residual):
    graph = graph_of(residual, "right")
    assert path(graph, "stem", "right", "down", "right") == ["stage.0.conv1", "stage.0.bn1", "stage.0.conv2"]
    assert next_layer(graph, "stage.0.conv1", "left") == "stem"


@pytest.mark.parametrize(("start", "step"), [("stem", "up"), ("fc", "down"), ("stem", "left")])
def test_at_an_end_it_stays(residual, start, step):
    assert next_layer(graph_of(residual), start, step) == start


def test_from_nowhere_the_first_and_from_a_frame_the_first_inside(residual):
    graph = graph_of(residual)
    assert next_layer(graph, "", "down") == "stem"
    assert next_layer(graph, "stage.0", "down") == "stage.0.conv1"


def test_a_step_passes_through_junctions(make_dense):
    tree = make_dense(3)
    graph = lay_out(tree, ("dense",), Measures(), "down", len)
    assert path(graph, "stem", "down", "down", "down") == ["dense.0", "dense.1", "dense.2"]
