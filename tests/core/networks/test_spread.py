"""Which layers show a whole network."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.values import LayerInfo


def layer(name: str, kind: str = "Conv2d", shape: tuple[int, ...] = (8, 4, 4), axes: str = "chw") -> LayerInfo:
    return LayerInfo(name, name, kind, 0, 1, kind not in {"Sequential", "Block"}, shape, 10, 10, axes)


def convolutions(count: int) -> list[LayerInfo]:
    return [layer(f"conv{index}") for index in range(count)]


@pytest.mark.parametrize(
    ("count", "names"),
    [(4, ("conv0", "conv3", "conv6", "conv9")), (3, ("conv0", "conv4", "conv9")), (2, ("conv0", "conv9"))],
)
def test_from_first_to_last_in_even_steps(count, names):
    assert spread_layers(convolutions(10), count) == names


def test_convolutions_come_before_everything_else():
    layers = [layer("stem", "Sequential"), *convolutions(2), layer("relu", "ReLU"), layer("pool", "MaxPool2d")]
    assert spread_layers(layers) == ("conv0", "conv1")


def test_single_cells_and_vectors_are_no_maps():
    squeeze = layer("squeeze", shape=(8, 1, 1))
    head = layer("head", "Linear", (10,), "vector")
    assert spread_layers([*convolutions(3), squeeze, head]) == ("conv0", "conv1", "conv2")


def test_a_transformer_shows_its_blocks():
    blocks = [layer(f"block{index}", "Block", (16, 4, 4)) for index in range(6)]
    assert spread_layers([layer("patches"), *blocks], 3) == ("block0", "block2", "block5")


def test_what_has_neither_shows_what_it_has():
    layers = [layer("first", "Linear", (20,), "vector"), layer("second", "Linear", (10,), "vector")]
    assert spread_layers(layers) == ("first", "second")
    assert spread_layers([]) == ()


@given(st.integers(2, 200), st.integers(1, 20))
def test_always_as_many_as_asked_for_each_once_and_in_order(total, count):
    chosen = spread_layers(convolutions(total), count)
    places = [int(name.removeprefix("conv")) for name in chosen]
    assert len(chosen) == min(count, total)
    assert places == sorted(set(places))
    assert places[0] == 0
    assert count == 1 or places[-1] == total - 1


def test_of_real_networks():
    """Names by hand from torchvision's sources."""
    from cnnviz.core.networks.catalog import load_network
    from cnnviz.core.networks.structure import layers_of
    from cnnviz.core.networks.values import NetworkChoice

    def chosen(name: str) -> Sequence[str]:
        network = load_network(NetworkChoice(name, weights="none"), device="cpu")
        return spread_layers(layers_of(network.module, network.input_shape))

    assert chosen("convnet-mnist") == ("conv1", "conv2", "conv3")
    assert chosen("resnet18") == ("conv1", "layer2.0.conv2", "layer3.0.downsample.0", "layer4.1.conv2")
    assert chosen("vgg11") == ("features.0", "features.6", "features.11", "features.18")
