"""What the clipboard holds, as a picture's pixels or as the place of a source."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage, QPainter

from cnnviz.core.sources.kinds import source_kind_of
from cnnviz.core.sources.values import SourceSpec


def rgb_pixels(image: QImage) -> NDArray[np.uint8]:
    """H×W×3, transparent parts laid on white."""
    flat = QImage(image.size(), QImage.Format.Format_RGB888)
    flat.fill(0xFFFFFF)
    painter = QPainter(flat)
    painter.drawImage(0, 0, image)
    painter.end()
    rows = np.frombuffer(flat.constBits(), np.uint8).reshape(flat.height(), flat.bytesPerLine())
    return rows[:, : 3 * flat.width()].reshape(flat.height(), flat.width(), 3).copy()


def picture_in(data: QMimeData) -> NDArray[np.uint8] | None:
    """A copied picture; None where there is none."""
    if not data.hasImage():
        return None
    image = QImage(data.imageData())
    return None if image.isNull() else rgb_pixels(image)


def source_in(data: QMimeData) -> SourceSpec | None:
    """The first copied file or address that names a source."""
    texts = [url.toLocalFile() or url.toString() for url in data.urls()] or [data.text()]
    return next((spec for spec in map(source_kind_of, texts) if spec is not None), None)
