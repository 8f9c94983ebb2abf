"""A data set that needs no files: six shapes of random place, size, turn and colour on a noisy ground."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Numbers = NDArray[np.float64]


def _circle(y: Numbers, x: Numbers) -> Numbers:
    return np.hypot(y, x) - 0.9


def _square(y: Numbers, x: Numbers) -> Numbers:
    return np.maximum(np.abs(y), np.abs(x)) - 0.78


def _triangle(y: Numbers, x: Numbers) -> Numbers:
    return np.maximum(np.abs(x) * 0.866 + y * 0.5, -y) - 0.5


def _cross(y: Numbers, x: Numbers) -> Numbers:
    longer, shorter = np.maximum(np.abs(y), np.abs(x)), np.minimum(np.abs(y), np.abs(x))
    return np.maximum(longer - 0.95, shorter - 0.27)


def _ring(y: Numbers, x: Numbers) -> Numbers:
    return np.abs(np.hypot(y, x) - 0.7) - 0.2


def _bars(y: Numbers, x: Numbers) -> Numbers:
    return np.maximum(np.abs(np.abs(x) - 0.5) - 0.2, np.abs(y) - 0.85)


_DISTANCES: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "ring": _ring,
    "bars": _bars,
}
"""By class: how far outside the shape (negative: inside) a point is, in units of the shape's size."""

SHAPE_NAMES = tuple(_DISTANCES)


def draw_shapes(count: int, size: tuple[int, int], channels: int, seed: int) -> tuple[Tensor, Tensor]:
    """count×C×H×W uint8 and labels; the classes take turns. The same numbers give the same pictures everywhere."""
    generator = np.random.default_rng(seed)
    pictures = np.empty((count, channels, *size), np.uint8)
    for index in range(count):
        distance = list(_DISTANCES.values())[index % len(_DISTANCES)]
        pictures[index] = _draw(distance, size, channels, generator)
    return torch.from_numpy(pictures), torch.arange(count) % len(_DISTANCES)


def _draw(
    distance: Callable[[Numbers, Numbers], Numbers],
    size: tuple[int, int],
    channels: int,
    generator: np.random.Generator,
) -> NDArray[np.uint8]:
    radius = generator.uniform(0.22, 0.36) * min(size)
    centre = [generator.uniform(radius, side - radius) for side in size]
    angle = generator.uniform(-0.35, 0.35)
    y, x = ((axis + 0.5 - middle) / radius for axis, middle in zip(np.indices(size), centre, strict=True))
    turned = np.cos(angle) * y - np.sin(angle) * x, np.sin(angle) * y + np.cos(angle) * x
    cover = np.clip(0.5 - distance(*turned) * radius, 0, 1)  # a pixel wide edge
    ground, colour = generator.uniform(0, 110, (channels, 1, 1)), generator.uniform(145, 255, (channels, 1, 1))
    shades = ground + (colour - ground) * cover + generator.normal(0, 12, (channels, *size))
    drawn: NDArray[np.uint8] = np.clip(shades.round(), 0, 255).astype(np.uint8)
    return drawn
