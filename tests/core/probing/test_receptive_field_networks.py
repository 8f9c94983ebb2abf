"""Theoretical receptive fields: by hand for known networks, and against marked pixels on random ones."""

import pytest
import torch
import torchvision
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

import cnnviz.core.probing
from cnnviz.core.errors import NetworkError
from cnnviz.core.probing import receptive_fields
from cnnviz.core.probing.receptive_field import FieldTrace
from cnnviz.core.probing.recording import record_calls
from cnnviz.core.receptive_field import Region

BY_HAND = {
    # size of a convolution's field: that before it + (kernel − 1) · stride before it
    "alexnet": {
        "features.0": ((11, 11), (4, 4), (-2, -2)),
        "features.2": ((19, 19), (8, 8), (-2, -2)),
        "features.3": ((51, 51), (8, 8), (-18, -18)),
        "features.12": ((195, 195), (32, 32), (-66, -66)),
    },
    "vgg16": {
        "features.2": ((5, 5), (1, 1), (-2, -2)),
        "features.4": ((6, 6), (2, 2), (-2, -2)),
        "features.28": ((196, 196), (16, 16), (-90, -90)),
        "features.30": ((212, 212), (32, 32), (-90, -90)),
    },
    # stride in the 3×3 convolution (v1.5): 3 → 4 × conv2 blocks …
    "resnet50": {
        "conv1": ((7, 7), (2, 2), (-3, -3)),
        "maxpool": ((11, 11), (4, 4), (-5, -5)),
        "layer1.0.add()": ((19, 19), (4, 4), (-9, -9)),
        "layer1": ((35, 35), (4, 4), (-17, -17)),
        "layer2.0.downsample.0": ((35, 35), (8, 8), (-17, -17)),
        "layer4": ((427, 427), (32, 32), (-213, -213)),
    },
}


@pytest.mark.parametrize("name", BY_HAND)
def test_fields_of_known_networks_are_those_worked_out_by_hand(name):
    fields = receptive_fields(on_meta(name), (3, 224, 224))
    found = {layer: (fields[layer].size, fields[layer].stride, fields[layer].offset) for layer in BY_HAND[name]}
    assert found == BY_HAND[name]


def test_everything_behind_global_pooling_sees_the_whole_picture():
    fields = receptive_fields(on_meta("resnet50"), (3, 224, 224))
    assert {name: fields[name].size for name in ("avgpool", "flatten()", "fc", "network")} == dict.fromkeys(
        ("avgpool", "flatten()", "fc", "network")
    )


def test_a_gate_of_the_whole_picture_makes_the_product_see_all_of_it():
    fields = receptive_fields(on_meta("mobilenet_v3_small"), (3, 64, 64))
    gated = fields["features.1.block.1.mul()"]
    assert fields["features.1.block.0"].size == (7, 7)
    assert gated.size is None
    assert gated.region((15, 3)).clipped == Region(0, 0, 64, 64)


def test_attention_over_all_positions_sees_the_whole_picture():
    network = nn.Sequential(nn.Conv2d(3, 4, 4, 4), nn.Flatten(2), Turned(), SelfAttention(4), nn.LayerNorm(4))
    fields = receptive_fields(network, (3, 16, 12))
    assert fields["2"].size == (4, 4)
    assert fields["2"].region((3, 2)).clipped == Region(12, 8, 16, 12)
    assert fields["4"].size is None
    assert fields["4"].region((3, 2)).clipped == Region(0, 0, 16, 12)


def test_an_operation_that_is_not_known_has_no_field_and_says_why():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), Sorted(), nn.Conv2d(1, 1, 3), nn.AdaptiveAvgPool2d(1))
    trace = FieldTrace(record_calls(network, torch.zeros(1, 1, 9, 9)), (9, 9))
    assert set(trace.fields) == {"0"}
    assert trace.unknown["1.sort()"] == (
        'The receptive field of "1.sort()" is not known: what it reads of its input is not known.'
    )
    assert trace.unknown["2"] == 'The receptive field of "2" is not known: that of "1.sort()" before it is not.'


def test_whatever_is_done_to_what_depends_on_the_whole_picture_does_so_too():
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), Sorted(), nn.ConvTranspose2d(1, 1, 4))
    fields = receptive_fields(network, (1, 9, 7))
    assert fields["1.sort()"].size is None
    assert fields["2"].region((3, 3)).clipped == Region(0, 0, 9, 7)


def test_layers_with_a_forward_of_their_own_are_not_taken_for_their_base_class():
    trace = FieldTrace(record_calls(nn.Sequential(Swapped(1, 1, 3)), torch.zeros(1, 1, 9, 9)), (9, 9))
    assert "0" in trace.unknown


def test_constants_of_the_network_add_nothing_to_a_field():
    fields = receptive_fields(WithPositions(), (1, 8, 8))
    assert fields["add()"].size == (3, 3)


@pytest.mark.parametrize("shape", [(3, 8), (8,), (1, 1, 3, 8, 8), (3, 0, 8)])
def test_a_shape_that_is_no_pictures_is_refused(shape):
    with pytest.raises(NetworkError, match="no picture's shape; give its channels, height and width"):
        receptive_fields(nn.Conv2d(3, 1, 3), shape)


def test_the_function_is_not_hidden_by_a_module_of_its_name():
    assert callable(cnnviz.core.probing.receptive_fields)
    with pytest.raises(AttributeError, match="has no attribute 'receptive_feelds'"):
        _ = cnnviz.core.probing.receptive_feelds


# ------------------------------------------------------------------------------------------------------------- layouts


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x[..., ::2, 1:],
        lambda x: x[:, :, 3:-2],
        lambda x: x[:, None, 0],
        lambda x: x.flip(2),
        lambda x: x.narrow(3, 2, 4),
        lambda x: x.transpose(2, 3).transpose(3, 2),
        lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2),
        lambda x: x.flatten(2).unflatten(2, x.shape[2:]),
        lambda x: x.reshape(1 * len(x), 2, 1, *x.shape[2:]).transpose(1, 2).flatten(1, 2),
        lambda x: torch.cat(x.chunk(2, dim=1), dim=1),
        lambda x: functional.pad(x, (2, 1, -1, 3)),
        lambda x: functional.pad(x, (2, 1, 1, 3), mode="reflect"),
        lambda x: functional.pad(x, (2, 1, 1, 3), mode="circular"),
        lambda x: functional.pixel_shuffle(torch.cat([x, x], 1), 2),
        lambda x: functional.conv2d(x, torch.ones(1, 2, 3, 2, dtype=x.dtype), stride=2, dilation=2),
        lambda x: functional.conv_transpose2d(x, torch.ones(2, 1, 2, 3, dtype=x.dtype), stride=3, padding=1),
        lambda x: functional.avg_pool2d(x, 3, 2, ceil_mode=True),
        lambda x: functional.adaptive_max_pool2d(x, (4, 3)),
        lambda x: functional.interpolate(x, scale_factor=1.7),
        lambda x: functional.interpolate(x, size=(13, 4)),
        lambda x: functional.interpolate(x, size=(4, 5), mode="area"),
        lambda x: x - x.mean((2, 3), keepdim=True),
        lambda x: x * x.mean(3, keepdim=True),
        lambda x: x.softmax(2),
        lambda x: functional.layer_norm(x.permute(0, 2, 3, 1), (2,)).permute(0, 3, 1, 2),
        lambda x: functional.group_norm(x, 1),
        functional.instance_norm,
    ],
)
def test_functions_see_what_poisoned_pixels_say(operation, poisoned_spans):
    network = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, padding=1), Calls(operation), nn.Conv2d(1, 1, 1, bias=False))
    network[2] = nn.Identity()
    assert checked(network, (18, 21), poisoned_spans) >= 2


# ----------------------------------------------------------------------------------------------------- random networks

sides = st.tuples(st.integers(7, 20), st.integers(7, 20))
small = st.integers(1, 3)
pairs = st.tuples(small, small)


@st.composite
def convolutions(draw):
    kernel, dilation = draw(pairs), draw(pairs)
    padding = draw(st.one_of(st.sampled_from(["same", "valid"]), st.tuples(st.integers(0, 2), st.integers(0, 2))))
    stride = draw(pairs) if padding != "same" else 1
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    return nn.Conv2d(2, 2, kernel, stride, padding, dilation, draw(st.sampled_from([1, 2])), False, mode)


@st.composite
def transposed(draw):
    stride, kernel = draw(pairs), draw(pairs)
    padding = tuple(draw(st.integers(0, size // 2)) for size in kernel)
    return nn.ConvTranspose2d(2, 2, kernel, stride, padding, bias=False, dilation=draw(pairs))


@st.composite
def pools(draw, kinds=(nn.MaxPool2d, nn.AvgPool2d)):
    kernel = draw(st.integers(1, 4))
    options = {"padding": draw(st.integers(0, kernel // 2)), "ceil_mode": draw(st.booleans())}
    return draw(st.sampled_from(kinds))(kernel, draw(small), **options)


adaptive = st.builds(nn.AdaptiveAvgPool2d, st.tuples(st.integers(2, 9), st.integers(1, 9)))
nearest = st.one_of(
    st.builds(nn.Upsample, scale_factor=st.sampled_from([2, 3, 1.5])),
    st.builds(nn.Upsample, size=st.tuples(st.integers(2, 25), st.integers(2, 25)), mode=st.just("nearest-exact")),
)
smooth = st.builds(
    nn.Upsample,
    size=st.tuples(st.integers(2, 25), st.integers(2, 25)),
    mode=st.just("bilinear"),
    align_corners=st.booleans(),
)


class Branches(nn.Module):
    """Two paths that need not line up: their maps are cut to one size, then added or put side by side."""

    def __init__(self, paths, joins):
        super().__init__()
        self.paths = nn.ModuleList(paths)
        self.joins = joins
        self.mix = nn.Conv2d(4 if joins == "cat" else 2, 2, 1, bias=False)

    def forward(self, x):
        maps = [path(x) for path in self.paths]
        height, width = (min(each.shape[axis] for each in maps) for axis in (2, 3))
        maps = [each[:, :, :height, :width] for each in maps]
        return self.mix(maps[0] + maps[1] if self.joins == "add" else torch.cat(maps, 1))


def networks(layers):
    """A few layers in a row, some of them two branches."""
    path = st.lists(layers, max_size=2).map(lambda made: nn.Sequential(*made))
    branches = st.builds(Branches, st.tuples(path, path), st.sampled_from(["add", "cat"]))
    return st.lists(st.one_of(layers, branches), min_size=1, max_size=4).map(lambda made: nn.Sequential(*made))


RANDOM = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=80, derandomize=True)


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths:UserWarning")
@RANDOM
@given(network=networks(st.one_of(convolutions(), transposed(), pools(), adaptive, nearest)), size=sides)
def test_random_networks_see_what_poisoned_pixels_say(network, size, poisoned_spans):
    assume(sees(network, size))
    assert checked(network, size, poisoned_spans, channels=2) > 0


@pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel lengths:UserWarning")
@RANDOM
@given(network=networks(st.one_of(convolutions(), transposed(), pools([nn.AvgPool2d]), nearest, smooth)), size=sides)
def test_random_linear_networks_see_what_lit_pixels_say(network, size, lit_spans):
    assume(sees(network, size))
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.5, 1.0)
    assert checked(network, size, lit_spans, channels=2) > 0


def on_meta(name):
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None)


def sees(network, size):
    """Whether the network takes pictures of this size, and no layer reads padding only: no mark tells that from
    seeing no rows, or no columns.
    """
    try:
        fields = receptive_fields(network.double(), (2, *size)).values()
    except (RuntimeError, ValueError):
        return False
    return all(any(first < end for first, end in cells(axis)) for each in fields for axis in (each.rows, each.columns))


def checked(network, size, spans, channels=1):
    """How many calls with maps were compared; each cell of each must agree."""
    calls = record_calls(network.double(), torch.zeros(1, channels, *size).double())
    trace = FieldTrace(calls, size)
    maps = [call.name for call in calls if call.shape is not None and len(call.shape) == 4 and is_map(trace, call)]
    rows, columns = spans(network, size, maps, channels)
    assert {name: cells(trace.fields[name].rows) for name in maps} == rows
    assert {name: cells(trace.fields[name].columns) for name in maps} == columns
    return len(maps)


def is_map(trace, call):
    return call.name in trace.fields and trace.fields[call.name].map_size == call.shape[2:]


def cells(axis):
    return list(zip(axis.first, axis.end, strict=True))


class Calls(nn.Module):
    def __init__(self, operation):
        super().__init__()
        self.operation = operation

    def forward(self, x):
        return self.operation(x)


class Turned(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


class SelfAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.attention = nn.MultiheadAttention(channels, 1, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


class Sorted(nn.Module):
    def forward(self, x):
        return x.sort(dim=2)[0]


class Swapped(nn.Conv2d):
    def forward(self, x):
        return super().forward(x.flip(2).roll(1, 3))


class WithPositions(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, 1, 8, 8))
        self.bend = nn.Linear(8, 8)

    def forward(self, x):
        return self.conv(x) + self.bend(self.position)
