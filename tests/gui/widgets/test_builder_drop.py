"""Where dragged rows land, from the pointer's place over the rows."""

from cnnviz.gui.widgets.builder_drop import Landing, RowUnder, landing

ROW = RowUnder((4,), 100, 126, last=False)
LAST_INSIDE = RowUnder((2, 3), 100, 126, last=True)
OPEN_GROUP = RowUnder((2,), 100, 126, last=False, inner=4, open=True)
CLOSED_GROUP = RowUnder((2,), 100, 126, last=False, inner=4, open=False)
EMPTY_GROUP = RowUnder((2,), 100, 126, last=False, inner=0, open=False)


def at(under, y, depth=9):
    return landing(under, y, depth, rows=7, end=300)


def test_the_half_of_a_row_decides():
    expected = (
        (None, 400, (7,)),
        (ROW, 101, (4,)),
        (ROW, 125, (5,)),
        (OPEN_GROUP, 101, (2,)),
        (OPEN_GROUP, 125, (2, 0)),
        (CLOSED_GROUP, 101, (2,)),
        (CLOSED_GROUP, 113, (2, 4)),
        (CLOSED_GROUP, 125, (3,)),
        (EMPTY_GROUP, 113, (2, 0)),
        (LAST_INSIDE, 101, (2, 3)),
        (LAST_INSIDE, 125, (2, 4)),
    )
    assert [at(under, y).place for under, y, _ in expected] == [place for *_, place in expected]


def test_left_of_a_group_the_place_below_its_last_row_is_below_the_group():
    assert at(LAST_INSIDE, 125, depth=0) == Landing((3,), 126, 0)
    assert at(LAST_INSIDE, 125, depth=1) == Landing((2, 4), 126, 1)


def test_a_closed_group_is_framed():
    assert at(CLOSED_GROUP, 113).inside == (2,)
    assert at(OPEN_GROUP, 125).inside is None
