import threading

from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.views import ViewRequest
from cnnviz.engine import commands
from cnnviz.engine.commands import ControlSource, OpenNetwork, SetView
from cnnviz.engine.mailbox import SUPERSEDING, Mailbox


def test_a_newer_order_takes_the_place_of_an_older_one_of_its_kind():
    mailbox = Mailbox()
    mailbox.put(SetView(ViewRequest(1)))
    mailbox.put(OpenNetwork(NetworkChoice("lenet5")))
    mailbox.put(SetView(ViewRequest(2)))
    assert mailbox.take() == [OpenNetwork(NetworkChoice("lenet5")), SetView(ViewRequest(2))]
    assert mailbox.take() == []


def test_every_step_of_the_source_is_kept():
    from cnnviz.core.sources.values import SourceCommand

    mailbox = Mailbox()
    for _ in range(3):
        mailbox.put(ControlSource(SourceCommand("step")))
    assert len(mailbox.take()) == 3


def test_superseding_kinds_are_commands():
    assert all(hasattr(commands, name) for name in SUPERSEDING)


def test_waiting_ends_when_something_comes_from_another_thread():
    mailbox = Mailbox()
    waiter = threading.Thread(target=mailbox.wait, args=(None,))
    waiter.start()
    mailbox.put("order")
    waiter.join(5)
    assert not waiter.is_alive()


def test_a_wake_before_the_wait_is_not_lost():
    mailbox = Mailbox()
    mailbox.wake()
    mailbox.wait(None)  # would wait for ever
    waiter = threading.Thread(target=mailbox.wait, args=(0.01,))
    waiter.start()
    waiter.join(5)
    assert not waiter.is_alive()
