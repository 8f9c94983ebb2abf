"""Stacks and titles: what is drawn as one box."""

from cnnviz.core.graph.folding import fold
from cnnviz.core.graph.stacks import stacked, titled


def rows(graph):
    return [tuple(layer.name for layer in node.rows) for node in graph.nodes if node.layers]


def test_a_convolution_carries_its_normalization_and_activation(residual):
    assert rows(stacked(fold(residual, residual.blocks))) == [
        ("stem",),
        ("stage.0.conv1", "stage.0.bn1", "stage.0.relu"),
        ("stage.0.conv2", "stage.0.bn2"),
        ("stage.0.add()", "stage.0.relu#2"),
        ("fc",),
    ]


def test_a_stack_is_called_by_its_last_layer_and_so_are_the_edges(residual):
    graph = stacked(fold(residual, residual.blocks))
    assert {(edge.source, edge.target) for edge in graph.edges} == {
        ("<input>", "stem"),
        ("stem", "stage.0.relu"),
        ("stem", "stage.0.relu#2"),
        ("stage.0.relu", "stage.0.bn2"),
        ("stage.0.bn2", "stage.0.relu#2"),
        ("stage.0.relu#2", "fc"),
        ("fc", "<output>"),
    }


def test_an_output_that_two_read_ends_its_stack(make_tree):
    text = "conv Conv2d 4x2x2 < input\nrelu ReLU 4x2x2 < conv\nadd() add 4x2x2 < conv relu"
    assert rows(stacked(fold(make_tree(text), ()))) == [("conv",), ("relu",), ("add()",)]


def test_nothing_hangs_below_a_folded_block_or_across_a_frame(make_tree):
    text = "a Block 4x2x2\na.x Conv2d 4x2x2 < input\na.y Conv2d 4x2x2 < a.x\nrelu ReLU 4x2x2 < a.y"
    assert rows(stacked(fold(make_tree(text), ()))) == [("a",), ("relu",)]
    assert rows(stacked(fold(make_tree(text), ("a",)))) == [("a.x",), ("a.y",), ("relu",)]


def test_frames_around_a_single_stack_become_its_titles(make_tree):
    text = (
        "outer Sequential 4x2x2\nouter.0 Unit 4x2x2\nouter.0.conv Conv2d 4x2x2 < input\n"
        "outer.0.relu ReLU 4x2x2 < outer.0.conv"
    )
    graph = titled(stacked(fold(make_tree(text), ("outer", "outer.0"))))
    assert graph.frames == ()
    assert rows(graph) == [("outer", "outer.0", "outer.0.conv", "outer.0.relu")]
    assert [node.parent for node in graph.nodes] == ["", "", ""]


def test_a_frame_with_two_nodes_stays_a_frame(residual):
    graph = titled(stacked(fold(residual, residual.blocks)))
    assert [frame.name for frame in graph.frames] == ["stage", "stage.0"]
