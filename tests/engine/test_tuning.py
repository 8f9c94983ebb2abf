import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.engine.tuning import LATENCY_ALLOWANCE_MS, REVIEW_FRAMES, Configuration, Cost, Tuner, best, candidates

ALL = candidates(2)
ALONE, PAIR = ALL[0], next(each for each in ALL if each.streams == 2)


@pytest.mark.parametrize(
    ("cores", "shares"), [(1, {(1, 1)}), (2, {(1, 2), (2, 1), (1, 1)}), (8, {(1, 8), (2, 4), (1, 4)})]
)
def test_candidates_share_the_cores_among_one_or_two_frames_in_both_formats(cores, shares):
    tried = candidates(cores)
    assert {(each.streams, each.threads) for each in tried} == shares
    assert {each.channels_last for each in tried} == {True, False}
    assert len(set(tried)) == len(tried) == 2 * len(shares)


def test_two_frames_at_once_win_when_they_bring_more_frames():
    assert best({ALONE: Cost(interval=9, latency=9), PAIR: Cost(interval=7, latency=14)}) == PAIR


def test_more_frames_are_not_worth_a_much_later_picture():
    late = 30 + LATENCY_ALLOWANCE_MS + 1
    assert best({ALONE: Cost(interval=30, latency=30), PAIR: Cost(interval=late / 2, latency=late)}) == ALONE


def test_when_the_source_sets_the_pace_the_quicker_answer_wins():
    assert best({PAIR: Cost(interval=33.4, latency=14), ALONE: Cost(interval=33.3, latency=9)}) == ALONE
    assert best({PAIR: Cost(interval=33.2, latency=14), ALONE: Cost(interval=33.3, latency=9)}) == ALONE


@given(st.lists(st.tuples(st.floats(0.5, 90), st.floats(0.5, 90)), min_size=len(ALL), max_size=len(ALL)))
def test_the_best_is_never_late_and_seldom_slow(numbers):
    costs = {each: Cost(*pair) for each, pair in zip(ALL, numbers, strict=True)}
    chosen = costs[best(costs)]
    assert chosen.latency <= min(cost.latency for cost in costs.values()) + LATENCY_ALLOWANCE_MS
    in_time = [cost for cost in costs.values() if cost.latency <= chosen.latency]
    assert chosen.interval <= 1.05 * min(cost.interval for cost in in_time)


@given(st.lists(st.floats(0.5, 50), min_size=len(ALL), max_size=len(ALL), unique=True))
def test_the_tuner_tries_all_and_goes_on_with_the_best(costs):
    tuner = Tuner(ALL)
    by_candidate = {each: Cost(cost, cost) for each, cost in zip(ALL, costs, strict=True)}
    frames = 0
    while tuner.trying:
        tuner.observe(by_candidate[tuner.current])
        frames += 1
        assert frames < 1200
    assert tuner.current == best(by_candidate)
    assert {each: round(cost.interval, 6) for each, cost in tuner.results.items()} == {
        each: round(cost.interval, 6) for each, cost in by_candidate.items()
    }


def feed(tuner: Tuner, cost: float, frames: int) -> None:
    for _ in range(frames):
        tuner.observe(Cost(cost, cost))


def test_the_first_frames_of_a_candidate_do_not_count():
    tuner = Tuner((ALONE, PAIR))
    for _ in range(2):
        feed(tuner, 1000, 3)  # warm-up: allocation, first kernels
        feed(tuner, 1, 24)
        feed(tuner, 5, 27)
    assert not tuner.trying
    assert tuner.results == {ALONE: Cost(1, 1), PAIR: Cost(5, 5)}
    assert tuner.current == ALONE


def test_one_hiccup_does_not_count():
    tuner = Tuner((ALONE, PAIR))
    for _ in range(2):
        feed(tuner, 2, 10)
        feed(tuner, 190, 1)
        feed(tuner, 2, 16)
        feed(tuner, 5, 27)
    assert tuner.results == {ALONE: Cost(2, 2), PAIR: Cost(5, 5)}


def test_what_disturbs_one_trial_does_not_decide():
    tuner = Tuner((ALONE, PAIR))
    feed(tuner, 300, 3 + 2)  # the window is being laid out
    feed(tuner, 9, 27)
    feed(tuner, 5, 27)
    feed(tuner, 9, 27)
    assert tuner.results == {ALONE: Cost(5, 5), PAIR: Cost(9, 9)}
    assert tuner.current == ALONE


def test_only_drawn_frames_tell_how_late_a_picture_comes():
    late = 30 + LATENCY_ALLOWANCE_MS + 1
    tuner = Tuner((ALONE, PAIR))
    while tuner.trying:
        if tuner.current == ALONE:
            tuner.observe(Cost(interval=30, latency=30))
        else:
            drawn = len(tuner._costs) % 3 == 0
            tuner.observe(Cost(interval=20, latency=late if drawn else 20, drawn=drawn))
    assert tuner.results == {ALONE: Cost(30, 30), PAIR: Cost(20, late)}
    assert tuner.current == ALONE


def test_where_nothing_is_drawn_every_frame_tells():
    tuner = Tuner((ALONE, PAIR))
    while tuner.trying:
        tuner.observe(Cost(5, 7, drawn=False))
    assert tuner.results == {ALONE: Cost(5, 7), PAIR: Cost(5, 7)}


def test_a_slow_network_is_tried_on_fewer_frames():
    tuner = Tuner((ALONE, PAIR))
    feed(tuner, 400, 3 + 2)
    assert tuner.current == PAIR


def test_rivals_are_measured_again_after_a_while():
    tuner = Tuner(ALL)
    while tuner.trying:
        feed(tuner, 10 if tuner.current != ALONE else 1, 1)
    feed(tuner, 1, REVIEW_FRAMES)
    tried = set()
    while tuner.trying:
        tried.add(tuner.current)
        feed(tuner, 20 if tuner.current == ALONE else 10, 1)
    assert tried == {each for each in ALL if each.channels_last == ALONE.channels_last}
    assert tuner.current != ALONE


def test_a_single_candidate_needs_no_trial():
    only = Configuration(1, 1, channels_last=True)
    tuner = Tuner((only,))
    feed(tuner, 1, REVIEW_FRAMES + 1)
    assert not tuner.trying
    assert tuner.current == only
