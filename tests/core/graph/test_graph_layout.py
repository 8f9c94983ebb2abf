"""The layout: boxes do not overlap, frames hold what is in them, lines run with the flow, all of it quickly."""

import itertools

import pytest

from cnnviz.core.errors import NetworkError
from cnnviz.core.graph.folding import first_open
from cnnviz.core.graph.layout import lay_out
from cnnviz.core.graph.measures import Measures, node_size, picture_box, row_boxes
from cnnviz.core.graph.placed import Box

LINE = 15.0


def laid_out(tree, opened=None, direction="down", thumbnails=False):
    measures = Measures(LINE, thumbnails)
    return lay_out(tree, tree.blocks if opened is None else opened, measures, direction, lambda text: 6.0 * len(text))


@pytest.fixture(params=["residual", "branches", "dense"])
def any_tree(request, make_dense):
    return make_dense(5) if request.param == "dense" else request.getfixturevalue(request.param)


@pytest.mark.parametrize("direction", ["down", "right"])
def test_boxes_have_their_size_and_do_not_overlap(any_tree, direction):
    graph = laid_out(any_tree, direction=direction)
    boxes = [placed.box for placed in graph.nodes] + list(graph.bars)
    assert not any(one.meets(other) for one, other in itertools.combinations(boxes, 2))
    for placed in graph.nodes:
        assert (placed.box.width, placed.box.height) == pytest.approx(node_size(placed.node, Measures(LINE)))
    assert all(box.left >= 0 and box.top >= 0 for box in boxes)
    assert max(box.right for box in boxes) <= graph.width
    assert max(box.bottom for box in boxes) <= graph.height


@pytest.mark.parametrize("direction", ["down", "right"])
def test_a_frame_holds_its_nodes_and_no_others(any_tree, direction):
    graph = laid_out(any_tree, direction=direction)
    for frame in graph.frames:
        for placed in graph.nodes:
            inside = placed.node.parent == frame.block.name or frame.block.name in any_tree.around(placed.node.name)
            inside = inside and frame.block not in placed.node.titles
            assert frame.box.meets(placed.box) == inside, (frame.block.name, placed.node.name)
            if inside:
                assert frame.box.top + Measures(LINE).header <= placed.box.top
                assert placed.box.bottom <= frame.box.bottom
                assert frame.box.left <= placed.box.left
                assert placed.box.right <= frame.box.right


@pytest.mark.parametrize(("direction", "axis"), [("down", 1), ("right", 0)])
def test_lines_start_and_end_at_their_boxes_and_never_run_back(any_tree, direction, axis):
    graph = laid_out(any_tree, direction=direction)
    boxes = {placed.node.name: placed.box for placed in graph.nodes}
    for edge in graph.edges:
        along = [point[axis] for point in edge.points]
        assert along == sorted(along)
        for one, other in itertools.pairwise(edge.points):
            assert one[0] == other[0] or one[1] == other[1]
        for name, point in ((edge.edge.source, edge.points[0]), (edge.edge.target, edge.points[-1])):
            if name in boxes:
                near = Box(boxes[name].left - 0.5, boxes[name].top - 0.5, boxes[name].width + 1, boxes[name].height + 1)
                assert near.contains(*point)


def test_the_skip_goes_round_its_block_and_joins_at_the_sum(residual):
    graph = laid_out(residual)
    boxes = {placed.node.name: placed.box for placed in graph.nodes}
    skip = next(edge for edge in graph.edges if (edge.edge.source, edge.edge.target) == ("stem", "stage.0.relu#2"))
    for passed in ("stage.0.relu", "stage.0.bn2"):
        for one, other in itertools.pairwise(skip.points):
            left, top = min(one[0], other[0]), min(one[1], other[1])
            line = Box(left, top, abs(one[0] - other[0]) + 0.01, abs(one[1] - other[1]) + 0.01)
            assert not line.meets(boxes[passed])


def test_branches_stand_side_by_side(branches):
    boxes = {placed.node.name: placed.box for placed in laid_out(branches).nodes}
    left, right = sorted((boxes["mixed.a.relu"], boxes["mixed.b.conv"]), key=lambda box: box.left)
    assert left.right < right.left
    assert boxes["mixed.cat()"].top > max(left.bottom, right.bottom)


def test_labels_cover_nothing_and_stand_once_per_output(any_tree):
    graph = laid_out(any_tree)
    labelled = [edge for edge in graph.edges if edge.label is not None]
    assert len(labelled) == len({edge.edge.source for edge in graph.edges})
    assert len({edge.edge.source for edge in labelled}) == len(labelled)
    labels = [edge.label for edge in labelled]
    taken = labels + [placed.box for placed in graph.nodes]
    assert not any(one.meets(other) for one, other in itertools.combinations(taken, 2))


def test_gaps_along_the_flow_are_no_larger_than_needed(make_dense):
    graph = laid_out(make_dense(3))
    spans = sorted((placed.box.top, placed.box.bottom) for placed in graph.nodes)
    largest = max(later[0] - earlier[1] for earlier, later in itertools.pairwise(spans))
    measures = Measures(LINE)
    # a frame ends, another begins with its header, and a junction lies between them
    assert largest <= 4 * measures.gap("down") + measures.header + measures.padding


def test_more_channels_are_wider_on_a_logarithmic_scale(make_tree):
    tree = make_tree("a Conv2d 1x4x4 < input\nb Conv2d 64x4x4 < a\nc Conv2d 4096x4x4 < b\nd Conv2d 9999x4x4 < c")
    a, b, c, d = (placed.box.width for placed in laid_out(tree).nodes[1:5])
    assert b - a == pytest.approx(c - b)
    assert a < b < c == d


def test_rows_fill_their_node_beside_the_thumbnail(residual):
    measures = Measures(LINE, thumbnails=True)
    placed = next(one for one in laid_out(residual, thumbnails=True).nodes if len(one.node.layers) == 3)
    rows, picture = row_boxes(placed.node, placed.box, measures), picture_box(placed.node, placed.box, measures)
    assert len(rows) == 3
    assert rows[0].top == pytest.approx(placed.box.top)
    assert rows[-1].bottom == pytest.approx(placed.box.bottom)
    assert picture.width == picture.height
    assert rows[0].right == pytest.approx(picture.left)
    assert picture.right == pytest.approx(placed.box.right)


def test_a_dense_networks_lines_are_gathered_in_a_bar_before_each_layer(make_dense):
    tree = make_dense(98)  # 98 layers in one block: more lines than DenseNet-201's four blocks have together
    graph = laid_out(tree)
    assert len(graph.edges) < 500
    assert len(graph.bars) == 97


def test_the_first_folding_of_a_dense_block_hides_its_layers(make_dense):
    tree = make_dense(98)
    assert first_open(tree) == frozenset()
    assert len(laid_out(tree, first_open(tree)).nodes) == 4


def test_a_graph_too_large_to_draw_is_refused_with_the_way_out(make_tree):
    lines = ["all Block 1x1x1", *(f"all.{n} Conv2d 1x1x1 < {f'all.{n - 1}' if n else 'input'}" for n in range(3001))]
    tree = make_tree("\n".join(lines))
    with pytest.raises(NetworkError, match=r"3,00\d boxes, and at most 3,000 can be drawn: fold some of its blocks"):
        laid_out(tree)
    assert len(laid_out(tree, ()).nodes) == 3
