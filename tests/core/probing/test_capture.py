"""Captured calls: the right values, and the network as it was."""

import re
from pathlib import Path

import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import cnnviz
from cnnviz.core.errors import LayerError
from cnnviz.core.probing.capture import Capture, collect
from cnnviz.core.probing.functions import first_tensor
from cnnviz.core.probing.recording import record_calls


class Add(nn.Module):
    """Adds a constant: every activation is known by hand."""

    def __init__(self, amount):
        super().__init__()
        self.amount = amount

    def forward(self, x):
        return x + self.amount


class Twice(nn.Module):
    """One reused module, a functional in-place operation after it, and an in-place layer."""

    def __init__(self):
        super().__init__()
        self.add = Add(-2.0)
        self.relu = nn.ReLU(inplace=True)
        self.spare = Add(1.0)

    def forward(self, x):
        x = self.add(x)
        x = self.relu(x)
        x = self.add(x)
        x *= 10
        return self.relu(x)


class Outputs(nn.Module):
    """Hands out whatever it is told to."""

    def __init__(self, make):
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x)


class Holder(nn.Module):
    """A network around one child, whose output is not used."""

    def __init__(self, child):
        super().__init__()
        self.child = child

    def forward(self, x):
        self.child(x)
        return x


class Throws(nn.Module):
    def forward(self, _x):
        raise RuntimeError("no such shape")


def state_of(module):
    """All that must be as it was after a capture."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_forward_hooks_always_called")
    return (
        [child.training for child in module.modules()],
        [[len(getattr(child, name)) for name in hooks] for child in module.modules()],
        [(value.requires_grad, value.grad is None, value._version) for value in module.parameters()],
        {name: value.clone() for name, value in module.state_dict().items()},
    )


def assert_unchanged(before, module):
    after = state_of(module)
    assert after[:3] == before[:3]
    assert all(torch.equal(value, after[3][name]) for name, value in before[3].items())


def values(tensor):
    return tensor.flatten().tolist()


# ------------------------------------------------------------------------------------------------------------- collect


def test_calls_are_told_apart_and_copied_before_they_are_rewritten():
    inputs = torch.tensor([[1.0, 3.0, 5.0]])
    found = collect(Twice(), inputs, ["relu#2", "add", "add#2", "relu", "network"])
    assert list(found) == ["relu#2", "add", "add#2", "relu", "network"]
    assert values(found["add"]) == [-1, 1, 3]
    assert values(found["relu"]) == [0, 1, 3]
    assert values(found["add#2"]) == [-2, -1, 1]  # before it was multiplied and rectified in place
    assert values(found["relu#2"]) == [0, 0, 10]
    assert values(found["network"]) == [0, 0, 10]


def test_an_in_place_first_layer_does_not_rewrite_the_input():
    inputs = torch.tensor([[-1.0, 2.0]])
    network = nn.Sequential(nn.ReLU(inplace=True))
    assert values(collect(network, inputs, ["0"])["0"]) == [0, 2]
    record_calls(network, inputs)
    assert values(inputs) == [-1, 2]


def test_a_container_and_its_last_in_place_child_have_equal_outputs():
    block = nn.Sequential(Add(-1.0), nn.ReLU(inplace=True))
    found = collect(nn.Sequential(block, Add(5.0)), torch.tensor([[0.0, 3.0]]), ["0", "0.0", "0.1"])
    assert values(found["0.0"]) == [-1, 2]
    assert values(found["0"]) == values(found["0.1"]) == [0, 2]


def test_a_shared_module_counts_all_its_calls():
    shared = Add(1.0)
    found = collect(nn.Sequential(shared, nn.Sequential(shared), shared), torch.zeros(1, 1), ["0", "0#2", "0#3"])
    assert [values(found[name]) for name in ("0", "0#2", "0#3")] == [[1], [2], [3]]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: (x + 1, x),
        lambda x: [None, (3, x + 1)],
        lambda x: {"label": "a", "out": x + 1, "aux": x},
    ],
    ids=["tuple", "nested list", "dict"],
)
def test_the_first_tensor_stands_for_the_output(make):
    found = collect(Holder(Outputs(make)), torch.zeros(1, 2), ["child"])
    assert values(found["child"]) == [1, 1]


@pytest.mark.parametrize("output", [None, 3, "text", (), {}, [None, {"a": 1}]])
def test_no_tensor_is_none(output):
    assert first_tensor(output) is None
    with pytest.raises(LayerError, match='output of "child" holds no tensor'):
        collect(Holder(Outputs(lambda _x: output)), torch.zeros(1, 2), ["child"])


def test_evaluation_mode_is_used_and_each_flag_comes_back():
    network = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.9), nn.Sequential(nn.BatchNorm1d(3)))
    network.train()
    network[2][0].eval()  # frozen
    network[0].weight.requires_grad = False
    network[2][0].weight.grad = torch.ones(3)
    before = state_of(network)
    found = collect(network, torch.ones(2, 3), ["1"])
    assert values(found["1"]) == pytest.approx([1] * 6, abs=1e-4)  # nothing dropped, running statistics used
    assert_unchanged(before, network)


def test_a_train_method_with_side_effects_is_not_called():
    class Touchy(nn.Identity):
        def train(self, mode=True):
            raise AssertionError(mode)

    assert values(collect(nn.Sequential(Touchy()), torch.ones(1, 1), ["0"])["0"]) == [1]


def test_no_gradients_are_recorded():
    found = collect(nn.Linear(2, 2), torch.ones(1, 2, requires_grad=True), ["network"])
    assert not found["network"].requires_grad


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ad", r'no layer "ad"; choose one of its 4 layers, such as "add"'),
        ("zzz", r'no layer "zzz"; choose one of its 4 layers, such as "network", "add"'),
        ("", r'no layer ""'),
        ("add#1", r'no layer "add#1"'),
        ("add#x", r'no layer "add#x"'),
        ("add#3", r'no "add#3": this network calls "add" only 2 times'),
        ("network#2", r'calls "network" only once'),
        ("spare", r'no "spare": this network calls "spare" never'),
    ],
)
def test_a_wrong_name_is_explained_and_leaves_the_network_alone(name, sentence):
    network = Twice()
    before = state_of(network)
    with pytest.raises(LayerError, match=sentence):
        collect(network, torch.zeros(1, 1), ["add", name])
    assert_unchanged(before, network)


@pytest.mark.parametrize("run", [lambda net, x: collect(net, x, ["0", "1"]), record_calls], ids=["collect", "record"])
def test_a_layer_that_throws_leaves_the_network_alone(run):
    network = nn.Sequential(nn.BatchNorm1d(1), Throws()).train()
    before = state_of(network)
    with pytest.raises(RuntimeError, match="no such shape"):
        run(network, torch.zeros(2, 1))
    assert_unchanged(before, network)


def test_a_child_called_network_keeps_its_name():
    class Wrapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = Add(1.0)

        def forward(self, x):
            return self.network(x) * 10

    recorded = [call.name for call in record_calls(Wrapped(), torch.zeros(1, 1))]
    assert recorded == ["__network__", "network", "network.add()", "mul()"]
    found = collect(Wrapped(), torch.zeros(1, 1), ["network", "__network__"])
    assert (values(found["network"]), values(found["__network__"])) == ([1], [10])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_any_order_of_reused_modules(route):
    class Routed(nn.Module):
        def __init__(self):
            super().__init__()
            self.steps = nn.ModuleList(Add(float(10**index)) for index in range(4))

        def forward(self, x):
            for step in route:
                x = self.steps[step](x)
            return x

    expected, total, seen = {}, 0.0, {}
    for step in route:
        total += 10**step
        seen[step] = seen.get(step, 0) + 1
        expected[f"steps.{step}" + (f"#{seen[step]}" if seen[step] > 1 else "")] = [total]
    found = collect(Routed(), torch.zeros(1, 1), list(expected))
    assert {name: values(tensor) for name, tensor in found.items()} == expected
    modules = [call.name for call in record_calls(Routed(), torch.zeros(1, 1)) if call.module is not None]
    assert modules == ["network", *expected]


# ------------------------------------------------------------------------------------------------------------- capture


def test_capture_follows_what_is_watched():
    network, heard = Twice(), []
    before = state_of(network)
    with Capture(network, lambda name, tensor: heard.append((name, values(tensor)))) as capture:
        network(torch.tensor([[3.0]]))
        capture.watch({"add#2"})
        network(torch.tensor([[3.0]]))
        network(torch.tensor([[4.0]]))  # calls are counted anew in each pass
        capture.watch({"add", "network"})
        network(torch.tensor([[5.0]]))
        capture.watch(())
        assert_unchanged(before, network)
        network(torch.tensor([[6.0]]))
    assert heard == [("add#2", [-1]), ("add#2", [0]), ("add", [3]), ("network", [10])]
    assert_unchanged(before, network)


def test_calls_are_counted_anew_after_a_pass_that_threw():
    shared, heard = Add(1.0), []
    network = nn.Sequential(shared, nn.Linear(2, 2), shared)
    with Capture(network, lambda name, _tensor: heard.append(name)) as capture:
        capture.watch({"0", "0#2"})
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
            network(torch.zeros(1, 5))
        network(torch.zeros(1, 2))
    assert heard == ["0", "0", "0#2"]


def test_watching_a_wrong_name_changes_nothing():
    network, heard = Twice(), []
    with Capture(network, lambda name, _tensor: heard.append(name)) as capture:
        capture.watch({"add"})
        with pytest.raises(LayerError, match="no layer"):
            capture.watch({"relu", "nowhere"})
        network(torch.zeros(1, 1))
    assert heard == ["add"]


def test_hooks_are_off_after_an_error_in_the_listener():
    network = Twice()
    before = state_of(network)

    def refuse(name, _tensor):
        raise ValueError(name)

    capture = Capture(network, refuse)
    capture.watch({"add"})
    with pytest.raises(ValueError, match="add"), capture:
        network(torch.zeros(1, 1))
    assert_unchanged(before, network)


def test_other_hooks_stay():
    network, heard = Twice(), []
    handle = network.add.register_forward_hook(lambda *_: heard.append("mine"))
    collect(network, torch.zeros(1, 1), ["add", "relu"])
    record_calls(network, torch.zeros(1, 1))
    network(torch.zeros(1, 1))
    assert heard == ["mine"] * 6
    handle.remove()


def test_no_other_file_registers_hooks():
    package = Path(cnnviz.__file__).parent
    users = [
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if re.search(r"\.register_\w*hook\(", file.read_text(encoding="utf-8"))
    ]
    assert users == ["core/probing/hooks.py"]


# ----------------------------------------------------------------------------------------------- torchvision's networks


def test_the_reused_relu_of_resnet18():
    torch.manual_seed(0)
    network = torchvision.models.resnet18(weights=None).eval()
    inputs = torch.randn(1, 3, 64, 64)
    block = network.layer1[0]
    with torch.inference_mode():
        entered = network.maxpool(network.relu(network.bn1(network.conv1(inputs))))
        normalised = block.bn1(block.conv1(entered))
        first = normalised.relu()
        second = (block.bn2(block.conv2(first)) + entered).relu()
        found = collect(
            network,
            inputs,
            ["layer1.0.bn1", "layer1.0.relu", "layer1.0.bn2", "layer1.0.add()", "layer1.0.relu#2", "network"],
        )
        torch.testing.assert_close(found["layer1.0.bn1"], normalised)
        torch.testing.assert_close(found["layer1.0.relu"], first)
        torch.testing.assert_close(found["layer1.0.bn2"], block.bn2(block.conv2(first)))
        torch.testing.assert_close(found["layer1.0.add()"], block.bn2(block.conv2(first)) + entered)
        torch.testing.assert_close(found["layer1.0.relu#2"], second)
        torch.testing.assert_close(found["network"], network(inputs))
    names = [call.name for call in record_calls(network, inputs)]
    assert [name for name in names if "layer1.0.relu" in name] == ["layer1.0.relu", "layer1.0.relu#2"]


@pytest.mark.parametrize(
    ("build", "size", "options"),
    [
        (torchvision.models.resnet18, 64, {}),
        (torchvision.models.mobilenet_v3_small, 64, {}),
        (torchvision.models.shufflenet_v2_x0_5, 64, {}),
        pytest.param(torchvision.models.googlenet, 64, {"init_weights": False}, marks=pytest.mark.slow),
        pytest.param(torchvision.models.vit_b_16, 224, {}, marks=pytest.mark.slow),
        pytest.param(torchvision.models.swin_t, 64, {}, marks=pytest.mark.slow),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_every_recorded_call_can_be_collected(build, size, options):
    network = build(weights=None, **options).train()
    before = state_of(network)
    inputs = torch.randn(1, 3, size, size)
    calls = record_calls(network, inputs)
    assert len({call.name for call in calls}) == len(calls)
    drawable = {call.name: call.shape for call in calls if call.shape is not None}
    found = collect(network, inputs, drawable)
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == drawable
    assert_unchanged(before, network)
