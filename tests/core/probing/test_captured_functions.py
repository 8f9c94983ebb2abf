"""Captured functions: the right values, and a mode that is on no longer than it must be."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.core.errors import LayerError
from cnnviz.core.probing.capture import NO_THREAD, Capture, collect


class Runs(nn.Module):
    """A network whose forward is given."""

    def __init__(self, forward):
        super().__init__()
        self.run = forward

    def forward(self, x):
        return self.run(self, x)


def values(tensor):
    return tensor.flatten().tolist()


class Residual(nn.Module):
    """x + 2x, rectified by a function, called as often as one likes; every number is known by hand."""

    def __init__(self):
        super().__init__()
        self.twice = nn.Linear(1, 1, bias=False)
        self.activation = nn.Hardtanh(-100, 100)
        nn.init.constant_(self.twice.weight, 2.0)

    def forward(self, x):
        return functional.relu(self.activation(self.twice(x)) + x)


def test_results_of_functions_are_captured_before_they_are_rewritten():
    def forward(_self, x):
        x = x + 1
        x *= 10
        return functional.relu(x, inplace=True)

    found = collect(Runs(forward), torch.tensor([[1.0, -3.0]]), ["add()", "mul()", "relu()"])
    assert {name: values(tensor) for name, tensor in found.items()} == {
        "add()": [2, -2],
        "mul()": [20, -20],
        "relu()": [20, 0],
    }


def test_functions_are_counted_over_all_calls_of_their_module():
    block = Residual()
    network = nn.Sequential(block, block)
    found = collect(network, torch.tensor([[1.0], [-1.0]]), ["0.add()", "0.add()#2", "0.relu()#2", "0.activation"])
    assert {name: values(tensor) for name, tensor in found.items()} == {
        "0.add()": [3, -3],
        "0.add()#2": [9, 0],
        "0.relu()#2": [9, 0],
        "0.activation": [2, -2],
    }


def test_functions_of_layers_inside_are_not_those_of_the_network():
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Residual()

        def forward(self, x):
            return self.inner(x) + 1

    found = collect(Outer(), torch.tensor([[1.0]]), ["add()", "inner.add()"])
    assert (values(found["add()"]), values(found["inner.add()"])) == ([4], [3])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("0.sub()", r'no "0.sub\(\)": this network calls "0.sub\(\)" never'),
        ("0.add()#2", r'calls "0.add\(\)" only once'),
        ("1.add()", r'no layer "1.add\(\)"'),
        ("0.add()#0", r'no layer "0.add\(\)#0"'),
    ],
)
def test_a_function_that_is_not_called(name, sentence):
    network = nn.Sequential(Residual())
    with pytest.raises(LayerError, match=sentence):
        collect(network, torch.zeros(1, 1), [name])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def modes_on():
    return torch._C._len_torch_function_stack()


def test_the_function_mode_is_on_inside_the_watched_module_only():
    depths = []

    class Looks(Residual):
        def forward(self, x):
            depths.append(modes_on())
            return super().forward(x)

    network = nn.Sequential(Looks(), Looks())
    with Capture(network, lambda *_: None) as capture:
        capture.watch({"0.twice", "network"})
        network(torch.zeros(1, 1))
        capture.watch({"1.add()"})
        network(torch.zeros(1, 1))
        assert len(network[0]._forward_hooks) == 0
        assert len(network[1].twice._forward_hooks) == 1
    network(torch.zeros(1, 1))
    assert depths == [0, 0, 0, 1, 0, 0]
    assert modes_on() == 0


def test_the_function_mode_is_off_after_a_pass_that_threw():
    def throw(_self, _x):
        raise RuntimeError("no such shape")

    network = nn.Sequential(Residual(), nn.Sequential(Residual(), Runs(throw)))
    with Capture(network, lambda *_: None) as capture:
        capture.watch({"0.add()", "1.0.add()", "1.relu()"})
        with pytest.raises(RuntimeError, match="no such shape"):
            network(torch.zeros(1, 1))
        assert modes_on() == 0


def test_what_the_listener_computes_is_not_counted():
    network, heard = nn.Sequential(Residual()), []

    def listen(name, tensor):
        heard.append((name, (tensor + tensor + 1).item()))

    with Capture(network, listen) as capture:
        capture.watch({"0.twice", "0.add()", "0.add()#2", "0", "0.relu()"})
        network(torch.tensor([[1.0]]))
        network(torch.tensor([[2.0]]))
    assert heard == [
        (name, 2 * scale * value + 1)
        for scale in (1, 2)
        for name, value in (("0.twice", 2), ("0.add()", 3), ("0.relu()", 3), ("0", 3))
    ]


def test_two_threads_capture_functions_of_one_network_at_once():
    network = nn.Sequential(*(Residual() for _ in range(3)))
    barrier, heard = threading.Barrier(2), ([], [])

    def stream(number):
        with Capture(network, lambda name, tensor: heard[number].append((name, tensor.item()))) as capture:
            capture.listen_to(threading.get_ident())
            capture.watch({"1.add()", "2.relu()", "network"})
            for _ in range(20):
                barrier.wait()
                network(torch.tensor([[1.0 + number]]))
            barrier.wait()
        return modes_on()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(stream, range(2))) == [0, 0]
    for number in range(2):
        scale = 1.0 + number
        assert heard[number] == [("1.add()", 9 * scale), ("2.relu()", 27 * scale), ("network", 27 * scale)] * 20


def test_a_capture_that_listens_to_no_thread_hears_no_function():
    network, heard = Residual(), []
    with Capture(network, lambda name, _tensor: heard.append(name)) as capture:
        capture.watch({"add()"})
        capture.listen_to(NO_THREAD)
        network(torch.zeros(1, 1))
        assert modes_on() == 0
        capture.listen_to(None)
        network(torch.zeros(1, 1))
    assert heard == ["add()"]
