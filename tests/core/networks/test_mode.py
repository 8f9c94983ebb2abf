"""Training mode without traces: what passes is as torch's own training mode makes it, what is stored stays."""

import pytest
import torch
from torch import nn
from torchvision.models import googlenet, mobilenet_v3_small

from cnnviz.core.networks.mode import TrainingMode
from cnnviz.core.probing.functions import first_tensor


class Counts(nn.Module):
    """Stores something of its own, and uses a function that asks for the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("passes", torch.zeros(1))

    def forward(self, maps):
        if self.training:
            self.passes += 1
        return nn.functional.dropout(maps, 0.5, self.training)


def small() -> nn.Sequential:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout2d(0.5), Counts()).eval()
    network[1].running_mean += 5.0
    return network


def state_of(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(state, network):
    return all(torch.equal(tensor, network.state_dict()[name]) for name, tensor in state.items())


@pytest.mark.parametrize("make", [small, lambda: mobilenet_v3_small(weights=None).eval()])
def test_it_computes_what_torch_computes_in_training_mode_and_stores_nothing(make):
    network, pictures = make(), torch.rand(1, 3, 64, 64)
    before, mode = state_of(network), TrainingMode(network)
    with torch.inference_mode():
        mode.use(training=True)
        torch.manual_seed(1)
        ours = network(pictures)
        mode.use(training=False)
        assert same(before, network)
        network.train()
        torch.manual_seed(1)
        torchs = network(pictures)
    assert torch.allclose(ours, torchs, atol=1e-5)
    assert not same(before, network)  # torch's own mode leaves traces: the comparison above can fail


def test_spatial_dropout_silences_whole_channels():
    network = small()
    mode = TrainingMode(network)
    mode.use(training=True)
    dropped = network[2](torch.ones(1, 8, 4, 4))
    assert set(dropped.sum((0, 2, 3)).tolist()) == {0.0, 32.0}


def test_every_module_gets_its_own_mode_back():
    network = small()
    network[1].training = True  # a layer found in training mode stays so
    mode = TrainingMode(network)
    mode.use(training=True)
    assert all(each.training for each in network.modules())
    mode.use(training=True)
    mode.use(training=False)
    assert [each.training for each in network] == [False, True, False, False]
    assert network[1].track_running_stats
    assert not mode.is_on


def test_a_network_with_more_heads_while_training_still_gives_its_logits_first():
    network = googlenet(weights=None, init_weights=False).eval()
    mode = TrainingMode(network)
    mode.use(training=True)
    with torch.inference_mode():
        assert first_tensor(network(torch.rand(1, 3, 96, 96))).shape == (1, 1000)
