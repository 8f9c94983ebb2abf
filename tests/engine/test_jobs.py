import queue
import threading

import pytest

from cnnviz.core.errors import CancelledError, SourceError
from cnnviz.engine.jobs import JobEnded, Jobs, problem_of

PATIENCE = 10


@pytest.fixture
def ends() -> "queue.Queue[JobEnded]":
    return queue.Queue()


@pytest.fixture
def reports() -> list:
    return []


@pytest.fixture
def jobs(ends, reports):
    jobs = Jobs(ends.put, reports.append)
    yield jobs
    jobs.close()


def test_a_job_that_returns_is_finished(jobs, ends, reports):
    jobs.start("network", "Loading", lambda job: job.report("Half way", 0.5) or 42)
    ended = ends.get(timeout=PATIENCE)
    assert (ended.outcome, ended.result) == ("finished", 42)
    assert jobs.is_current(ended)
    assert [(each.text, each.fraction, each.done) for each in reports] == [
        ("Loading", None, False),
        ("Half way", 0.5, False),
        ("Loading", 1.0, True),
    ]


def test_a_job_that_raises_has_failed_in_its_own_words(jobs, ends):
    def work(_):
        raise SourceError("no such camera", details="index 7")

    jobs.start("source", "Opening", work)
    ended = ends.get(timeout=PATIENCE)
    assert ended.outcome == "failed"
    assert (ended.problem.message, ended.problem.details) == ("no such camera", "index 7")


def test_torchs_runtime_errors_are_reported_too(jobs, ends):
    def work(_):
        raise RuntimeError("shape mismatch\nat somewhere")

    jobs.start("network", "Loading", work)
    problem = ends.get(timeout=PATIENCE).problem
    assert problem.message == "Something unexpected failed (RuntimeError): shape mismatch"
    assert "Traceback" in problem.details


def test_a_cancelled_job_ends_as_cancelled(jobs, ends):
    begun = threading.Event()

    def work(job):
        begun.set()
        while not job.cancelled():
            begun.wait(0.001)
        raise CancelledError("cancelled")

    jobs.start("network", "Loading", work)
    begun.wait(PATIENCE)
    jobs.cancel("network")
    assert ends.get(timeout=PATIENCE).outcome == "cancelled"


def test_the_answer_of_a_replaced_job_comes_too_late(jobs, ends):
    gate = threading.Event()
    jobs.start("network", "Loading", lambda _: gate.wait(PATIENCE) and "old")
    jobs.start("network", "Loading", lambda _: "new")
    newer = ends.get(timeout=PATIENCE)
    gate.set()
    older = ends.get(timeout=PATIENCE)
    assert (newer.result, older.result) == ("new", "old")
    assert jobs.is_current(newer)
    assert not jobs.is_current(older)


def test_an_error_without_words_still_says_its_kind():
    assert problem_of(ValueError()).message == "Something unexpected failed (ValueError): no further words"
