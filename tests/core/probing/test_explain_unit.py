"""The arithmetic of single units: against torch's own outputs, and by hand."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.probing.capture import collect
from cnnviz.core.probing.recording import record_calls
from cnnviz.core.probing.unit import explain_unit
from cnnviz.core.unit import Addition, Average, Copy, Function, Maximum, Normalisation, WeightedSum

small = st.integers(1, 3)
pairs = st.tuples(small, small)


def explained(module, maps, channel, cell=(0, 0), **options):
    with torch.no_grad():
        output = module.eval()(maps.clone())
    return explain_unit("layer", module, [maps], output, channel, cell, **options)


def all_units(output):
    """A few of its units, the corners among them."""
    _, channels, height, width = output.shape
    cells = {(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1), (height // 2, width // 2)}
    return [(channel, cell) for channel in {0, channels - 1} for cell in cells]


# ------------------------------------------------------------------------------------------------------------- by hand


def test_a_convolution_is_spelled_out_by_input_channel():
    conv = nn.Conv2d(2, 1, 2, padding=1)
    conv.weight.data = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, 1.0]]]])
    conv.bias.data = torch.tensor([0.5])
    maps = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]])
    unit = explained(conv, maps, 0, (1, 1))
    told = unit.arithmetic
    assert isinstance(told, WeightedSum)
    assert told.patch.values.tolist() == maps[0].tolist()
    assert told.terms.tolist() == [1 + 4 + 9 + 16, 6 + 8]
    assert (told.bias, told.result, unit.value, unit.difference) == (0.5, 44.5, 44.5, 0.0)
    corner = explained(conv, maps, 0, (0, 2)).arithmetic
    assert corner.patch.rows.tolist() == [-1, 0]
    assert corner.patch.columns.tolist() == [1, -1]
    assert corner.patch.inside.tolist() == [[False, False], [True, False]]
    assert corner.terms.tolist() == [2 * 3.0, 0.0]


def test_groups_read_their_own_input_channels():
    conv = nn.Conv2d(6, 4, 1, groups=2)
    first, last = (explained(conv, torch.rand(1, 6, 3, 3), channel, (1, 1)).arithmetic for channel in (1, 2))
    assert first.patch.channels.tolist() == [0, 1, 2]
    assert last.patch.channels.tolist() == [3, 4, 5]


def test_max_pooling_tells_the_winner():
    maps = torch.tensor([[[[1.0, -2.0, 5.0], [0.0, 4.0, 4.5], [-1.0, -1.0, -1.0]]]])
    unit = explained(nn.MaxPool2d(2, 1), maps, 0, (0, 1))
    assert isinstance(unit.arithmetic, Maximum)
    assert unit.arithmetic.winner == (0, 2)
    assert unit.arithmetic.result == 5.0


def test_padding_never_wins():
    unit = explained(nn.MaxPool2d(3, 2, 1), torch.full((1, 1, 4, 4), -7.0), 0, (0, 0))
    assert unit.arithmetic.winner == (0, 0)
    assert (unit.value, unit.arithmetic.result) == (-7.0, -7.0)


def test_batch_norm_is_told_with_its_numbers():
    norm = nn.BatchNorm2d(2, eps=0.75)
    norm.running_mean.data, norm.running_var.data = torch.tensor([0.0, 3.0]), torch.tensor([1.0, 3.25])
    norm.weight.data, norm.bias.data = torch.tensor([1.0, 10.0]), torch.tensor([0.0, -1.0])
    unit = explained(norm, torch.full((1, 2, 1, 1), 7.0), 1)
    assert unit.arithmetic == Normalisation(input=7.0, mean=3.0, variance=3.25, epsilon=0.75, weight=10.0, bias=-1.0)
    assert unit.arithmetic.result == 19.0
    assert unit.agrees


@pytest.mark.parametrize("norm", [nn.BatchNorm2d(3), nn.BatchNorm2d(3, track_running_stats=False)])
def test_in_training_mode_batch_norm_is_told_with_the_batch_s_statistics(norm):
    norm.weight.data, maps = torch.tensor([1.0, -2.0, 3.0]), 5 + 2 * torch.randn(1, 3, 6, 5)
    unit = explain_unit("norm", norm.train(), [maps], norm(maps).detach(), 1, (2, 3))
    assert unit.arithmetic.mean == pytest.approx(float(maps[:, 1].mean()))
    assert unit.arithmetic.variance == pytest.approx(float(maps[:, 1].var(correction=0)), rel=1e-5)
    assert unit.agrees


def test_dropout_at_work_hands_nothing_on():
    maps, dropout = torch.ones(1, 1, 4, 4), nn.Dropout(0.5)
    for output in (dropout.train()(maps), nn.functional.dropout(maps, 0.5)):
        unit = explain_unit("dropout", dropout, [maps], output, 0, (1, 2))
        function = explain_unit("dropout()", None, [maps], output, 0, (1, 2), kind="dropout")
        assert (unit.arithmetic, function.arithmetic) == (None, None)
    assert explained(dropout, maps, 0, (1, 2)).arithmetic == Copy(0, 0, 1, 2, 1.0)


def test_a_gpu_that_rounds_factors_to_tensor_float_is_no_contradiction():
    class OnGpu(torch.Tensor):
        device = torch.device("cuda")

    def rounded(tensor):  # to the 10 bits of TensorFloat-32
        return ((tensor.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)

    conv, maps = nn.Conv2d(16, 4, 3), torch.full((1, 16, 5, 5), 1 + 0.4 * 2**-10)  # all rounded in one direction
    with torch.no_grad():
        conv.weight.fill_(1 + 0.4 * 2**-10)
        output = torch.conv2d(rounded(maps), rounded(conv.weight), conv.bias)
        here, gpu = (explain_unit("conv", conv, [maps], each, 2) for each in (output, output.as_subclass(OnGpu)))
    assert (here.agrees, gpu.agrees) == (False, True)
    assert gpu.tolerance < 0.01 * np.abs(gpu.arithmetic.products).sum()


def test_a_linear_layer_is_a_sum_over_its_inputs():
    linear = nn.Linear(3, 2)
    linear.weight.data, linear.bias.data = torch.tensor([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]), torch.tensor([0.0, 4.0])
    unit = explained(linear, torch.tensor([[1.0, 0.0, -1.0]]), 1)
    assert unit.arithmetic.terms.tolist() == [1.0, 0.0, -3.0]
    assert (unit.value, unit.arithmetic.result) == (2.0, 2.0)


def test_linear_layers_on_channels_last_read_one_place():
    linear, maps = nn.Linear(3, 2), torch.rand(1, 4, 5, 3)
    unit = explained(linear, maps, 1, (3, 4), map_axes="hwc")
    assert unit.arithmetic.patch.values[:, 0, 0] == pytest.approx(maps[0, 3, 4].numpy())
    assert unit.agrees


def test_of_a_relu_the_number_before_and_after():
    unit = explained(nn.ReLU(inplace=True), torch.tensor([[[[-2.0]]]]), 0)
    assert unit.arithmetic == Function(-2.0, 0.0)
    assert unit.agrees


def test_a_sum_and_a_concatenation_tell_where_their_numbers_are_from():
    one, other = torch.full((1, 2, 2, 2), 1.5), torch.full((1, 3, 2, 2), -4.0)
    added = explain_unit("add()", None, [one, one * 2], one * 3, 1, (1, 0), kind="add")
    assert added.arithmetic == Addition((1.5, 3.0))
    assert added.agrees
    put = explain_unit("cat()", None, [one, other], torch.cat([one, other], 1), 4, (1, 0), kind="cat")
    assert put.arithmetic == Copy(input=1, channel=2, row=1, column=0, result=-4.0)


def test_a_flattened_number_comes_from_its_cell():
    maps = torch.arange(24.0).reshape(1, 2, 3, 4)
    assert explained(nn.Flatten(), maps, 23).arithmetic == Copy(input=0, channel=1, row=2, column=3, result=23.0)


def test_what_is_not_known_is_left_open():
    class Odd(nn.Conv2d):
        def forward(self, x):
            return super().forward(x) * 2

    for unit in (
        explained(Odd(1, 1, 1), torch.rand(1, 1, 2, 2), 0),
        explain_unit("roll()", None, [torch.rand(1, 1, 2, 2)], torch.rand(1, 1, 2, 2), 0, kind="roll"),
        explained(nn.BatchNorm2d(1, track_running_stats=False), torch.rand(1, 1, 2, 2), 0),
    ):
        assert (unit.arithmetic, unit.difference, unit.agrees) == (None, None, None)


def test_a_wrong_number_does_not_agree():
    conv, maps = nn.Conv2d(3, 2, 3), torch.rand(1, 3, 5, 5)
    with torch.no_grad():
        output = conv(maps)
    assert explain_unit("conv", conv, [maps], output, 0, (1, 1)).agrees
    assert not explain_unit("conv", conv, [maps], output + 0.001, 0, (1, 1)).agrees


def test_nan_is_worked_out_as_nan():
    maps = torch.rand(1, 1, 3, 3)
    maps[0, 0, 1, 1] = float("nan")
    unit = explained(nn.Conv2d(1, 1, 3), maps, 0)
    assert np.isnan(unit.value)
    assert unit.agrees
    assert (unit.rank.here, unit.rank.overall) == (None, None)
    assert explained(nn.MaxPool2d(3), maps, 0).agrees


def test_rank_counts_what_is_stronger():
    output = torch.tensor([[[[1.0, 9.0]], [[5.0, 2.0]], [[3.0, 3.0]]]])
    unit = explain_unit("layer", None, [], output, 2, (0, 0))
    assert (unit.rank.here, unit.rank.channels, unit.rank.overall, unit.rank.units) == (2, 3, 3, 6)


@pytest.mark.parametrize(("channel", "cell"), [(2, (0, 0)), (0, (5, 0)), (-1, (0, 0)), (0, (0, 5))])
def test_what_is_not_there_is_said(channel, cell):
    with pytest.raises(LayerError, match=r"There is no (cell|channel)"):
        explained(nn.ReLU(), torch.rand(1, 2, 5, 5), channel, cell)


def test_hooks_of_others_do_not_hear_of_it():
    relu, heard = nn.ReLU(), []
    maps = torch.rand(1, 1, 2, 2)
    output = relu(maps)
    relu.register_forward_hook(lambda *_: heard.append(1))
    assert explain_unit("relu", relu, [maps], output, 0).agrees
    assert not heard


# -------------------------------------------------------------------------------------------------------- against torch


@settings(deadline=None)
@given(
    kernel=pairs,
    stride=pairs,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    dilation=pairs,
    groups=st.sampled_from([1, 2, 4]),
    mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    bias=st.booleans(),
)
def test_convolutions_agree(kernel, stride, padding, dilation, groups, mode, bias):
    conv = nn.Conv2d(4, 8, kernel, stride, padding, dilation, groups, bias, mode)
    assert_corners_agree(conv, torch.randn(1, 4, 9, 8), WeightedSum)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), ((2, 5), 1), (3, (1, 2))])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths:UserWarning")
def test_convolutions_with_named_padding_agree(kernel, dilation, padding):
    conv = nn.Conv2d(2, 2, kernel, padding=padding, dilation=dilation)
    assert_corners_agree(conv, torch.randn(1, 2, 9, 8), WeightedSum)


@settings(deadline=None)
@given(kernel=pairs, stride=pairs, dilation=pairs, groups=st.sampled_from([1, 2]), data=st.data())
def test_transposed_convolutions_agree(kernel, stride, dilation, groups, data):
    padding = tuple(data.draw(st.integers(0, (size - 1) * gap)) for size, gap in zip(kernel, dilation, strict=True))
    room = [data.draw(st.integers(0, max(each) - 1)) for each in zip(stride, dilation, strict=True)]
    sides = zip((5, 6), kernel, stride, dilation, padding, room, strict=True)
    assume(all((cells - 1) * step + gap * (size - 1) + more >= 2 * cut for cells, size, step, gap, cut, more in sides))
    conv = nn.ConvTranspose2d(4, 6, kernel, stride, padding, room, groups, dilation=dilation)
    assert_corners_agree(conv, torch.randn(1, 4, 5, 6), WeightedSum)


@settings(deadline=None)
@given(kernel=st.integers(1, 4), stride=small, data=st.data(), ceil=st.booleans(), counted=st.booleans())
def test_pools_agree(kernel, stride, data, ceil, counted):
    padding = data.draw(st.integers(0, kernel // 2))
    maps = torch.randn(1, 2, 7, 9)
    assert_corners_agree(nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil), maps, Maximum)
    assert_corners_agree(nn.AvgPool2d(kernel, stride, padding, ceil, counted), maps, Average)


@pytest.mark.parametrize("size", [1, 3, (2, 5), (None, 4), 7])
def test_adaptive_pools_agree(size):
    assert_corners_agree(nn.AdaptiveAvgPool2d(size), torch.randn(1, 2, 7, 6), Average)


@pytest.mark.parametrize("layer", [nn.GELU(), nn.SiLU(), nn.ReLU6(), nn.LeakyReLU(0.1), nn.Sigmoid(), nn.Hardswish()])
def test_activation_functions_agree(layer):
    assert_corners_agree(layer, torch.randn(1, 2, 3, 3) * 5, Function)


def assert_corners_agree(module, maps, kind):
    with torch.no_grad():
        try:
            output = module.eval()(maps)
        except RuntimeError:
            assume(condition=False)
    for channel, cell in all_units(output):
        unit = explain_unit("layer", module, [maps], output, channel, cell)
        assert isinstance(unit.arithmetic, kind)
        assert unit.agrees, (unit, unit.difference)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "mobilenet_v2"])
def test_every_layer_of_real_networks_is_explained_and_agrees(name):
    from torchvision import models

    network, picture = models.get_model(name).eval(), torch.rand(1, 3, 64, 64)
    calls = [call for call in record_calls(network, picture) if call.leaf]
    maps = collect(network, picture, [call.name for call in calls]) | {NETWORK_INPUT: picture}
    open_kinds = {"adaptive_avg_pool2d"}
    for call in calls:
        output = maps[call.name]
        cell = (0, 0) if output.dim() == 2 else (output.shape[2] - 1, output.shape[3] // 2)
        inputs = [maps[each] for each in call.inputs]
        unit = explain_unit(call.name, call.module, inputs, output, output.shape[1] - 1, cell, kind=call.kind)
        assert unit.agrees or call.kind in open_kinds, (call.name, unit.difference, unit.tolerance)
