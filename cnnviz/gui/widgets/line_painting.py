"""A plot's line, drawn as quickly as Qt can."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPolygonF


def draw_line(painter: QPainter, points: list[QPointF] | QPolygonF) -> None:
    """Through all ``points`` with the painter's pen.

    Segment by segment: as one antialiased polyline wider than a pixel Qt takes thirty times as long. Only dashes need
    to know of the whole.
    """
    if painter.pen().style() == Qt.PenStyle.SolidLine:
        painter.drawLines([QLineF(one, next_one) for one, next_one in pairwise(points)])
    else:
        painter.drawPolyline(QPolygonF(points))
