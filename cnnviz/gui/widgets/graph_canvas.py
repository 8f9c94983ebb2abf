"""A graph scene on the screen, to be scrolled, zoomed and mapped. Paints only what is on view."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from cnnviz.core.graph.measures import Measures
from cnnviz.core.graph.placed import Box, Direction, PlacedGraph
from cnnviz.gui.widgets import graph_camera as camera
from cnnviz.gui.widgets.gesture_widget import WHEEL_STEP, ZOOM_PER_NOTCH, GestureWidget
from cnnviz.gui.widgets.graph_colors import graph_colors
from cnnviz.gui.widgets.graph_minimap import GraphMinimap
from cnnviz.gui.widgets.graph_painter import GraphPainter, Marks
from cnnviz.gui.widgets.graph_scene import GraphScene, Target
from cnnviz.gui.widgets.placement import Placement

SCROLL_PER_NOTCH = 90.0
GLIDE_MS = 180
OUTSIDE = 16
"""Pixels by which lines, heads and marks may reach out of the boxes they belong to."""


class GraphCanvas(GestureWidget):
    """What it shows and where; what pointing at it means is for the derived class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: GraphScene | None = None
        self._painter: GraphPainter | None = None
        self._placement: Placement | None = None
        self._at_start = True  # nobody has moved it: in another size it begins anew
        self._message = ""
        self._marks = Marks()
        self._glide = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=GLIDE_MS)
        self._glide_ends: tuple[Placement, Placement] | None = None
        self._glide.valueChanged.connect(self._glide_on)
        self.minimap = GraphMinimap(self)
        self.minimap.place_wanted.connect(self._centre)

    # ---------------------------------------------------------------------------------------------------------- values

    @property
    def scene(self) -> GraphScene | None:
        """None before the first network."""
        return self._scene

    @property
    def placement(self) -> Placement | None:
        """Where the graph lies in the view."""
        return self._placement

    def _clear_graph(self, message: str) -> None:
        """A sentence in place of a graph."""
        self._glide.stop()
        self._scene = self._painter = self._placement = None
        self._message = message
        self.minimap.hide()
        self.update()

    def _direction(self) -> Direction:
        return self._scene.graph.direction if self._scene is not None else "down"

    def _show_graph(self, graph: PlacedGraph, measures: Measures, anchor: str) -> None:
        """``anchor``: a call that stays where it is, if it was on view and still is."""
        before = self._corner(anchor)
        self._scene = GraphScene(graph, measures)
        self._painter = GraphPainter(self._scene, self.font(), graph_colors(self.palette()))
        self._arrange_minimap()
        self._place_again(before, anchor)
        self._view_changed()
        self.update()

    def _place_again(self, before: QPointF | None, anchor: str) -> None:
        """The new graph at the old scale."""
        self._glide.stop()
        if self._placement is None or (self._at_start and before is None):
            self.reset_zoom()
            return
        self._placement = camera.regraphed(self._placement, self._room(), self._size())
        after = self._corner(anchor)
        if before is not None and after is not None:
            self._placement = camera.moved(self._placement, before.y() - after.y(), before.x() - after.x())
        else:
            self._placement = camera.centred_across(self._placement, self._direction())

    def _corner(self, name: str) -> QPointF | None:
        """In the view, of what stands for a call."""
        box = self._scene.box_of(name) if self._scene is not None else None
        if box is None or self._placement is None:
            return None
        y, x = self._placement.to_view(box.top, box.left)
        return QPointF(x, y)

    def _size(self) -> tuple[float, float]:
        return self._scene.graph.height, self._scene.graph.width

    # ---------------------------------------------------------------------------------------------------------- moving

    def reset_zoom(self) -> None:
        """From the input on, at a size to read."""
        if self._scene is not None and self.width() > 0 and self.height() > 0:
            self._set_placement(camera.reading(self._room(), self._size(), self._direction()))
            self._at_start = True

    def show_whole(self) -> None:
        """All of the graph."""
        if self._scene is not None:
            self._set_placement(camera.whole(self._room(), self._size()))

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        if self._placement is not None:
            about = QRectF(self.rect()).center() if about is None else about
            self._set_placement(camera.zoomed(self._placement, factor, about.y(), about.x()))

    def _pan(self, moved: QPointF) -> None:
        if self._placement is not None:
            self._set_placement(camera.moved(self._placement, moved.y(), moved.x()))

    def _centre(self, x: float, y: float) -> None:
        if self._placement is not None:
            self._set_placement(camera.centred(self._placement, x, y))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls, as a page does; with Ctrl zooms, with Shift scrolls across."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(ZOOM_PER_NOTCH ** (event.angleDelta().y() / WHEEL_STEP), event.position())
        else:
            self._pan(self._scrolled(event))
        event.accept()

    def _scrolled(self, event: QWheelEvent) -> QPointF:
        if not event.pixelDelta().isNull():
            return QPointF(event.pixelDelta())
        notches = QPointF(event.angleDelta()) * (SCROLL_PER_NOTCH / WHEEL_STEP)
        sideways = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        return QPointF(notches.y(), notches.x()) if sideways != (self._direction() == "right") else notches

    def _glide_to(self, there: Placement) -> None:
        self._glide.stop()
        if there == self._placement:
            return
        if not self.isVisible():
            self._set_placement(there)
            return
        self._at_start = False
        self._glide_ends = (self._placement, there)
        self._glide.start()

    def _glide_on(self, share: float) -> None:
        if self._glide_ends is not None:
            self._move(camera.between(*self._glide_ends, share))

    def _set_placement(self, placement: Placement) -> None:
        self._glide.stop()
        self._at_start = False
        self._move(placement)

    def _move(self, placement: Placement) -> None:
        before, self._placement = self._placement, placement
        moved = camera.shift(before, placement) if before is not None else None
        if moved is not None and self.devicePixelRatioF().is_integer():
            self.scroll(*moved, self._graph_rect())  # only what comes into view is painted
        else:
            self.update()
        self._view_changed()

    def _view_changed(self) -> None:
        """Another part is on view."""
        if self._placement is not None:
            self.minimap.show_part(camera.part_on_view(self._placement))
            self.minimap.setVisible(self._placement.is_zoomed)

    def _room(self) -> tuple[float, float]:
        """Height and width beside the minimap."""
        strip = self.minimap.wanted_size(self.size())
        if self._direction() == "down":
            return float(self.height()), float(max(1, self.width() - strip.width()))
        return float(max(1, self.height() - strip.height())), float(self.width())

    def _graph_rect(self) -> QRect:
        """Where the graph is painted."""
        height, width = self._room()
        return QRect(0, 0, int(width), int(height)) if self.minimap.isVisible() else self.rect()

    def _arrange_minimap(self) -> None:
        self.minimap.show_scene(self._scene)
        size = self.minimap.wanted_size(self.size())
        left = self.width() - size.width() if self._direction() == "down" else 0
        self.minimap.setGeometry(QRect(left, self.height() - size.height(), size.width(), size.height()))

    # -------------------------------------------------------------------------------------------------------- pointing

    def target_at(self, place: QPointF) -> Target | None:
        if self._scene is None or self._placement is None:
            return None
        y, x = self._placement.to_picture(place.y(), place.x())
        return self._scene.target_at(x, y)

    # ---------------------------------------------------------------------------------------------------------- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._scene is None:
            return
        self._arrange_minimap()
        if self._placement is None or self._at_start:
            self.reset_zoom()
        else:
            self._set_placement(camera.resized(self._placement, self._room()))

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self._glide.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), graph_colors(self.palette()).background)
        if self._painter is not None and self._placement is not None:
            self._paint_graph(painter, event.rect(), self._placement)
        else:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 8, -12, -8), flags, self._message)
        painter.end()

    def _paint_graph(self, canvas: QPainter, exposed: QRect, placement: Placement) -> None:
        canvas.translate(placement.left, placement.top)
        canvas.scale(placement.scale, placement.scale)
        around = exposed.adjusted(-OUTSIDE, -OUTSIDE, OUTSIDE, OUTSIDE)
        top, left = placement.to_picture(around.top(), around.left())
        part = Box(left, top, around.width() / placement.scale, around.height() / placement.scale)
        self._painter.paint(canvas, part, placement.scale, self._marks)
