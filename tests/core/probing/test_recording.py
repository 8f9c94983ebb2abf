"""One forward pass, written down: every call, and which takes whose output."""

import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional

from cnnviz.core.probing.recording import Recorder, is_whole, record_calls


class Runs(nn.Module):
    """A network whose forward is given, with layers by name."""

    def __init__(self, forward, **layers):
        super().__init__()
        self.run = forward
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.run(self, x)


def recorded(module, shape=(1, 4, 6, 6)):
    return {call.name: call for call in record_calls(module, torch.zeros(shape))}


def flow(calls, *hidden):
    """Who takes whose output, leaves only."""
    return {name: call.inputs for name, call in calls.items() if call.leaf and call.kind not in hidden}


def conv(inputs=4, outputs=4):
    return nn.Conv2d(inputs, outputs, 1)


# -------------------------------------------------------------------------------------------------------------- calls


def test_calls_in_the_order_they_start():
    block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    network = nn.Sequential(block, nn.Flatten(), Runs(lambda _self, _x: None))
    calls = record_calls(network, torch.zeros(2, 3, 5, 6))
    assert [(call.name, call.path, call.parent, call.depth, call.leaf, call.shape) for call in calls] == [
        ("network", "", "", 0, False, None),
        ("0", "0", "network", 1, False, (2, 4, 3, 4)),
        ("0.0", "0.0", "0", 2, True, (2, 4, 3, 4)),
        ("0.1", "0.1", "0", 2, True, (2, 4, 3, 4)),
        ("1", "1", "network", 1, True, (2, 48)),
        ("2", "2", "network", 1, True, None),
    ]
    assert [call.module for call in calls] == [network, block, block[0], block[1], network[1], network[2]]
    assert [call.kind for call in calls] == ["Sequential", "Sequential", "Conv2d", "ReLU", "Flatten", "Runs"]
    assert (calls[0].dtype, calls[1].dtype) == (None, torch.float32)


def test_a_function_stands_at_the_module_that_calls_it():
    inner = Runs(lambda self, x: functional.relu(self.conv(x)), conv=conv())
    network = Runs(lambda self, x: torch.flatten(self.inner(x), 1), inner=inner)
    calls = recorded(network)
    assert [(call.name, call.path, call.parent, call.kind, call.module is None) for call in calls.values()] == [
        ("network", "", "", "Runs", False),
        ("inner", "inner", "network", "Runs", False),
        ("inner.conv", "inner.conv", "inner", "Conv2d", False),
        ("inner.relu()", "inner", "inner", "relu", True),
        ("flatten()", "", "network", "flatten", True),
    ]
    assert [call.leaf for call in calls.values()] == [False, False, True, True, True]


def test_second_calls_are_numbered():
    block = Runs(lambda _self, x: x + x)
    names = list(recorded(nn.Sequential(block, block, nn.Sequential(block))))
    assert names == ["network", "0", "0.add()", "0#2", "0.add()#2", "2", "0#3", "0.add()#3"]


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: x + 1, "add"),
        (lambda x: 1 + x, "add"),
        (lambda x: x.add_(1), "add"),
        (lambda x: torch.add(x, 1), "add"),
        (lambda x: 1 - x, "sub"),
        (lambda x: x / 2, "div"),
        (lambda x: 2 / x, "div"),
        (lambda x: x @ x, "matmul"),
        (lambda x: x.relu(), "relu"),
        (lambda x: functional.relu(x, inplace=True), "relu"),
        (lambda x: functional.max_pool2d(x, 2), "max_pool2d"),
        (lambda x: functional.max_pool2d(x, 2, return_indices=True)[0], "max_pool2d"),
        (lambda x: functional.adaptive_avg_pool2d(x, 1), "adaptive_avg_pool2d"),
        (lambda x: functional.interpolate(x, scale_factor=2), "interpolate"),
        (lambda x: torch.cat([x, x], 1), "cat"),
        (lambda x: x[:, :2], "getitem"),
        (lambda x: x.softmax(1), "softmax"),
        (lambda x: functional.softmax(x, dim=1), "softmax"),
        (lambda x: x.mean((2, 3)), "mean"),
        (lambda x: -x, "neg"),
        (lambda x: x**2, "pow"),
        (torch.ops.aten.relu, "relu"),
    ],
)
def test_a_function_has_one_name_however_it_is_written(function, kind):
    calls = recorded(Runs(lambda _self, x: function(x)))
    assert [call.kind for call in calls.values() if call.module is None] == [kind]
    assert set(calls[f"{kind}()"].inputs) == {"input"}


def test_look_ups_and_constants_are_no_operations():
    def forward(self, x):
        _batch, channels = x.shape[0], x.size(1)
        scale = torch.ones(channels) * torch.arange(channels) + self.weight
        mask = torch.zeros_like(x)
        same = x.to(torch.float32).contiguous().clone().detach()
        assert len(same) == 1
        assert same.dtype is torch.float32
        return same * scale.view(1, -1, 1, 1) + mask

    calls = recorded(Runs(forward, weight=nn.Parameter(torch.ones(4))))
    assert flow(calls) == {"mul()#2": ("input",), "add()#2": ("mul()#2",)}


def test_layers_of_torch_and_torchvision_are_recorded_whole():
    network = nn.Sequential(
        nn.MultiheadAttention(4, 2, batch_first=True),
        Runs(lambda _self, pair: pair[0]),
        torchvision.ops.StochasticDepth(0.5, "row"),
        nn.Hardswish(),
        nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)),
    )
    network[0].forward = lambda x, forward=network[0].forward: forward(x, x, x)
    calls = recorded(network, (1, 5, 4))
    assert list(calls) == ["network", "0", "1", "2", "3", "4"]
    assert all(call.leaf for name, call in calls.items() if name != "network")


def test_a_layer_of_ones_own_that_builds_on_torchs_is_whole_too():
    class Norm2d(nn.LayerNorm):
        def forward(self, x):
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    assert is_whole(Norm2d(4))
    assert not is_whole(nn.Sequential())
    assert not is_whole(Runs(None))
    assert list(recorded(nn.Sequential(Norm2d(4)))) == ["network", "0"]


# --------------------------------------------------------------------------------------------------------------- flow


def test_a_residual_block():
    calls = recorded(torchvision.models.resnet18(weights=None).layer2[0], (1, 64, 8, 8))
    assert flow(calls) == {
        "conv1": ("input",),
        "bn1": ("conv1",),
        "relu": ("bn1",),
        "conv2": ("relu",),
        "bn2": ("conv2",),
        "downsample.0": ("input",),
        "downsample.1": ("downsample.0",),
        "add()": ("bn2", "downsample.1"),
        "relu#2": ("add()",),
    }
    assert calls["add()"].input_shapes == ((1, 128, 4, 4), (1, 128, 4, 4))


def test_an_inception_block():
    block = torchvision.models.googlenet(weights=None, init_weights=False, aux_logits=False).inception3a
    calls = flow(recorded(block, (1, 192, 8, 8)))
    assert calls["cat()"] == ("branch1.relu()", "branch2.1.relu()", "branch3.1.relu()", "branch4.1.relu()")
    assert [name for name, inputs in calls.items() if inputs == ("input",)] == [
        "branch1.conv",
        "branch2.0.conv",
        "branch3.0.conv",
        "branch4.0",
    ]
    assert calls["branch4.1.conv"] == ("branch4.0",)


def test_a_dense_block():
    block = torchvision.models.densenet._DenseBlock(3, 8, 2, 4, 0.0)
    calls = flow(recorded(block, (1, 8, 6, 6)))
    layer = "denselayer{}.conv2".format
    assert calls["denselayer1.cat()"] == ("input",)
    assert calls["denselayer2.cat()"] == ("input", layer(1))
    assert calls["denselayer3.cat()"] == ("input", layer(1), layer(2))
    assert calls["cat()"] == ("input", layer(1), layer(2), layer(3))
    assert calls["denselayer2.norm1"] == ("denselayer2.cat()",)


def test_a_squeeze_and_excitation_block():
    calls = flow(recorded(torchvision.ops.SqueezeExcitation(4, 2)))
    assert calls == {
        "avgpool": ("input",),
        "fc1": ("avgpool",),
        "activation": ("fc1",),
        "fc2": ("activation",),
        "scale_activation": ("fc2",),
        "mul()": ("scale_activation", "input"),
    }


def test_what_is_rewritten_in_place_comes_from_who_rewrote_it():
    def forward(self, x):
        before = self.conv(x)
        after = functional.relu(before, inplace=True)
        after += x
        before.mul_(2)
        return self.relu(before) - after

    calls = flow(recorded(Runs(forward, conv=conv(), relu=nn.ReLU(inplace=True))))
    assert calls == {
        "conv": ("input",),
        "relu()": ("conv",),
        "add()": ("relu()", "input"),
        "mul()": ("add()",),
        "relu": ("mul()",),
        "sub()": ("relu", "relu"),
    }


def test_writing_through_a_view_rewrites_the_whole():
    def forward(_self, x):
        y = x + 1
        y.view(-1).relu_()
        y[:, 0] = 3.0
        return y * 2

    calls = flow(recorded(Runs(forward)))
    assert calls["relu()"] == ("view()",)
    assert calls["setitem()"] == ("relu()",)
    assert calls["mul()"] == ("setitem()",)


def test_layers_that_hand_their_input_on_stand_in_their_own_branch_only():
    def forward(self, x):
        y = self.dropout(self.identity(x))
        return y + x

    layers = {"identity": nn.Identity(), "dropout": nn.Dropout(0.5)}
    assert flow(recorded(Runs(forward, **layers))) == {
        "identity": ("input",),
        "dropout": ("identity",),
        "add()": ("dropout", "input"),
    }


def test_views_keep_the_flow():
    def forward(_self, x):
        first, second = x.view(1, 2, 2, 36).transpose(1, 2).chunk(2, dim=1)
        for part in x[0]:
            second = second + part.reshape(1, 1, 1, 36)
        return torch.cat([first, second], 1)

    calls = recorded(Runs(forward))
    assert calls["chunk()"].inputs == ("transpose()",)
    assert calls["unbind()"].inputs == ("getitem()",)
    assert calls["add()"].inputs == ("chunk()", "reshape()")
    assert calls["cat()"].inputs == ("chunk()", "add()#4")


def test_ordinary_control_flow():
    def forward(self, x):
        for _ in range(int(x.shape[1]) - 1):
            x = self.conv(x) if x.sum().item() <= 0 else -x
        return x if bool((x == x).all()) else x * 2

    layer = conv()
    nn.init.constant_(layer.bias, -1.0)
    nn.init.zeros_(layer.weight)
    calls = recorded(Runs(forward, conv=layer))
    assert [name for name in calls if name.startswith("conv")] == ["conv", "conv#2", "conv#3"]
    assert "mul()" not in calls


def test_operations_torch_does_not_tell_of_are_bridged():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(_context, x):
            return torch.from_numpy(np.asarray(x) * 2)

    class Doubles(nn.Module):
        def forward(self, x):
            return Double.apply(x)

    calls = flow(recorded(nn.Sequential(conv(), Doubles(), nn.Sequential(nn.ReLU(), Doubles()), nn.Tanh())))
    assert calls == {"0": ("input",), "1": ("0",), "2.0": ("1",), "2.1": ("2.0",), "3": ("2.1",)}


def test_arguments_and_parameters_of_functions():
    kernel, bias = nn.Parameter(torch.zeros(8, 4, 3, 3)), nn.Parameter(torch.zeros(8))

    def forward(self, x):
        x = functional.conv2d(x, self.kernel, self.bias, 2, padding=(1, 0))
        x = functional.max_pool2d(x, 2, ceil_mode=True)
        return torch.flatten(x, start_dim=1) * self.bias.sum()

    calls = recorded(Runs(forward, kernel=kernel, bias=bias))
    convolution = calls["conv2d()"].arguments
    assert {name: convolution[name] for name in ("weight", "bias", "stride", "padding", "dilation", "groups")} == {
        "weight": (8, 4, 3, 3),
        "bias": (8,),
        "stride": 2,
        "padding": (1, 0),
        "dilation": 1,
        "groups": 1,
    }
    assert calls["conv2d()"].parameters == ("kernel", "bias")
    assert calls["max_pool2d()"].arguments["kernel_size"] == 2
    assert calls["max_pool2d()"].arguments["ceil_mode"] is True
    assert calls["flatten()"].arguments == {"start_dim": 1, "end_dim": -1}
    assert calls["mul()"].parameters == ()  # a sum over the parameter is none


# -------------------------------------------------------------------------------------------------- as little as it may


def test_no_tensor_is_held_longer_than_the_network_holds_it():
    alive = []

    class Watches(nn.Module):
        def forward(self, x):
            alive.append(sum(ref() is not None for ref in refs))
            y = x + 1
            refs.append(weakref.ref(y))
            return y

    refs = []
    recorder = Recorder(nn.Sequential(Watches(), Watches(), Watches()))
    recorder.run(torch.zeros(1, 3))
    assert alive == [0, 1, 1]
    assert all(ref() is None for ref in refs)


def test_the_network_and_its_input_are_left_alone():
    network = nn.Sequential(nn.ReLU(inplace=True), nn.BatchNorm2d(4), conv()).train()
    network[1].eval()
    network[2].weight.grad = torch.ones_like(network[2].weight)
    network[2].bias.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    inputs = -torch.ones(2, 4, 3, 3)
    record_calls(network, inputs)
    assert [module.training for module in network.modules()] == [True, True, False, True]
    assert [parameter.requires_grad for parameter in network.parameters()] == [True, True, True, False]
    assert network[2].weight.grad.eq(1).all()
    assert network[1].weight.grad is None
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert inputs.eq(-1).all()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert torch._C._len_torch_function_stack() == 0


def test_it_works_in_inference_mode():
    with torch.inference_mode():
        calls = flow(recorded(Runs(lambda self, x: self.conv(x).relu_() + x, conv=conv())))
    assert calls == {"conv": ("input",), "relu()": ("conv",), "add()": ("relu()", "input")}


def test_a_pass_that_throws_leaves_what_ran_and_where_it_stopped():
    network = nn.Sequential(conv(), nn.Sequential(nn.ReLU(), Runs(lambda _self, x: x.view(7)), nn.Tanh()))
    recorder = Recorder(network)
    with pytest.raises(RuntimeError, match="invalid for input of size") as caught:
        recorder.run(torch.zeros(1, 4, 2, 2))
    assert recorder.place_of(caught.value) == "1.1.view()"
    assert [(call.name, call.shape) for call in recorder.calls()] == [
        ("network", None),
        ("0", (1, 4, 2, 2)),
        ("1", None),
        ("1.0", (1, 4, 2, 2)),
        ("1.1", None),
    ]
    assert torch._C._len_torch_function_stack() == 0
    assert not any(module._forward_hooks for module in network.modules())


def test_an_error_that_the_network_catches_is_none():
    def forward(self, x):
        try:
            return self.wrong(x)
        except RuntimeError:
            return self.right(x) + 1

    calls = recorded(Runs(forward, wrong=conv(3), right=conv()))
    assert flow(calls) == {"wrong": ("input",), "right": ("input",), "add()": ("right",)}
    assert (calls["wrong"].shape, calls["network"].shape) == (None, (1, 4, 6, 6))


def test_passes_of_other_threads_are_not_recorded():
    shared = conv()

    def forward(self, x):
        with ThreadPoolExecutor(1) as other:
            other.submit(self.shared, torch.zeros(1, 4, 1, 1)).result()
        return self.shared(x)

    assert list(recorded(Runs(forward, shared=shared))) == ["network", "shared"]
