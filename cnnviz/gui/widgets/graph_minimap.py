"""The whole graph in a narrow strip beside the view, with a frame around what is on view."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from cnnviz.core.graph.families import family
from cnnviz.core.graph.placed import Box
from cnnviz.gui.widgets.graph_colors import graph_colors
from cnnviz.gui.widgets.graph_scene import GraphScene

WIDEST = 56
LEAST_NODE = 2.0
"""Length of a side, in pixels, that no node falls below."""


class GraphMinimap(QWidget):
    """``place_wanted``: the scene's x and y that the user wants in the middle of the view."""

    place_wanted = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: GraphScene | None = None
        self._on_view = Box(0, 0, 0, 0)
        self._picture = QPixmap()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("The whole network: click or drag to go there"))

    def show_scene(self, scene: GraphScene | None) -> None:
        self._scene = scene
        self._picture = QPixmap()
        self.update()

    def show_part(self, part: Box) -> None:
        """What is on view, in the scene's pixels."""
        if part != self._on_view:
            self._on_view = part
            self.update()

    def wanted_size(self, room: QSize) -> QSize:
        """Along the whole edge of the view, as thick as the graph then is."""
        if self._scene is None:
            return QSize(0, 0)
        graph = self._scene.graph
        if graph.direction == "down":
            return QSize(_thickness(graph.width * room.height() / graph.height), room.height())
        return QSize(room.width(), _thickness(graph.height * room.width() / graph.width))

    # --------------------------------------------------------------------------------------------------------- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons():
            self._go(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the view below scrolls

    def _go(self, place: QPointF) -> None:
        scale, left, top = self._placing()
        self.place_wanted.emit((place.x() - left) / scale, (place.y() - top) / scale)

    # -------------------------------------------------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        if self._scene is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture.size() != self.size() * ratio:
            self._picture = self._drawn(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        scale, left, top = self._placing()
        part = self._on_view
        frame = QRectF(left + part.left * scale, top + part.top * scale, part.width * scale, part.height * scale)
        painter.setPen(QPen(graph_colors(self.palette()).marked, 1.5))
        painter.drawRect(frame.intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1)))
        painter.end()

    def _placing(self) -> tuple[float, float, float]:
        """Scale, left and top of the graph in the strip."""
        graph = self._scene.graph
        scale = min(self.width() / graph.width, self.height() / graph.height)
        return scale, (self.width() - graph.width * scale) / 2, (self.height() - graph.height * scale) / 2

    def _drawn(self, ratio: float) -> QPixmap:
        colors = graph_colors(self.palette())
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.palette().color(QPalette.ColorRole.Window))
        scale, left, top = self._placing()
        painter = QPainter(picture)
        for placed in self._scene.graph.nodes:
            layers = placed.node.layers
            tint = colors.border if placed.node.kind == "block" or not layers else colors.strips[family(layers[0])]
            box = placed.box
            width, height = max(box.width * scale, LEAST_NODE), max(box.height * scale, 1.0)
            painter.fillRect(QRectF(left + box.left * scale, top + box.top * scale, width, height), tint)
        painter.end()
        return picture


def _thickness(wanted: float) -> int:
    return round(min(max(wanted + 8, 16), WIDEST))
