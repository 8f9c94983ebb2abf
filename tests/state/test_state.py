from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.core.views import InputView, MapsView, Probe, ViewRequest
from cnnviz.state import Requests, Selection, Wishes, default_layer, keep_selection, map_size, neighbour_layer, resolve


def layer(name: str, kind: str = "Conv2d", shape=(8, 4, 4), axes="chw", *, leaf: bool = True) -> LayerInfo:
    return LayerInfo(name, name, kind, 0, 0, leaf, shape, 0, 0, axes)


LAYERS = (
    layer("network", "Sequential", (10,), "vector", leaf=False),
    layer("conv1"),
    layer("relu1", "ReLU"),
    layer("conv2", shape=(16, 2, 2)),
    layer("strange", "Odd", None, ""),
    layer("linear", "Linear", (10,), "vector"),
)
OFFER = NetworkOffer(
    NetworkChoice("tiny"),
    "Tiny",
    "initial",
    "cpu",
    False,
    (3, 8, 8),
    Preprocessing(),
    ("a",) * 10,
    LAYERS,
    1,
    1,
    serial=7,
)


def test_a_dock_without_layers_follows_the_selection():
    request = resolve(Wishes(maps=(MapsView("m", (), (10, 10)),), selection=Selection("conv2")), OFFER, 3)
    assert (request.number, request.network) == (3, 7)
    assert request.maps[0].layers == ("conv2",)
    assert request.layers == {"conv2"}


def test_what_the_network_lacks_is_not_asked_for():
    views = (
        MapsView("gone", ("other",), (10, 10)),
        MapsView("odd", ("strange",), (10, 10)),
        MapsView("m", ("relu1", "other"), (10, 10)),
    )
    request = resolve(Wishes(maps=views), OFFER, 1)
    assert [view.view for view in request.maps] == ["m"]
    assert request.maps[0].layers == ("relu1",)


def test_a_dock_without_room_is_not_drawn():
    request = resolve(Wishes(maps=(MapsView("m", ("conv1",), (0, 10)),), input=InputView((0, 5))), OFFER, 1)
    assert request.maps == ()
    assert request.input is None


def test_channels_beyond_the_layer_are_dropped():
    view = MapsView("m", ("conv1",), (10, 10), channels=(1, 7, 8), single=8, overlay=True)
    resolved = resolve(Wishes(maps=(view,)), OFFER, 1).maps[0]
    assert (resolved.channels, resolved.single, resolved.overlay) == ((1, 7), None, False)
    kept = resolve(Wishes(maps=(replace(view, single=7),)), OFFER, 1).maps[0]
    assert (kept.single, kept.overlay) == (7, True)


def test_the_probe_goes_to_the_docks_that_show_its_layer():
    views = (MapsView("a", ("conv1",), (9, 9)), MapsView("b", ("conv2",), (9, 9)))
    hovered = Probe("conv2", 1, 0, 0)
    request = resolve(Wishes(maps=views, hovered=hovered), OFFER, 1)
    assert [view.probe for view in request.maps] == [None, hovered]


@given(st.integers(0, 10_000))
def test_equal_wishes_make_equal_requests(number):
    wishes = Wishes(maps=(MapsView("m", (), (10, 10)),), predictions=True, selection=Selection("conv1", 2))
    assert resolve(wishes, OFFER, number) == resolve(wishes, OFFER, number)


def test_first_look_is_at_the_first_activated_convolution():
    assert default_layer(LAYERS) == "relu1"
    assert default_layer(LAYERS[3:]) == "conv2"
    assert default_layer(LAYERS[5:]) == "linear"
    assert default_layer(()) == ""


def test_the_selection_survives_a_change_of_network_if_it_can():
    assert keep_selection(Selection("conv2", 15), OFFER) == Selection("conv2", 15)
    assert keep_selection(Selection("conv2", 16), OFFER) == Selection("conv2")
    assert keep_selection(Selection("features.0", 3), OFFER) == Selection("relu1")
    assert keep_selection(Selection("strange"), OFFER) == Selection("relu1")


def test_the_selected_cell_survives_where_the_new_maps_reach_there():
    assert keep_selection(Selection("conv2", 3, (1, 1)), OFFER) == Selection("conv2", 3, (1, 1))
    assert keep_selection(Selection("conv2", 3, (1, 2)), OFFER) == Selection("conv2", 3)
    assert keep_selection(Selection("conv2", 3, (-1, 0)), OFFER) == Selection("conv2", 3)
    assert keep_selection(Selection("linear", 9, (0, 0)), OFFER) == Selection("linear", 9, (0, 0))
    assert keep_selection(Selection("linear", 9, (0, 1)), OFFER) == Selection("linear", 9)


@pytest.mark.parametrize(
    ("shape", "axes", "size"),
    [
        ((8, 5, 4), "chw", (5, 4)),
        ((5, 4, 8), "hwc", (5, 4)),
        ((17, 8), "tokens", (4, 4)),
        ((8,), "vector", (1, 1)),
        (None, "", (0, 0)),
    ],
)
def test_the_size_of_maps_is_read_as_they_are_drawn(shape, axes, size):
    assert map_size(layer("a", shape=shape, axes=axes)) == size


def test_stepping_through_layers_stops_at_the_ends():
    assert neighbour_layer(LAYERS, "conv1", 1) == "relu1"
    assert neighbour_layer(LAYERS, "conv2", 1) == "linear"
    assert neighbour_layer(LAYERS, "linear", 1) == "linear"
    assert neighbour_layer(LAYERS, "conv1", -1) == "conv1"
    assert neighbour_layer(LAYERS, "network", 1) == "relu1"


def request(**values) -> ViewRequest:
    wishes = Wishes(maps=(MapsView("m", ("conv1",), (9, 9)),), predictions=True)
    return resolve(replace(wishes, **values), OFFER, 0)


def test_requests_are_numbered_and_the_same_is_not_asked_for_twice():
    requests = Requests()
    first = requests.next(request())
    assert first == replace(request(), number=1)
    assert requests.next(request()) is None
    assert requests.next(request(frozen=True)).number == 2
    requests.forget()
    assert requests.next(request(frozen=True)).number == 3


def test_answers_to_older_requests_are_not_wanted_unless_only_another_cell_was_hovered():
    requests = Requests()
    requests.next(request())
    assert requests.wants(1)
    requests.next(request(hovered=Probe("conv1", 0, 1, 1)))
    assert requests.wants(1)
    requests.next(request(hovered=Probe("conv1", 0, 1, 1), frozen=True))
    assert not requests.wants(2)
    assert requests.wants(3)


def test_a_function_that_activates_is_looked_at_first_too():
    layers = (layer("mul()", kind="mul"), layer("conv1", kind="Conv2d"), layer("conv1.relu()", kind="relu"))
    assert default_layer(layers) == "conv1.relu()"
