"""What part of its receptive field a unit really listens to, measured.

After Luo, Li, Urtasun and Zemel, "Understanding the Effective Receptive Field in Deep CNNs", NIPS 2016.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.errors import LayerError
from cnnviz.core.receptive_field import Region

SHARE_OF_STRONGEST = 1 - 0.9545
"""Pixels with less of the strongest pixel's influence do not count: the paper's two standard deviations."""


@dataclass(frozen=True, eq=False)
class EffectiveField:
    """``heat``: per pixel of the network's input, H×W float32, how much the unit changes with it: |∂unit/∂pixel|,
    averaged over the input's channels and over ``pictures`` pictures. ``channel`` None: the sum of all at ``cell``.
    """

    layer: str
    channel: int | None
    cell: tuple[int, int]
    heat: NDArray[np.float32]
    pictures: int = 1

    @property
    def counted(self) -> NDArray[np.bool_]:
        """H×W: the pixels whose influence counts. None where the unit changes with no pixel (behind a dead ReLU)."""
        strongest = self.strongest
        return (self.heat >= SHARE_OF_STRONGEST * strongest) & np.isfinite(self.heat) & (strongest > 0)

    @property
    def strongest(self) -> float:
        """The strongest pixel's influence; NaN and infinite ones left out."""
        return float(np.max(self.heat, where=np.isfinite(self.heat), initial=0.0))

    @property
    def not_finite(self) -> int:
        """Pixels whose influence is NaN or infinite."""
        return int(np.count_nonzero(~np.isfinite(self.heat)))

    @property
    def side(self) -> float:
        """The paper's size: side of the square that has as many pixels as count."""
        return float(np.sqrt(np.count_nonzero(self.counted)))

    @property
    def extent(self) -> Region | None:
        """The smallest box around the pixels that count."""
        rows, columns = (np.flatnonzero(self.counted.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return None
        return Region(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


class FieldAverage:
    """The mean of one unit's effective fields over many pictures, taken one by one or in batches."""

    def __init__(self) -> None:
        self._first: EffectiveField | None = None
        self._sum: NDArray[np.float64] = np.zeros((0, 0))
        self._pictures = 0

    def add(self, field: EffectiveField) -> Self:
        """Counts ``field`` as often as it has pictures.

        Raises:
            LayerError: it is another unit's, or of an input of another size.
        """
        if self._first is None:
            self._first, self._sum = field, np.zeros(field.heat.shape)
        if _unit(field) != _unit(self._first):
            raise LayerError(
                f"The average is of {_words(self._first)}, but this field is of {_words(field)}; "
                "start a new average for another unit."
            )
        self._sum += field.heat.astype(np.float64) * field.pictures
        self._pictures += field.pictures
        return self

    def result(self) -> EffectiveField | None:
        """The mean so far; None before the first."""
        if self._first is None:
            return None
        heat = (self._sum / self._pictures).astype(np.float32)
        return replace(self._first, heat=heat, pictures=self._pictures)


def _unit(field: EffectiveField) -> tuple[object, ...]:
    return field.layer, field.channel, field.cell, field.heat.shape


def _words(field: EffectiveField) -> str:
    height, width = field.heat.shape
    channel = "all channels" if field.channel is None else f"channel {field.channel}"
    return f'"{field.layer}", {channel}, cell {field.cell} on {height}×{width} pictures'
