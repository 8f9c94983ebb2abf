"""The diagnosis: every trouble provoked in a real run, and healthy runs of which nothing is said."""

import time
from dataclasses import replace

import numpy as np
import pytest

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.controls import checked_control
from cnnviz.core.training.data.shapes import SHAPE_NAMES
from cnnviz.core.training.diagnosis import RunFacts, diagnose, diagnose_facts
from cnnviz.core.training.errors import RunFailedError
from cnnviz.core.training.run import train_run
from cnnviz.core.training.run_folder import RunFolder
from cnnviz.core.training.run_network import load_run_network
from cnnviz.core.training.run_reader import LayerSeries, RunSeries
from cnnviz.core.training.sample_edits import SampleEdits, write_edits
from cnnviz.core.training.transfer_values import LearningPlan, Phase, Stage
from cnnviz.core.training.values import (
    DataChoice,
    DataSummary,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    RunConfiguration,
    ScheduleChoice,
    SplitSummary,
)


def network(*rows):
    return NetworkPlan(spec=spec_text(NetworkSpec("Tiny", (1, 12, 12), named(rows))))


HEAD = (layer("flatten"), layer("linear", features=6))
BLOCK = (layer("relu"), layer("max_pool"))
CONVNET = network(layer("conv", filters=8, padding=1), *BLOCK, layer("conv", filters=16, padding=1), *BLOCK, *HEAD)
NORMED = network(layer("conv", filters=8, padding=1), layer("batch_norm"), *BLOCK, *HEAD)
DENSE = network(layer("flatten"), *(layer("linear", features=64), layer("relu")) * 2, layer("linear", features=6))
SIGMOIDS = network(layer("flatten"), *(layer("linear", features=32), layer("sigmoid")) * 8, layer("linear", features=6))
NARROW = network(layer("conv", filters=1, padding=1), layer("max_pool", kernel=12, stride=12), *HEAD)


def settings(plan, optimizer, rate, **changes):
    limit = changes.pop("limit", 600)
    kept = {
        "epochs": 5,
        "batch_size": 32,
        "recording": Recording(metrics=5, layers=5),
        "data": DataChoice("shapes", limit=limit),
    }
    chosen = OptimizerChoice(optimizer, rate, momentum=0.9 if optimizer == "sgd" else 0.0)
    return RunConfiguration(network=plan, optimizer=chosen, **(kept | changes))


@pytest.fixture
def found(tmp_path, read_run):
    """What is said of a run with these settings."""

    def train(configuration):
        try:
            train_run(tmp_path / "run", configuration)
        except RunFailedError:
            assert RunFolder(tmp_path / "run").read_status().state == "failed"
        return {each.kind: each for each in diagnose(read_run(tmp_path / "run"))}

    return train


# ------------------------------------------------------------------------------------------------------------- provoked


def test_exploding_gradients_end_the_run_at_its_last_good_checkpoint(found, tmp_path):
    diagnosis = found(settings(DENSE, "sgd", 5.0))["exploding-gradients"]
    assert diagnosis.severity == "fatal"
    assert diagnosis.layer in {"linear1", "linear2", "linear3"}
    assert f"grew most in {diagnosis.layer}" in diagnosis.sentence
    assert "nan" in diagnosis.evidence
    assert [(each.action, each.value) for each in map(checked_control, diagnosis.offers)] == [
        ("learning-rate", 0.5),
        ("gradient-clipping", 1.0),
    ]
    status = RunFolder(tmp_path / "run").read_status()
    assert status.message == f"{diagnosis.sentence} {diagnosis.remedy}"
    weights = load_run_network(tmp_path / "run").module.parameters()
    assert all(bool(each.isfinite().all()) for each in weights)


@pytest.mark.parametrize("remedy", [{"learning_rate": 0.01}, {"learning_rate": 0.05, "gradient_clipping": 0.5}])
def test_both_remedies_of_an_explosion_work(found, remedy, tmp_path, read_run):
    assert "exploding-gradients" in found(settings(DENSE, "sgd", 5.0, epochs=2))
    status = train_run(tmp_path / "run", None, **remedy).status
    reader = read_run(tmp_path / "run")
    assert status.state == "finished"
    assert "exploding-gradients" not in {each.kind for each in diagnose(reader)}
    assert np.isfinite(reader.series("train").loss).all()
    if "gradient_clipping" in remedy:
        assert "gradient clipping 0 → 0.5, by hand" in {line.event for line in reader.events()}


def test_vanishing_gradients(found):
    diagnosis = found(settings(SIGMOIDS, "sgd", 0.01))["vanishing-gradients"]
    assert diagnosis.layer == "linear1"
    assert "hardly gets any" in diagnosis.sentence


def test_dead_relus(found):
    assert found(settings(DENSE, "adam", 1.0))["dead-relus"].layer in {"linear1", "linear2"}


def test_overfitting_names_the_best_checkpoint(found):
    diagnosis = found(settings(DENSE, "adam", 0.003, epochs=25, limit=60, batch_size=16))["overfitting"]
    assert "Use the checkpoint of step" in diagnosis.remedy


def test_a_batch_too_small_for_batch_norm(found):
    diagnosis = found(settings(NORMED, "adam", 0.003, batch_size=16, accumulation=4, limit=100, epochs=1))[
        "small-batch-norm"
    ]
    assert diagnosis.evidence == "pictures at a time: 4; batch norms that learn: norm1"


def test_labels_that_are_shuffled(found, tmp_path):
    drawn = np.random.default_rng(0).choice(SHAPE_NAMES, 2400).tolist()
    write_edits(tmp_path / "e.json", SampleEdits({f"train:{number}": name for number, name in enumerate(drawn)}))
    data = DataChoice("shapes", limit=200, edits=str(tmp_path / "e.json"))
    kinds = found(settings(DENSE, "adam", 0.003, epochs=25, data=data))
    assert "guessing gives 17%" in kinds["shuffled-labels"].evidence
    assert "overfitting" not in kinds


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 1e-6), ("adam", 1e-7)])
def test_a_learning_rate_that_is_too_low(found, optimizer, rate):
    diagnosis = found(settings(CONVNET, optimizer, rate))["low-learning-rate"]
    (offer,) = diagnosis.offers
    assert offer.action == "learning-rate"
    assert 100 * rate < offer.value < 1001 * rate


def test_a_plateau(found):
    diagnosis = found(settings(NARROW, "adam", 0.05, epochs=24, limit=300))["plateau"]
    assert "does not fall any more" in diagnosis.sentence


# -------------------------------------------------------------------------------------------------------------- healthy

RATES = {"sgd": 0.01, "rmsprop": 1e-3, "adam": 3e-3, "adamw": 3e-3}


@pytest.mark.parametrize(
    ("plan", "optimizer", "seed"),
    [
        *((CONVNET, optimizer, 0) for optimizer in RATES),
        (NORMED, "adam", 1),
        (NORMED, "sgd", 2),
        (DENSE, "rmsprop", 1),
        pytest.param(CONVNET, "adam", 1, marks=pytest.mark.slow),
        pytest.param(NORMED, "rmsprop", 3, marks=pytest.mark.slow),
        pytest.param(DENSE, "adamw", 2, marks=pytest.mark.slow),
    ],
    ids=[
        *("convnet-sgd", "convnet-rmsprop", "convnet-adam", "convnet-adamw", "normed-adam", "normed-sgd"),
        *("dense-rmsprop", "convnet-adam-1", "normed-rmsprop", "dense-adamw"),
    ],
)
def test_of_a_healthy_run_nothing_is_said(plan, optimizer, seed, found):
    assert found(settings(plan, optimizer, RATES[optimizer], seed=seed, limit=1200)) == {}


def test_a_schedule_that_comes_to_its_end_is_no_trouble(found):
    assert found(settings(CONVNET, "adam", 3e-3, schedule=ScheduleChoice("one-cycle"))) == {}


def test_a_run_that_wrote_nothing_yet_is_healthy(tmp_path, tiny_run, read_run):
    RunFolder(tmp_path / "run").create(tiny_run)
    assert diagnose(read_run(tmp_path / "run")) == ()


# ------------------------------------------------------------------------------------------------------ made-up numbers


def facts_of(loss, validation=(), *, accuracy=0.5, ratio=1e-3, lines_per_epoch=10):
    """A run of six classes with these losses, a line a step."""

    def series(values, every):
        steps = (np.arange(len(values)) + 1) * every
        filled = np.full(len(values), accuracy)
        rate, zeros = np.full(len(values), 0.01), np.zeros(len(values))
        return RunSeries(steps, steps / lines_per_epoch, np.asarray(values, float), filled, rate, zeros, zeros, zeros)

    split = SplitSummary("validation", (100,) * 6)
    data = DataSummary("shapes", "Shapes", SHAPE_NAMES, (split,), 1, (12, 12))
    measured = np.full((4, 3), ratio)
    layers = LayerSeries(("a", "b", "c"), np.arange(4), np.ones((4, 3)), measured, np.zeros((4, 3)))
    return RunFacts(RunConfiguration(), series(loss, 1), series(validation, lines_per_epoch), layers, data)


def kinds(facts):
    return [each.kind for each in diagnose_facts(facts)]


def test_a_loss_far_above_its_start_is_an_explosion_that_begins():
    assert kinds(facts_of([1.8, 1.2, 0.9, 1.0, 4.0])) == ["exploding-gradients"]
    assert kinds(facts_of([1.8, 1.2, 0.9, 1.0, 2.0])) == []
    assert kinds(facts_of([1.8, 9.0, 20.0, 40.0])) == ["exploding-gradients"]
    assert kinds(facts_of([40.0, 20.0, 9.0, 6.0])) == []


def test_a_loss_that_came_back_from_its_peak_was_an_explosion_until_the_network_learns_again():
    (said,) = diagnose_facts(facts_of([2.0, 1.8e27, 40.0, 2.1, 1.9, 1.8]))
    assert said.kind == "exploding-gradients"
    assert "rose to 1.8e+27 by step 2" in said.sentence
    assert said.evidence == "loss 1.8e+27 → 1.8, guessing has 1.79; the learning rate was 0.01"
    assert "learning rate of 0.001" in said.remedy
    assert kinds(facts_of([5e10, 110.0, 3.0, 1.8, 1.8])) == ["exploding-gradients"]
    assert kinds(facts_of([2.0, 1.8e27, 40.0, 1.9, 1.2, 0.9])) == []
    assert kinds(facts_of([90.0, 40.0, 3.0, 1.9, 1.8])) == []


def test_an_explosion_explains_the_dead_relus_that_it_leaves_behind(found):
    said = found(settings(CONVNET, "rmsprop", 3.0, epochs=3))
    assert list(said)[:2] == ["exploding-gradients", "dead-relus"]
    assert "nothing was learnt since" in said["exploding-gradients"].sentence


FLAT = [1.2] * 60  # six epochs
STAGES = tuple(Stage(name, (name,), 1) for name in "ab")


def thawing(epoch):
    """A plan whose first stage learns from ``epoch`` on."""
    phases = (Phase(0, (0.0, 1.0)), Phase(epoch, (1.0, 1.0)))
    return replace(facts_of(FLAT), learning=LearningPlan("gradual-unfreezing", STAGES, phases))


def test_a_plateau_is_told_again_only_when_there_was_time_since_a_stage_thawed():
    assert kinds(facts_of(FLAT)) == ["plateau"]
    assert kinds(thawing(2)) == ["plateau"]
    assert kinds(thawing(4)) == []
    assert kinds(thawing(5)) == []
    assert kinds(thawing(9)) == ["plateau"]  # still to come


@pytest.mark.parametrize(("factor", "at", "said"), [(0.5, 50, []), (2.0, 35, []), (0.5, 12, ["plateau"])])
def test_a_plateau_is_told_again_only_when_there_was_time_since_the_rate_changed(factor, at, said):
    facts = facts_of(FLAT)
    rates = np.where(np.arange(60) < at, 0.01, 0.01 * factor)
    assert kinds(replace(facts, train=replace(facts.train, learning_rate=rates))) == said


def test_a_rate_that_sinks_smoothly_is_no_new_beginning():
    facts = facts_of(FLAT)
    rates = 0.005 * (1 + np.cos(np.linspace(0, 2, 60)))
    assert kinds(replace(facts, train=replace(facts.train, learning_rate=rates))) == ["plateau"]


def test_small_validation_losses_may_go_up_and_down():
    loss = list(np.linspace(1.0, 0.02, 50))
    assert kinds(facts_of(loss, [0.5, 0.04, 0.045, 0.05, 0.06])) == []
    assert kinds(facts_of(loss, [0.5, 0.3, 0.4, 0.45, 0.5])) == ["overfitting"]


def test_diagnosing_a_million_lines_is_quick():
    facts = facts_of(np.linspace(1.8, 0.5, 1_000_000), [1.5] * 20)
    fastest = min(_seconds(lambda: diagnose_facts(facts)) for _ in range(3))
    assert fastest < 1.0  # a twentieth of it on an idle machine


def _seconds(work):
    started = time.process_time()
    work()
    return time.process_time() - started
