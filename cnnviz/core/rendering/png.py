"""Pictures as PNG files."""

from __future__ import annotations

from pathlib import Path

from cnnviz.core.arrays import Bytes
from cnnviz.core.rendering.colormaps import apply_palette
from cnnviz.core.sources.colour import to_rgb
from cnnviz.core.sources.opencv import cv2


def write_png(path: Path, picture: Bytes) -> None:
    """``picture``: H×W×3 RGB.

    Raises:
        OSError: the file cannot be written.
    """
    blue_first = to_rgb(picture, "bgr")  # exchanging red and blue undoes itself, and OpenCV writes blue first
    _, encoded = cv2.imencode(".png", blue_first)
    path.write_bytes(encoded.tobytes())


def write_indices(path: Path, indices: Bytes, colours: Bytes) -> None:
    """``indices``: h×w, of a palette's 256×3 ``colours``.

    Raises:
        OSError: the file cannot be written.
    """
    write_png(path, apply_palette(indices, colours))
