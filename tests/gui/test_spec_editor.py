"""Edits of the network under construction: what is chosen afterwards, what is refused, what undo brings back."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.networks.spec import edit
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, InputScaling, NetworkSpec
from cnnviz.gui.spec_editor import SpecEditor, following, outermost


def spec():
    rows = (
        layer("conv", "a", padding=1),
        layer("relu", "b"),
        GroupRow("g", (layer("conv", "c", padding=1), layer("relu", "d")), 2),
        layer("max_pool", "e"),
    )
    return NetworkSpec("Net", (1, 28, 28), named(rows), InputScaling((0.5,), (0.5,)))


@pytest.fixture
def editor():
    made = SpecEditor(spec())
    made.sentences = []
    made.refused.connect(made.sentences.append)
    return made


def names(editor):
    """A group's rows in brackets behind it."""

    def words(rows):
        return [
            f"{row.name}[{' '.join(words(row.rows))}]×{row.repeat}" if isinstance(row, GroupRow) else row.name
            for row in rows
        ]

    return " ".join(words(editor.spec.rows))


def chosen_names(editor):
    return [row.name for row in editor.chosen_rows()]


def test_a_row_is_added_below_what_is_chosen_and_chosen(editor):
    editor.choose([(1,)])
    editor.insert_kind("dropout")
    assert names(editor) == "a b dropout1 g[c d]×2 e"
    assert chosen_names(editor) == ["dropout1"]
    editor.choose([])
    editor.insert_kind("flatten")
    assert names(editor).endswith("e flatten1")


def test_every_edit_is_checked(editor):
    editor.choose([(3,)])
    editor.insert_kind("linear")
    assert editor.report == check(editor.spec)
    assert editor.report.problems[0][0] == (4,)


def test_rows_are_deleted_and_the_next_one_is_chosen(editor):
    editor.choose([(0,), (2, 1)])
    editor.delete()
    assert names(editor) == "b g[c]×2 e"
    assert chosen_names(editor) == ["b"]
    editor.choose([(1, 0)])
    editor.delete()
    assert chosen_names(editor) == ["g"]
    editor.choose([(2,)])
    editor.delete()
    assert chosen_names(editor) == ["g"]


def test_one_step_down_goes_into_a_group_and_out_of_it(editor):
    editor.choose([(1,)])
    seen = []
    for _ in range(5):
        editor.move_down()
        seen.append(names(editor))
    assert seen == [
        "a g[b c d]×2 e",
        "a g[c b d]×2 e",
        "a g[c d b]×2 e",
        "a g[c d]×2 b e",
        "a g[c d]×2 e b",
    ]
    editor.move_down()
    assert names(editor) == seen[-1]
    for _ in range(5):
        editor.move_up()
    assert names(editor) == "a b g[c d]×2 e"
    assert chosen_names(editor) == ["b"]


def test_the_first_row_goes_no_further_up(editor):
    editor.choose([(0,)])
    editor.move_up()
    assert names(editor) == "a b g[c d]×2 e"
    assert editor.history.undo_words == ""


def test_several_rows_are_moved_together_and_stay_chosen(editor):
    editor.choose([(0,), (2, 1)])
    editor.move_to((4,))
    assert names(editor) == "b g[c]×2 e a d"
    assert chosen_names(editor) == ["a", "d"]


def test_a_group_is_not_moved_into_itself(editor):
    editor.choose([(2,)])
    editor.move_to((2, 1))
    assert editor.sentences == ["g cannot be moved into itself."]
    assert names(editor) == "a b g[c d]×2 e"


def test_rows_are_grouped_and_the_group_ungrouped(editor):
    editor.choose([(0,), (1,)])
    editor.group(3)
    assert names(editor) == "stage1[a b]×3 g[c d]×2 e"
    assert chosen_names(editor) == ["stage1"]
    editor.change_repeat((0,), 2)
    editor.ungroup()
    assert names(editor) == "a b a1 b1 g[c d]×2 e"
    assert chosen_names(editor) == ["a", "b", "a1", "b1"]


def test_rows_with_a_gap_are_no_group(editor):
    editor.choose([(0,), (3,)])
    editor.group()
    assert editor.sentences == ["Only rows that follow each other can be one group: choose them without a gap."]


def test_options_of_several_rows_change_together_and_series_are_one_step(editor):
    editor.choose([(0,), (2, 0)])
    paths, row = editor.rows_alike()
    assert row.kind == "conv"
    for filters in (1, 12, 128):
        editor.change_options(paths, {"filters": filters})
    assert [edit.row_at(editor.spec, path).options["filters"] for path in paths] == [128, 128]
    editor.undo()
    assert editor.spec == spec()


def test_rows_of_several_kinds_cannot_be_changed_together(editor):
    editor.choose([(0,), (1,)])
    assert editor.rows_alike() == ((), None)


def test_what_the_palette_does_not_allow_is_refused_in_words(editor):
    editor.change_options(((0,),), {"filters": 0})
    editor.rename((0,), "b")
    assert "filters is 0" in editor.sentences[0]
    assert "Another row is called 'b'" in editor.sentences[1]
    assert editor.spec == spec()


def test_an_edit_that_changes_nothing_is_no_step(editor):
    editor.choose([(1,)])
    editor.move_to((1,))
    assert editor.history.undo_words == ""


def test_another_input_keeps_the_preprocessing_of_the_same_channels(editor):
    editor.change_input((1, 32, 32))
    assert editor.spec.preprocessing == spec().preprocessing
    editor.change_input((3, 32, 32))
    assert editor.spec.preprocessing is None
    assert editor.report.rows[0].input_shape == (3, 32, 32)


def test_another_network_comes_in_place_and_undo_brings_the_old_one_back(editor):
    other = NetworkSpec("Other", (3, 8, 8))
    editor.load(other, saved=True)
    assert editor.history.is_saved
    assert editor.history.undo_words == "open Other"
    editor.undo()
    assert editor.spec == spec()
    assert not editor.history.is_saved


def test_undo_chooses_what_was_chosen_before(editor):
    editor.choose([(2, 1)])
    editor.delete()
    editor.undo()
    assert editor.chosen == ((2, 1),)


def test_rows_inside_a_chosen_group_are_not_chosen_twice():
    assert outermost([(2, 1), (2,), (0,), (2, 0)]) == ((0,), (2,))
    assert following((1, 4), 3) == ((1, 4), (1, 5), (1, 6))


EDITS = ("insert", "delete", "duplicate", "up", "down", "group", "ungroup", "move")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 50), st.integers(0, 50)), max_size=14))
def test_any_edits_can_be_undone_to_the_beginning_and_redone_to_the_end(edits):
    editor = SpecEditor(spec())
    for what, first, second in edits:
        places = list(edit.paths(editor.spec)) or [(0,)]
        editor.choose([places[first % len(places)], places[second % len(places)]] if editor.spec.rows else [])
        target = places[second % len(places)]
        slots = {
            "insert": functools.partial(editor.insert_kind, "relu"),
            "up": editor.move_up,
            "down": editor.move_down,
            "move": functools.partial(editor.move_to, target),
        }
        slots.get(what, getattr(editor, what, None))()
        assert all(edit.row_at(editor.spec, path) for path in editor.chosen)
    last = editor.spec
    while editor.history.undo_words:
        editor.undo()
    assert editor.spec == spec()
    while editor.history.redo_words:
        editor.redo()
    assert editor.spec == last
