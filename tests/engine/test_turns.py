"""Live views of a moving picture take turns, and so do their layers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.live_views import ObserveView, StatisticsView, ThumbnailsView, TraceView, UnitView
from cnnviz.core.views import Probe
from cnnviz.engine.turns import Turns

MANY = tuple(f"layer{number}" for number in range(100))
UNIT = UnitView(Probe("layer1", 0, 0, 0), ("layer0",))


def film(*views, frames, rate=30.0):
    """What is due in each of so many frames."""
    turns, shown = Turns(), []
    for number in range(frames):
        shown.append(turns.due(views, number / rate))
        turns.take(views, number / rate)
    return shown


def test_a_unit_is_worked_out_five_times_in_two_seconds():
    assert film(UNIT, frames=25) == [(UNIT,), *[()] * 11, (UNIT,), *[()] * 11, (UNIT,)]


def test_statistics_come_ten_times_in_four_seconds_and_then_every_layer_has_had_its_turn():
    shown = [views[0] for views in film(StatisticsView(MANY, "last"), frames=120) if views]
    assert len(shown) == 10
    assert {view.detail for view in shown} == {"last"}
    assert sorted(name for view in shown for name in view.through) == sorted(MANY)


def test_a_few_layers_have_their_turn_together():
    view = StatisticsView(MANY[:8], "last")
    assert film(view, frames=1) == [(view,)]


def test_correlation_is_worked_out_in_every_third_turn():
    view = StatisticsView((), "last", correlation=True)
    shown = [views[0].correlation for views in film(view, frames=48) if views]
    assert shown == [True, False, False, True]


def test_all_thumbnails_are_new_three_times_a_second():
    shown = [views[0].layers for views in film(ThumbnailsView(MANY), frames=9) if views]
    assert sorted(name for layers in shown for name in layers) == sorted(MANY)
    assert len(shown) == 3


@pytest.mark.parametrize("view", [TraceView((UNIT.probe,)), ObserveView(MANY, present=True)])
def test_what_must_miss_no_frame_is_always_due(view):
    assert film(view, frames=4) == [(view,)] * 4


def test_a_frame_that_does_not_start_loses_no_turn():
    turns = Turns()
    assert turns.due((UNIT,), 1.0) == turns.due((UNIT,), 1.0) == (UNIT,)
    turns.take((UNIT,), 1.0)
    assert turns.due((UNIT,), 1.05) == ()


def test_another_view_has_its_turn_at_once():
    turns = Turns()
    turns.take((UNIT,), 1.0)
    other = replace(UNIT, probe=Probe("layer1", 3, 0, 0))
    assert turns.due((other,), 1.01) == (other,)


@given(st.integers(0, 300), st.lists(st.floats(0.0, 0.5), min_size=1, max_size=80))
def test_no_layer_waits_longer_than_ten_turns(count, gaps):
    layers = tuple(f"layer{number}" for number in range(count))
    view, turns, now, waiting = StatisticsView(layers, "last"), Turns(), 0.0, dict.fromkeys(layers, 0)
    for gap in gaps:
        now += gap
        for due in turns.due((view,), now):
            waiting = {name: 0 if name in due.through else turned + 1 for name, turned in waiting.items()}
        turns.take((view,), now)
    assert max(waiting.values(), default=0) < 10
