"""Some pictures of a data set, to look at. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cnnviz.core.arrays import Bytes

MOST_PICTURES: Final = 600
SAMPLE_SIDE: Final = 64
"""Pixels of the longer side, at most."""


@dataclass(frozen=True, eq=False)
class DataSamples:
    """``pictures``: N×H×W×3 uint8 RGB, class by class. ``labels``: N, positions in the summary's classes."""

    pictures: Bytes
    labels: tuple[int, ...]
