"""The arithmetic of ``bench memory``, and what it reads from the system by another route."""

import os
import threading
from multiprocessing.shared_memory import SharedMemory

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.bench.memory import Counts, Sample, drift, summary
from cnnviz.bench.processes import SHARED_MEMORY, _from_psutil, process_state, shared_memory_count
from cnnviz.core.errors import CnnvizError


def test_drift_compares_the_first_rotation_with_the_last():
    values = [(1, 100.0), (1, 200.0), (2, 900.0), (3, 120.0), (3, 189.0)]
    assert drift(values) == {"start": 150.0, "end": 154.5, "max": 900.0, "drift_percent": 3.0}


@given(st.lists(st.floats(50, 5000), min_size=1, max_size=20), st.integers(2, 5))
def test_the_same_rotation_again_and_again_is_flat(megabytes, rotations):
    repeated = [(rotation, value) for rotation in range(1, rotations + 1) for value in megabytes]
    assert drift(repeated)["drift_percent"] == 0


def test_a_summary_holds_both_processes():
    samples = [Sample(1, 0.0, 100.0, 800.0), Sample(2, 5.0, 101.0, 784.0)]
    result = summary(samples, Counts(5, 10, 1), Counts(6, 10, 1))
    assert result["window_mb"]["drift_percent"] == 1
    assert result["engine_mb"]["drift_percent"] == -2
    assert result["threads"] == {"start": {"window": 5, "engine": 10}, "end": {"window": 6, "engine": 10}}
    assert result["shared_memory"] == {"start": 1, "end": 1}


def test_one_more_thread_is_one_more():
    end, before = threading.Event(), process_state(os.getpid()).threads
    thread = threading.Thread(target=end.wait)
    thread.start()
    during = process_state(os.getpid()).threads
    end.set()
    thread.join()
    assert during == before + 1


@pytest.mark.parametrize("read", [process_state, _from_psutil])
def test_both_ways_to_read_a_process_agree(read):
    state, expected = read(os.getpid()), psutil.Process()
    assert state.resident_mb == pytest.approx(expected.memory_info().rss / 1e6, rel=0.02)
    assert state.threads == expected.num_threads()


@pytest.mark.parametrize("read", [process_state, _from_psutil])
def test_a_process_that_has_ended_is_said(read):
    with pytest.raises(CnnvizError, match="has ended"):
        read(2**22 + 1)


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="needs a system that lists its shared memory")
def test_shared_memory_is_counted_by_its_name():
    prefix = f"cnnviz-test-{os.getpid()}-"
    memory = SharedMemory(create=True, size=1, name=f"{prefix}1")
    try:
        assert shared_memory_count(prefix) == 1
    finally:
        memory.close()
        memory.unlink()
    assert shared_memory_count(prefix) == 0
