"""A class keeps its colour while it is shown."""

from cnnviz.gui.widgets.series_colors import OTHER, SERIES, SeriesColors


def test_classes_keep_their_colours_when_their_order_changes():
    colors = SeriesColors()
    before = dict(zip((7, 3, 9), colors.of((7, 3, 9)), strict=True))
    after = dict(zip((9, 7, 4), colors.of((9, 7, 4)), strict=True))
    assert after[7] == before[7]
    assert after[9] == before[9]
    assert after[4] == before[3]


def test_no_two_classes_share_a_colour_but_those_beyond_the_last():
    shown = SeriesColors().of(range(len(SERIES) + 2))
    assert shown[: len(SERIES)] == SERIES
    assert shown[len(SERIES) :] == (OTHER, OTHER)
