"""The list of interventions: toggled channels, silenced channels, undo and redo."""

from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.inside.interventions import Intervention
from cnnviz.gui.widgets.interventions_list import (
    InterventionsHistory,
    ListedIntervention,
    active,
    exchanged,
    silenced,
    switched_off,
    toggled,
    without,
)


def listed(*interventions, on=True):
    return tuple(ListedIntervention(each, on) for each in interventions)


def test_channels_of_a_layer_are_muted_in_one_row_and_the_row_goes_with_the_last():
    rows = toggled(toggled((), "mute", "a", 7), "mute", "a", 3)
    assert active(rows) == (Intervention("a", "mute", (3, 7)),)
    rows = toggled(rows, "mute", "b", 7)
    assert [each.layer for each in active(rows)] == ["a", "b"]
    rows = toggled(toggled(rows, "mute", "a", 3), "mute", "a", 7)
    assert active(rows) == (Intervention("b", "mute", (7,)),)


def test_a_row_that_is_off_is_left_alone():
    off = listed(Intervention("a", "mute", (7,)), on=False)
    assert toggled(off, "mute", "a", 7) == (*off, *listed(Intervention("a", "mute", (7,))))


def test_a_solo_beside_a_mute_is_a_row_of_its_own():
    rows = toggled(listed(Intervention("a", "mute", (7,))), "solo", "a", 7)
    assert [each.kind for each in active(rows)] == ["mute", "solo"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4)), max_size=20))
def test_a_channel_toggled_an_odd_number_of_times_is_muted(presses):
    rows = ()
    for layer, channel in presses:
        rows = toggled(rows, "mute", layer, channel)
    for layer in "ab":
        odd = {channel for channel in range(5) if presses.count((layer, channel)) % 2}
        assert silenced(rows, layer, 5) == odd
    assert len(rows) <= 2


def test_silenced_are_the_muted_and_all_that_are_not_soloed():
    rows = listed(Intervention("a", "mute", (1,)), Intervention("a", "solo", (2,)), Intervention("a", "solo", (3,)))
    assert silenced(rows, "a", 5) == {0, 1, 4}
    assert silenced(rows, "b", 5) == frozenset()
    assert silenced(listed(Intervention("a", "mute")), "a", 3) == {0, 1, 2}
    assert silenced(switched_off(rows), "a", 5) == frozenset()


def test_rows_are_exchanged_and_removed_by_their_place():
    rows = listed(*(Intervention("a", "add", (channel,), 1.0) for channel in range(3)))
    by = ListedIntervention(Intervention("b", "freeze"))
    assert exchanged(rows, 1, by) == (rows[0], by, rows[2])
    assert without(rows, [0, 2]) == (rows[1],)


def test_every_list_comes_back_and_what_was_undone_is_forgotten_by_a_new_one():
    one, two, three = (listed(Intervention(name, "freeze")) for name in "abc")
    history = InterventionsHistory()
    assert not history.can_undo
    assert history.record(one)
    assert history.record(two)
    assert not history.record(two)
    assert history.undo()
    assert history.listed == one
    assert history.can_redo
    assert history.record(three)
    assert not history.redo()
    assert history.undo()
    assert history.undo()
    assert history.listed == ()
    assert not history.undo()


def test_a_value_that_is_turned_is_one_step_to_undo():
    start, *turned = (listed(Intervention("a", "scale", (1,), value)) for value in (1.0, 1.1, 1.2, 1.3))
    history = InterventionsHistory(start)
    for rows in turned:
        history.record(rows, "value-0")
    assert history.listed == turned[-1]
    history.undo()
    assert history.listed == start
    history.redo()
    history.record(turned[0], "value-0")  # after undo and redo another series begins
    history.undo()
    assert history.listed == turned[-1]
