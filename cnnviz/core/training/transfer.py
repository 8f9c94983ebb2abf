"""Freezes and thaws the stages of a network as its learning plan says."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from cnnviz.core.training.distributed import World
from cnnviz.core.training.optimizers import RATE_SCALE
from cnnviz.core.training.stages import Leaf, find_stages, stage_of
from cnnviz.core.training.transfer_values import LearningPlan, Phase, Stage, phases_of
from cnnviz.core.training.values import RunConfiguration


def leaves_of(module: nn.Module) -> tuple[Leaf, ...]:
    """Every layer, and whatever else has parameters of its own, in the order of registration."""
    return tuple(
        Leaf(path, type(layer).__name__, own)
        for path, layer in module.named_modules()
        if (own := sum(each.numel() for each in layer.parameters(recurse=False))) or not list(layer.children())
    )


def plan_learning(module: nn.Module, configuration: RunConfiguration, world: World) -> LearningPlan:
    """What ``configuration`` means for this network. Raises ConfigurationError: it has fewer stages than that needs."""
    stages = find_stages(leaves_of(module))
    rate = configuration.optimizer.learning_rate
    phases = phases_of(configuration.transfer, len(stages), rate)
    together = configuration.batch_size // (configuration.accumulation * world.size)
    always_frozen = min(phase.frozen for phase in phases)
    norms = _batch_norms(module, stages, always_frozen)
    return LearningPlan(configuration.transfer.strategy, stages, phases, norms, max(1, together))


def _batch_norms(module: nn.Module, stages: tuple[Stage, ...], frozen: int) -> tuple[str, ...]:
    return tuple(
        path
        for path, layer in module.named_modules()
        if isinstance(layer, _BatchNorm) and stage_of(f"{path}.weight", stages) >= frozen
    )


class StagedNetwork:
    """A network whose stages learn as ``plan`` says."""

    def __init__(self, module: nn.Module, plan: LearningPlan) -> None:
        self.module, self.plan = module, plan
        self._parameters: list[list[nn.Parameter]] = [[] for _ in plan.stages]
        for name, parameter in module.named_parameters():
            self._parameters[stage_of(name, plan.stages)].append(parameter)

    def groups(self) -> tuple[list[nn.Parameter], ...]:
        """For the optimiser: the head's parameters first, then the other stages from the first on."""
        if self.plan.strategy == "none":
            return (list(self.module.parameters()),)
        return (self._parameters[-1], *self._parameters[:-1])

    def enter(self, phase: Phase, optimizer: Optimizer) -> None:
        """Training mode and gradients for what learns in ``phase``, evaluation mode for all before it."""
        self.module.train()
        if self.plan.strategy == "none":
            return
        for parameters, scale in zip(self._parameters, phase.scales, strict=True):
            for parameter in parameters:
                parameter.requires_grad_(scale > 0)
        scales = (phase.scales[-1], *phase.scales[:-1])
        for group, scale in zip(optimizer.param_groups, scales, strict=True):
            group[RATE_SCALE] = scale
        for layer in self._frozen_layers(phase.frozen):
            layer.eval()

    def _frozen_layers(self, stages: int) -> Iterator[nn.Module]:
        """All that is registered up to the last layer of the frozen stages: dropout between them must rest too."""
        if not stages:
            return
        layers = [(path, layer) for path, layer in self.module.named_modules() if not list(layer.children())]
        ends = tuple(f"{path}." for path in self.plan.stages[stages - 1].layers)
        last = max(index for index, (path, _) in enumerate(layers) if f"{path}.".startswith(ends))
        frozen = {layer for _, layer in layers[: last + 1]}
        for each in self.module.modules():
            if all(layer in frozen for layer in each.modules() if not list(layer.children())):
                yield each
