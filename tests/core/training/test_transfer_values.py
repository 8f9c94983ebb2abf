"""Phases of the strategies by hand, and the matrix of advice."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.training.configuration import checked
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.strict_json import read_text, write_text
from cnnviz.core.training.transfer_values import (
    ADVICE,
    LITTLE_DATA,
    LearningPlan,
    Phase,
    Stage,
    advice,
    phases_of,
    with_strategy,
)
from cnnviz.core.training.values import NetworkPlan, OptimizerChoice, RunConfiguration, TransferChoice

TRAINED = RunConfiguration(network=NetworkPlan("resnet18", "default"))


@pytest.mark.parametrize(
    ("choice", "phases"),
    [
        (TransferChoice(), (Phase(0, (1, 1, 1, 1)),)),
        (TransferChoice("feature-extraction"), (Phase(0, (0, 0, 0, 1)),)),
        (
            TransferChoice("gradual-unfreezing", unfreeze_at=(2, 5)),
            (Phase(0, (0, 0, 0, 1)), Phase(2, (0, 0, 1, 1)), Phase(5, (0, 1, 1, 1))),
        ),
        (
            TransferChoice("two-stage", head_epochs=3, later_rate=0.2),
            (Phase(0, (0, 0, 0, 1)), Phase(3, (0.2, 0.2, 0.2, 0.2))),
        ),
    ],
)
def test_what_learns_when(choice, phases):
    assert phases_of(choice, 4, 1e-3) == phases


def test_fine_tuning_has_the_courses_rates_from_1e_5_to_1e_2():
    (phase,) = phases_of(TransferChoice("fine-tuning", lowest_rate=1e-5), 4, 1e-2)
    assert phase.rates(1e-2) == pytest.approx((1e-5, 1e-4, 1e-3, 1e-2))
    assert phase.frozen == 0


@given(st.integers(2, 40), st.floats(1e-8, 1e-3), st.floats(1e-3, 1.0))
def test_fine_tunings_rates_rise_by_one_factor_to_the_heads(stages, lowest, rate):
    (phase,) = phases_of(TransferChoice("fine-tuning", lowest_rate=lowest), stages, rate)
    rates = phase.rates(rate)
    assert rates[0] == pytest.approx(lowest)
    assert rates[-1] == rate
    ratios = [math.log(later / earlier) for earlier, later in pairwise(rates)]
    assert ratios == pytest.approx([ratios[0]] * len(ratios), abs=1e-9)


def test_a_phase_knows_how_much_is_frozen():
    assert (Phase(0, (0, 0, 1)).frozen, Phase(0, (0, 0, 1)).head_only) == (2, True)
    assert (Phase(0, (0, 1, 1)).frozen, Phase(0, (0, 1, 1)).head_only) == (1, False)
    assert not Phase(0, (1,)).head_only


def test_the_phase_of_an_epoch():
    phases = (Phase(0, (0, 1)), Phase(2, (1, 1)))
    plan = LearningPlan("two-stage", (Stage("a", ("a",), 1), Stage("b", ("b",), 1)), phases)
    assert [plan.phase_at(epoch).first_epoch for epoch in range(4)] == [0, 0, 2, 2]
    assert read_text(LearningPlan, write_text(plan), "learning.json") == plan


def test_more_stages_than_there_are_cannot_be_unfrozen():
    with pytest.raises(ConfigurationError, match="3 stages are to be unfrozen, but the network has 2 before its head"):
        phases_of(TransferChoice("gradual-unfreezing", unfreeze_at=(1, 2, 3)), 3, 1e-3)


@pytest.mark.parametrize(
    ("network", "transfer", "rate", "words"),
    [
        (NetworkPlan("resnet18"), TransferChoice("feature-extraction"), 1e-3, "starts from a network that has learnt"),
        (TRAINED.network, TransferChoice("gradual-unfreezing", unfreeze_at=(3, 3)), 1e-3, "must be rising epochs"),
        (TRAINED.network, TransferChoice("fine-tuning"), 1e-6, "first stage's learning rate 1e-05 is above the head's"),
        (TRAINED.network, TransferChoice("two-stage", later_rate=2.0), 1e-3, "later_rate is 2.0"),
    ],
)
def test_contradictions_are_refused(network, transfer, rate, words):
    with pytest.raises(ConfigurationError, match=words):
        checked(RunConfiguration(network=network, transfer=transfer, optimizer=OptimizerChoice(learning_rate=rate)))


def test_a_strategy_brings_the_weights_own_normalisation():
    chosen = with_strategy(TRAINED, TransferChoice("two-stage"))
    assert (chosen.data.normalisation, chosen.transfer.strategy) == ("network", "two-stage")
    assert with_strategy(chosen, TransferChoice()) == replace(TRAINED, transfer=TransferChoice())


def test_the_matrix_advises_a_strategy_of_its_own_for_every_case():
    cells = {(amount, similarity) for amount in ("little", "much") for similarity in ("similar", "different")}
    assert {(each.amount, each.similarity) for each in ADVICE} == cells
    assert len({each.strategy for each in ADVICE}) == 4
    assert advice(LITTLE_DATA - 1, "similar").strategy == "feature-extraction"
    assert advice(LITTLE_DATA, "similar").strategy == "fine-tuning"
    assert advice(20, "different").strategy == "gradual-unfreezing"
