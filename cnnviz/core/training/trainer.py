"""The training loop: a generator, whose yields are the places to look, to pause and to stop."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from cnnviz.core.counted import counted
from cnnviz.core.training.augment import Rows
from cnnviz.core.training.data.pictures import Batch
from cnnviz.core.training.distributed import World
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.evaluation import evaluate
from cnnviz.core.training.frozen_features import FeatureCache, cut_before_head
from cnnviz.core.training.layer_measures import LayerMeter
from cnnviz.core.training.optimizers import set_learning_rate
from cnnviz.core.training.schedules import rate_factor
from cnnviz.core.training.task import Task
from cnnviz.core.training.transfer_values import LearningPlan, Phase
from cnnviz.core.training.values import Evaluation, LayerMeasures

_PRECISIONS = {"float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass
class Progress:
    """How far a run is, as numbers that a checkpoint keeps. ``epochs``: that were trained and validated to their end.

    ``rate``: the highest learning rate of the schedule as it is now. ``best_step``, ``best_accuracy``: of validation.
    ``lowest_loss`` and ``worse_epochs``: for early stopping. ``seconds``: of training. ``clipping``: the largest norm
    of all gradients as it is now. ``lowest_training_loss``: of a line of metrics; ``swings``: the last line was far
    above it, so that every step's layers are measured.
    """

    step: int = 0
    epochs: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    best_step: int = -1
    best_accuracy: float = -1.0
    lowest_loss: float = float("inf")
    worse_epochs: int = 0
    clipping: float = 0.0
    lowest_training_loss: float = float("inf")
    swings: bool = False


@dataclass(frozen=True)
class Notice:
    """Something to be told in the metrics."""

    sentence: str


@dataclass(frozen=True)
class Preparing:
    """What has to be done before the next step goes on. ``fraction``: of it is done."""

    sentence: str
    fraction: float


@dataclass(frozen=True)
class StepDone:
    """``layers``: measured at this step, or empty."""

    layers: dict[str, LayerMeasures] = field(default_factory=dict)


@dataclass(frozen=True)
class EpochDone:
    """``validation``: with the weights as they are now; it took ``seconds``."""

    validation: Evaluation
    seconds: float


class RunningMeans:
    """Loss and accuracy since they were last taken, summed up on the device: reading them would wait for it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sums = torch.zeros(2, device=world.device)
        self.count = 0

    def add(self, loss: Tensor, correct: Tensor, count: int) -> None:
        """``loss``: summed over ``count`` pictures."""
        self.sums += torch.stack([loss, correct])
        self.count += count

    def take(self) -> tuple[float, float, int]:
        """Mean loss, accuracy and number of pictures over all processes; starts again."""
        own = torch.cat([self.sums, torch.tensor([self.count], device=self.sums.device)])
        loss, correct, count = self._world.total(own).tolist()
        self.sums.zero_()
        self.count = 0
        return loss / max(1, count), correct / max(1, count), int(count)


class Trainer:
    """Trains a task from where ``progress`` is to its end."""

    def __init__(self, task: Task, progress: Progress) -> None:
        self.task, self.progress = task, progress
        self.means = RunningMeans(task.world)
        self._configuration = task.configuration
        precision = task.configuration.precision
        self._autocast_type = _PRECISIONS.get(precision)
        self.scaler = torch.amp.GradScaler(task.world.device.type, enabled=precision == "float16")
        self._layers = LayerMeter(task.module)
        self._active, self._phase = task, Phase(-1, ())
        self._features: FeatureCache | None = None

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        task, schedule = self.task, self._configuration.schedule
        factor = rate_factor(schedule, self.progress.step, task.total_steps, task.steps_per_epoch)
        return self.progress.rate * factor

    def change_learning_rate(self, rate: float) -> None:
        """The next step has this rate; the schedule goes on from there with the same shape."""
        factor = self.learning_rate / self.progress.rate if self.progress.rate else 0.0
        self.progress.rate = rate / factor if factor else rate

    def is_finite(self) -> bool:
        """Whether every weight and running mean is a number."""
        state = [each for each in self.task.module.state_dict().values() if each.is_floating_point()]
        return bool(torch.stack([each.abs().max() if each.numel() else each.sum() for each in state]).isfinite().all())

    def run(self) -> Generator[StepDone | EpochDone | Preparing | Notice]:
        """One item after each step and each epoch's validation; closing the iterator stops between two steps."""
        while self.progress.epochs < self._configuration.epochs:
            yield from self.epoch_steps()
            self.progress.epochs += 1
            started = time.perf_counter()
            validation = evaluate(self._active, "validation")
            yield EpochDone(validation, time.perf_counter() - started)

    def epoch_steps(self) -> Iterator[StepDone | Preparing | Notice]:
        """The steps of the current epoch that are left, and what comes before them."""
        yield from self._entered_phase()
        if self._features is not None:
            self._active = self._features.task_at(self.progress.epochs)
        done = self.progress.step - self.progress.epochs * self.task.steps_per_epoch
        order = self.task.epoch_order(self.progress.epochs)[done:]
        share = [batch[self.task.world.share(len(batch))] for batch in order]
        train = self._active.data.splits["train"]
        started = time.perf_counter()
        for whole, own, batch in zip(order, share, train.pictures.batches(share, self.task.world.device), strict=True):
            layers = self._step(whole, own, batch)
            self.progress.step += 1
            self.progress.seconds += time.perf_counter() - started
            yield StepDone(layers)
            started = time.perf_counter()

    # -------------------------------------------------------------------------------------------------------- phases

    def _entered_phase(self) -> Iterator[Preparing | Notice]:
        """Freezes and thaws what the learning plan says; told where that changes, not where a run is gone on with."""
        plan, epoch = self.task.stages.plan, self.progress.epochs
        phase = plan.phase_at(epoch)
        self.task.stages.enter(phase, self.task.optimizer)
        if phase is self._phase or plan.strategy == "none":
            return
        self._phase, self._features, self._active = phase, None, self._whole_network()
        told = [_told(plan, phase)]
        if phase.head_only and self.task.configuration.transfer.cache:
            told.append((yield from self._kept_features()))
        if self.progress.step == phase.first_epoch * self.task.steps_per_epoch:
            yield from map(Notice, told)

    def _whole_network(self) -> Task:
        """DistributedDataParallel has to know which parameters learn."""
        return replace(self.task, replica=self.task.world.wrapped(self.task.module))

    def _kept_features(self) -> Generator[Preparing, None, str]:
        """Returns what was done in words; the time it takes is training time."""
        limit = self.task.configuration.data.memory_limit
        parts = cut_before_head(self.task.module)
        if parts is None:
            return "the frozen stages are computed in every step: this network cannot be cut before its head"
        features = FeatureCache(self.task, *parts, self._autocast)
        megabytes = features.megabytes()
        if megabytes > limit:
            return f"the frozen stages are computed in every step: their features are not kept in {limit:,} MiB"
        started = time.perf_counter()
        for fraction in features.fill():
            self.progress.seconds += time.perf_counter() - started
            yield Preparing("Computing the frozen stages' features", fraction)
            started = time.perf_counter()
        self._features = features
        return f"the features of the frozen stages are kept: {megabytes:,.1f} MiB"

    def _autocast(self) -> AbstractContextManager[object]:
        if self._autocast_type is None:
            return nullcontext()
        return torch.autocast(self.task.world.device.type, self._autocast_type)

    # ------------------------------------------------------------------------------------------------------ one step

    def _step(self, whole: Tensor, own: Tensor, batch: Batch) -> dict[str, LayerMeasures]:
        """``whole``: the positions of the step over all processes, ``own``: ours."""
        inputs, labels = self._inputs(whole, own, batch)
        weight = self.task.objective.weight_of(self.task.data.splits["train"].labels.index_select(0, whole))
        self.task.optimizer.zero_grad()
        *parts, last = _chunks(inputs, labels, self._configuration.accumulation)
        with self._without_exchange():
            for part in parts:
                self._backward(*part, weight, len(whole))
        self._backward(*last, weight, len(whole))
        return self._update()

    def _inputs(self, whole: Tensor, own: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        if not len(batch.pictures):
            root = self.task.data.root
            raise DataError(
                f"None of {counted(len(own), 'picture')} in a row can be read: is the data folder {root} still there?"
            )
        start = self.task.world.share(len(whole)).start
        pictures = self._active.augmenter.changed(batch.pictures, Rows(start, len(own), len(whole), batch.rows))
        found = own if batch.rows is None else own[batch.rows]
        labels = self.task.data.splits["train"].labels.index_select(0, found)
        return self._active.normaliser(pictures), labels.to(pictures.device)

    def _without_exchange(self) -> AbstractContextManager[None]:
        """Gradients are exchanged with the last part of a step only."""
        replica = self._active.replica
        return replica.no_sync() if isinstance(replica, DistributedDataParallel) else nullcontext()

    def _backward(self, inputs: Tensor, labels: Tensor, weight: Tensor | float, total: int) -> None:
        with self._autocast():
            logits = self._active.replica(inputs)
            loss = self.task.objective.loss(logits, labels, weight)
        torch.autograd.backward(self.scaler.scale(loss * self.task.world.size))  # processes average their gradients
        correct = (logits.detach().argmax(1) == labels).sum()
        self.means.add(loss.detach() * total, correct, len(labels))

    def _update(self) -> dict[str, LayerMeasures]:
        task, clipping = self.task, self.progress.clipping
        measured = task.world.leads and self._is_measured(self.progress.step + 1)
        set_learning_rate(task.optimizer, self.learning_rate)
        if clipping or measured:
            self.scaler.unscale_(task.optimizer)
        if measured:
            self._layers.before_step()
        if clipping:
            nn.utils.clip_grad_norm_(task.module.parameters(), clipping)
        self.scaler.step(task.optimizer)
        self.scaler.update()
        return self._layers.after_step() if measured else {}

    def _is_measured(self, step: int) -> bool:
        """Also early and often, when most goes wrong: at 1, 2, 4, 8 …, and while the loss swings."""
        interval = self._configuration.recording.layers
        early = step < interval and step & (step - 1) == 0
        return bool(interval) and (step % interval == 0 or early or self.progress.swings)


def _told(plan: LearningPlan, phase: Phase) -> str:
    if not phase.frozen:
        return "every stage learns"
    learning = ", ".join(stage.name for stage in plan.stages[phase.frozen :])
    frozen = "stage" if phase.frozen == 1 else f"{phase.frozen} stages"
    return f"learning: {learning}; frozen: the {frozen} before"


def _chunks(inputs: Tensor, labels: Tensor, count: int) -> list[tuple[Tensor, Tensor]]:
    return list(zip(inputs.chunk(count), labels.chunk(count), strict=True)) if count > 1 else [(inputs, labels)]
