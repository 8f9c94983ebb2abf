"""Which layers are offered and which a strip shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.layer_choice import contents_text, drawable, has_maps, strip_layers
from cnnviz.gui.widgets.number_text import shape_text


def layer(name, kind="Conv2d", shape=(8, 5, 4), axes="chw", *, leaf=True):
    return LayerInfo(name, name, kind, 0, 0, leaf, shape, 0, 0, axes)


def test_only_layers_with_something_to_show_are_offered():
    shown = layer("a")
    assert drawable([shown, layer("b", shape=None), layer("c", axes="")]) == (shown,)


def test_a_strip_takes_convolutions_from_the_first_to_the_last():
    layers = [layer(str(number), "Conv2d" if number % 2 else "BatchNorm2d") for number in range(12)]
    assert strip_layers(layers, 3) == ("1", "5", "11")
    assert strip_layers(layers, 99) == ("1", "3", "5", "7", "9", "11")


def test_a_strip_prefers_activated_maps_and_leaves_out_single_cells():
    layers = [layer(str(number), "Conv2d" if number % 2 else "ReLU") for number in range(6)]
    assert strip_layers([*layers, layer("6", "ReLU", (8, 1, 1))], 9) == ("0", "2", "4")


def test_without_convolutions_a_strip_takes_leaves():
    layers = [layer("block", "Block", leaf=False), layer("conv"), layer("linear", "Linear", (9,), "vector")]
    assert strip_layers(layers, 4) == ("conv", "linear")
    assert strip_layers([], 4) == ()


@given(st.integers(1, 80), st.integers(1, 20))
def test_a_strip_has_as_many_layers_as_asked_for_in_order(available, count):
    names = [str(number) for number in range(available)]
    chosen = strip_layers([layer(name) for name in names], count)
    assert len(chosen) == min(count, available)
    assert list(chosen) == sorted(set(chosen), key=int)
    assert chosen[0] == "0"
    assert count == 1 or chosen[-1] == names[-1]


@pytest.mark.parametrize(
    ("shape", "axes", "words", "maps"),
    [
        ((64, 55, 54), "chw", "64 maps of 55×54", True),
        ((7, 7, 96), "hwc", "96 maps of 7×7", True),
        ((197, 768), "tokens", "768 maps of 197 tokens", True),
        ((1000,), "vector", "1000 values", False),
        ((512, 1, 1), "chw", "512 values", False),
    ],
)
def test_what_a_layer_consists_of(shape, axes, words, maps):
    info = layer("a", shape=shape, axes=axes)
    assert contents_text(info) == words
    assert has_maps(info) is maps
    assert shape_text(info.shape) == "×".join(map(str, shape))
