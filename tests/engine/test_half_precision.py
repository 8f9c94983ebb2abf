"""A network in float16 shows what it shows in float32; on the CPU, where every machine can look at it."""

from dataclasses import replace

import numpy as np
import pytest

from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.live_views import StatisticsView, ThumbnailsView, UnitView
from cnnviz.core.networks.catalog import load_network
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.probing.census import take_census
from cnnviz.core.probing.channel_ranking import rank_channels
from cnnviz.core.probing.effective_field import effective_field
from cnnviz.core.sources.test_card import card_frames
from cnnviz.core.sources.values import Frame
from cnnviz.core.views import MapsView, Probe, ViewRequest
from cnnviz.engine.engine import offer_of
from cnnviz.engine.live_network import LiveNetwork
from cnnviz.engine.tuning import Configuration, Tuner

LAYER = "block1.relu1"
VIEWS = (
    UnitView(Probe("block1.conv2", 3, 4, 5), (LAYER,)),
    UnitView(Probe("block1.norm1", 3, 4, 5), ("block1.conv1",)),
    StatisticsView((LAYER, "conv4"), "block1.norm1", correlation=True, normalised="block1.conv1"),
    ThumbnailsView((LAYER, "relu4"), 20),
)
MAPS = tuple(
    MapsView(layer, (layer,), (64, 64), order=order) for layer, order in ((LAYER, "index"), ("linear", "index"))
)
REQUEST = ViewRequest(1, 0, MAPS, live=VIEWS)


def network(*, half: bool) -> LiveNetwork:
    loaded = load_network(NetworkChoice("cifar10-small"), device="cpu")
    if half:
        loaded = replace(loaded, module=loaded.module.half(), half=True)
    live = LiveNetwork(loaded, offer_of(loaded), lambda: None)
    live._tuner = Tuner((Configuration(1, 1, channels_last=True),))
    return live


@pytest.fixture
def both():
    made = network(half=False), network(half=True)
    yield made
    for each in made:
        each.close()


def passed(live: LiveNetwork):
    live.launch(Frame(card_frames()[3], 1, 1.0), REQUEST, 1000.0, hold=True)
    (arrived,) = live.landed()
    return arrived


@pytest.mark.parametrize("kind", ["", "mute", "solo", "scale", "add", "freeze", "swap"])
def test_maps_units_and_statistics_are_those_of_single_precision(both, kind):
    if kind:
        other = 5 if kind == "swap" else None
        for each in both:
            each.intervene((Intervention(LAYER, kind, (3,), 0.5 if kind in {"scale", "add"} else 0.0, other),))
    single, half = (passed(each) for each in both)
    assert half.logits == pytest.approx(single.logits, abs=0.01)
    drawn = [each.maps[0].parts[0].indices.astype(int) for each in (single, half)]
    assert np.abs(drawn[0] - drawn[1]).max() <= 2
    units = [answer.unit for answer in half.live[:2]]
    assert [unit.agrees for unit in units] == [True, True]
    numbers = [each.live[2].layers[LAYER] for each in (single, half)]
    assert numbers[1].mean == pytest.approx(numbers[0].mean, rel=0.01)
    assert numbers[1].variance == pytest.approx(numbers[0].variance, rel=0.01)


def test_what_takes_passes_of_its_own_is_that_of_single_precision(both):
    prepared = [passed(each).prepared for each in both]
    modules = [each.loaded.module for each in both]
    fields = [effective_field(*each, "block3.relu1", (2, 2)).heat for each in zip(modules, prepared, strict=True)]
    assert np.corrcoef(fields[0].ravel(), fields[1].ravel())[0, 1] > 0.99
    layer = next(each for each in both[0].offer.layers if each.name == LAYER)
    rankings = [
        result_of(rank_channels(module, layer, [each], 8)) for module, each in zip(modules, prepared, strict=True)
    ]
    assert rankings[1].logit_drops == pytest.approx(rankings[0].logit_drops, abs=0.02)
    censuses = [result_of(take_census(module, [layer], [each])) for module, each in zip(modules, prepared, strict=True)]
    assert censuses[1].layers[LAYER].maximum == pytest.approx(censuses[0].layers[LAYER].maximum, rel=0.01, abs=1e-3)


def result_of(work):
    while True:
        try:
            next(work)
        except StopIteration as ended:
            return ended.value
