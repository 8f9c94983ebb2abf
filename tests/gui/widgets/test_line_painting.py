"""A plot's line by pixel."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from cnnviz.gui.widgets.line_painting import draw_line

PLACES = [QPointF(4.5, 30.5), QPointF(20.5, 4.5), QPointF(36.5, 30.5)]


def drawn(points, pen, draw=draw_line):
    image = QImage(40, 36, QImage.Format.Format_Grayscale8)
    image.fill(255)
    with QPainter(image) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        draw(painter, points)
    return np.array(image.constBits(), np.uint8).reshape(36, image.bytesPerLine())[:, :40].astype(int)


@pytest.mark.parametrize("width", [1.2, 1.6])
@pytest.mark.parametrize("points", [PLACES, QPolygonF(PLACES)])
def test_a_line_of_segments_looks_like_the_whole(points, width):
    pen = QPen(QColor("black"), width)
    whole = drawn(PLACES, pen, lambda painter, places: painter.drawPolyline(QPolygonF(places)))
    line = drawn(points, pen)
    assert (255 - line).sum() == pytest.approx((255 - whole).sum(), rel=0.06)
    assert np.abs(line - whole).mean() < 3


def test_dashes_run_on_from_one_segment_to_the_next():
    pen = QPen(QColor("black"), 1.4, Qt.PenStyle.DashLine)
    many = [QPointF(x + 0.5, 10.5) for x in range(4, 37)]  # each segment is shorter than a dash
    row = drawn(many, pen)[10, 4:36]
    assert (row > 250).any()
    assert (row < 5).any()


@pytest.mark.parametrize("points", [[], PLACES[:1]])
def test_no_line_without_two_points(points):
    assert drawn(points, QPen(QColor("black"), 1.2)).min() == 255
