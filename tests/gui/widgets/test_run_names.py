"""Runs are told apart by what differs in their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.gui.widgets.run_names import telling_names

NAMES = st.lists(st.lists(st.text("abc1", min_size=1, max_size=3), min_size=1, max_size=4).map("-".join), max_size=5)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["lenet5-mnist-sgd-1122", "lenet5-mnist-adam-1122"], ["…sgd-1122", "…adam-1122"]),
        (["lenet5-mnist-sgd-1", "lenet5-mnist-sgd-2"], ["…1", "…2"]),
        (["lenet5-mnist-sgd", "resnet-mnist-sgd"], ["lenet5-mnist-sgd", "resnet-mnist-sgd"]),
        (["run", "run-corrected"], ["run", "run-corrected"]),
        (["lenet5-mnist-sgd"], ["lenet5-mnist-sgd"]),
        (["same", "same"], ["same", "same"]),
        ([], []),
    ],
)
def test_what_all_begin_with_is_left_out(names, shown):
    assert telling_names(names) == shown


@given(NAMES)
def test_no_two_names_become_one_and_none_becomes_empty(names):
    shown = telling_names(names)
    assert len(set(shown)) == len(set(names))
    assert all(text not in {"", "…"} for text in shown)
