"""How often the effective field of the unit under the pointer is asked for."""

import pytest

from cnnviz.core.views import Probe
from cnnviz.gui.controllers.live_field import PATIENCE, PAUSE_PER_SECOND, SHORTEST_PAUSE, LiveField

A, B, C = (Probe("conv", channel, 0, 0) for channel in range(3))


class Desk:
    """A clock to be set, and what was asked."""

    def __init__(self):
        self.now = 100.0
        self.asked = []
        self.field = LiveField(self.asked.append, lambda: self.now)

    def answer(self, seconds):
        self.now += seconds
        self.field.note_answer()


@pytest.fixture
def desk():
    made = Desk()
    made.field.note_picture(1)
    return made


def test_a_unit_of_a_still_picture_is_measured_once(desk):
    desk.field.want(A)
    desk.answer(0.1)
    desk.now += 60
    desk.field.note_picture(1)
    desk.field.want(A)
    assert desk.asked == [A]


def test_without_a_picture_or_a_unit_nothing_is_asked(desk):
    desk.field.note_picture(2)
    desk.field.want(None)
    assert desk.asked == []
    desk.field.reset()
    desk.field.want(A)
    assert desk.asked == []
    desk.field.note_picture(3)
    assert desk.asked == [A]


def test_the_next_is_asked_only_after_the_answer_and_it_is_the_newest(desk):
    desk.field.want(A)
    desk.field.want(B)
    desk.field.want(C)
    assert desk.asked == [A]
    desk.answer(0.1)
    assert desk.asked == [A, C]


def test_the_same_unit_on_moving_pictures_rests_the_longer_the_longer_it_takes(desk):
    desk.field.want(A)
    desk.answer(0.1)
    for step, expected in ((0.9 * PAUSE_PER_SECOND * 0.1, [A]), (0.2 * PAUSE_PER_SECOND * 0.1, [A, A])):
        desk.now += step
        desk.field.note_picture(desk.now)
        assert desk.asked == expected
    desk.answer(0.0)
    desk.now += 0.9 * SHORTEST_PAUSE
    desk.field.note_picture("x")
    assert desk.asked == [A, A]
    desk.now += 0.2 * SHORTEST_PAUSE
    desk.field.note_picture("y")
    assert desk.asked == [A, A, A]


def test_another_unit_does_not_rest(desk):
    desk.field.want(A)
    desk.answer(1.0)
    desk.field.want(B)
    assert desk.asked == [A, B]


def test_a_question_that_is_never_answered_is_given_up(desk):
    desk.field.want(A)
    desk.now += PATIENCE + 1
    desk.field.want(B)
    assert desk.asked == [A, B]


def test_an_answer_nobody_asked_for_changes_nothing(desk):
    desk.field.note_answer()
    desk.field.want(A)
    desk.field.reset()
    desk.field.note_answer()
    assert desk.asked == [A]
