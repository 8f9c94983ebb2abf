import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.engine.tuning import Configuration, Tuner, candidates


@pytest.mark.parametrize(("cores", "threads"), [(1, {1}), (2, {2, 1}), (8, {8, 4, 1})])
def test_candidates_are_all_cores_half_of_them_and_one_in_both_formats(cores, threads):
    tried = candidates(cores)
    assert {each.threads for each in tried} == threads
    assert {each.channels_last for each in tried} == {True, False}
    assert len(set(tried)) == len(tried) == 2 * len(threads)
    assert tried[0] == Configuration(cores, True)


@given(st.lists(st.floats(0.5, 50), min_size=4, max_size=4, unique=True))
def test_the_cheapest_candidate_wins(costs):
    tuner = Tuner(candidates(2))
    by_candidate = dict(zip(tuner.candidates, costs, strict=True))
    frames = 0
    while not tuner.done:
        tuner.observe(by_candidate[tuner.current])
        frames += 1
        assert frames < 200
    assert by_candidate[tuner.current] == min(costs)


def test_the_first_frames_of_a_candidate_do_not_count():
    tuner = Tuner((Configuration(2, True), Configuration(1, True)))
    for _ in range(3):
        tuner.observe(1000)  # warm-up: allocation, first kernels
    for _ in range(10):
        tuner.observe(1)
    for _ in range(13):
        tuner.observe(5)
    assert tuner.done
    assert tuner.current == Configuration(2, True)
    tuner.observe(10_000)
    assert tuner.current == Configuration(2, True)
