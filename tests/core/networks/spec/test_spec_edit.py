"""Edits of a spec: each gives a new one and leaves the old as it was."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec import edit, limits
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec

STAGE = GroupRow("stage1", (layer("conv", "conv1"), layer("relu", "relu1")), 2)
SPEC = NetworkSpec("x", (3, 32, 32), (layer("conv", "conv1"), STAGE, layer("flatten", "flatten")))


def names(spec, path=()):
    return [row.name for row in edit.rows_at(spec, path)]


def test_rows_are_found_by_their_paths():
    assert list(edit.paths(SPEC)) == [(0,), (1,), (1, 0), (1, 1), (2,)]
    assert [edit.row_at(SPEC, path).name for path in edit.paths(SPEC)] == [
        "conv1",
        "stage1",
        "conv1",
        "relu1",
        "flatten",
    ]


def test_inserted_rows_get_names_of_their_own():
    edited = edit.insert(SPEC, (1,), layer("conv"), layer("relu"), layer("conv", "conv1"))
    assert names(edited) == ["conv1", "conv2", "relu1", "conv3", "stage1", "flatten"]
    assert names(edit.insert(SPEC, (1, 2), layer("relu")), (1,)) == ["conv1", "relu1", "relu2"]
    assert names(SPEC) == ["conv1", "stage1", "flatten"]


def test_removed_rows_are_gone():
    assert names(edit.remove(SPEC, (0,), 2)) == ["flatten"]
    assert names(edit.remove(SPEC, (1, 0)), (1,)) == ["relu1"]


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ((0,), (3,), ["stage1", "flatten", "conv1"]),
        ((2,), (0,), ["flatten", "conv1", "stage1"]),
        ((0,), (0,), ["conv1", "stage1", "flatten"]),
        ((0,), (1,), ["conv1", "stage1", "flatten"]),
        ((0,), (2,), ["stage1", "conv1", "flatten"]),
        ((1, 1), (0,), ["relu1", "conv1", "stage1", "flatten"]),
    ],
)
def test_rows_move_before_what_is_at_the_target_now(path, target, expected):
    assert names(edit.move(SPEC, path, target)) == expected


def test_rows_move_into_groups_and_over_them():
    assert names(edit.move(SPEC, (0,), (1, 1)), (0,)) == ["conv1", "conv2", "relu1"]
    assert names(edit.move(SPEC, (2,), (1, 2)), (1,)) == ["conv1", "relu1", "flatten"]


def test_no_group_moves_into_itself():
    for target in ((1, 0), (1, 2)):
        with pytest.raises(NetworkError, match="stage1 cannot be moved into itself"):
            edit.move(SPEC, (1,), target)


def test_copies_stand_below_under_new_names():
    edited = edit.duplicate(SPEC, (0,), 2)
    assert names(edited) == ["conv1", "stage1", "conv2", "stage2", "flatten"]
    assert edit.row_at(edited, (3,)).rows == STAGE.rows
    assert names(edit.duplicate(SPEC, (2,))) == ["conv1", "stage1", "flatten", "flatten1"]


def test_options_change_one_by_one():
    edited = edit.change_options(SPEC, (1, 0), filters=7, kernel=[3, 5])
    options = edit.row_at(edited, (1, 0)).options
    assert (options["filters"], options["kernel"], options["stride"]) == (7, (3, 5), (1, 1))
    with pytest.raises(NetworkError, match=r"Convolution 'conv1': filters is 0, but it must be a whole number from 1"):
        edit.change_options(SPEC, (0,), filters=0)
    with pytest.raises(NetworkError, match="stage1 is a group and has no options"):
        edit.change_options(SPEC, (1,), filters=2)


def test_renaming_refuses_names_that_are_taken_or_impossible():
    assert names(edit.rename(SPEC, (0,), "stem")) == ["stem", "stage1", "flatten"]
    assert names(edit.rename(SPEC, (0,), "conv1")) == names(SPEC)
    for name, words in (
        ("stage1", "Another row is called"),
        ("for", "already means"),
        ("forward", "already"),
        ("1a", "cannot"),
    ):
        with pytest.raises(NetworkError, match=words):
            edit.rename(SPEC, (0,), name)


def test_rows_are_grouped_and_ungrouped():
    grouped = edit.group(SPEC, (0,), 2, repeat=3)
    assert names(grouped) == ["stage1", "flatten"]
    assert edit.row_at(grouped, (0,)).repeat == 3
    assert names(grouped, (0,)) == ["conv1", "stage1"]
    once = edit.change_repeat(grouped, (0,), 1)
    assert edit.ungroup(once, (0,)) == SPEC


def test_ungrouping_writes_out_every_repetition():
    assert names(edit.ungroup(SPEC, (1,))) == ["conv1", "conv2", "relu1", "conv3", "relu2", "flatten"]


@pytest.mark.parametrize("path", [(), (3,), (-1,), (0, 0), (1, 2), (1, 0, 0)])
def test_places_where_nothing_is_are_refused(path):
    for attempt in (edit.row_at, edit.remove, edit.duplicate, edit.ungroup):
        with pytest.raises(NetworkError, match=r"There is no row at|is no group"):
            attempt(SPEC, path)
    for place in ((4,), (0, 1), (1, 3)):
        with pytest.raises(NetworkError, match="There is no row at"):
            edit.insert(SPEC, place, layer("relu"))


def test_bombs_are_refused():
    with pytest.raises(NetworkError, match="repeats 1 to 1,000 times, not 5,000"):
        edit.group(SPEC, (0,), 1, repeat=5000)
    bomb = edit.group(edit.group(SPEC, (0,), 1, repeat=100), (0,), 1, repeat=100)
    with pytest.raises(NetworkError, match="more than 2,000 rows, or 20,000 with repetitions"):
        edit.change_repeat(bomb, (0,), 1000)
    with pytest.raises(NetworkError, match=r"stage1 would become more than 2,000 rows"):
        edit.ungroup(edit.change_repeat(edit.group(SPEC, (0,), 3), (0,), 1000), (0,))
    deep = SPEC
    for _ in range(limits.GROUP_DEPTH):
        deep = edit.group(deep, (0,), 1)
    with pytest.raises(NetworkError, match="at most 16 deep"):
        edit.group(deep, (0,), 1)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_sequence_of_edits_keeps_names_apart_and_rows_complete(data):
    spec = SPEC
    for _ in range(data.draw(st.integers(1, 6))):
        paths = list(edit.paths(spec)) or [(0,)]
        path, target = data.draw(st.sampled_from(paths)), data.draw(st.sampled_from(paths))
        count = edit.row_count(spec.rows)
        step = data.draw(st.sampled_from(["move", "duplicate", "remove", "insert", "group", "ungroup"]))
        try:
            spec = changed(spec, step, path, target)
        except NetworkError:
            continue
        grows = {"move": 0, "group": 1, "insert": 1}
        assert step not in grows or edit.row_count(spec.rows) == count + grows[step]
        for group in ((), *(each for each in edit.paths(spec) if isinstance(edit.row_at(spec, each), GroupRow))):
            found = names(spec, group)
            assert len(set(found)) == len(found)


def changed(spec, step, path, target):
    return {
        "move": lambda: edit.move(spec, path, target),
        "duplicate": lambda: edit.duplicate(spec, path),
        "remove": lambda: edit.remove(spec, path),
        "insert": lambda: edit.insert(spec, path, layer("relu")),
        "group": lambda: edit.group(spec, path, 1, 2),
        "ungroup": lambda: edit.ungroup(spec, path),
    }[step]()


def test_default_names_count_on():
    rows = named(
        (
            layer("conv"),
            layer("conv", "conv7"),
            layer("conv"),
            layer("average_pool"),
            layer("max_pool"),
            GroupRow("", (layer("conv"),)),
        )
    )
    assert [row.name for row in rows] == ["conv8", "conv7", "conv9", "pool1", "pool2", "stage1"]
    assert rows[-1].rows[0].name == "conv1"
