"""A drawing → 28×28 pixels, made as MNIST's digits were."""

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats

SIDE = 28
BOX = 20  # MNIST's digits fit this box; their centre of mass is put on pixel (14, 14)


def centre_like_mnist(pixels: Bytes) -> Bytes:
    """H×W or H×W×C, drawn in any colour on any plain ground → 28×28 uint8, light on dark.

    As http://yann.lecun.com/exdb/mnist describes: the ink's bounding box is scaled into 20×20 pixels with its aspect
    ratio kept and its edges smoothed, and set by its centre of mass. An empty drawing is all zeros.
    """
    ink = _ink(pixels)
    picture = np.zeros((SIDE, SIDE), np.float32)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if rows.size:
        drawn = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        _place(_scaled_into_box(drawn), picture)
    return np.asarray(np.rint(picture.clip(0, 255)), np.uint8)


def _ink(pixels: Bytes) -> Floats:
    """How far each pixel is from the ground (the median of the drawing's edge), the farthest at 255."""
    grey = np.atleast_3d(pixels).astype(np.float32).mean(axis=2)
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(edge))
    ink[ink < 8] = 0  # what a lossy picture format leaves on the ground
    return np.asarray(ink * (255 / max(1.0, float(ink.max()))), np.float32)


def _scaled_into_box(drawn: Floats) -> Floats:
    height, width = drawn.shape
    factor = BOX / max(height, width)
    rows = _resampling(height, max(1, round(height * factor)))
    columns = _resampling(width, max(1, round(width * factor)))
    return np.asarray(rows @ drawn @ columns.T, np.float32)


def _resampling(count: int, wanted: int) -> Floats:
    """wanted×count weights of a triangle filter as wide as two pixels of the coarser grid: smooth edges both ways."""
    scale = count / wanted
    centres = (np.arange(wanted) + 0.5) * scale - 0.5
    distances = np.abs(np.arange(count) - centres[:, None]) / max(1.0, scale)
    weights = np.maximum(0, 1 - distances)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _place(digit: Floats, picture: Floats) -> None:
    """With its centre of mass where MNIST has it (measured: 14.0 ± 0.3), as far as it stays inside."""
    top, left = (
        int(np.clip(round(SIDE / 2 - centre), 0, SIDE - side))
        for centre, side in zip(_centre_of_mass(digit), digit.shape, strict=True)
    )
    picture[top : top + digit.shape[0], left : left + digit.shape[1]] = digit


def _centre_of_mass(digit: Floats) -> NDArray[np.float64]:
    places = np.indices(digit.shape).reshape(2, -1)
    return np.asarray(np.average(places, axis=1, weights=digit.ravel()), np.float64)
