"""Specs as torch modules: the arithmetic against torch itself, on the meta device and with numbers."""

import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.build import build, preprocessing_of
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.kinds import LayerKind, Work
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import KINDS, layer
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.networks.spec.rows import GroupRow, InputScaling, NetworkSpec
from cnnviz.core.networks.spec.work import work_of

LAYERS = sorted(name for name, kind in KINDS.items() if isinstance(kind, LayerKind))
SHAPES = st.one_of(st.tuples(st.integers(1, 8), st.integers(1, 12), st.integers(1, 12)), st.tuples(st.integers(1, 40)))
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch copies: it may
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(QUICK, max_examples=150)
STRICTER = {("linear", 3), ("spatial_dropout", 1), ("global_pool", 1), ("adaptive_pool", 1)}
"""Kinds and dimensions of input that torch may take, but not as anybody means them."""


def run_on_meta(row, shape):
    """What torch makes of one layer: module and output; raises where it cannot."""
    call = KINDS[row.kind].module(row.options, shape)
    with torch.device("meta"), torch.inference_mode():
        module = getattr(nn, call.module)(*call.arguments, **dict(call.named)).eval()
        return module, module(torch.empty(1, *shape))


def torch_refuses(row, shape):
    """Also an output without cells is of no use."""
    try:
        return run_on_meta(row, shape)[1].numel() == 0
    except (RuntimeError, ValueError, IndexError):
        return True


def pads_too_much(row):
    """Output padding that torch refuses; torch 2.11 only where it computes and not on "meta"."""
    if row.kind != "transposed":
        return False
    padding, stride, dilation = (row.options[name] for name in ("output_padding", "stride", "dilation"))
    return any(each >= max(two) for each, *two in zip(padding, stride, dilation, strict=True))


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def multiplications(module, shape):
    """As torch counts them: two operations each."""
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, *shape))
    return counter.get_total_flops() // 2


def assert_agrees(row, shape):
    work = work_of(row, shape)
    if not isinstance(work, Work):
        assert (row.kind, len(shape)) in STRICTER or pads_too_much(row) or torch_refuses(row, shape)
        return
    module, output = run_on_meta(row, shape)
    assert tuple(output.shape[1:]) == work.shape
    assert parameters(module) == work.parameters
    assert sum(buffer.numel() for buffer in module.buffers()) == work.buffers
    assert multiplications(module, shape) == work.macs


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_is_possible_where_torch_can_run_it_and_makes_and_costs_the_same(name, rows_of_kind):
    @QUICK
    @given(rows_of_kind(KINDS[name]), SHAPES)
    def check_one(row, shape):
        assert_agrees(row, shape)

    check_one()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conv", "depthwise", "transposed", "max_pool", "average_pool"])
def test_many_windows_agree_with_torch(name, rows_of_kind):
    @LONG
    @given(rows_of_kind(KINDS[name]), SHAPES)
    def check_one(row, shape):
        assert_agrees(row, shape)

    check_one()


def assert_network_agrees(spec):
    report = check(spec)
    with torch.device("meta"), torch.inference_mode():
        network = build(spec).eval()
        output = network(torch.empty(1, *spec.input_shape))
    assert tuple(output.shape[1:]) == report.output_shape
    assert parameters(network) == report.parameters == report.trainable
    assert multiplications(network, spec.input_shape) == report.macs
    for row, module in zip(report.rows, network, strict=True):
        assert parameters(module) == row.parameters


def test_random_networks_make_and_cost_what_torch_says(random_networks):
    @QUICK
    @given(random_networks)
    def check_one(spec):
        assert_network_agrees(spec)

    check_one()


@pytest.mark.slow
def test_many_random_networks_agree_with_torch(random_networks):
    @LONG
    @given(random_networks)
    def check_one(spec):
        assert_network_agrees(spec)

    check_one()


def test_memory_is_what_all_layers_hand_on():
    """Counted by hooks, joins among them, as float32."""
    spec = PRESETS["small-separable"]()
    bytes_ = []
    with torch.device("meta"):
        network = build(spec).eval()
        for module in network.modules():
            if not isinstance(module, nn.Sequential):
                module.register_forward_hook(lambda _, __, output: bytes_.append(output.nbytes))
        network(torch.empty(1, *spec.input_shape))
    assert check(spec).memory == sum(bytes_)


def test_modules_are_called_what_rows_are_called():
    inner = (layer("conv", "first", filters=2, padding=1), layer("relu", "second"))
    spec = NetworkSpec("x", (1, 4, 4), (GroupRow("once", inner), GroupRow("thrice", inner, 3), layer("flatten", "end")))
    leaves = [name for name, module in build(spec).named_modules() if not list(module.children())]
    repeated = [f"thrice.{number}.{name}" for number in range(3) for name in ("first", "second")]
    assert leaves == ["once.first", "once.second", *repeated, "end"]


def test_repetitions_have_weights_of_their_own():
    spec = NetworkSpec("x", (2, 4, 4), (GroupRow("stage", (layer("conv", "conv", filters=2, padding=1),), 2),))
    first, second = build(spec).get_submodule("stage")
    assert first.conv.weight is not second.conv.weight
    assert parameters(build(spec)) == 2 * (3 * 3 * 2 * 2 + 2)


def test_a_residual_block_adds_its_input():
    """With all weights zero F(x) is 0, and ReLU lets a positive x pass."""
    network = build(NetworkSpec("x", (3, 5, 5), (layer("residual_block", "r", filters=3),))).eval()
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    picture = torch.rand(2, 3, 5, 5)
    assert torch.equal(network(picture), picture)


def test_a_dense_block_keeps_its_input_beside_the_new_maps():
    picture = torch.rand(1, 3, 5, 5)
    output = build(NetworkSpec("x", (3, 5, 5), (layer("dense_block", "d", layers=2, growth=4),))).eval()(picture)
    assert output.shape == (1, 3 + 2 * 4, 5, 5)
    assert torch.equal(output[:, :3], picture)


def test_squeeze_and_excitation_weighs_whole_maps():
    network = build(NetworkSpec("x", (4, 5, 5), (layer("squeeze_excitation", "se", reduction=2),)))
    picture = torch.rand(1, 4, 5, 5) + 0.1
    weights = network(picture) / picture
    assert torch.allclose(weights, weights[:, :, :1, :1].expand_as(weights))
    assert 0 < weights.min() <= weights.max() < 1


def test_what_cannot_be_is_refused_by_name_before_it_is_built():
    stage = GroupRow("stage", (layer("conv", "wide", kernel=9),), 2)
    with pytest.raises(NetworkError, match=r"stage\.wide: 9×9 kernel on a 5×5 input: add padding 2 or remove a pool"):
        build(NetworkSpec("Broken", (1, 5, 5), (stage,)))


def test_too_many_parameters_are_refused_before_they_are_allocated():
    rows = (layer("flatten"), *(layer("linear", features=30_000) for _ in range(4)))
    spec = NetworkSpec("Huge", (1, 30, 30), named(rows))
    with pytest.raises(NetworkError, match=r"Huge cannot be built\. The network: 2,\d{3},\d{3},\d{3} parameters"):
        build(spec)


def test_another_input_size_builds_another_network():
    spec = NetworkSpec("x", (1, 8, 8), (layer("flatten", "flatten"), layer("linear", "linear", features=2)))
    assert build(spec).get_submodule("linear").in_features == 64
    assert build(spec, (4, 6)).get_submodule("linear").in_features == 24


def test_preprocessing_is_the_specs_or_scales_to_one():
    scaling = InputScaling((0.1,), (0.2,), resize=30, invert=True)
    wanted = preprocessing_of(NetworkSpec("x", (1, 28, 20), (), scaling))
    assert (wanted.input_size, wanted.channels, wanted.mean, wanted.std) == ((28, 20), 1, (0.1,), (0.2,))
    assert (wanted.resize, wanted.invert, wanted.fit) == (30, True, "crop")
    plain = preprocessing_of(NetworkSpec("x", (3, 28, 20)))
    assert (plain.mean, plain.std) == ((0.5,) * 3, (0.5,) * 3)


def test_pictures_have_one_channel_or_three():
    with pytest.raises(NetworkError, match="x takes 2 channels, but pictures have 1"):
        preprocessing_of(NetworkSpec("x", (2, 8, 8)))


def test_initial_weights_follow_torchs_seed():
    spec = PRESETS["small-vgg"]()
    outputs = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        outputs.append(build(spec).state_dict()["block1.conv1.weight"])
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
    assert math.isclose(outputs[0].std(), 1 / math.sqrt(3 * 27), rel_tol=0.2)  # uniform in ±1/√27
