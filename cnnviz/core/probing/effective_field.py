"""Effective receptive fields: the gradient of one unit with respect to the network's input."""

from __future__ import annotations

import threading

import torch
from torch import Tensor, nn

from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.errors import LayerError
from cnnviz.core.networks.values import MapAxes
from cnnviz.core.probing.capture import Capture
from cnnviz.core.probing.evaluation import evaluation
from cnnviz.core.probing.local_gradient import LocalGradients
from cnnviz.core.probing.unit_index import unit_index


class _ReachedError(Exception):
    """Ends a forward pass where nothing more is needed of it."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def effective_field(
    module: nn.Module,
    inputs: Tensor,
    layer: str,
    cell: tuple[int, int],
    channel: int | None = None,
    map_axes: MapAxes = "",
) -> EffectiveField:
    """How much each pixel of ``inputs`` (B×C×H×W) changes one unit of the call named ``layer``; the mean of B pictures.

    One forward pass in evaluation mode that ends at the layer, and one backward pass from there; parameters, their
    ``grad`` and ``requires_grad``, ``inputs`` and every module's train/eval flag are left as they were.
    ``channel`` None: of the sum of all channels at ``cell``. ``map_axes``: as in LayerInfo; "" for what the number of
    dimensions suggests.

    Raises:
        LayerError: no such layer, channel or cell; or the layer does not depend on the picture.
    """
    with torch.inference_mode(mode=False), torch.enable_grad(), evaluation(module):
        pixels = inputs.detach().clone().requires_grad_()
        output = _output_of(module, pixels, layer)
        units = output[(slice(None), *unit_index(tuple(output.shape[1:]), channel, cell, map_axes))]
        (gradient,) = torch.autograd.grad(units.sum(), pixels, allow_unused=True) if units.requires_grad else (None,)
    if gradient is None:
        raise LayerError(f'"{layer}" does not depend on the picture, so no pixel changes it; choose another layer.')
    heat = gradient.abs().float().mean(dim=(0, 1)).cpu().numpy()
    return EffectiveField(layer, channel, cell, heat, pictures=len(inputs))


def _output_of(module: nn.Module, pixels: Tensor, layer: str) -> Tensor:
    def stop(_name: str, output: Tensor) -> None:
        raise _ReachedError(output)

    with Capture(module, stop) as capture, LocalGradients():
        capture.listen_to(threading.get_ident())
        capture.watch([layer])
        try:
            module(pixels.clone())  # a network may change its input in place, which a leaf of the graph forbids
        except _ReachedError as reached:
            return reached.output
        raise LayerError(capture.why_missing(layer))
