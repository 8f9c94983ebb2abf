"""Hooks that come while another thread runs the network."""

import threading

import torch
from torch import nn

from cnnviz.core.probing.capture import Capture


class Pausing(nn.Module):
    """Waits inside its forward until it is told to go on."""

    def __init__(self):
        super().__init__()
        self.inside, self.go_on = threading.Event(), threading.Event()

    def forward(self, x):
        self.inside.set()
        assert self.go_on.wait(10)
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.pause = Pausing()

    def forward(self, x):
        return torch.add(self.pause(x), 1)


def test_a_pass_that_was_under_way_when_the_hooks_came_ends_as_ever():
    """torch looks for hooks that run after a module only where it had some when it began."""
    net, outputs, live, captured = Net(), [], [], []
    other = threading.Thread(target=lambda: outputs.append(net(torch.zeros(1, 2)).tolist()))
    with Capture(net, lambda *_: live.append(1)) as early, Capture(net, lambda *call: captured.append(call)) as late:
        early.watch(["network", "pause"])
        late.listen_to(threading.get_ident())
        other.start()
        assert net.pause.inside.wait(10)
        late.watch(["add()"])
        net.pause.go_on.set()
        other.join(10)
        assert (outputs, len(live), captured) == ([[[1, 1]]], 2, [])
        net(torch.ones(1, 2))
    assert [(name, tensor.tolist()) for name, tensor in captured] == [("add()", [[2, 2]])]
