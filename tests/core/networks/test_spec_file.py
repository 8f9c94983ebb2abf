"""Specs as networks: from a file and from a text, with initial weights of a seed or those of a file."""

import pytest
import torch

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.networks.values import NetworkChoice, Preprocessing

LENET = spec_text(CLASSICS["lenet5"].spec())


def of_text(text=LENET, **options):
    return load_network(NetworkChoice("mine", spec=text, **options), device="cpu")


def test_a_spec_handed_over_runs_at_once():
    network = of_text(seed=4)
    assert network.title == "LeNet-5"
    assert network.weights == "spec; random, seed 4; class names of spec"
    assert network.input_shape == (1, 32, 32)
    assert network.class_names == tuple("0123456789")
    assert network.preprocessing.mean == (0.1307,)
    assert network.module(torch.zeros(1, 1, 32, 32)).shape == (1, 10)


def test_a_file_is_the_same_as_its_text(tmp_path):
    (tmp_path / "lenet.json").write_text(LENET, encoding="utf-8")
    by_file = load_network(NetworkChoice("mine", file=str(tmp_path / "lenet.json"), seed=4), device="cpu")
    by_name = load_network(NetworkChoice(str(tmp_path / "lenet.json"), seed=4), device="cpu")
    states = [network.module.state_dict() for network in (of_text(seed=4), by_file, by_name)]
    assert all(torch.equal(states[0][key], state[key]) for state in states for key in states[0])
    assert by_file.weights == "spec lenet.json; random, seed 4; class names of spec lenet.json"
    assert not torch.equal(states[0]["linear1.weight"], of_text(seed=5).module.state_dict()["linear1.weight"])


def test_weights_of_a_file(tmp_path):
    trained = of_text(seed=9).module
    torch.save(trained.state_dict(), tmp_path / "trained.pth")
    network = of_text(weights_file=str(tmp_path / "trained.pth"))
    assert torch.equal(network.module.state_dict()["linear1.weight"], trained.state_dict()["linear1.weight"])
    assert network.weights.startswith("spec; file trained.pth")


def test_another_input_size_is_tried():
    wanted = Preprocessing((64, 48), 1, mean=(0.5,), std=(0.5,))
    network = of_text(preprocessing=wanted)
    assert network.input_shape == (1, 64, 48)
    assert network.module(torch.zeros(1, 1, 64, 48)).shape == (1, 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[:-20], ""),
        (lambda text: text.replace('"filters": 6', '"filters": 1000000000'), "filters"),
        (lambda _: "[" * 100_000, ""),
        (lambda _: " " * 2_000_000, ""),
    ],
)
def test_bad_files_are_named_with_their_place(tmp_path, change, words):
    assert change(LENET) != LENET
    (tmp_path / "bad.json").write_text(change(LENET), encoding="utf-8")
    with pytest.raises(NetworkError, match=rf"bad\.json: .*{words}"):
        load_network(NetworkChoice("mine", file=str(tmp_path / "bad.json")), device="cpu")
