"""A class keeps its colour while it is shown."""

from cnnviz.gui.widgets.series_colors import OTHER, SERIES, SeriesColors


def test_classes_keep_their_colours_when_their_order_changes():
    colors = SeriesColors()
    before = dict(zip((7, 3, 9), colors.of((7, 3, 9)), strict=True))
    after = dict(zip((9, 7, 4), colors.of((9, 7, 4)), strict=True))
    assert after[7] == before[7]
    assert after[9] == before[9]
    assert after[4] == before[3]


def test_a_class_that_another_dock_shows_has_its_colour_there():
    leader, follower = SeriesColors(), SeriesColors()
    follower.follow(leader)
    alone = dict(zip((5, 6), follower.of((5, 6)), strict=True))
    there = dict(zip((7, 5, 3), leader.of((7, 5, 3)), strict=True))
    here = dict(zip((6, 5, 8), follower.of((6, 5, 8)), strict=True))
    assert here[5] == there[5] != alone[5]
    assert len(set(here.values())) == 3
    assert here[8] not in there.values()


def test_other_classes_begin_with_the_first_colour_again():
    colors = SeriesColors()
    colors.of((1, 2, 3))
    colors.forget()
    assert colors.of((3, 4)) == SERIES[:2]


def test_no_two_classes_share_a_colour_but_those_beyond_the_last():
    shown = SeriesColors().of(range(len(SERIES) + 2))
    assert shown[: len(SERIES)] == SERIES
    assert shown[len(SERIES) :] == (OTHER, OTHER)
