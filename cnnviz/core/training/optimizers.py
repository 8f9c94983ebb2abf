"""Optimisers by name, and their settings that can be changed while they work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.values import OptimizerChoice

Setting = Literal["momentum", "weight-decay"]
RATE_SCALE = "rate_scale"
"""What a group of parameters multiplies the learning rate by: 1 unless stages learn at rates of their own."""


def make_optimizer(choice: OptimizerChoice, *groups: Iterable[nn.Parameter]) -> Optimizer:
    """Groups of parameters, each with ``RATE_SCALE`` 1."""
    group = [{"params": [each for each in group if each.requires_grad], RATE_SCALE: 1.0} for group in groups]
    rate, decay = choice.learning_rate, choice.weight_decay
    if choice.name == "sgd":
        return SGD(group, rate, choice.momentum, weight_decay=decay, nesterov=choice.nesterov)
    if choice.name == "rmsprop":
        return RMSprop(group, rate, choice.smoothing, choice.epsilon, decay, choice.momentum)
    kind = Adam if choice.name == "adam" else AdamW
    return kind(group, rate, choice.betas, choice.epsilon, decay)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """For all groups, each by its own scale."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group[RATE_SCALE]


def setting_of(optimizer: Optimizer, setting: Setting) -> float:
    """Adam's momentum is the first of its betas."""
    group = optimizer.param_groups[0]
    if setting == "weight-decay":
        return float(group["weight_decay"])
    return float(group["betas"][0] if "betas" in group else group["momentum"])


def change_setting(optimizer: Optimizer, setting: Setting, value: float) -> None:
    """Raises ConfigurationError: Nesterov's momentum is to become 0."""
    if setting == "momentum" and value == 0 and any(group.get("nesterov") for group in optimizer.param_groups):
        raise ConfigurationError("Nesterov's momentum cannot become 0: choose a value above it.")
    for group in optimizer.param_groups:
        if setting == "weight-decay":
            group["weight_decay"] = value
        elif "betas" in group:
            group["betas"] = (value, group["betas"][1])
        else:
            group["momentum"] = value
    if isinstance(optimizer, RMSprop) and setting == "momentum" and value:
        _begin_momentum(optimizer)


def _begin_momentum(optimizer: RMSprop) -> None:
    """RMSprop makes room for it at a parameter's first step only; other optimisers when it is needed."""
    for parameter, state in optimizer.state.items():
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter, memory_format=torch.preserve_format)
