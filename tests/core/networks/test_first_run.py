"""The first run: what an operation would claim is known before it is made."""

import time

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks import first_run as module_under_test
from cnnviz.core.networks.first_run import first_run
from cnnviz.core.networks.network_file import RefusedError

SHAPE = (3, 32, 32)
FAR = 100_000


class Does(nn.Module):
    """One step on its input."""

    def __init__(self, step) -> None:
        super().__init__()
        self._step = step

    def forward(self, x: Tensor) -> Tensor:
        return self._step(x)


@pytest.mark.parametrize(
    "step",
    [
        lambda x: torch.zeros(FAR, FAR) + x.mean(),
        lambda x: torch.conv2d(x, torch.zeros(1, 3, 1, 1).expand(2 * 10**6, 3, 1, 1)),
        lambda x: x.repeat(1, 1, 1000, 1000),
        lambda _: torch.arange(FAR)[:, None] * torch.arange(FAR)[None, :],
        lambda x: functional.interpolate(x, size=(FAR, FAR)),
        lambda x: functional.pad(x, (FAR, FAR, FAR, FAR)),
        lambda x: x.expand(10**6, -1, -1, -1).contiguous(),
        lambda x: torch.cat([x.expand(10**5, -1, -1, -1)] * 3),
        lambda _: torch.ones(FAR, 1) @ torch.ones(1, FAR),
        lambda x: torch.empty_like(x.expand(10**6, -1, -1, -1)),
        lambda _: torch.eye(FAR),
    ],
)
def test_what_would_be_too_large_is_never_made(step):
    with pytest.raises(NetworkError, match=r"would make [\d,.]+ GiB for one picture; 2 GiB are allowed"):
        first_run(Does(step), SHAPE)


def test_a_network_runs_as_it_does_without():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(), nn.Flatten(),
        nn.Linear(8 * 15 * 15, 10), nn.Softmax(1),
    )  # fmt: skip
    assert torch.equal(first_run(network, SHAPE), network.eval()(torch.zeros(1, *SHAPE)))
    network.train()
    first_run(network, SHAPE)
    assert all(module.training for module in network.modules())


def test_a_network_that_throws_gives_nothing_here():
    def stop(_):
        raise ValueError("not on this input")

    assert first_run(Does(stop), SHAPE) is None


def test_values_that_decide_sizes_are_read():
    assert first_run(Does(lambda x: x.repeat(int(x.sum().item()) + 2, 1, 1, 1)), SHAPE).shape == (2, *SHAPE)


def test_what_takes_too_long_is_stopped():
    with pytest.raises(RefusedError, match="takes too long for one picture"):
        first_run(Does(lambda x: x + 1), SHAPE, deadline=time.monotonic())


@pytest.mark.parametrize("allowed", [True, False])
def test_the_limit_is_exact_where_it_matters(monkeypatch, allowed):
    size = 4 * 7 * 1000
    monkeypatch.setattr(module_under_test, "MOST_BYTES", size if allowed else size - 1)
    network = Does(lambda _: torch.full((7, 1000), 0.5))
    if allowed:
        assert first_run(network, SHAPE).shape == (7, 1000)
    else:
        with pytest.raises(NetworkError, match="Its operation full would make"):
            first_run(network, SHAPE)
