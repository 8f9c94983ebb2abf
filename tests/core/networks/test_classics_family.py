"""The course's networks in the registry, by the names of the command line."""

import pytest
import torch

from cnnviz.core.networks.catalog import entries, load_network
from cnnviz.core.networks.classics_family import published_accuracy
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import NetworkChoice

PARAMETERS = {  # of the course
    "dense-mnist": 407_050,
    "convnet-mnist": 104_202,
    "convnet-mnist-no-pool": 712_202,
    "simplecnn": 20_586,
    "lenet5": 61_706,
    "lenet1": 3_246,
    "neocognitron": 4_906,
    "alexnet-2012": 62_378_344,
}


@pytest.fixture(scope="module")
def registry():
    return {entry.name: entry for entry in entries()}


@pytest.mark.parametrize("name", [name for name in PARAMETERS if name != "alexnet-2012"])
def test_its_entry_says_what_the_built_network_has(registry, name):
    entry, network = registry[name], load_network(NetworkChoice(name, weights="none"), device="cpu")
    layers = layers_of(network.module, network.input_shape)
    assert entry.parameters == PARAMETERS[name] == layers[0].parameters
    assert entry.macs == layers[0].macs
    assert (entry.channels, *entry.input_size) == network.input_shape
    assert len(network.class_names) == 10
    with_weights = [layer for layer in layers if layer.weight is not None and layer.kind in {"Conv2d", "Linear"}]
    assert entry.depth == len(with_weights)


def test_alexnet_is_exact_and_knows_imagenet(registry):
    entry, network = registry["alexnet-2012"], load_network(NetworkChoice("alexnet-2012"), device="cpu")
    assert sum(parameter.numel() for parameter in network.module.parameters()) == entry.parameters == 62_378_344
    assert network.class_names[285] == "Egyptian cat"
    assert (entry.year, entry.depth, entry.accuracy, entry.origin) == (2012, 8, 57.1, "course")
    assert network.weights == "random, seed 0; class names of the course"


def test_there_is_one_network_of_each_name(registry):
    assert len(registry) == len(entries())
    assert registry["convnet-mnist"].origin == "cnnviz"
    assert registry["lenet5"].note.startswith("99.05 % on MNIST")


def test_weights_of_a_file(tmp_path):
    trained = load_network(NetworkChoice("lenet5", seed=7), device="cpu").module
    torch.save(trained.state_dict(), tmp_path / "lenet.pth")
    network = load_network(NetworkChoice("lenet5", weights_file=str(tmp_path / "lenet.pth")), device="cpu")
    assert network.weights == "file lenet.pth; class names of the course"
    assert torch.equal(network.module.state_dict()["linear1.weight"], trained.state_dict()["linear1.weight"])


@pytest.mark.parametrize(("words", "number"), [("57.1 % top-1 on ImageNet", 57.1), ("", None)])
def test_published_accuracy(words, number):
    assert published_accuracy(words) == number
