"""One step and many against the shortest PyTorch loop, and every option once off its default."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from cnnviz.core.training.distributed import World
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.evaluation import evaluate, evaluation_mode
from cnnviz.core.training.objective import Objective
from cnnviz.core.training.optimizers import change_setting, make_optimizer, set_learning_rate, setting_of
from cnnviz.core.training.rate_finder import find_learning_rate
from cnnviz.core.training.task import lone_task, make_task
from cnnviz.core.training.trainer import EpochDone, Progress, StepDone, Trainer
from cnnviz.core.training.values import (
    Augmentations,
    LossChoice,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    ScheduleChoice,
)

CPU = torch.device("cpu")


@pytest.fixture
def plain_run(tiny_run):
    """Without augmentations: what a bare loop can repeat."""
    return replace(tiny_run, augmentations=Augmentations(), epochs=1)


def trainer_of(configuration):
    return Trainer(
        lone_task(configuration),
        Progress(rate=configuration.optimizer.learning_rate, clipping=configuration.gradient_clipping),
    )


def weights(task):
    return torch.cat([each.detach().flatten() for each in task.module.parameters()])


def normalised(task, split):
    pictures = task.data.splits[split].pictures.data.float() / 255
    return (pictures - task.preprocessing.mean[0]) / task.preprocessing.std[0]


def bare_loop(task, make, *, smoothing=0.0, clipping=0.0):
    """One epoch of the same pictures in the same order; the mean loss."""
    module, optimizer = task.module.train(), make(task.module.parameters())
    inputs, labels, losses = normalised(task, "train"), task.data.splits["train"].labels, []
    for positions in task.epoch_order(0):
        loss = functional.cross_entropy(module(inputs[positions]), labels[positions], label_smoothing=smoothing)
        optimizer.zero_grad()
        loss.backward()
        if clipping:
            torch.nn.utils.clip_grad_norm_(module.parameters(), clipping)
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def assert_same_as_bare(configuration, make, **more):
    task = lone_task(configuration)
    expected_loss = bare_loop(task, make, **more)
    expected = weights(task).clone()
    trainer = trainer_of(configuration)
    for _ in trainer.epoch_steps():
        pass
    torch.testing.assert_close(weights(trainer.task), expected, atol=1e-5, rtol=1e-4)
    assert trainer.means.take()[0] == pytest.approx(expected_loss, rel=1e-4)


@pytest.mark.parametrize(
    ("choice", "make"),
    [
        (OptimizerChoice("sgd", 0.1), lambda each: torch.optim.SGD(each, 0.1)),
        (
            OptimizerChoice("sgd", 0.1, 0.9, nesterov=True, weight_decay=0.01),
            lambda each: torch.optim.SGD(each, 0.1, 0.9, nesterov=True, weight_decay=0.01),
        ),
        (
            OptimizerChoice("rmsprop", 0.01, 0.5, smoothing=0.95, epsilon=1e-6),
            lambda each: torch.optim.RMSprop(each, 0.01, alpha=0.95, eps=1e-6, momentum=0.5),
        ),
        (
            OptimizerChoice("adam", 0.01, weight_decay=0.1, betas=(0.8, 0.99), epsilon=1e-8),
            lambda each: torch.optim.Adam(each, 0.01, (0.8, 0.99), weight_decay=0.1),
        ),
        (
            OptimizerChoice("adamw", 0.01, weight_decay=0.1, epsilon=1e-8),
            lambda each: torch.optim.AdamW(each, 0.01, weight_decay=0.1),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, OptimizerChoice) else "",
)
def test_every_optimiser_trains_as_a_bare_loop(plain_run, choice, make):
    assert_same_as_bare(replace(plain_run, optimizer=choice), make)


def test_label_smoothing_and_clipping_as_in_a_bare_loop(plain_run):
    changed = replace(plain_run, loss=LossChoice(label_smoothing=0.2), gradient_clipping=0.1)
    assert_same_as_bare(changed, lambda each: torch.optim.Adam(each, 0.01), smoothing=0.2, clipping=0.1)


def test_accumulation_steps_as_often_and_to_the_same_place(plain_run):
    """In a network without batch norm and dropout, which see a part at a time."""
    plain = replace(
        plain_run, network=NetworkPlan("convnet-mnist"), data=replace(plain_run.data, limit=30), batch_size=10
    )
    plain = replace(plain, optimizer=OptimizerChoice("sgd", 0.1))
    ends = []
    for parts in (1, 3):
        trainer = trainer_of(replace(plain, accumulation=parts))
        assert sum(1 for _ in trainer.epoch_steps()) == 3
        ends.append(weights(trainer.task))
    torch.testing.assert_close(*ends, atol=1e-4, rtol=1e-3)


def test_the_schedule_reaches_the_optimiser(plain_run):
    trainer = trainer_of(replace(plain_run, schedule=ScheduleChoice("cosine")))
    rates = [trainer.task.optimizer.param_groups[0]["lr"] for _ in trainer.epoch_steps()]
    expected = [0.01 * (1 + math.cos(math.pi * step / 11)) / 2 for step in range(12)]
    assert rates == pytest.approx(expected)


def test_a_rate_changed_by_hand_is_the_next_steps_and_falls_on_with_the_schedule(plain_run):
    trainer = trainer_of(replace(plain_run, schedule=ScheduleChoice("cosine")))
    steps = trainer.epoch_steps()
    for _ in range(4):
        next(steps)
    before = trainer.learning_rate
    trainer.change_learning_rate(0.5)
    assert trainer.learning_rate == pytest.approx(0.5)
    next(steps)
    assert trainer.learning_rate / 0.5 == pytest.approx(0.01 * (1 + math.cos(math.pi * 5 / 11)) / 2 / before)


def test_the_last_batch_is_trained_on_unless_batch_norm_could_not_use_it(plain_run):
    counts = {}
    for limit in (33, 34):
        task = lone_task(replace(plain_run, data=replace(plain_run.data, limit=limit)))
        counts[limit] = [len(batch) for batch in task.epoch_order(0)]
    assert counts == {33: [16, 16], 34: [16, 16, 2]}


def test_every_picture_is_shown_once_an_epoch_in_an_order_of_its_own(plain_run):
    task = lone_task(plain_run)
    orders = [torch.cat(task.epoch_order(epoch)) for epoch in (0, 1)]
    assert all(torch.equal(order.sort().values, torch.arange(192)) for order in orders)
    assert not torch.equal(*orders)
    other = lone_task(replace(plain_run, seed=1))
    assert not torch.equal(orders[0], torch.cat(other.epoch_order(0)))


def test_an_epoch_ends_with_its_validation(plain_run):
    trainer = trainer_of(plain_run)
    done = list(trainer.run())
    assert [type(each) for each in done] == [StepDone] * 12 + [EpochDone]
    task = trainer.task
    with evaluation_mode(task.module), torch.no_grad():
        logits, labels = task.module(normalised(task, "validation")), task.data.splits["validation"].labels
    assert done[-1].validation.loss == pytest.approx(float(functional.cross_entropy(logits, labels)), rel=1e-5)
    assert done[-1].validation.accuracy == pytest.approx(float((logits.argmax(1) == labels).double().mean()))
    assert evaluate(task, "validation") == done[-1].validation


def test_evaluation_leaves_every_module_in_its_mode(plain_run):
    module = lone_task(plain_run).module.train()
    norm = module.get_submodule("norm") if hasattr(module, "norm") else module[1]
    norm.eval()
    with evaluation_mode(module):
        assert not any(each.training for each in module.modules())
    assert [each.training for each in module.modules()] == [each is not norm for each in module.modules()]


# ------------------------------------------------------------------------------------------------------------ measures


def test_layers_are_measured_when_asked_and_by_hand(plain_run):
    configuration = replace(plain_run, recording=Recording(layers=3), optimizer=OptimizerChoice("sgd", 0.1))
    trainer = trainer_of(configuration)
    found = [done.layers for done in trainer.epoch_steps()]
    assert {step for step, layers in enumerate(found, 1) if layers} >= {1, 2, 3, 6, 9, 12}
    other = trainer_of(configuration)
    steps = other.epoch_steps()
    next(steps), next(steps)
    module = other.task.module
    before = {name: each.detach().clone() for name, each in module.named_parameters()}
    next(steps)
    last = list(found[2])[-1]
    norm = math.hypot(*(float(each.grad.norm()) for name, each in module.named_parameters() if name.startswith(last)))
    size = math.hypot(*(float(each.norm()) for name, each in before.items() if name.startswith(last)))
    assert found[2][last].gradient_norm == pytest.approx(norm, rel=1e-4)
    assert found[2][last].update_ratio == pytest.approx(0.1 * norm / size, rel=1e-4)
    assert set(found[2]) == {name.rpartition(".")[0] for name in before}


def test_measuring_changes_nothing(plain_run):
    ends = []
    for interval in (0, 1):
        trainer = trainer_of(replace(plain_run, recording=Recording(layers=interval)))
        for _ in trainer.epoch_steps():
            pass
        ends.append(weights(trainer.task))
    assert torch.equal(*ends)


# ---------------------------------------------------------------------------------------------------------------- loss


def test_balanced_classes_weigh_the_same():
    labels = torch.tensor([0] * 6 + [1] * 2)
    objective = Objective(LossChoice(balanced=True), labels, 2, CPU)
    weights = torch.tensor([8 / 12, 8 / 4])
    assert float(objective.weight_of(labels)) == pytest.approx(float(weights[labels].sum()))
    logits = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    expected = functional.cross_entropy(logits, labels, weight=weights)
    torch.testing.assert_close(objective.loss(logits, labels, objective.weight_of(labels)), expected)


def test_parts_of_a_batch_add_up_to_its_mean():
    labels = torch.arange(10) % 3
    objective = Objective(LossChoice(0.1, class_weights=(1.0, 2.0, 0.5)), labels, 3, CPU)
    logits = torch.randn(10, 3, generator=torch.Generator().manual_seed(0))
    weight = objective.weight_of(labels)
    parts = objective.loss(logits[:4], labels[:4], weight) + objective.loss(logits[4:], labels[4:], weight)
    expected = functional.cross_entropy(logits, labels, torch.tensor([1.0, 2.0, 0.5]), label_smoothing=0.1)
    torch.testing.assert_close(parts, expected)


def test_there_must_be_a_weight_for_each_class():
    with pytest.raises(ConfigurationError, match="2 class weights for 3 classes: give one for each"):
        Objective(LossChoice(class_weights=(1.0, 2.0)), torch.arange(3), 3, CPU)


# ------------------------------------------------------------------------------------------------------------ settings


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw"])
def test_settings_change_while_the_optimiser_works(name):
    optimizer = make_optimizer(OptimizerChoice(name, 0.1), [torch.nn.Parameter(torch.ones(3))])
    set_learning_rate(optimizer, 0.25)
    change_setting(optimizer, "momentum", 0.75)
    change_setting(optimizer, "weight-decay", 0.5)
    assert (setting_of(optimizer, "momentum"), setting_of(optimizer, "weight-decay")) == (0.75, 0.5)
    assert optimizer.param_groups[0]["lr"] == 0.25
    for _ in range(2):
        optimizer.param_groups[0]["params"][0].grad = torch.ones(3)
        optimizer.step()
    assert torch.isfinite(optimizer.param_groups[0]["params"][0]).all()


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_momentum_can_begin_and_end_after_some_steps(name):
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = make_optimizer(OptimizerChoice(name, 0.1), [parameter])
    moves = []
    for momentum in (0.0, 0.5, 0.5, 0.5, 0.0, 0.9):
        change_setting(optimizer, "momentum", momentum)
        before = parameter.detach().clone()
        parameter.grad = torch.ones(3)
        optimizer.step()
        moves.append(float((before - parameter.detach())[0]))
    if name == "sgd":  # by hand: the first buffer is the gradient, then half of it and the gradient again
        assert moves == pytest.approx([0.1, 0.1, 0.15, 0.175, 0.1, 0.1 * (0.9 * 1.75 + 1)])
    assert moves[3] > moves[4] > 0


def test_nesterov_keeps_its_momentum():
    optimizer = make_optimizer(OptimizerChoice("sgd", 0.1, 0.9, nesterov=True), [torch.nn.Parameter(torch.ones(3))])
    with pytest.raises(ConfigurationError, match="Nesterov's momentum cannot become 0"):
        change_setting(optimizer, "momentum", 0.0)


def test_mixed_precision_without_cuda_is_refused(tiny_run):
    with pytest.raises(ConfigurationError, match="Mixed precision needs a CUDA device, and this run is on cpu"):
        make_task(replace(tiny_run, precision="float16"), World())


# ------------------------------------------------------------------------------------------------------- finding a rate


def test_the_rate_finder_finds_the_edge_and_leaves_no_trace(tiny_run):
    task = lone_task(replace(tiny_run, network=NetworkPlan("convnet-mnist"), batch_size=32))
    before, generator = weights(task).clone(), task.generator.get_state()
    random = torch.get_rng_state()
    curve = find_learning_rate(task, low=1e-4, high=10.0, steps=60)
    assert curve.rates[0] == pytest.approx(1e-4)
    assert len(curve.rates) == len(curve.losses) <= 60
    assert 1e-4 < curve.suggestion < 0.1
    assert torch.equal(before, weights(task))
    assert torch.equal(generator, task.generator.get_state())
    assert torch.equal(random, torch.get_rng_state())
    assert not task.optimizer.state_dict()["state"]


def test_where_nothing_falls_no_rate_is_suggested(tiny_run):
    task = lone_task(replace(tiny_run, optimizer=OptimizerChoice("sgd", 0.01)))
    assert find_learning_rate(task, low=1e-9, high=1e-8, steps=10).suggestion is None
