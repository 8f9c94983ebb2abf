""" "What fires for this?": effect sizes by the textbook's two-pass formula, counts, order."""

import math
import statistics
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.separation import RunningMoments, Separation, reduce_channels


def layer(name, channels=2, axes="chw"):
    shape = {"chw": (channels, 2, 2), "tokens": (5, channels), "vector": (channels,), "": None}[axes]
    return LayerInfo(name, name, "", 1, 1, leaf=True, shape=shape, parameters=0, trainable=0, map_axes=axes)


def hedges(with_object, without):
    """Two passes over plain lists."""
    freedom = len(with_object) + len(without) - 2
    squares = sum((x - statistics.fmean(own)) ** 2 for own in (with_object, without) for x in own)
    deviation = math.sqrt(squares / freedom)
    difference = statistics.fmean(with_object) - statistics.fmean(without)
    return difference / deviation * (1 - 3 / (4 * freedom - 1))


def observed(with_object, without, names=("a",), **options):
    """Frames of one number per channel."""
    separation = Separation({name: layer(name) for name in names}, **options)
    for frames, present in ((with_object, True), (without, False)):
        for frame in frames:
            separation.observe_reduced({name: np.array(frame, float) for name in names}, present=present)
    return separation


values = st.floats(-1e3, 1e3, width=32)


@settings(max_examples=80, deadline=None)
@given(st.lists(values, min_size=2, max_size=8), st.lists(values, min_size=2, max_size=8))
def test_the_effect_is_hedges_g(with_object, without):
    ranking = observed([[each] for each in with_object], [[each] for each in without]).ranking()
    (unit,) = ranking.units
    spread = statistics.pstdev(with_object) + statistics.pstdev(without)
    if spread > 1e-3:
        assert unit.effect == pytest.approx(hedges(with_object, without), rel=1e-6, abs=1e-9)
    assert unit.mean_with == pytest.approx(statistics.fmean(with_object), abs=1e-6)
    assert (unit.with_count, unit.without_count) == (len(with_object), len(without))


def test_a_picture_that_stands_still_counts_once_in_each_set():
    separation = Separation({"a": layer("a")})
    for frame, present in ((1, True), (1, True), (1, False), (2, True), (1, True)):
        separation.observe_reduced({"a": np.array([1.0, float(frame)])}, present=present, frame=frame)
    ranking = separation.ranking()
    assert (ranking.with_count, ranking.without_count) == (3, 1)
    separation.reset()
    separation.observe_reduced({"a": np.array([1.0, 1.0])}, present=True, frame=1)
    assert separation.ranking().with_count == 1


def test_by_hand():
    unit = observed([[3.0], [5.0]], [[0.0], [2.0]]).ranking().units[0]
    # means 4 and 1, pooled variance (2 + 2) / 2 = 2, correction 1 − 3 / 7
    assert unit.effect == pytest.approx(3 / math.sqrt(2) * 4 / 7)
    assert unit.probability == pytest.approx(statistics.NormalDist().cdf(unit.effect / math.sqrt(2)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(values, values), min_size=1, max_size=20))
def test_running_moments_are_those_of_numpy(frames):
    moments = RunningMoments.of(2)
    for frame in frames:
        moments.add(np.array(frame))
    np.testing.assert_allclose(moments.mean, np.mean(frames, axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(moments.squares / len(frames), np.var(frames, axis=0), rtol=1e-6, atol=1e-6)


def test_units_of_all_layers_are_ranked_by_strength_whatever_the_sign():
    separation = Separation({"a": layer("a"), "b": layer("b")})
    for number in range(4):
        wobble = number % 2
        for present in (True, False):
            separation.observe_reduced(
                {
                    "a": np.array([wobble, 3 * present + wobble]),
                    "b": np.array([-10 * present + wobble, present + wobble]),
                },
                present=present,
            )
    ranking = separation.ranking()
    assert [(unit.layer, unit.channel) for unit in ranking.units] == [("b", 0), ("a", 1), ("b", 1), ("a", 0)]
    assert [np.sign(unit.effect) for unit in ranking.units] == [-1, 1, 1, 0]
    assert ranking.units[0].probability < 0.01
    assert ranking.units[3].probability == 0.5
    assert (ranking.with_count, ranking.without_count, ranking.ranked, ranking.problem) == (4, 4, 4, "")
    assert [unit.channel for unit in separation.ranking(1).units] == [0]


def test_units_that_never_vary_are_infinitely_apart_or_alike():
    units = observed([[1.0, 5.0]] * 2, [[0.0, 5.0]] * 3).ranking().units
    assert [(unit.channel, unit.effect, unit.probability) for unit in units] == [(0, math.inf, 1.0), (1, 0.0, 0.5)]


@pytest.mark.parametrize(("with_object", "without"), [(0, 0), (1, 5), (5, 1)])
def test_too_few_frames_are_said(with_object, without):
    ranking = observed([[1.0]] * with_object, [[2.0]] * without).ranking()
    assert ranking.units == ()
    assert ranking.problem == (
        f"So far {with_object} with the object and {without} without it are counted: observe at least 2 frames of each."
    )


def test_values_that_are_no_numbers_are_left_out_and_counted_out():
    frames = [[1.0, np.nan], [2.0, np.inf], [3.0, 1.0]]
    ranking = observed(frames, [[0.0, 0.0], [1.0, 0.0]]).ranking()
    (unit,) = ranking.units
    assert (unit.channel, unit.with_count, unit.without_count) == (0, 3, 2)
    assert ranking.ranked == 1


def test_reset_forgets_all():
    separation = observed([[1.0]] * 2, [[0.0]] * 2)
    separation.reset()
    assert separation.ranking().units == ()
    assert separation.ranking().with_count == 0


def test_a_layer_of_another_size_starts_anew():
    separation = observed([[1.0]] * 2, [[0.0]] * 2)
    for present in (True, False, True, False):
        separation.observe_reduced({"a": np.array([1.0 + present, 0.0])}, present=present)
    assert {unit.with_count for unit in separation.ranking().units} == {2}
    assert len(separation.ranking().units) == 2


def test_maps_become_one_number_a_channel():
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 6.0]], [[-4.0, -3.0], [-2.0, -1.0]]]])
    assert reduce_channels(maps, layer("a"), "maximum").tolist() == [6, -1]
    assert reduce_channels(maps, layer("a"), "mean").tolist() == [3, -2.5]
    tokens = torch.tensor([[[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [5.0, 0.0], [7.0, 2.0]]])
    assert reduce_channels(tokens, layer("a", axes="tokens"), "maximum").tolist() == [7, 4]  # without the class token
    assert reduce_channels(torch.tensor([[3.0, 4.0]]), layer("a", axes="vector"), "mean").tolist() == [3, 4]
    with pytest.raises(LayerError, match="has no channels to measure"):
        reduce_channels(torch.zeros(1, 2), layer("a", axes="chw"), "mean")


def test_two_threads_observe_at_once():
    separation = Separation({"a": layer("a")})
    start = threading.Barrier(2)

    def observe(present):
        start.wait()
        for number in range(200):
            maps = torch.full((1, 2, 2, 2), float(number % 2 + present))
            separation.observe({"a": maps}, present=present)

    threads = [threading.Thread(target=observe, args=(present,)) for present in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unit = separation.ranking().units[0]
    assert (unit.with_count, unit.without_count, unit.mean_with, unit.mean_without) == (200, 200, 1.5, 0.5)
