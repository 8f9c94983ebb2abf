"""Draws the sample pictures and the program's icon: ``python draw_pictures.py --out RESOURCES``.

The scenes and digits are the SVG files in pictures/, the patterns are formulas.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from patterns import draw_patterns
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWINGS = Path(__file__).with_name("pictures")
SAMPLES = 4  # drawn this much larger and averaged, so that edges are smooth


def render(drawing: Path) -> NDArray[np.uint8]:
    """H×W×3 BGR, as OpenCV writes it, at the size the drawing states."""
    renderer = QSvgRenderer(str(drawing))
    if not renderer.isValid():
        raise SystemExit(f"{drawing.name} is no drawing Qt can render.")
    size = renderer.defaultSize() * SAMPLES
    image = QImage(size, QImage.Format.Format_RGB888)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return _reduced(pixels[..., ::-1])  # OpenCV writes BGR


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    size = (width // SAMPLES, height // SAMPLES)
    return cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def draw_icon(drawing: Path) -> None:
    """The PNG beside ``drawing``, transparent where nothing is drawn; for desktops that show no SVG."""
    renderer = QSvgRenderer(str(drawing))
    image = QImage(renderer.defaultSize(), QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    if not image.save(str(drawing.with_suffix(".png"))):
        raise SystemExit(f"{drawing.with_suffix('.png')} cannot be written.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the sample pictures and the program's icon.")
    parser.add_argument("--out", type=Path, required=True, help="the resources folder")
    resources = parser.parse_args().out
    for drawing in sorted(DRAWINGS.glob("*.svg")):
        write(resources / "pictures" / f"{drawing.stem}.png", render(drawing))
    write(resources / "pictures" / "patterns.png", _reduced(draw_patterns(SAMPLES)))
    draw_icon(resources / "icons" / "cnnviz.svg")


def write(path: Path, pixels: NDArray[np.uint8]) -> None:
    if not cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise SystemExit(f"{path} cannot be written.")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
