"""A spec as a network of torch modules, each called what its row is called."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.plan import Branches, Chain, Leaf, Part, plan
from cnnviz.core.networks.spec.rows import InputScaling, NetworkSpec, Size
from cnnviz.core.networks.values import Preprocessing


class _Branches(nn.Module):
    """Modules that take one input side by side; None hands the input on."""

    def __init__(self, **branches: nn.Module | None) -> None:
        super().__init__()
        self.names = tuple(branches)
        for name, branch in branches.items():
            self.register_module(name, branch)

    def outputs(self, x: Tensor) -> list[Tensor]:
        branches = (getattr(self, name) for name in self.names)
        return [x if branch is None else branch(x) for branch in branches]


class Sum(_Branches):
    """Adds its branches' outputs: a skip connection."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.outputs(x)
        return torch.add(first, second)


class Concat(_Branches):
    """Lays its branches' maps side by side, as channels of one output."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.outputs(x), dim=1)


class Product(_Branches):
    """Multiplies its branches' outputs: weighs maps by a gate."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.outputs(x)
        return torch.mul(first, second)


_JOINS = {"sum": Sum, "concat": Concat, "product": Product}


def build(spec: NetworkSpec, input_size: Size | None = None) -> nn.Sequential:
    """The network, for its own input or for pictures of ``input_size`` (height, width).

    Weights are torch's initial ones, from its random generator; on ``torch.device("meta")`` there are none.
    NetworkError names the first row that cannot be, before anything is allocated.
    """
    return _chain(plan(spec, input_size))


def preprocessing_of(spec: NetworkSpec) -> Preprocessing:
    """How pictures become its input; without a wish of the spec's own they are scaled to −1 … 1."""
    channels, height, width = spec.input_shape
    if channels not in (1, 3):
        raise NetworkError(f"{spec.title} takes {channels} channels, but pictures have 1 (grey) or 3 (RGB).")
    scaling = spec.preprocessing or InputScaling((0.5,) * channels, (0.5,) * channels)
    return Preprocessing(
        input_size=(height, width),
        channels=1 if channels == 1 else 3,
        resize=scaling.resize,
        fit=scaling.fit,
        interpolation=scaling.interpolation,
        mean=scaling.mean,
        std=scaling.std,
        invert=scaling.invert,
    )


def _module(part: Part) -> nn.Module:
    if isinstance(part, Chain):
        return _chain(part)
    if isinstance(part, Branches):
        return _JOINS[part.operation](**{chain.name: _chain(chain) if chain.parts else None for chain in part.chains})
    return _leaf(part)


def _chain(chain: Chain) -> nn.Sequential:
    return nn.Sequential(OrderedDict((part.name, _module(part)) for part in chain.parts))


def _leaf(leaf: Leaf) -> nn.Module:
    module: nn.Module = getattr(nn, leaf.call.module)(*leaf.call.arguments, **dict(leaf.call.named))
    return module
