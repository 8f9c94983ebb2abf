"""What is quick never flashes; what is slow is shown to its end."""

import pytest

from cnnviz.core.reports import Progress
from cnnviz.gui.progress_gate import ProgressGate

BEGUN, HALF, DONE = Progress("load", "Loading", 0.1), Progress("load", "Loading", 0.5), Progress("load", "", done=True)


@pytest.fixture
def gate():
    made = ProgressGate()
    made.told = []
    made.passed.connect(made.told.append)
    yield made
    made.deleteLater()


def test_a_quick_task_is_not_told_of(gate, qtbot):
    gate.take(BEGUN)
    gate.take(DONE)
    qtbot.waitUntil(lambda: not gate._timer.isActive())
    assert gate.told == []


def test_a_slow_task_is_told_of_with_its_latest_state_and_its_end(gate, qtbot):
    gate.take(BEGUN)
    gate.take(HALF)
    qtbot.waitUntil(lambda: gate.told == [HALF])
    gate.take(BEGUN)
    gate.take(DONE)
    assert gate.told == [HALF, BEGUN, DONE]
    gate.take(DONE)
    assert len(gate.told) == 3


def test_a_gate_that_was_cleared_has_forgotten_everything(gate):
    gate.take(BEGUN)
    gate.clear()
    assert not gate._timer.isActive()
    gate.take(DONE)
    assert gate.told == []
