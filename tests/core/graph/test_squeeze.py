"""Squeezing: nothing becomes longer or changes its order, and no gap stays larger than allowed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.graph.squeeze import squeezed

spans = st.lists(
    st.tuples(st.integers(-500, 500), st.integers(0, 80)).map(lambda one: (one[0], one[0] + one[1])),
    min_size=1,
    max_size=20,
)


def test_a_gap_shrinks_and_what_is_in_it_keeps_its_proportion():
    moved = squeezed([(10, 20), (60, 70), (75, 80)], 20)
    assert [moved(place) for place in (10, 20, 40, 60, 70, 75, 80)] == [0, 10, 20, 30, 40, 45, 50]


def test_nothing_occupied_moves_nothing():
    assert squeezed([], 5)(17.0) == 17.0


@given(spans, st.integers(1, 60))
def test_spans_keep_their_length_and_gaps_are_bounded(occupied, gap):
    moved = squeezed(occupied, gap)
    for start, end in occupied:
        assert moved(end) - moved(start) == pytest.approx(end - start)
    edges = sorted({place for span in occupied for place in span})
    places = [moved(place) for place in edges]
    assert places[0] == pytest.approx(0)
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(places))
    inside = [
        (one, other) for one, other in pairwise(edges)
        if not any(start <= one and other <= end for start, end in occupied)
    ]  # fmt: skip
    for one, other in inside:
        assert moved(other) - moved(one) == pytest.approx(min(other - one, gap))
