"""The whole graph as a drawing or a picture, however much of it is on view."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPainter

from cnnviz.core.graph.placed import Box
from cnnviz.gui.widgets.exporting import save_png, save_svg
from cnnviz.gui.widgets.graph_painter import GraphPainter, Marks
from cnnviz.gui.widgets.graph_scene import GraphScene

PICTURE_SCALE = 2.0
LONGEST_SIDE = 32_000
"""Of a QImage, which ends at 32,767."""

MOST_PIXELS = 100_000_000


def save_graph_svg(path: Path, scene: GraphScene, painter: GraphPainter, marks: Marks, background: QColor) -> str:
    """Writes all of it as vectors; the sentence to show where that failed, else nothing."""
    size = QSize(math.ceil(scene.graph.width), math.ceil(scene.graph.height))
    return save_svg(path, size, lambda canvas: _paint(canvas, scene, painter, marks, background))


def save_graph_png(path: Path, scene: GraphScene, painter: GraphPainter, marks: Marks, background: QColor) -> str:
    """Writes all of it at twice its size, smaller where that would be too large a picture."""
    scale = picture_scale(scene.graph.width, scene.graph.height)
    size = QSize(math.ceil(scene.graph.width * scale), math.ceil(scene.graph.height * scale))
    image = QImage(size, QImage.Format.Format_RGB32)
    canvas = QPainter(image)
    canvas.scale(scale, scale)
    _paint(canvas, scene, painter, marks, background)
    canvas.end()
    return save_png(path, image)


def picture_scale(width: float, height: float) -> float:
    """The largest scale up to ``PICTURE_SCALE`` at which the picture stays within its limits."""
    return min(PICTURE_SCALE, LONGEST_SIDE / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))


def _paint(canvas: QPainter, scene: GraphScene, painter: GraphPainter, marks: Marks, background: QColor) -> None:
    everything = Box(0, 0, scene.graph.width, scene.graph.height)
    canvas.fillRect(0, 0, math.ceil(everything.width), math.ceil(everything.height), background)
    painter.paint(canvas, everything, 1.0, marks)
