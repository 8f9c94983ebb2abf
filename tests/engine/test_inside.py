"""Questions about the inside of the live network, asked of the real engine."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cnnviz.core.inside.filters import FiltersView
from cnnviz.core.live_views import ObserveView
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.resources import resource_path
from cnnviz.core.sources.folder import picture_files
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import Probe, ViewRequest
from cnnviz.engine.commands import (
    ChooseMode,
    ForgetObservations,
    MeasureField,
    OpenSource,
    RankChannels,
    SetView,
    ShowFilters,
    TakeCensus,
    Taken,
)
from cnnviz.engine.events import CensusTaken, ChannelsRanked, FieldMeasured, FiltersShown, ProblemMet, ProgressMade

DIGITS = NetworkChoice("convnet-mnist")


@pytest.fixture
def asked(engine, digit):
    """An engine that has seen a digit; answers events of a kind."""
    engine.say(OpenSource(digit))
    offer = engine.open("convnet-mnist")
    snapshot = engine.look(offer, 1, "conv1")

    def ask(command, kind):
        engine.say(command)
        return engine.link.event(kind)

    ask.engine, ask.offer, ask.snapshot = engine, offer, snapshot
    return ask


def test_the_field_of_a_unit_lies_in_its_theoretical_field(asked):
    measured = asked(MeasureField(Probe("conv2", 3, 4, 5)), FieldMeasured)
    theory = next(layer.receptive_field for layer in asked.offer.layers if layer.name == "conv2")
    field = measured.field
    region = theory.region((4, 5)).clipped
    rows, columns = np.nonzero(field.heat)
    assert field.pictures == 1
    assert field.heat.shape == (28, 28)
    assert (rows.min() >= region.top, columns.min() >= region.left) == (True, True)
    assert (rows.max() < region.bottom, columns.max() < region.right) == (True, True)


def test_a_still_picture_counts_once_in_an_average_of_frames(asked):
    assert asked(MeasureField(Probe("conv1", 0, 3, 3), frames=5), FieldMeasured).field.pictures == 1


def test_a_field_can_be_averaged_over_a_folder(asked):
    folder = str(resource_path("pictures"))
    measured = asked(MeasureField(Probe("conv1", 0, 3, 3), folder=folder), FieldMeasured)
    assert measured.field.pictures > 3
    told = [event.progress for event in asked.engine.link.events if isinstance(event, ProgressMade)]
    count = len(picture_files(Path(folder)))
    expected = [
        (f"Effective receptive field, {done} of {count} pictures", done / count) for done in range(1, count + 1)
    ]
    assert [(each.text, each.fraction) for each in told if each.text.endswith("pictures")] == expected


@pytest.mark.parametrize(("layer", "cell", "words"), [("nowhere", (0, 0), "nowhere"), ("conv1", (90, 0), "90")])
def test_a_unit_that_is_not_there_is_a_word_and_no_progress_is_shown_for_the_pointer(asked, layer, cell, words):
    probe = Probe(layer, 0, *cell)
    before = sum(isinstance(event, ProgressMade) for event in asked.engine.link.events)
    measured = asked(MeasureField(probe, live=True), FieldMeasured)
    assert (measured.field, measured.live) == (None, True)
    assert words in measured.problem
    assert sum(isinstance(event, ProgressMade) for event in asked.engine.link.events) == before


def test_channels_are_ranked_by_what_muting_each_does(asked):
    ranking = asked(RankChannels("conv3"), ChannelsRanked).ranking
    module = load_network(DIGITS, device="cpu").module
    best = int(np.argmax(asked.snapshot.logits))
    assert ranking.class_index == best
    assert ranking.logit == pytest.approx(float(asked.snapshot.logits[best]), abs=1e-3)
    strongest = int(ranking.order[0])
    module.conv3.register_forward_hook(
        lambda _module, _inputs, output: output.index_fill(1, torch.tensor(strongest), 0)
    )
    prepared = asked.engine.engine._loop.last.prepared
    with torch.inference_mode():
        muted = float(module(prepared)[0, best])
    assert ranking.logit_drops[strongest] == pytest.approx(ranking.logit - muted, abs=1e-3)


def test_filters_are_drawn_page_by_page_and_measured_once(asked):
    shown = asked(ShowFilters("conv1", FiltersView((200, 200)), "norm"), FiltersShown)
    weights = load_network(DIGITS, device="cpu").module.conv1.weight.detach()
    norms = weights.flatten(1).norm(dim=1)
    assert list(shown.order[:3]) == norms.argsort(descending=True)[:3].tolist()
    assert shown.numbers.l2 == pytest.approx(norms.numpy(), rel=1e-4)
    assert shown.sheet.kernels[0].tolist() == [shown.order[0], 0]


def test_a_layer_without_filters_says_so(asked):
    shown = asked(ShowFilters("pool1", FiltersView((100, 100))), FiltersShown)
    assert shown.sheet is None
    assert "pool1" in shown.problem


def test_a_census_names_what_it_read_and_what_it_could_not(asked, tmp_path):
    for name in ("digit-3.png", "digit-7.png"):
        (tmp_path / name).write_bytes(resource_path("pictures", "digit-3.png").read_bytes())
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    taken = asked(TakeCensus(str(tmp_path)), CensusTaken)
    assert (taken.census.pictures, taken.pictures, taken.broken) == (2, ("digit-3.png", "digit-7.png"), ("torn.png",))
    assert set(taken.census.layers) >= {"conv1", "conv2", "conv3", "linear"}
    assert np.all(taken.census.layers["conv1"].deviation < 1e-6)  # the same picture twice


def test_what_takes_passes_of_its_own_is_not_measured_in_training_mode(asked, tmp_path):
    (tmp_path / "digit-3.png").write_bytes(resource_path("pictures", "digit-3.png").read_bytes())
    asked.engine.say(ChooseMode(training=True))
    measured = asked(MeasureField(Probe("conv2", 3, 4, 5)), FieldMeasured)
    assert (measured.field, "evaluation mode only" in measured.problem) == (None, True)
    asked.engine.expected_problems = []
    for number, command in enumerate((RankChannels("conv3"), TakeCensus(str(tmp_path))), 1):
        asked.engine.say(command)
        problem = asked.engine.link.event(ProblemMet, number)
        asked.engine.expected_problems.append(problem)
        assert "switch training mode off" in problem.problem.message
    asked.engine.say(ChooseMode(training=False))
    assert asked(TakeCensus(str(tmp_path)), CensusTaken).census.pictures == 1


def test_what_fires_for_this_is_counted_with_and_without(asked):
    engine, offer = asked.engine, asked.offer
    for number, (name, present) in enumerate([("digit-3.png", True), ("digit-7.png", False)] * 2, 2):
        view = ObserveView(("conv3", "linear"), present)
        engine.say(OpenSource(SourceSpec("picture", str(resource_path("pictures", name)))))
        engine.say(SetView(ViewRequest(number, offer.serial, live=(view,))), Taken())
        snapshot = engine.link.snapshot(lambda each, number=number: each.request == number and each.live)
    ranking = snapshot.live[0]
    assert ranking.with_count >= 1
    assert ranking.without_count >= 1
    engine.say(ForgetObservations())


def test_questions_before_there_is_a_network_are_answered_with_a_word(engine):
    engine.expected_problems = []
    engine.say(RankChannels("conv1"))
    problem = engine.link.event(ProblemMet)
    engine.expected_problems = [problem]
    assert "no network yet" in problem.problem.message
