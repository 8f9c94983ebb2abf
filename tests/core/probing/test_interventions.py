"""Interventions: what they change, what they must not, and that nothing of them is left behind."""

import threading
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.errors import CnnvizError, LayerError
from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.probing.capture import Capture, collect
from cnnviz.core.probing.interventions import Intervening

CHANNELS, SIDE = 4, 3


@pytest.fixture(autouse=True)
def _same_weights_each_time():
    torch.manual_seed(0)


class Passes(nn.Module):
    """One child and nothing else."""

    def __init__(self, child):
        super().__init__()
        self.child = child

    def forward(self, x):
        return self.child(x)


class Around(nn.Module):
    """A child whose input is used again beside its output."""

    def __init__(self, child):
        super().__init__()
        self.child = child

    def forward(self, x):
        stem = x + 0
        return torch.cat([self.child(stem), stem], 1)


class Times(nn.Module):
    def forward(self, x):
        return x * 2


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.times = Times()

    def forward(self, x):
        return self.times(self.times(x) + 1)


class Pair(NamedTuple):
    maps: Any
    extra: Any


class Outputs(nn.Module):
    def __init__(self, make):
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x * 1)


def picture(seed=0, batch=1):
    return torch.randn(batch, CHANNELS, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def intervening(network, shape=(CHANNELS, SIDE, SIDE)):
    return Intervening(network, layers_of(network, shape))


def hook_count(network):
    return sum(len(each._forward_hooks) + len(each._forward_pre_hooks) for each in network.modules())


def by_numpy(intervention, maps, first=None):
    """A plain second version, on numpy maps with the channels first."""
    changed = maps.copy()
    chosen = list(range(len(maps))) if intervention.channels is None else list(intervention.channels)
    if intervention.kind == "mute":
        changed[chosen] = 0
    elif intervention.kind == "solo":
        changed[[channel for channel in range(len(maps)) if channel not in chosen]] = 0
    elif intervention.kind == "scale":
        changed[chosen] = maps[chosen] * np.float32(intervention.value)
    elif intervention.kind == "add":
        changed[chosen] = maps[chosen] + np.float32(intervention.value)
    elif intervention.kind == "swap":
        changed[[chosen[0], intervention.other]] = maps[[intervention.other, chosen[0]]]
    elif first is not None:
        changed[chosen] = first[chosen]
    return changed


EACH_KIND = [
    Intervention("child", "mute", (1,)),
    Intervention("child", "mute", (0, 2, 3)),
    Intervention("child", "mute"),
    Intervention("child", "solo", (2,)),
    Intervention("child", "scale", (0, 3), 2.5),
    Intervention("child", "scale", None, -1.0),
    Intervention("child", "add", (1, 2), -0.5),
    Intervention("child", "add", None, 3.0),
    Intervention("child", "swap", (0,), other=3),
    Intervention("child", "swap", (2,), other=2),
]


# ------------------------------------------------------------------------------------------------------ what is changed


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float64])
@pytest.mark.parametrize("intervention", EACH_KIND, ids=lambda each: f"{each.kind} {each.channels}")
def test_each_kind_on_maps(intervention, dtype, memory_format):
    network = Passes(Times())
    inputs = picture().to(dtype).contiguous(memory_format=memory_format)
    expected = by_numpy(intervention, (inputs * 2)[0].numpy())
    with intervening(network) as changes:
        changes.use([intervention])
        np.testing.assert_array_equal(network(inputs)[0].numpy(), expected)
        assert changes.problems() == ()
    assert torch.equal(network(inputs), inputs * 2)


@pytest.mark.parametrize("intervention", EACH_KIND, ids=lambda each: f"{each.kind} {each.channels}")
def test_each_kind_on_channels_last_tokens_and_vectors(intervention):
    norm, linear = Passes(nn.LayerNorm(CHANNELS)), Passes(nn.Linear(5, CHANNELS))
    cases = (
        (norm, torch.randn(1, 6, 6, CHANNELS), "hwc"),
        (norm, torch.randn(1, 10, CHANNELS), "tokens"),
        (linear, torch.ones(1, 5), "vector"),
    )
    for network, inputs, axes in cases:
        shape = (*inputs.shape[1:-1], CHANNELS)
        layers = [
            LayerInfo("child", "child", "", 1, 1, leaf=True, shape=shape, parameters=0, trainable=0, map_axes=axes)
        ]
        before = network(inputs).detach()[0].numpy()
        with Intervening(network, layers) as changes, torch.no_grad():
            changes.use([intervention])
            found = network(inputs)[0].numpy()
        expected = np.moveaxis(by_numpy(intervention, np.moveaxis(before, -1, 0)), 0, -1)
        np.testing.assert_array_equal(found, expected)


def test_muted_means_zero_even_where_it_was_not_a_number():
    inputs = picture()
    inputs[0, 0, 0, 0], inputs[0, 1, 0, 0], inputs[0, 2, 0, 0] = torch.nan, torch.inf, torch.nan
    network = Passes(Times())
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute", (0, 1))])
        found = network(inputs)[0]
    assert not found[:2].any()
    assert torch.isnan(found[2, 0, 0])
    assert torch.equal(found[3], inputs[0, 3] * 2)


def test_several_are_done_in_their_order():
    inputs = picture()
    network = Passes(Times())
    order = [Intervention("child", "add", (1,), 1.0), Intervention("child", "scale", (1,), 10.0)]
    with intervening(network) as changes:
        changes.use(order)
        assert torch.equal(network(inputs)[0, 1], (inputs[0, 1] * 2 + 1) * 10)
        changes.use(order[::-1])
        assert torch.equal(network(inputs)[0, 1], inputs[0, 1] * 2 * 10 + 1)
        assert changes.active == tuple(order[::-1])


def test_solos_of_one_layer_are_heard_together():
    network, inputs = Passes(Times()), picture()
    solos = [
        Intervention("child", "solo", (0,)),
        Intervention("child", "solo", (0,)),
        Intervention("child", "solo", (3,)),
    ]
    with intervening(network) as changes:
        changes.use(solos)
        found = network(inputs)[0]
    assert torch.equal(found[[0, 3]], inputs[0, [0, 3]] * 2)
    assert not found[1:3].any()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([each for each in EACH_KIND if each.kind != "solo"]), max_size=5), st.integers(0, 99))
def test_any_combination(interventions, seed):
    network, inputs = Passes(Times()), picture(seed)
    expected = (inputs * 2)[0].numpy()
    for intervention in interventions:
        expected = by_numpy(intervention, expected)
    with intervening(network) as changes:
        changes.use(interventions)
        np.testing.assert_array_equal(network(inputs)[0].numpy(), expected)


def test_only_the_call_that_is_named():
    network = Twice()
    inputs = picture()
    with intervening(network) as changes:
        changes.use([Intervention("times#2", "scale", None, 10.0)])
        assert torch.equal(network(inputs), (inputs * 2 + 1) * 2 * 10)
        changes.use([Intervention("times", "scale", None, 10.0)])
        assert torch.equal(network(inputs), (inputs * 2 * 10 + 1) * 2)
        assert torch.equal(network(inputs), (inputs * 2 * 10 + 1) * 2)  # calls are counted anew in each pass


def test_the_result_of_a_function():
    class Sums(nn.Module):
        def forward(self, x):
            kept = x * 1
            y = kept + 1  # add()
            y += kept  # add()#2, in place
            z = y.relu()
            z.clamp_(max=5)  # what it gives back is not used
            return z

    network, inputs = Sums(), picture()
    with intervening(network) as changes:
        changes.use([Intervention("add()", "mute", (0,)), Intervention("add()#2", "scale", (1,), 3.0)])
        found = network(inputs)[0]
        assert torch.equal(found[0], inputs[0, 0].relu().clamp(max=5))
        assert torch.equal(found[1], ((inputs[0, 1] + 1 + inputs[0, 1]) * 3).relu().clamp(max=5))
        assert torch.equal(found[2], (inputs[0, 2] + 1 + inputs[0, 2]).relu().clamp(max=5))
        changes.use([Intervention("clamp()", "add", (2,), 100.0)])
        assert torch.equal(network(inputs)[0, 2], (inputs[0, 2] + 1 + inputs[0, 2]).relu().clamp(max=5) + 100)
        assert changes.problems() == ()
    assert hook_count(network) == 0


@pytest.mark.parametrize(
    ("make", "read"),
    [
        (lambda x: (x, "label"), lambda output: output[0]),
        (lambda x: [None, x], lambda output: output[1]),
        (lambda x: {"out": x, "label": 3}, lambda output: output["out"]),
        (lambda x: Pair(x, None), lambda output: output.maps),
    ],
    ids=["tuple", "list", "dict", "named tuple"],
)
def test_the_first_tensor_of_a_structure(make, read):
    network, inputs = Passes(Outputs(make)), picture()
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute", (1,))])
        output = network(inputs)
    assert type(output) is type(make(inputs))
    assert not read(output)[0, 1].any()
    assert torch.equal(read(output)[0, 2], inputs[0, 2])


# -------------------------------------------------------------------------------------------- what must not be changed


@pytest.mark.parametrize(
    "child",
    [nn.Identity(), nn.Dropout(0.5), nn.Sequential(), Outputs(lambda x: x[:, :CHANNELS]), nn.AdaptiveAvgPool2d(SIDE)],
    ids=["identity", "dropout", "empty", "slice", "pool to its own size"],
)
def test_an_input_that_comes_through_is_left_alone(child):
    network, inputs = Around(child).eval(), picture()
    untouched = inputs.clone()
    with intervening(network) as changes, torch.inference_mode():
        changes.use([Intervention("child", "mute", (1,))])
        found = network(inputs)[0]
    assert not found[1].any()
    assert torch.equal(found[CHANNELS:], untouched[0])
    assert torch.equal(inputs, untouched)


def test_a_layer_that_works_in_place_is_changed_in_place():
    network, inputs = Around(nn.ReLU(inplace=True)), picture()
    with intervening(network) as changes, torch.inference_mode():
        changes.use([Intervention("child", "mute", (1,))])
        found = network(inputs)[0]
    assert not found[1].any()
    assert not found[CHANNELS + 1].any()  # the very same maps: the layer rewrote them
    assert torch.equal(found[CHANNELS], inputs[0, 0].relu())


def test_weights_that_come_out_are_left_alone():
    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1, CHANNELS, SIDE, SIDE))

        def forward(self, _x):
            return self.weight

    network = Passes(Constant())
    with intervening(network) as changes, torch.no_grad():
        changes.use([Intervention("child", "mute", (1,))])
        assert not network(picture())[0, 1].any()
    assert network.child.weight.eq(1).all()


def test_what_is_captured_is_what_was_changed():
    network, inputs = Passes(nn.ReLU()), picture()
    seen = {}
    with (
        Capture(network, lambda name, tensor: seen.update({name: tensor.clone()})) as capture,
        intervening(network) as changes,
    ):
        capture.watch({"child"})
        changes.use([Intervention("child", "add", None, 1.0)])
        network(inputs)
    assert torch.equal(seen["child"], inputs.relu() + 1)


def test_a_function_is_captured_as_it_was_changed():
    network, inputs = Around(nn.Identity()), picture()
    seen = {}
    with (
        Capture(network, lambda name, tensor: seen.update({name: tensor.clone()})) as capture,
        intervening(network) as changes,
    ):
        capture.watch({"add()", "cat()"})
        changes.use([Intervention("add()", "add", None, 1.0)])
        network(inputs)
        assert torch.equal(seen["add()"], inputs + 1)
        assert torch.equal(seen["cat()"], torch.cat([inputs + 1, inputs + 1], 1))
        changes.use(())
        network(inputs)
        assert torch.equal(seen["add()"], inputs)


def test_gradients_flow_through_the_changed_maps():
    network = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1, bias=False), nn.ReLU(inplace=True))
    inputs = picture().requires_grad_()
    with intervening(network) as changes:
        changes.use(
            [
                Intervention("0", "scale", (1,), 3.0),
                Intervention("1", "mute", (0,)),
                Intervention("1", "freeze", (2,)),
                Intervention("0", "swap", (1,), other=3),
            ]
        )
        with torch.inference_mode():
            network(picture(5))  # what is held was made without gradients
        network(inputs).sum().backward()
    weight = network[0].weight[:, :, 0, 0].detach()
    sums = torch.einsum("oi,bihw->bohw", weight, inputs.detach())
    one, three = (sums[:, 1:2] * 3 > 0).float(), (sums[:, 3:4] > 0).float()  # 1 and 3 have changed places
    expected = one * 3 * weight[1][None, :, None, None] + three * weight[3][None, :, None, None]
    torch.testing.assert_close(inputs.grad, expected)


# --------------------------------------------------------------------------------------------------------------- freeze


def test_frozen_channels_keep_the_first_frame():
    network = Passes(nn.ReLU())
    first, second = picture(1), picture(2)
    with intervening(network) as changes, torch.inference_mode():
        changes.use([Intervention("child", "freeze", (0, 2))])
        assert torch.equal(network(first), first.relu())
        found = network(second)[0]
        assert torch.equal(found[[0, 2]], first.relu()[0, [0, 2]])
        assert torch.equal(found[[1, 3]], second.relu()[0, [1, 3]])
        assert torch.equal(network(second)[0, 0], first.relu()[0, 0])


def test_a_frozen_layer_is_kept_from_what_works_in_place_behind_it():
    network = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), nn.ReLU(inplace=True), Times())
    with intervening(network) as changes, torch.inference_mode():
        changes.use([Intervention("0", "freeze"), Intervention("1", "mute", (1,))])
        first = network(picture(1))
        assert torch.equal(network(picture(2)), first)
        changes.use([Intervention("0", "freeze")])  # it stays held when others come and go
        found = network(picture(3))
    torch.testing.assert_close(found, network[0](picture(1)).detach().relu() * 2)
    assert found[0, 1].any()


def test_taken_back_and_frozen_again_it_holds_another_frame():
    network = Passes(Times())
    with intervening(network) as changes:
        freeze = [Intervention("child", "freeze", (0,))]
        for seed in (1, 2):
            changes.use(freeze)
            assert torch.equal(network(picture(seed))[0, 0], picture(seed)[0, 0] * 2)
            changes.use(())


def test_maps_of_another_size_are_held_anew_and_it_is_said():
    network = Passes(nn.ReLU())
    with intervening(network) as changes:
        changes.use([Intervention("child", "freeze", (0,))])
        network(picture())
        assert changes.problems() == ()
        larger = torch.randn(1, CHANNELS, 5, 5)
        assert torch.equal(network(larger)[0, 0], larger[0, 0].relu())
        assert torch.equal(network(-larger)[0, 0], larger[0, 0].relu())
        (problem,) = changes.problems()
        assert problem.message == (
            'The map held of "child" was 1×3×3 and its maps are now 1×5×5: it holds that of the first frame since.'
        )
        assert problem.intervention == Intervention("child", "freeze", (0,))


@pytest.mark.parametrize(("first", "then"), [(1, 3), (3, 1), (2, 4)])
def test_held_for_batches_of_another_size(first, then):
    network = Passes(Times())
    with intervening(network) as changes:
        changes.use([Intervention("child", "freeze", (0,))])
        held = network(picture(1, batch=first))[:, 0]
        found = network(picture(2, batch=then))[:, 0]
        assert torch.equal(found, torch.cat([held] * then)[:then])


# -------------------------------------------------------------------------------------------------- threads and removal


def test_two_threads_run_it_at_once():
    network = Twice()
    turns = [threading.Event(), threading.Event()]

    class Waits(nn.Module):
        """Both passes are between the two calls of ``times`` at the same moment."""

        def forward(self, x):
            mine = int(x[0, 0, 0, 0].item() > 5)
            turns[mine].set()
            assert turns[1 - mine].wait(20)
            return x

    network.wait = Waits()
    network.forward = lambda x: network.times(network.wait(network.times(x)))
    with Intervening(network, layers_of(Twice(), (CHANNELS, SIDE, SIDE))) as changes:
        changes.use([Intervention("times#2", "add", (1,), 1.0), Intervention("times", "freeze", (3,))])
        found = {}
        inputs = {value: torch.full((1, CHANNELS, SIDE, SIDE), value) for value in (1.0, 3.0)}
        threads = [threading.Thread(target=lambda v=value: found.update({v: network(inputs[v])})) for value in inputs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for value, output in found.items():
        assert output[0, 0].eq(value * 4).all()
        assert output[0, 1].eq(value * 4 + 1).all()
    assert torch.equal(found[1.0][0, 3], found[3.0][0, 3])  # both hold what the first of them had
    assert found[1.0][0, 3, 0, 0].item() in {4.0, 12.0}


def test_paused_here_and_not_elsewhere():
    network, inputs = Passes(Times()), picture()
    elsewhere = []
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute"), Intervention("child", "freeze")])
        with changes.paused():
            assert torch.equal(network(inputs), inputs * 2)
            with changes.paused():
                pass
            assert torch.equal(network(inputs), inputs * 2)
            thread = threading.Thread(target=lambda: elsewhere.append(network(inputs)))
            thread.start()
            thread.join()
        assert not elsewhere[0].any()
        assert not network(inputs).any()


@pytest.mark.parametrize("way", ["close", "none", "exit", "error in the block", "error in the network"])
def test_nothing_is_left_on_any_way_out(way):
    def fail(x):
        x = x * 1
        if x.abs().sum() > 1e6:
            raise RuntimeError("no such shape")
        return x

    network = nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS, 1), Outputs(fail), Around(nn.ReLU(inplace=True)))
    changes = intervening(network)
    assert hook_count(network) == 0
    changes.use([Intervention("0", "mute"), Intervention("2.add()", "freeze"), Intervention("network", "mute")])
    assert hook_count(network) > 0
    if way == "close":
        changes.close()
    elif way == "none":
        changes.use(())
    elif way == "exit":
        with changes:
            pass
    elif way == "error in the block":
        with pytest.raises(KeyError, match="mine"), changes:
            raise KeyError("mine")
    else:
        with changes:
            changes.use([Intervention("1.mul()", "freeze")])
            with pytest.raises(RuntimeError, match="no such shape"):
                network(picture() * 1e9)
    assert hook_count(network) == 0
    assert changes.active == ()
    assert network(picture()).any()
    torch.testing.assert_close(torch.ones(1) + 1, torch.full((1,), 2.0))  # no mode is left on


def test_after_a_failed_pass_calls_are_counted_anew():
    class Fails(Twice):
        fail = True

        def forward(self, x):
            x = self.times(x)
            if self.fail:
                raise RuntimeError("midway")
            return self.times(x)

    network = Fails()
    network.fail = False
    with intervening(network) as changes:
        network.fail = True
        changes.use([Intervention("times#2", "mute")])
        with pytest.raises(RuntimeError, match="midway"):
            network(picture())
        network.fail = False
        assert not network(picture()).any()


# ----------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("intervention", "sentence"),
    [
        (Intervention("chil", "mute"), r'no layer "chil"; choose one of its \d layers, such as "child"'),
        (Intervention("child", "mute", (4,)), r'"child" has no channel 4: choose from its 4, 0 to 3'),
        (Intervention("child", "mute", (0, -1)), r'"child" has no channel -1'),
        (Intervention("child", "swap", (0,), other=9), r'"child" has no channel 9'),
        (Intervention("child", "mute", ()), r'No channel of "child" is chosen: choose some from 0 to 3'),
        (Intervention("child", "swap", (0,)), "A swap takes two channels"),
        (Intervention("child", "swap", (0, 1), other=2), "A swap takes two channels"),
        (Intervention("child", "solo"), "All channels at once are no solo"),
        (Intervention("child", "scale", (0,), float("nan")), "cannot be changed by nan: give a finite number"),
    ],
)
def test_what_cannot_be_done_is_explained_and_changes_nothing(intervention, sentence):
    network = Passes(Times())
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute", (0,))])
        with pytest.raises(CnnvizError, match=sentence):
            changes.use([Intervention("child", "mute", (1,)), intervention])
        assert changes.active == (Intervention("child", "mute", (0,)),)
        assert not network(picture())[0, 0].any()
        assert network(picture())[0, 1].any()


def test_an_output_without_a_tensor_is_refused():
    network = nn.Sequential(Passes(Outputs(lambda _x: 3)), Outputs(lambda _x: torch.zeros(1, 1)))
    network.forward = lambda x: (network[0](x), x * 1)[1]
    with intervening(network) as changes, pytest.raises(LayerError, match='output of "0" holds no tensor to change'):
        changes.use([Intervention("0", "mute")])


def test_a_layer_that_is_not_reached_is_said():
    class Skips(nn.Module):
        def __init__(self):
            super().__init__()
            self.child = Times()
            self.skip = False

        def forward(self, x):
            return x if self.skip else self.child(x)

    network = Skips()
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute")])
        assert changes.problems() == ()  # nothing has run yet
        network.skip = True
        network(picture())
        (problem,) = changes.problems()
        assert problem.message == '"child" was not called on this input, so there is nothing to change.'
        network.skip = False
        network(picture())
        assert changes.problems() == ()


def test_another_number_of_channels_is_said_and_left_alone():
    network = Passes(nn.ReLU())
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute", (3,))])
        wider = torch.ones(1, 2, SIDE, SIDE)
        assert torch.equal(network(wider), wider)
        (problem,) = changes.problems()
        assert problem.message == '"child" has 2 channels on this input instead of 4: nothing is changed.'
        assert not network(picture())[0, 3].any()
        assert changes.problems() == ()


def test_whole_numbers_are_left_alone():
    network = Passes(Outputs(lambda x: x.argmax(1)))
    with intervening(network) as changes:
        changes.use([Intervention("child", "mute")])
        assert network(picture()).any()
        assert "holds no real numbers" in changes.problems()[0].message


# -------------------------------------------------------------------------------------------------------- real networks


@pytest.mark.parametrize(("name", "layer"), [("squeezenet1_1", "features.3.cat()"), ("resnet18", "layer2.0.add()")])
def test_a_muted_channel_of_a_real_network(name, layer):
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)().eval()
    inputs = torch.randn(1, 3, 64, 64)
    layers = layers_of(network, (3, 64, 64))
    before = collect(network, inputs, [layer])[layer]
    with Intervening(network, layers) as changes:
        changes.use([Intervention(layer, "mute", (1,)), Intervention("network", "add", (7,), 100.0)])
        found = collect(network, inputs, [layer, "network"])
        with changes.paused():
            plain = collect(network, inputs, ["network"])["network"]
    assert not found[layer][0, 1].any()
    keep = [channel for channel in range(before.shape[1]) if channel != 1]
    assert torch.equal(found[layer][0, keep], before[0, keep])
    assert found["network"][0, 7] > plain[0, 7] + 90
    assert not torch.equal(found["network"][0, :7], plain[0, :7])
    assert hook_count(network) == 0
