"""The window of its input from which a layer computes one cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.core.unit import Patch

Places = NDArray[np.int64]


def window_places(
    cell: int, kernel: int, stride: int, padding: int, dilation: int, cells: int, *, padding_mode: str = "zeros"
) -> Places:
    """The input cells under a window's ``kernel`` taps along one axis of ``cells`` cells; −1 in padding with zeros."""
    places = cell * stride - padding + dilation * np.arange(kernel)
    if padding_mode == "circular":
        return places % cells
    if padding_mode == "replicate":
        return places.clip(0, cells - 1)
    if padding_mode == "reflect":
        places = np.abs(places)
        return np.where(places >= cells, 2 * (cells - 1) - places, places)
    return np.where((places >= 0) & (places < cells), places, -1)


def transposed_places(cell: int, kernel: int, stride: int, padding: int, dilation: int, cells: int) -> Places:
    """The input cell that reaches output ``cell`` through each of the kernel's taps; −1 where none does."""
    distances = cell + padding - dilation * np.arange(kernel)
    places = distances // stride
    return np.where((distances % stride == 0) & (places >= 0) & (places < cells), places, -1)


def cut_patch(picture: Tensor, channels: Sequence[int] | range, rows: Places, columns: Places) -> Patch:
    """``picture``: C×H×W. Reads these places of these channels, 0 where a place is −1."""
    chosen = np.asarray(channels, dtype=np.int64)
    maps = picture[chosen.tolist()][:, rows.clip(0).tolist()][:, :, columns.clip(0).tolist()]
    inside = (rows >= 0)[:, None] & (columns >= 0)
    values = np.where(inside, maps.detach().cpu().double().numpy(), 0.0)
    return Patch(values, chosen, rows, columns)
