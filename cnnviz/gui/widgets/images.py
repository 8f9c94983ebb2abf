"""Arrays to Qt images, converted once when they come: drawing RGB32 costs a twentieth of drawing Indexed8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, qRgb

ColorTable = tuple[int, ...]


def color_table(palette: NDArray[np.uint8]) -> ColorTable:
    """Qt's colours for a palette of n×3 RGB."""
    return tuple(qRgb(*entry) for entry in palette.tolist())


def indexed_image(indices: NDArray[np.uint8], colors: ColorTable) -> QImage:
    """``indices`` h×w; the image owns its pixels."""
    rows, columns = indices.shape
    image = QImage(np.ascontiguousarray(indices).data, columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable(colors)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def rgb_image(pixels: NDArray[np.uint8]) -> QImage:
    """``pixels`` h×w×3; the image owns its pixels."""
    rows, columns = pixels.shape[:2]
    image = QImage(np.ascontiguousarray(pixels).data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def rgba_image(pixels: NDArray[np.uint8]) -> QImage:
    """``pixels`` h×w×4, colours not multiplied by their opacity; the image owns its pixels."""
    rows, columns = pixels.shape[:2]
    image = QImage(np.ascontiguousarray(pixels).data, columns, rows, 4 * columns, QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
