"""The part of the picture that a unit sees, cut out. Free of Qt."""

from __future__ import annotations

import math

import numpy as np

from cnnviz.core.arrays import Bytes
from cnnviz.gui.widgets.seen_field import Box

RGB = tuple[int, int, int]


def cut_out(pixels: Bytes, box: Box, outside: RGB) -> Bytes:
    """The pixels of ``pixels`` (H×W×3) that ``box`` touches; ``outside``: the colour of what lies beyond them."""
    top, left = math.floor(box[0] + _EDGE), math.floor(box[1] + _EDGE)
    bottom, right = max(top + 1, math.ceil(box[2] - _EDGE)), max(left + 1, math.ceil(box[3] - _EDGE))
    cut = np.empty((bottom - top, right - left, 3), np.uint8)
    cut[:] = outside
    height, width = pixels.shape[:2]
    rows, columns = (max(top, 0), min(bottom, height)), (max(left, 0), min(right, width))
    if rows[0] < rows[1] and columns[0] < columns[1]:
        inside = pixels[rows[0] : rows[1], columns[0] : columns[1]]
        cut[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left] = inside
    return cut


_EDGE = 1e-6
"""Rounding does not take a further row of pixels in."""
