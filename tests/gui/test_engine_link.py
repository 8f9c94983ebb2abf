"""Events in order and only the newest snapshot; restarts are counted."""

import numpy as np
import pytest

from cnnviz.core.reports import Problem
from cnnviz.core.views import FrameBudget, Snapshot
from cnnviz.engine.commands import Quit
from cnnviz.engine.events import ProblemMet, SnapshotReady
from cnnviz.gui.engine_link import MOST_RESTARTS, EngineLink


def snapshot(number):
    none = np.zeros(0)
    return SnapshotReady(Snapshot(number, 1, number, 0.0, (), None, None, none, none, FrameBudget(), 0.0, 0, 0))


class Channel:
    """Counts what an EngineChannel would do."""

    def __init__(self):
        self.sent, self.starts = [], 0

    def send(self, command):
        self.sent.append(command)

    def start(self):
        self.starts += 1


class Inbox:
    def __init__(self):
        self.events, self.notify = [], None

    def attach(self, notify):
        self.notify = notify
        notify()

    def take(self):
        events, self.events = self.events, []
        return events


@pytest.fixture
def link():
    made = EngineLink(Channel(), Inbox())
    yield made
    made.deleteLater()


def test_what_waits_is_told_in_order_and_of_snapshots_only_the_newest(link, qapp):
    told = []
    link.event_received.connect(told.append)
    problem, newest = ProblemMet(Problem("Oh.")), snapshot(3)
    link._inbox.events = [snapshot(1), problem, snapshot(2), newest]
    link.listen()
    assert told == []
    qapp.processEvents()
    assert told == [problem, newest]


def test_commands_go_to_the_engine(link):
    link.send(Quit())
    assert link._channel.sent == [Quit()]


def test_an_engine_that_keeps_dying_is_not_started_for_ever(link):
    for _ in range(MOST_RESTARTS):
        assert link.may_restart()
        link.restart()
    assert not link.may_restart()
    assert link._channel.starts == MOST_RESTARTS
