"""The loss that is minimised: cross-entropy, as a mean over the whole batch however it is divided."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.core.counted import counted
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.values import LossChoice


class Objective:
    """``labels``: of all training pictures, for weights that balance the classes."""

    def __init__(self, choice: LossChoice, labels: Tensor, classes: int, device: torch.device) -> None:
        self._smoothing = choice.label_smoothing
        self._weights = _class_weights(choice, labels, classes, device)

    def weight_of(self, labels: Tensor) -> Tensor | float:
        """What a batch counts: its pictures, or the sum of their classes' weights."""
        if self._weights is None:
            return float(len(labels))
        return self._weights[labels.to(self._weights.device)].sum()

    def loss(self, logits: Tensor, labels: Tensor, weight: Tensor | float) -> Tensor:
        """These pictures' share of the mean over a batch that weighs ``weight``."""
        total = functional.cross_entropy(
            logits.float(), labels, weight=self._weights, reduction="sum", label_smoothing=self._smoothing
        )
        return total / weight


def _class_weights(choice: LossChoice, labels: Tensor, classes: int, device: torch.device) -> Tensor | None:
    if choice.class_weights:
        if len(choice.class_weights) != classes:
            given = counted(len(choice.class_weights), "class weight")
            raise ConfigurationError(f"{given} for {counted(classes, 'class', 'classes')}: give one for each.")
        return torch.tensor(choice.class_weights, device=device)
    if not choice.balanced:
        return None
    counts = torch.bincount(labels, minlength=classes).float()
    return (counts.sum() / (classes * counts.clamp_min(1))).to(device)
