"""Activations of a whole batch, channel by channel."""

from __future__ import annotations

from torch import Tensor

from cnnviz.core.errors import LayerError
from cnnviz.core.networks.map_axes import is_token_grid
from cnnviz.core.networks.values import MapAxes

_DIMENSIONS: dict[MapAxes, int] = {"chw": 4, "hwc": 4, "tokens": 3}


def channel_axis(map_axes: MapAxes) -> int:
    """Which axis of an activation, batch included, counts its channels."""
    return -1 if map_axes in {"hwc", "tokens"} else 1


def channel_cells(activation: Tensor, map_axes: MapAxes) -> Tensor:
    """float32 N×C×cells of a batch of N; a view where it can be. ``map_axes`` as in LayerInfo.

    Of T tokens the first is left out as the class token where T − 1 is a square number.

    Raises:
        LayerError: the activation has no such axes.
    """
    dimensions = _DIMENSIONS.get(map_axes, activation.dim())
    if not map_axes or activation.dim() != dimensions or activation.is_complex() or activation.numel() == 0:
        shape = "×".join(map(str, activation.shape))
        raise LayerError(
            f"An output of {shape} {activation.dtype} values has no channels to measure; choose a layer that has."
        )
    cells = activation.detach()
    if map_axes == "vector":
        return cells.flatten(1)[:, :, None].float()
    if map_axes == "tokens" and is_token_grid(cells.shape[1] - 1):
        cells = cells[:, 1:]
    return cells.movedim(channel_axis(map_axes), 1).flatten(2).float()
