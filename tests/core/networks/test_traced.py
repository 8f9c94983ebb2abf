"""The quick way through a network gives what the network gives, whatever was changed in it meanwhile."""

import gc
import itertools
import threading
import weakref

import pytest
import torch
from torch import Tensor, nn

from cnnviz.core.networks import traced
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.traced import TracedPass
from cnnviz.core.networks.values import NetworkChoice


class Counted(nn.Module):
    """A convolution and an activation; counts how often Python ran its forward pass."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.activation = activation
        self.passes = 0

    def forward(self, x: Tensor) -> Tensor:
        self.passes += 1
        return self.activation(self.conv(x)).mean((2, 3))


class Branching(nn.Module):
    """Does with dark pictures something else than with bright ones."""

    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3)) if x.mean() > 0 else x.amin((2, 3))


@pytest.fixture(autouse=True)
def nothing_traced_before(monkeypatch):
    monkeypatch.setattr(traced, "_made", itertools.count(1))


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.inference_mode():
        yield


def pictures(size: int = 32, channels: int = 3) -> list[Tensor]:
    generator = torch.Generator().manual_seed(4)
    return [torch.randn(1, channels, size, size, generator=generator) for _ in range(3)]


def eager(module: nn.Module, picture: Tensor) -> Tensor:
    return module(picture)


@pytest.mark.parametrize(
    ("name", "channels", "size"),
    [("convnet-mnist", 1, 28), ("cifar10-small", 3, 32), ("squeezenet1_1", 3, 224), ("mobilenet_v3_small", 3, 224)],
)
def test_results_are_the_networks_own_bit_for_bit(name, channels, size):
    module = load_network(NetworkChoice(name, weights="none")).module
    run = TracedPass(name, module)
    for picture in pictures(size, channels):
        for _ in range(2):
            assert torch.equal(run(picture), eager(module, picture))


def test_python_does_not_run_the_network_again():
    module = Counted(nn.ReLU()).eval()
    run = TracedPass("counted once", module)
    first, *others = pictures()
    run(first)
    passes = module.passes
    for picture in others:
        run(picture)
    assert module.passes == passes


def test_hooks_are_left_out():
    module = Counted(nn.ReLU()).eval()
    run = TracedPass("counted without hooks", module)
    run(pictures()[0])
    seen = []
    module.conv.register_forward_hook(lambda *_: seen.append(1))
    run(pictures()[1])
    assert not seen
    eager(module, pictures()[1])
    assert seen


def test_weights_changed_in_place_are_the_ones_used():
    module = Counted(nn.ReLU()).eval()
    run = TracedPass("changed in place", module)
    picture = pictures()[0]
    before = run(picture)
    module.conv.weight.mul_(2)
    after = run(picture)
    assert not torch.equal(after, before)
    assert torch.equal(after, eager(module, picture))


def test_another_memory_format_is_followed():
    module = load_network(NetworkChoice("cifar10-small", weights="none")).module
    run = TracedPass("another memory format", module)
    picture = pictures()[0]
    run(picture)
    module.to(memory_format=torch.channels_last)
    run.reread_weights()
    picture = pictures()[1].contiguous(memory_format=torch.channels_last)
    assert torch.equal(run(picture), eager(module, picture))


def test_a_network_whose_way_depends_on_the_picture_runs_as_it_is():
    module = Branching().eval()
    run = TracedPass("branching", module)
    bright, dark = torch.full((1, 3, 8, 8), 0.5), torch.full((1, 3, 8, 8), -0.5)
    bright[0, 0, 0, 0], dark[0, 0, 0, 0] = 2.0, -2.0
    assert run(bright)[0, 0] == 2.0
    assert run(dark)[0, 0] == -2.0


def test_what_gives_no_single_tensor_runs_as_it_is():
    class Pair(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"logits": x.mean((2, 3))}

    picture = pictures()[0]
    assert torch.equal(TracedPass("pair", Pair().eval())(picture)["logits"], picture.mean((2, 3)))


def test_the_same_network_opened_again_is_not_traced_again():
    picture = pictures()[0]
    TracedPass("opened twice", Counted(nn.ReLU()).eval())(picture)
    again = Counted(nn.ReLU()).eval()
    run = TracedPass("opened twice", again)
    assert torch.equal(run(picture), eager(again, picture))
    assert again.passes == 3  # two to see that the trace fits, one by this test


def test_another_network_of_the_same_name_and_shapes_is_traced_for_itself():
    picture = pictures()[0]
    TracedPass("edited", Counted(nn.ReLU()).eval())(picture)
    edited = Counted(nn.Tanh()).eval()
    run = TracedPass("edited", edited)
    for each in pictures():
        assert torch.equal(run(each), eager(edited, each))


def test_another_input_size_is_traced_for_itself():
    module = Counted(nn.ReLU()).eval()
    run = TracedPass("two sizes", module)
    for picture in (pictures(32)[0], pictures(17)[0]):
        assert torch.equal(run(picture), eager(module, picture))


def test_a_trace_keeps_neither_the_network_nor_its_weights():
    """It stays as long as the process: a large network closed must not."""
    module = Counted(nn.ReLU()).eval()
    run = TracedPass("closed", module)
    run(pictures()[0])
    assert traced._traced.keys() & {key for key in traced._traced if key[0] == "closed"}
    left = [weakref.ref(each) for each in (module, module.conv, module.conv.weight)]
    del module, run
    gc.collect()
    assert [each() for each in left] == [None, None, None]


def test_after_many_traces_networks_run_as_they_are(monkeypatch):
    """torch frees none of them."""
    monkeypatch.setattr(traced, "MOST_TRACES", 2)
    passes = []
    for number in range(3):
        module = Counted(nn.ReLU()).eval()
        run = TracedPass(f"one of many, {number}", module)
        assert all(torch.equal(run(each), eager(module, each)) for each in pictures())
        module.passes = 0
        run(pictures()[0])
        passes.append(module.passes)
    assert passes == [0, 0, 1]


def test_two_threads_may_call_it_from_the_start():
    module = load_network(NetworkChoice("cifar10-small", weights="none")).module
    run = TracedPass("two threads", module)
    wrong: list[int] = []

    def work() -> None:
        with torch.inference_mode():
            wrong.extend(step for step in range(20) for each in pictures() if not torch.equal(run(each), module(each)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
