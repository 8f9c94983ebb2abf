"""The arithmetic of what is on view of a graph."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.graph.placed import Box
from cnnviz.gui.widgets import graph_camera as camera

VIEW, TALL, SMALL = (400.0, 300.0), (2000.0, 200.0), (100.0, 120.0)


def test_reading_begins_at_the_input_at_full_size_and_in_the_middle():
    down = camera.reading(VIEW, TALL, "down")
    assert (down.scale, down.top, down.left) == (1.0, 0.0, 50.0)
    right = camera.reading(VIEW, (200.0, 2000.0), "right")
    assert (right.scale, right.top, right.left) == (1.0, 100.0, 0.0)


def test_a_graph_a_little_broader_than_the_view_is_made_smaller_and_a_much_broader_one_is_cut():
    assert camera.reading(VIEW, (2000.0, 400.0), "down").scale == pytest.approx(0.75)
    broad = camera.reading(VIEW, (9000.0, 3000.0), "down")
    assert broad.scale == camera.LEAST_READING_SCALE
    assert broad.left == pytest.approx((300 - 3000 * broad.scale) / 2, abs=1)


def test_a_graph_that_fits_stays_where_it_was_put():
    small = camera.reading(VIEW, SMALL, "down")
    assert camera.moved(small, 70, 5).top == small.top + 70
    assert camera.moved(small, 999, 0).top == VIEW[0] - SMALL[0]


def test_a_zoom_keeps_the_place_under_the_mouse_and_ends_at_the_largest_scale():
    placement = camera.moved(camera.reading(VIEW, TALL, "down"), -300, 0)
    before = placement.to_picture(150, 150)
    closer = camera.zoomed(placement, 2, 150, 150)
    assert closer.to_picture(150, 150) == pytest.approx(before)
    assert camera.zoomed(closer, 100, 150, 150).scale == camera.LARGEST_SCALE
    assert camera.zoomed(closer, 1e-9, 150, 150).scale == camera.whole(VIEW, TALL).scale


def test_revealing_moves_no_more_than_needed():
    placement = camera.reading(VIEW, TALL, "down")
    assert camera.revealing(placement, Box(60, 100, 80, 40)) == placement
    shown = camera.revealing(placement, Box(60, 900, 80, 40))
    assert shown.to_view(940, 60)[0] == pytest.approx(0.85 * VIEW[0])
    tall_box = camera.revealing(placement, Box(60, 900, 80, 900))
    assert tall_box.to_view(900, 60)[0] == pytest.approx(0.15 * VIEW[0])


def test_another_size_of_the_view_keeps_its_middle():
    placement = camera.moved(camera.reading(VIEW, TALL, "down"), -700, 0)
    other = camera.resized(placement, (600.0, 500.0))
    assert other.to_picture(300, 250) == pytest.approx(placement.to_picture(200, 150))


def test_halfway_between_two_places():
    one = camera.reading(VIEW, TALL, "down")
    other = camera.moved(one, -400, 0)
    assert camera.between(one, other, 0.5).top == -200
    assert camera.between(one, other, 1.0) == other


@given(
    st.tuples(st.floats(10, 5000), st.floats(10, 5000)),
    st.lists(st.tuples(st.sampled_from(["move", "zoom"]), st.floats(-900, 900), st.floats(-900, 900)), max_size=6),
)
def test_the_graph_never_leaves_a_gap_it_could_fill(graph, steps):
    placement = camera.reading(VIEW, graph, "down")
    for kind, one, other in steps:
        placement = (
            camera.moved(placement, one, other)
            if kind == "move"
            else camera.zoomed(placement, 1.0 + abs(one) / 900, abs(one) % 400, abs(other) % 300)
        )
        for start, length, room in zip((placement.top, placement.left), graph, VIEW, strict=True):
            drawn = length * placement.scale
            if drawn > room:
                assert start <= 1e-6
                assert start + drawn > room - 1  # on whole pixels
            else:
                assert 0 <= start <= room - drawn
