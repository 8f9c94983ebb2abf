"""``bench structure``: what it reports of its rounds, and one summary for real."""

import json

from cnnviz.bench.structure import _report, _summary_times, _words

ROUNDS = [(100.0, 150.0, 10.0), (200.0, 180.0, 20.0), (100.0, 170.0, 30.0)]


def test_medians_of_rounds():
    report = _report(ROUNDS, {"a": 1.25, "b": 2.5}, {"one option": 3.0})
    assert report == {
        "network": "resnet152",
        "forward_ms": 100.0,
        "structure_ms": 170.0,
        "graph_ms": 20.0,
        "ratio": 1.6,  # of each round: 1.6, 1.0, 2.0
        "summaries": 2,
        "summaries_seconds": 3.8,
        "slowest_summary": "b",
        "builder": {"one option": 3.0},
        "rounds": 3,
    }
    assert json.loads(json.dumps(report)) == report
    assert _words(report).splitlines() == [
        "resnet152: forward 100 ms, structure 170 ms, graph 20 ms, ratio 1.60",
        "2 summaries: 3.8 s, slowest b",
        "200 rows, one option: 3.0 ms",
    ]


def test_without_a_window_there_is_no_builder():
    report = _report(ROUNDS, {"a": 1.0}, None)
    assert report["builder"] is None
    assert "rows" not in _words(report)


def test_summaries_are_timed_one_by_one():
    times = _summary_times(("squeezenet1_1", "alexnet"))
    assert list(times) == ["squeezenet1_1", "alexnet"]
    assert all(0 < seconds < 300 for seconds in times.values())
