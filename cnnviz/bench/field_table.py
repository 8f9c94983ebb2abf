"""Theoretical receptive fields of well-known networks, beside what the gradients of their layers say.

``python -m cnnviz.bench.field_table [NETWORK …]`` prints the table. The second route knows nothing of the first: all
weights are made positive and equal and maximum pools average, so that the gradient of a unit is positive on exactly
the pixels it depends on; the picture is made taller until a field fits in, and two neighbouring cells tell the stride.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.core.networks.torchvision_family import TorchvisionFamily
from cnnviz.core.probing.capture import Capture
from cnnviz.core.probing.receptive_field import receptive_fields

_LAYERS: Mapping[str, tuple[str, ...]] = {
    "alexnet": ("features.0", "features.2", "features.3", "features.5", "features.6", "features.8", "features.12"),
    "vgg16": ("features.4", "features.9", "features.16", "features.23", "features.28", "features.30"),
    **dict.fromkeys(
        ("resnet50", "resnet101", "resnet152"), ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4")
    ),
    "googlenet": ("conv1", "maxpool2", "inception3b", "inception4a", "inception4e", "inception5b"),
    "mobilenet_v2": ("features.0", "features.3", "features.6", "features.13", "features.18"),
    "densenet121": ("features.pool0", *(f"features.denseblock{block}" for block in (1, 2, 3, 4))),
}
_WIDTH = 64
_FIRST_HEIGHT = 256
_TALLEST = 1 << 14


@dataclass(frozen=True)
class AlongRows:
    """A field along the picture's height."""

    size: int
    stride: int
    offset: int


def measured(network: nn.Module, layers: Sequence[str]) -> dict[str, AlongRows]:
    """By gradients; ``network`` takes pictures of any height and is rewritten."""
    _make_positive(network)
    found: dict[str, AlongRows] = {}
    height = _FIRST_HEIGHT
    while len(found) < len(layers) and height <= _TALLEST:
        picture = torch.ones(1, 3, height, _WIDTH, dtype=torch.float64, requires_grad=True)
        for name, maps in _outputs(network, picture, [layer for layer in layers if layer not in found]).items():
            along = _along_rows(maps, picture)
            if along is not None:
                found[name] = along
        height *= 2
    return found


def _make_positive(network: nn.Module) -> None:
    network.double().eval().requires_grad_(requires_grad=False)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, pool)
            elif isinstance(child, nn.ReLU | nn.ReLU6):
                setattr(module, name, nn.Identity())
    for parameter in network.parameters():
        parameter.fill_(1 / parameter[0].numel() if parameter.dim() > 1 else 1.0)


def _outputs(network: nn.Module, picture: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    outputs: dict[str, Tensor] = {}
    with Capture(network, outputs.__setitem__) as capture:
        capture.watch(layers)
        network(picture)
    return outputs


def _along_rows(maps: Tensor, picture: Tensor) -> AlongRows | None:
    """None where the field of a cell in the middle reaches the picture's edges."""
    cell = maps.shape[2] // 2
    if cell + 1 >= maps.shape[2]:
        return None
    (first, end), (next_first, _) = (_rows_of(maps, picture, row) for row in (cell, cell + 1))
    if first == 0 or end == picture.shape[2]:
        return None
    stride = next_first - first
    return AlongRows(end - first, stride, first - cell * stride)


def _rows_of(maps: Tensor, picture: Tensor, row: int) -> tuple[int, int]:
    (gradient,) = torch.autograd.grad(maps[0, :, row].sum(), picture, retain_graph=True)
    rows = (gradient[0] > 0).any(0).any(1).nonzero()
    return int(rows[0]), int(rows[-1]) + 1


def _table(name: str) -> list[str]:
    network = TorchvisionFamily().build(name, (224, 224), initialise=False)
    fields = receptive_fields(network, (3, 224, 224))
    seen = measured(network, _LAYERS[name])
    lines = []
    for layer in _LAYERS[name]:
        field = fields[layer]
        told = AlongRows(field.rows.size, int(field.stride[0]), field.offset[0])
        same = "yes" if seen.get(layer) == told else f"no: {seen.get(layer)}"
        lines.append(f"{name:13} {layer:24} {told.size:5} {told.stride:7} {told.offset:7}  {same}")
    return lines


def main(names: Sequence[str]) -> None:
    """Prints the table of these networks; of all where none is named."""
    print("network       layer                     size  stride  offset  gradients say so")
    for name in names or _LAYERS:
        print("\n".join(_table(name)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
