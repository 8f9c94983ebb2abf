"""How large each layer's gradient is, and how large its step in relation to its parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.core.training.values import LayerMeasures

_TINY = 1e-12  # against a division by a layer that is all zeros


class LayerMeter:
    """Used around one step of the optimiser; one transfer from the device for all layers."""

    def __init__(self, module: nn.Module) -> None:
        own = {name or "network": list(layer.parameters(recurse=False)) for name, layer in module.named_modules()}
        self._all = {name: parameters for name, parameters in own.items() if parameters}
        self._layers = self._all
        self._silent: list[Tensor] = []
        self._gradients: list[Tensor] = []
        self._before: list[Tensor] = []

    @torch.no_grad()
    def before_step(self) -> None:
        """Remembers the size of gradients, and the parameters; of layers that learn."""
        self._layers = {name: each for name, each in self._all.items() if any(one.requires_grad for one in each)}
        parameters = self._parameters()
        self._silent = [_silent_share(each[0]) for each in self._layers.values()]
        self._gradients = [_norm(_gradient(each)) for each in parameters]
        self._before = [each.clone() for each in parameters]

    @torch.no_grad()
    def after_step(self) -> dict[str, LayerMeasures]:
        """By the module's path; "network" for parameters that no layer has."""
        steps = [_norm(now - before) for now, before in zip(self._parameters(), self._before, strict=True)]
        sizes = [_norm(before) for before in self._before]
        columns = [torch.stack(each).float() for each in (self._gradients, steps, sizes)]
        counts = [len(each) for each in self._layers.values()]
        silent = torch.stack(self._silent).tolist()
        rows = torch.split(torch.stack(columns, 1).square().cpu(), counts)
        self._before = []
        return {
            name: _measures(row.sum(0).sqrt().tolist(), share)
            for name, row, share in zip(self._layers, rows, silent, strict=True)
        }

    def _parameters(self) -> list[nn.Parameter]:
        return [each for parameters in self._layers.values() for each in parameters]


def _norm(tensor: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(tensor)
    return norm


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _silent_share(weight: nn.Parameter) -> Tensor:
    """Share of the rows of a matrix, or of the kernels, whose gradient is exactly zero; −1 for what has none."""
    if weight.dim() < 2:
        return torch.full((), -1.0, device=weight.device)
    return (_gradient(weight).flatten(1) == 0).all(1).float().mean()


def _measures(numbers: list[float], silent: float) -> LayerMeasures:
    gradient, step, size = numbers
    return LayerMeasures(gradient, step / max(size, _TINY), silent if silent >= 0 else None)
