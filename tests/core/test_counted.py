"""Numbers and their nouns."""

import pytest

from cnnviz.core.counted import counted


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("step",), "0 steps"),
        (1, ("step",), "1 step"),
        (1200, ("picture",), "1,200 pictures"),
        (1, ("class", "classes"), "1 class"),
        (2, ("stage is", "stages are"), "2 stages are"),
    ],
)
def test_a_number_and_its_noun(number, words, text):
    assert counted(number, *words) == text
