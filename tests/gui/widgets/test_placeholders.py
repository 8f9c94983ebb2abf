"""Sentences with values in their places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.gui.widgets.placeholders import filled


def test_values_stand_where_the_sentence_wants_them_and_as_often():
    assert filled("%2 of %1, %2", 7, "three") == "three of 7, three"
    assert filled("100 %, nothing to fill") == "100 %, nothing to fill"


@given(st.text(), st.text())
def test_a_value_that_looks_like_a_place_is_left_alone(one, other):
    assert filled("<%1|%2>", one, other) == f"<{one}|{other}>"


def test_a_place_without_a_value_is_a_mistake_of_ours():
    with pytest.raises(IndexError):
        filled("%1 and %2", 1)
