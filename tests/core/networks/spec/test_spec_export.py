"""Exported source: it runs without cnnviz and makes the same network."""

import ast
import builtins

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.build import build
from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.export import class_name, export_source
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch copies: it may
KNOWN = {**{name: classic.spec for name, classic in CLASSICS.items()}, **PRESETS}
LARGE = {"alexnet-2012", "vgg-16"}  # run on the meta device: half a gigabyte each, and the same code


def executed(spec, input_size=None):
    """The network that the source alone makes."""
    source = export_source(spec, input_size)
    namespace = {}
    exec(compile(source, "exported", "exec"), namespace)  # noqa: S102 - that is the test
    return namespace[class_name(spec.title)](), source


def assert_same_network(spec, device="cpu"):
    with torch.device(device), torch.inference_mode():
        made, source = executed(spec)
        built = build(spec)
        assert [(name, tensor.shape) for name, tensor in made.state_dict().items()] == [
            (name, tensor.shape) for name, tensor in built.state_dict().items()
        ]
        made.load_state_dict(built.state_dict())
        picture = torch.rand(2, *spec.input_shape)
        expected, found = built.eval()(picture), made.eval()(picture)
    assert found.shape == (2, *check(spec).output_shape)
    assert device == "meta" or torch.equal(torch.nan_to_num(found), torch.nan_to_num(expected))
    assert sum(parameter.numel() for parameter in made.parameters()) == check(spec).parameters
    return source


@pytest.mark.parametrize("name", KNOWN)
def test_the_source_of_every_known_network_makes_the_same(name):
    source = assert_same_network(KNOWN[name](), "meta" if name in LARGE else "cpu")
    imported = {
        alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names
    }
    modules = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert imported | modules <= {"torch", "collections"}
    assert max(map(len, source.splitlines())) <= 120


def test_the_source_of_random_networks_makes_the_same(random_networks):
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(random_networks)
    def check_one(spec):
        assert_same_network(spec)

    check_one()


@pytest.mark.slow
def test_the_source_of_many_random_networks_makes_the_same(random_networks):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(random_networks)
    def check_one(spec):
        assert_same_network(spec)

    check_one()


def test_lenet_is_what_one_would_write_by_hand():
    assert (
        export_source(CLASSICS["lenet5"].spec())
        == '''\
import torch
from torch import nn


class LeNet5(nn.Module):
    """LeNet-5: 61,706 parameters, input (N, 1, 32, 32)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.tanh1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.tanh2 = nn.Tanh()
        self.pool2 = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.linear1 = nn.Linear(400, 120)
        self.tanh3 = nn.Tanh()
        self.linear2 = nn.Linear(120, 84)
        self.tanh4 = nn.Tanh()
        self.linear3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = self.tanh1(x)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.tanh2(x)
        x = self.pool2(x)
        x = self.flatten(x)
        x = self.linear1(x)
        x = self.tanh3(x)
        x = self.linear2(x)
        x = self.tanh4(x)
        x = self.linear3(x)
        return x
'''
    )


def test_blocks_and_groups_are_nested_and_only_what_is_used_is_defined():
    stage = GroupRow("stage", (layer("conv", "conv", filters=2, kernel=1),), 2)
    source = export_source(
        NetworkSpec("x", (2, 4, 4), (stage, layer("residual_block", "r", filters=2), GroupRow("none", ())))
    )
    assert "        self.stage = nn.Sequential(\n            nn.Sequential(OrderedDict(\n" in source
    assert "            sum=Sum(\n                main=nn.Sequential(OrderedDict(\n" in source
    assert "                shortcut=None,\n" in source
    assert "        self.none = nn.Sequential()\n" in source
    assert "class Sum(Branches)" in source
    assert "class Concat" not in source
    assert "class Product" not in source


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("LeNet-5 (1998)", "LeNet51998"),
        ("small VGG", "SmallVGG"),
        ("2 layers", "Network2Layers"),
        ("Згорткова", "Network"),
        ("", "Network"),
        ("torch", "Torch"),
        ("none", "NoneNetwork"),
        ("sum", "SumNetwork"),
        ("Ordered Dict", "OrderedDictNetwork"),
    ],
)
def test_titles_become_class_names(title, name):
    assert class_name(title) == name


@pytest.mark.parametrize(
    "title", ['"""\nraise SystemExit\n"""', "\\", "'''", "a\nimport os", "x" * 200, "\u2028", '"', "{0}"]
)
def test_no_title_breaks_out_of_the_source(title, monkeypatch):
    monkeypatch.setattr(builtins, "exit", None)
    spec = NetworkSpec(title, (1, 4, 4), (layer("relu", "relu"),))
    network, source = executed(spec)
    assert type(network).__doc__.startswith(title)
    assert [type(node).__name__ for node in ast.parse(source).body] == ["Import", "ImportFrom", "ClassDef"]


def test_another_input_size_exports_another_network():
    spec = NetworkSpec("x", (1, 8, 8), (layer("flatten", "flatten"), layer("linear", "linear", features=2)))
    assert "nn.Linear(24, 2)" in export_source(spec, (4, 6))
    assert executed(spec, (4, 6))[0](torch.zeros(1, 1, 4, 6)).shape == (1, 2)


def test_what_cannot_be_is_not_exported():
    with pytest.raises(NetworkError, match=r"x cannot be built\. conv: 3×3 kernel on a 1×1 input"):
        export_source(NetworkSpec("x", (1, 1, 1), (layer("conv", "conv"),)))
