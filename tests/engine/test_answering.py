"""Live views answered frame by frame: each from the activations of that frame."""

import pytest
import torch
from torch import nn

from cnnviz.core.live_views import (
    WHOLE_MAP,
    ObserveView,
    StatisticsView,
    ThumbnailsView,
    TraceView,
    UnitView,
)
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import NETWORK_INPUT
from cnnviz.core.probing.capture import Capture
from cnnviz.core.rendering.maps import as_maps
from cnnviz.core.views import Probe
from cnnviz.engine.answering import Backstage, Pass, answerer_of


class Chain(nn.Module):
    """Many layers, a batch norm, a ReLU that works in place, and a sum of two branches."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(20)))
        self.norm = nn.BatchNorm2d(3)
        self.relu = nn.ReLU(inplace=True)
        self.last = nn.Conv2d(3, 4, 3)

    def forward(self, picture):
        maps = self.norm(self.convs(picture))
        return self.last(torch.add(self.relu(maps), picture))


CONVS = tuple(f"convs.{number}" for number in range(20))


class Theatre:
    """A network and its live views, frame after frame, as a stream runs them."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.module = Chain().eval()
        self.layers = layers_of(self.module, (3, 12, 12))
        self.axes = {layer.name: layer.map_axes for layer in self.layers}
        self.backstage = Backstage.of(self.module, self.layers)
        self.number = 0
        self.picture = torch.rand(1, 3, 12, 12)

    def play(self, view, *, whole=False, answerer=None):
        answerer = answerer or answerer_of(view, self.backstage)
        self.number += 1
        answerer.begin(Pass(self.number, self.number / 30, self.picture, whole=whole))

        def take(name, output):
            answerer.take(name, output, as_maps(output, self.axes[name]))

        with Capture(self.module, take) as capture, torch.inference_mode():
            capture.watch(view.layers)
            self.module(self.picture.clone())
        return answerer.finish()

    def film(self, view, frames):
        answerer = answerer_of(view, self.backstage)
        return [self.play(view, answerer=answerer) for _ in range(frames)]


@pytest.fixture
def theatre():
    return Theatre()


# ---------------------------------------------------------------------------------------------------------- thumbnails


def test_each_layer_has_its_thumbnail(theatre):
    assert set(theatre.play(ThumbnailsView(CONVS), whole=True).pictures) == set(CONVS)


def test_a_view_keeps_what_another_network_has_too():
    view = ThumbnailsView(("a", "b", "c"), side=20)
    assert view.among({"b", "c", "d"}) == ThumbnailsView(("b", "c"), side=20)
    assert view.among({"x"}) is None


# --------------------------------------------------------------------------------------------------------------- units


def unit_view(theatre, layer, channel, y, x):
    inputs = next(each.inputs for each in theatre.layers if each.name == layer)
    return UnitView(Probe(layer, channel, y, x), inputs)


@pytest.mark.parametrize("layer", ["convs.0", "convs.19", "norm", "relu", "add()", "last"])
def test_a_units_arithmetic_gives_its_value(theatre, layer):
    answer = theatre.play(unit_view(theatre, layer, 2, 4, 5))
    assert answer.problem == ""
    assert answer.unit.arithmetic is not None
    assert answer.unit.agrees


def test_a_unit_of_the_first_layer_reads_the_networks_input(theatre):
    view = unit_view(theatre, "convs.0", 1, 0, 0)
    assert view.inputs == (NETWORK_INPUT,)
    assert view.layers == ("convs.0",)
    patch = theatre.play(view).unit.arithmetic.patch
    assert patch.values[:, 1:, 1:].tolist() == theatre.picture[0, :, :2, :2].double().tolist()


def test_a_cell_outside_the_map_is_a_word(theatre):
    answer = theatre.play(unit_view(theatre, "last", 0, 90, 1))
    assert answer.unit is None
    assert "90" in answer.problem


def test_a_unit_needs_its_layer_and_what_it_takes(theatre):
    view = unit_view(theatre, "last", 0, 1, 1)
    assert view.layers == ("last", "add()")
    assert view.among({"last"}) is None
    assert view.among({"last", "add()", "norm"}) == view


# -------------------------------------------------------------------------------------------------------------- traces


def test_pinned_units_are_read_in_every_frame(theatre):
    cell, whole, gone = Probe("convs.3", 1, 2, 3), Probe("last", 0, WHOLE_MAP, WHOLE_MAP), Probe("last", 9, 0, 0)
    with torch.inference_mode():
        expected = theatre.module.convs[:4](theatre.picture)[0, 1, 2, 3]
        last = theatre.module(theatre.picture.clone())[0, 0].mean()
    for answer in theatre.film(TraceView((cell, whole, gone)), 2):
        assert [value.probe for value in answer.values] == [cell, whole, gone]
        assert answer.values[0].value == pytest.approx(float(expected), abs=1e-5)
        assert answer.values[1].value == pytest.approx(float(last), abs=1e-5)
        assert answer.values[2].value is None


# ---------------------------------------------------------------------------------------------------------- statistics


def test_the_chosen_layer_is_measured_in_full_and_others_beside_it(theatre):
    answer = theatre.play(StatisticsView(CONVS, "last"))
    assert set(answer.layers) == {*CONVS, "last"}
    with torch.inference_mode():
        last = theatre.module(theatre.picture.clone())
    assert answer.layers["last"].mean == pytest.approx(float(last.mean()), abs=1e-5)
    assert answer.correlation is None


def test_every_frame_is_observed_and_now_and_then_ranked(theatre):
    film = theatre.film(ObserveView(("norm", "last"), present=True), 12)
    rankings = [answer for answer in film if answer is not None]
    assert [ranking.with_count for ranking in rankings] == [1, 4, 7, 10]
    assert "observe at least 2 frames of each" in rankings[-1].problem
    (rest,) = [answer for answer in theatre.film(ObserveView(("last",), present=False), 1) if answer is not None]
    assert (rest.with_count, rest.without_count) == (12, 1)


def test_a_picture_that_stands_still_is_observed_once(theatre):
    answerer = answerer_of(ObserveView(("last",), present=True), theatre.backstage)
    for _ in range(3):
        answer = theatre.play(ObserveView(("last",), present=True), whole=True, answerer=answerer)
        theatre.number -= 1
    assert answer.with_count == 1


def test_a_batch_norm_layer_is_compared_with_what_it_is_given(theatre):
    answer = theatre.play(StatisticsView((), "norm", correlation=True, normalised="convs.19"))
    with torch.inference_mode():
        given = theatre.module.convs(theatre.picture)
    assert answer.batch_norm.mean.tolist() == pytest.approx(given.mean((0, 2, 3)).tolist(), abs=1e-5)
    assert answer.correlation.matrix.shape == (3, 3)


def test_statistics_need_the_chosen_layer():
    view = StatisticsView(("a", "b"), "c", normalised="b")
    assert view.among({"a", "b"}) is None
    assert view.among({"a", "c"}) == StatisticsView(("a",), "c")
