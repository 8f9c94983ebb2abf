"""The arithmetic of ``bench live``: percentiles, medians over rounds, and what one live part measured."""

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.bench.bare import BareRate
from cnnviz.bench.live import _summary, percentile
from cnnviz.bench.recording import LivePart, Recording
from cnnviz.core.errors import CnnvizError

MILLISECONDS = st.lists(st.floats(0, 1e4), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([15, 20, 35, 40, 50], 5, 15),
        ([15, 20, 35, 40, 50], 30, 20),
        ([15, 20, 35, 40, 50], 40, 20),
        ([15, 20, 35, 40, 50], 50, 35),
        ([15, 20, 35, 40, 50], 100, 50),
        ([7], 99, 7),
        (range(1, 101), 99, 99),
        ([], 50, 0),
    ],
)
def test_percentiles_by_the_nearest_rank(values, percent, expected):
    """The first five from the method's usual example."""
    assert percentile(list(values), percent) == expected


@given(MILLISECONDS, st.integers(1, 100))
def test_a_percentile_leaves_that_many_below(values, percent):
    limit = percentile(values, percent)
    assert limit in values
    assert 100 * sum(value <= limit for value in values) >= percent * len(values)
    assert 100 * sum(value < limit for value in values) < percent * len(values)


def bare(fps: float) -> BareRate:
    return BareRate(fps, 1000 / fps, 2, channels_last=True, device="cpu")


def live(fps: float, gaps=(5.0, 6.0, 30.0), latencies=(40.0, 60.0, 50.0)) -> LivePart:
    return LivePart(fps, 30.0, gaps, latencies)


def test_the_ratio_is_the_median_of_the_rounds_ratios():
    """Not the ratio of the medians: a round that ran on a busy machine is busy in both of its parts."""
    result = _summary("net", [(bare(100), live(80)), (bare(50), live(45)), (bare(40), live(30))])
    assert (result["bare_fps"], result["live_fps"], result["live_ratio"]) == (50, 45, 0.8)
    assert result["latency_ms"] == 50
    assert result["forward_ms"] == 20
    assert result["ui_gap_ms"] == {"p50": 6, "p99": 30, "max": 30}
    assert (result["network"], result["rounds"], result["bare_threads"]) == ("net", 3, 2)


def test_the_engine_alone_has_no_gaps_of_a_window():
    result = _summary("net", [(bare(100), live(80, gaps=(), latencies=()))])
    assert result["ui_gap_ms"] == {"p50": 0, "p99": 0, "max": 0}
    assert result["latency_ms"] == 0


@given(st.lists(st.tuples(st.floats(1, 1e3), st.floats(1, 1e3)), min_size=1, max_size=9))
def test_medians_over_rounds(rates):
    result = _summary("net", [(bare(bare_fps), live(live_fps)) for bare_fps, live_fps in rates])
    assert result["bare_fps"] == pytest.approx(statistics.median(fps for fps, _ in rates), abs=1e-3)
    ratio = statistics.median(live_fps / bare_fps for bare_fps, live_fps in rates)
    assert result["live_ratio"] == pytest.approx(ratio, abs=1e-3)


class Painted:
    """Of a snapshot, what a recording reads."""

    def __init__(self, captured_at: float, inferred: int) -> None:
        self.captured_at = captured_at
        self.inferred = inferred


def recording(*painted: tuple[float, int], ticks=()) -> Recording:
    """Begun at 10 s, of (captured at, frames inferred by then); each on screen 40 ms later."""
    noted = Recording(ticks=list(ticks), begun=10.0)
    for captured_at, inferred in painted:
        noted.note(Painted(captured_at, inferred), captured_at + 0.04)
    return noted


def test_a_recording_counts_frames_between_its_first_and_last_snapshot():
    part = recording((10.0, 100), (11.0, 120), (12.0, 160), ticks=(0.0, 0.005, 0.011)).part()
    assert (part.live_fps, part.painted_fps) == (30, 1)
    assert part.latencies_ms == pytest.approx([40, 40, 40])
    assert part.gaps_ms == pytest.approx([5, 6])


def test_a_frame_from_before_the_recording_is_left_out():
    assert recording((9.0, 50), (10.0, 100), (11.0, 120)).part().live_fps == 20


def test_a_recording_of_one_frame_gives_no_rate():
    with pytest.raises(CnnvizError, match="measure for longer"):
        recording((10.0, 100)).part()


@given(
    st.lists(st.tuples(st.floats(10, 1000), st.integers(1, 100)), min_size=2, max_size=30, unique_by=lambda one: one[0])
)
def test_rates_are_frames_over_time(steps):
    """Whatever the order in which time passes: the first and the last frame alone decide."""
    times = sorted(time for time, _ in steps)
    inferred = list(itertools.accumulate(count for _, count in steps))
    part = recording(*zip(times, inferred, strict=True)).part()
    span = times[-1] - times[0]
    assert part.live_fps * span == pytest.approx(inferred[-1] - inferred[0])
    assert part.painted_fps * span == pytest.approx(len(steps) - 1)
