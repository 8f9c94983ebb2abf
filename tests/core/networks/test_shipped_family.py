"""The shipped networks in the registry."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.shipped_family import ShippedFamily
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import NetworkChoice

FAMILY = ShippedFamily()


@pytest.mark.parametrize(
    ("name", "shape", "first", "last"),
    [("convnet-mnist", (1, 28, 28), "0", "9"), ("cifar10-small", (3, 32, 32), "airplane", "truck")],
)
def test_what_ships_loads(name, shape, first, last):
    entry, network = FAMILY.entry(name), load_network(NetworkChoice(name), device="cpu")
    assert network.input_shape == shape
    assert (network.class_names[0], network.class_names[-1], len(network.class_names)) == (first, last, 10)
    assert network.weights == "weights that ship with the program"
    assert network.title == entry.title
    assert sum(parameter.numel() for parameter in network.module.parameters()) == entry.parameters
    layers = layers_of(network.module, shape)
    assert entry.macs == layers[0].macs
    assert entry.depth == sum(layer.kind in {"Conv2d", "Linear"} for layer in layers)
    assert entry.weights[0].cached
    assert entry.weights[0].accuracy > 50
    assert network.module(torch.zeros(1, *shape)).shape == (1, 10)


def test_the_lecture_network_is_as_good_as_it_says():
    assert FAMILY.entry("convnet-mnist").weights[0].accuracy >= 99
    assert FAMILY.entry("convnet-mnist").parameters == 104_202


def test_loading_one_does_not_import_torchvision():
    code = (
        "import sys; from cnnviz.core.networks.catalog import load_network; "
        "from cnnviz.core.networks.values import NetworkChoice; "
        "load_network(NetworkChoice('convnet-mnist')); sys.exit('torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
