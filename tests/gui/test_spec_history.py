"""Undo and redo without limit, over values."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.gui.spec_history import SpecHistory, Step

FIRST = NetworkSpec("0", (1, 28, 28))


def titled(title):
    return replace(FIRST, title=str(title))


def test_undo_and_redo_walk_the_same_way_back_and_forth():
    history = SpecHistory(FIRST)
    for number in range(1, 1001):
        history.record(Step(titled(number), f"step {number}"))
    back = [history.undo().spec.title for _ in range(1000)]
    assert back == [str(number) for number in range(999, -1, -1)]
    assert history.undo() is None
    assert [history.redo().spec.title for _ in range(1000)] == [str(number) for number in range(1, 1001)]
    assert history.redo() is None


def test_an_edit_forgets_what_was_undone():
    history = SpecHistory(FIRST)
    history.record(Step(titled(1), "one"))
    history.undo()
    assert history.redo_words == "one"
    history.record(Step(titled(2), "two"))
    assert (history.undo_words, history.redo_words) == ("two", "")


def test_undo_brings_back_the_rows_that_were_chosen():
    history = SpecHistory(FIRST)
    history.record(Step(titled(1), "one", ((4,),)), chosen_before=((2,), (3,)))
    assert history.undo().chosen == ((2,), (3,))
    assert history.redo().chosen == ((4,),)


def test_keystrokes_of_one_series_are_one_step():
    history = SpecHistory(FIRST)
    for number in range(1, 4):
        history.record(Step(titled(number), "type", series="field"))
    assert history.undo().spec == FIRST
    history.redo()
    history.end_series()
    history.record(Step(titled(9), "type", series="field"))
    assert history.undo().spec.title == "3"


def test_a_series_does_not_swallow_what_was_saved():
    history = SpecHistory(FIRST)
    history.record(Step(titled(1), "type", series="field"))
    history.mark_saved()
    assert history.is_saved
    history.record(Step(titled(2), "type", series="field"))
    assert not history.is_saved
    assert history.undo().spec.title == "1"
    assert history.is_saved


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=60))
def test_it_behaves_as_two_stacks(moves):
    history, done, undone = SpecHistory(FIRST), [FIRST], []
    for number, move in enumerate(moves, 1):
        if move == "edit":
            history.record(Step(titled(number), "edit"))
            done, undone = [*done, titled(number)], []
        elif move == "undo":
            history.undo()
            if len(done) > 1:
                undone.append(done.pop())
        else:
            history.redo()
            if undone:
                done.append(undone.pop())
        assert history.present.spec == done[-1]
