"""Transfer learning in whole runs: what is frozen stays as it is, cached features change nothing, resuming is exact."""

import argparse
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision import models

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.controls import send_control
from cnnviz.core.training.distributed import World
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.frozen_features import cut_before_head
from cnnviz.core.training.optimizers import RATE_SCALE, make_optimizer
from cnnviz.core.training.options import add_train_options, changes_of, configuration_of, run_of
from cnnviz.core.training.run import train_run
from cnnviz.core.training.task import lone_task
from cnnviz.core.training.trainer import Progress, StepDone, Trainer
from cnnviz.core.training.transfer import StagedNetwork, plan_learning
from cnnviz.core.training.transfer_values import with_strategy
from cnnviz.core.training.values import (
    Augmentations,
    Control,
    DataChoice,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    RunConfiguration,
    TransferChoice,
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> NetworkPlan:
    """Two stages with batch norms and dropout, that have learnt the shapes a little."""
    rows = (
        *(layer("conv", filters=4, padding=1), layer("batch_norm"), layer("relu"), layer("max_pool")),
        *(layer("conv", filters=8, padding=1), layer("batch_norm"), layer("relu"), layer("max_pool")),
        *(layer("flatten"), layer("dropout"), layer("linear", features=6)),
    )
    spec = spec_text(NetworkSpec("Two stages", (1, 12, 12), named(rows)))
    run = tmp_path_factory.mktemp("trained") / "run"
    end = train_run(
        run,
        RunConfiguration(
            network=NetworkPlan(spec=spec),
            data=DataChoice("shapes", limit=192),
            epochs=1,
            batch_size=16,
            optimizer=OptimizerChoice("adam", 0.01),
        ),
    )
    return NetworkPlan(
        spec=spec, weights_file=str(run / "checkpoints" / f"step-{end.status.step:09d}" / "model.safetensors")
    )


@pytest.fixture
def configuration(trained):
    """Three epochs of six steps, with what makes resuming hard."""

    def with_transfer(choice, **changes):
        plain = RunConfiguration(
            network=trained,
            data=DataChoice("shapes", limit=96, seed=5),
            epochs=3,
            batch_size=16,
            optimizer=OptimizerChoice("adam", 0.01),
            recording=Recording(metrics=1, layers=3, checkpoints=4, keep_last=99),
        )
        return replace(with_strategy(plain, choice), **changes)

    return with_transfer


def weights_after(run, step):
    return load_file(run / "checkpoints" / f"step-{step:09d}" / "model.safetensors")


def changed_names(run, first, last):
    before, after = weights_after(run, first), weights_after(run, last)
    return {name for name in before if not torch.equal(before[name], after[name])}


# ------------------------------------------------------------------------------------------------------------- freezing


def test_feature_extraction_trains_the_head_and_nothing_else_not_even_statistics(configuration, tmp_path, read_run):
    train_run(tmp_path / "run", configuration(TransferChoice("feature-extraction")))
    assert changed_names(tmp_path / "run", 0, 18) == {"linear1.weight", "linear1.bias"}
    reader = read_run(tmp_path / "run")
    assert reader.layers().names == ("linear1",)
    assert "learning: linear1; frozen: the 2 stages before" in [line.event for line in reader.events()]
    assert reader.learning().batch_norms == ()


def test_gradual_unfreezing_thaws_stage_by_stage_from_the_end(configuration, tmp_path, read_run):
    choice = TransferChoice("gradual-unfreezing", unfreeze_at=(1, 2))
    train_run(tmp_path / "run", configuration(choice))
    assert {name.split(".")[0] for name in changed_names(tmp_path / "run", 0, 6)} == {"linear1"}
    assert {name.split(".")[0] for name in changed_names(tmp_path / "run", 6, 12)} == {"linear1", "conv2", "norm2"}
    assert {name.split(".")[0] for name in changed_names(tmp_path / "run", 12, 18)} == {
        *("linear1", "conv2", "norm2", "conv1", "norm1"),
    }
    assert "norm2.running_mean" in changed_names(tmp_path / "run", 6, 12)
    reader = read_run(tmp_path / "run")
    assert reader.learning().batch_norms == ("norm1", "norm2")
    told = [line.event.partition("frozen: ")[2] for line in reader.events() if "frozen: " in line.event]
    assert told == ["the 2 stages before", "the stage before"]


def test_two_stages_of_training_the_second_at_a_lower_rate(configuration, tmp_path, read_run):
    train_run(tmp_path / "run", configuration(TransferChoice("two-stage", head_epochs=1, later_rate=0.25)))
    rates = read_run(tmp_path / "run").series("train").learning_rate.tolist()
    assert rates == pytest.approx([0.01] * 6 + [0.0025] * 12)
    assert {name.split(".")[0] for name in changed_names(tmp_path / "run", 0, 6)} == {"linear1"}
    assert "conv1.weight" in changed_names(tmp_path / "run", 6, 12)


def test_fine_tuning_steps_are_as_large_as_each_stages_rate(configuration):
    """The first step of Adam moves every weight by its learning rate."""
    task = lone_task(configuration(TransferChoice("fine-tuning", lowest_rate=1e-4)))
    before = {name: each.detach().clone() for name, each in task.module.named_parameters()}
    trainer = Trainer(task, Progress(rate=0.01))
    next(each for each in trainer.run() if isinstance(each, StepDone))
    moved = {name: (each - before[name]).abs().max().item() for name, each in task.module.named_parameters()}
    assert [moved[f"{name}.weight"] for name in ("conv1", "conv2", "linear1")] == pytest.approx(
        [1e-4, 1e-3, 1e-2], rel=0.01
    )


def test_dropout_between_frozen_stages_rests_and_before_the_head_works(configuration):
    module = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.Dropout(), nn.Conv2d(2, 2, 3), nn.Dropout(), nn.Flatten(), nn.Linear(2, 2)
    )

    settings = configuration(TransferChoice("gradual-unfreezing", unfreeze_at=(1, 2)))
    staged = StagedNetwork(module, plan_learning(module, settings, World()))
    optimizer = make_optimizer(settings.optimizer, *staged.groups())
    modes = []
    for phase in staged.plan.phases:
        staged.enter(phase, optimizer)
        modes.append([layer.training for layer in module])
    assert modes == [
        [False, False, False, True, True, True],
        [False, True, True, True, True, True],
        [True] * 6,
    ]
    assert [group[RATE_SCALE] for group in optimizer.param_groups] == [1, 1, 1]


def test_a_network_with_too_few_stages_is_refused_before_the_first_step(configuration, tmp_path):
    choice = TransferChoice("gradual-unfreezing", unfreeze_at=(1, 2, 3))
    with pytest.raises(ConfigurationError, match="the network has 2 before its head"):
        train_run(tmp_path / "run", configuration(choice))


# -------------------------------------------------------------------------------------------------------------- caching


def test_kept_features_change_nothing_but_the_time(configuration, tmp_path, read_run):
    for name, cache in (("kept", True), ("computed", False)):
        train_run(tmp_path / name, configuration(TransferChoice("feature-extraction", cache=cache)))
    kept, computed = (read_run(tmp_path / name) for name in ("kept", "computed"))
    assert any("features of the frozen stages are kept" in line.event for line in kept.events())
    assert not any("features" in line.event for line in computed.events())
    for split in ("train", "validation"):
        assert kept.series(split).loss == pytest.approx(computed.series(split).loss, rel=1e-4)
        assert kept.series(split).accuracy == pytest.approx(computed.series(split).accuracy)


def test_features_that_do_not_fit_are_computed_in_every_step(configuration, tmp_path, read_run):
    settings = configuration(TransferChoice("feature-extraction"), epochs=1)
    train_run(tmp_path / "run", replace(settings, data=replace(settings.data, memory_limit=0)))
    assert any("their features are not kept in 0 MiB" in line.event for line in read_run(tmp_path / "run").events())


def test_augmented_pictures_are_kept_as_so_many_copies_shown_in_turn(configuration):
    changes = {"augmentations": Augmentations(rotation=20), "epochs": 5}
    task = lone_task(configuration(TransferChoice("feature-extraction", cached_copies=2), **changes))
    trainer = Trainer(task, Progress(rate=0.0))
    shown = []
    for _ in range(3):
        steps = [each for each in trainer.epoch_steps() if isinstance(each, StepDone)]
        assert len(steps) == 6
        shown.append(trainer._active.data.splits["train"].pictures.data)
        trainer.progress.epochs += 1
    assert shown[0] is shown[2]
    assert not torch.allclose(shown[0], shown[1])
    plain = lone_task(configuration(TransferChoice("feature-extraction"), **changes))
    assert next(iter(Trainer(plain, Progress()).epoch_steps())).__class__ is not StepDone
    assert shown[0].shape == (96, 72)


@pytest.mark.parametrize(
    "name", ["squeezenet1_1", "resnet18", "vgg11", "mobilenet_v3_small", "densenet121", "vit_b_16"]
)
def test_a_network_cut_before_its_head_is_the_network(name):
    torch.manual_seed(0)
    module = getattr(models, name)(weights=None, num_classes=5).eval()
    side = 224 if name == "vit_b_16" else 64
    pictures = torch.randn(2, 3, side, side)
    body, tail = cut_before_head(module)
    with torch.no_grad():
        assert torch.equal(tail(body(pictures)), module(pictures))
    trainable = {id(parameter) for parameter in tail.parameters()}
    assert trainable == {id(parameter) for parameter in list(module.parameters())[-2:]}


class Chooses(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 2, 3), nn.Linear(2, 2)

    def forward(self, pictures):
        maps = self.conv(pictures).mean((2, 3))
        return self.head(maps if maps.sum() > 0 else -maps)


class Shortcut(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 2, 3), nn.Linear(2, 2)

    def forward(self, pictures):
        maps = self.conv(pictures).mean((2, 3))
        return self.head(maps.relu()) + maps


@pytest.mark.parametrize("module", [Chooses(), Shortcut()])
def test_a_network_that_cannot_be_cut_is_not(module):
    assert cut_before_head(module) is None


# ------------------------------------------------------------------------------------------------------------- resuming


@pytest.mark.parametrize(
    "choice",
    [
        TransferChoice("feature-extraction"),
        TransferChoice("gradual-unfreezing", unfreeze_at=(1, 2)),
        TransferChoice("two-stage", head_epochs=2),
    ],
    ids=lambda choice: choice.strategy,
)
def test_a_run_that_was_stopped_goes_on_exactly(choice, configuration, tmp_path, metrics_of):
    settings = configuration(choice)
    train_run(tmp_path / "whole", settings)
    waiting = [Control("stop")]

    def stop(_status, _validation):
        if waiting:
            send_control(tmp_path / "parts", waiting.pop())

    train_run(tmp_path / "parts", settings, watch=stop)
    assert train_run(tmp_path / "parts", None).status.state == "finished"
    assert metrics_of(tmp_path / "parts") == metrics_of(tmp_path / "whole")
    whole, parts = weights_after(tmp_path / "whole", 18), weights_after(tmp_path / "parts", 18)
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


@pytest.mark.slow
def test_squeezenets_features_know_flowers(shared_data, tmp_path):
    """Five classes, 60 training pictures each, taken at the 128 pixels they have: ten seconds on one core."""
    weights = shared_data / "weights" / "squeezenet1_1_imagenet.pth"
    plain = RunConfiguration(
        network=NetworkPlan("squeezenet1_1", weights_file=str(weights), input_size=(128, 128)),
        data=DataChoice("folder", str(shared_data / "flowers_subset")),
        epochs=20,
        batch_size=32,
        optimizer=OptimizerChoice("adam", 1e-3),
    )
    end = train_run(tmp_path / "run", with_strategy(plain, TransferChoice("feature-extraction")))
    assert end.status.best_accuracy > 0.6  # guessing has 0.2; logistic regression on their means has 0.59 to 0.68


# --------------------------------------------------------------------------------------------------------- command line


def options(*words):
    parser = argparse.ArgumentParser()
    add_train_options(parser)
    return parser.parse_args(["--network", "resnet18", *words])


def test_the_command_line_says_what_is_frozen_and_brings_the_weights_normalisation():
    words = ("--weights", "default", "--transfer", "gradual-unfreezing", "--unfreeze-at", "2,4", "--cached-copies", "3")
    found = configuration_of(options(*words))
    assert found.transfer == TransferChoice("gradual-unfreezing", unfreeze_at=(2, 4), cached_copies=3)
    assert found.data.normalisation == "network"
    assert configuration_of(options(*words, "--normalisation", "data")).data.normalisation == "data"
    assert configuration_of(options()).data.normalisation == "data"


def test_only_the_rate_and_clipping_change_in_a_run_that_is_gone_on_with():
    resumed = ["RUN", "--resume", "--lr", "0.1", "--clip", "2"]
    parser = argparse.ArgumentParser()
    add_train_options(parser)
    assert changes_of(parser.parse_args(resumed)) == (0.1, 2.0)
    assert run_of(parser.parse_args(resumed))[1] is None
    with pytest.raises(ConfigurationError, match="give only --lr and --clip"):
        run_of(parser.parse_args([*resumed, "--transfer", "two-stage"]))
