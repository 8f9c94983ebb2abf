"""Paints a graph scene: all of it into a file, or the part that is on view, with less detail when it is small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from cnnviz.core.graph.families import family
from cnnviz.core.graph.labels import TEXT_SIZE, shape_label
from cnnviz.core.graph.placed import Box, PlacedFrame, PlacedNode
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets.graph_colors import GraphColors
from cnnviz.gui.widgets.graph_scene import GraphScene
from cnnviz.gui.widgets.graph_words import end_name, kind_text, parameters_text, short_name

TEXT_SCALE = 0.42
"""Below this scale text is left out: it could not be read."""

ROUNDED = 4.0
STRIP = 4.0
CARD = 3.0
"""How far the second card of a folded block looks out behind the first."""

LEFT, RIGHT, CENTRE = (
    int(flag | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
    for flag in (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter)
)


@dataclass(frozen=True)
class Marks:
    """``marked``: the layer every dock follows. ``found``: the search's answer. ``pictures``: thumbnails by node."""

    marked: str = ""
    found: str = ""
    pictures: Mapping[str, QImage] = field(default_factory=dict)


class GraphPainter:
    """``font``: of the names; kinds and shapes are smaller."""

    def __init__(self, scene: GraphScene, font: QFont, colors: GraphColors) -> None:
        self._scene = scene
        self._colors = colors
        self._plain, self._bold, self._small = (scaled_font(font, size) for size in (0.95, 1.0, TEXT_SIZE))
        self._bold.setBold(True)
        self._metrics = {id(one): QFontMetricsF(one) for one in (self._plain, self._bold, self._small)}
        self._elided: dict[tuple[int, str, int], str] = {}
        self._advances: dict[tuple[int, str], float] = {}
        self._blocks = {frame.block.name: frame.block for frame in scene.graph.frames}

    def paint(self, painter: QPainter, part: Box, scale: float, marks: Marks) -> None:
        """What lies in ``part``; the painter's coordinates are the scene's. ``scale``: of the painter."""
        detailed = scale >= TEXT_SCALE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, detailed)
        frames = self._scene.frames_in(part)
        for frame in frames:
            self._paint_frame(painter, frame, detailed=detailed)
        if detailed:
            self._paint_edges(painter, part, marks)
            for frame in frames:
                self._paint_header(painter, frame)
        else:
            painter.setPen(QPen(self._colors.line, 0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(self._scene.all_lines)
        for node in self._scene.nodes_in(part):
            self._paint_node(painter, node, marks, detailed=detailed)
        self._paint_mark(painter, marks.found, self._colors.found, scale)
        self._paint_mark(painter, marks.marked, self._colors.marked, scale)

    # ----------------------------------------------------------------------------------------------------------- frames

    def _paint_frame(self, painter: QPainter, frame: PlacedFrame, *, detailed: bool) -> None:
        painter.setPen(QPen(self._colors.border, 1 if detailed else 0))
        painter.setBrush(self._colors.frame)
        painter.drawRoundedRect(_rect(frame.box), ROUNDED, ROUNDED)

    def _paint_header(self, painter: QPainter, frame: PlacedFrame) -> None:
        """Over the lines that pass through it."""
        header, air = self._scene.header(frame), 0.35 * self._scene.measures.line
        switch = self._scene.switch(header)
        name, kind = short_name(frame.block, self._around(frame.block)), kind_text(frame.block)
        left, most = switch.right + air, header.right - switch.right - 2 * air
        name_width = min(self._advance(name, self._plain), most)
        kind_width = max(0.0, min(self._advance(kind, self._small), most - name_width - air))
        covered = Box(
            header.left + 2, header.top + 2, left + name_width + air + kind_width - header.left, header.height - 2
        )
        painter.fillRect(_rect(covered), self._colors.frame)
        self._paint_switch(painter, switch, opens=False)
        self._text(
            painter, Box(left, header.top, name_width, header.height), name, self._plain, self._colors.text, LEFT
        )
        rest = Box(left + name_width + air, header.top, kind_width, header.height)
        self._text(painter, rest, kind, self._small, self._colors.muted, LEFT)

    def _advance(self, text: str, font: QFont) -> float:
        key = (id(font), text)
        if key not in self._advances:
            self._advances[key] = self._metrics[id(font)].horizontalAdvance(text) + 1
        return self._advances[key]

    def _around(self, layer: LayerInfo) -> LayerInfo | None:
        return self._blocks.get(layer.parent)

    # ------------------------------------------------------------------------------------------------------------ edges

    def _paint_edges(self, painter: QPainter, part: Box, marks: Marks) -> None:
        scene = self._scene
        marked = scene.node_of(marks.marked)
        ends = {marked.node.name} if marked is not None else set()
        for number in scene.edges_in(part):
            edge = scene.graph.edges[number]
            near = bool(ends & {edge.edge.source, edge.edge.target})
            color = self._colors.marked if near else self._colors.line
            painter.setPen(QPen(color, 2.0 if near else 1.3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(scene.paths[number])
            head = scene.heads[number]
            if head is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawPolygon(head)
            if edge.label is not None:
                self._text(painter, edge.label, shape_label(edge), self._small, self._colors.muted, LEFT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors.line)
        for bar in scene.graph.bars:
            if bar.meets(part):
                painter.drawRoundedRect(_rect(bar), 2, 2)

    # ------------------------------------------------------------------------------------------------------------ nodes

    def _paint_node(self, painter: QPainter, placed: PlacedNode, marks: Marks, *, detailed: bool) -> None:
        if placed.node.kind == "block":
            self._paint_cards(painter, placed.box, detailed=detailed)
        elif not placed.node.layers:
            self._paint_end(painter, placed, detailed=detailed)
            return
        rows = list(self._scene.rows(placed))
        for box, layer in rows:
            self._paint_row(painter, placed, box, layer, detailed=detailed)
        self._paint_picture(painter, placed, marks)
        painter.setPen(QPen(self._colors.border, 1 if detailed else 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if detailed:
            for box, _ in rows[1:]:
                painter.drawLine(QPointF(box.left, box.top), QPointF(box.right, box.top))
        painter.drawRect(_rect(placed.box))

    def _paint_cards(self, painter: QPainter, box: Box, *, detailed: bool) -> None:
        """A second card behind: there is more inside."""
        painter.setPen(QPen(self._colors.border, 1 if detailed else 0))
        painter.setBrush(self._colors.frame)
        painter.drawRect(_rect(box).translated(CARD, CARD))

    def _paint_end(self, painter: QPainter, placed: PlacedNode, *, detailed: bool) -> None:
        painter.setPen(QPen(self._colors.border, 1 if detailed else 0))
        painter.setBrush(self._colors.node)
        radius = placed.box.height / 2
        painter.drawRoundedRect(_rect(placed.box), radius, radius)
        if detailed:
            self._text(painter, placed.box, end_name(placed.node), self._bold, self._colors.text, CENTRE)

    def _paint_row(self, painter: QPainter, placed: PlacedNode, box: Box, layer: LayerInfo, *, detailed: bool) -> None:
        is_title, is_block = layer in placed.node.titles, placed.node.kind == "block"
        kind = family(layer)
        fill = self._colors.frame if is_title else self._colors.node if is_block else self._colors.tints[kind]
        painter.fillRect(_rect(box), fill if detailed or is_title or is_block else self._colors.strips[kind])
        if not detailed:
            return
        if not is_title and not is_block:
            painter.fillRect(QRectF(box.left, box.top, STRIP, box.height), self._colors.strips[kind])
        left = box.left + STRIP
        if is_title or is_block:
            switch = self._scene.switch(box)
            self._paint_switch(painter, switch, opens=is_block)
            left = switch.right
        air = 0.35 * self._scene.measures.line
        line = Box(left + air, box.top, box.right - left - 2 * air, box.height)
        around = self._row_parent(placed, layer)
        if layer is placed.node.layers[0]:
            self._paint_two_lines(painter, line, layer, around)
        else:
            self._name_and_kind(painter, line, layer, around)

    def _row_parent(self, placed: PlacedNode, layer: LayerInfo) -> LayerInfo | None:
        inner = {title.name: title for title in placed.node.titles}
        return inner.get(layer.parent) or self._around(layer)

    def _paint_two_lines(self, painter: QPainter, line: Box, layer: LayerInfo, around: LayerInfo | None) -> None:
        """The name above, kind and parameters below."""
        air = 0.2 * self._scene.measures.line
        upper = Box(line.left, line.top + air, line.width, line.height / 2 - air)
        lower = Box(line.left, upper.bottom, line.width, line.height / 2 - air)
        self._text(painter, upper, short_name(layer, around), self._bold, self._colors.text, LEFT)
        self._two_texts(painter, lower, kind_text(layer), parameters_text(layer), self._small)

    def _name_and_kind(self, painter: QPainter, line: Box, layer: LayerInfo, around: LayerInfo | None) -> None:
        """The name, and the kind as far as there is room beside it."""
        name = short_name(layer, around)
        advance = self._advance(name, self._plain) + 0.5 * self._scene.measures.line
        self._text(painter, line, name, self._plain, self._colors.text, LEFT)
        if advance < line.width:
            rest = Box(line.left + advance, line.top, line.width - advance, line.height)
            self._text(painter, rest, kind_text(layer), self._small, self._colors.muted, RIGHT)

    def _two_texts(self, painter: QPainter, line: Box, left: str, right: str, font: QFont) -> None:
        """The right one is whole, the left one gives way."""
        width = self._advance(right, font) + 4 if right else 0.0
        self._text(
            painter, Box(line.left, line.top, line.width - width, line.height), left, font, self._colors.muted, LEFT
        )
        self._text(painter, line, right, font, self._colors.muted, RIGHT)

    def _paint_picture(self, painter: QPainter, placed: PlacedNode, marks: Marks) -> None:
        box = self._scene.picture(placed)
        if box is None:
            return
        painter.fillRect(QRectF(box.left, placed.box.top, box.width, placed.box.height), self._colors.frame)
        image = marks.pictures.get(placed.node.name)
        if image is not None:
            painter.drawImage(_rect(box).adjusted(1, 1, -1, -1), image)

    def _paint_switch(self, painter: QPainter, box: Box, *, opens: bool) -> None:
        """A plus to unfold, a minus to fold."""
        painter.setPen(QPen(self._colors.muted, 1))
        painter.setBrush(self._colors.background)
        square = _rect(box).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(square, 2, 2)
        x, y = box.centre
        arm = box.width * 0.22
        painter.setPen(QPen(self._colors.text, 1.4))
        painter.drawLine(QPointF(x - arm, y), QPointF(x + arm, y))
        if opens:
            painter.drawLine(QPointF(x, y - arm), QPointF(x, y + arm))

    def _paint_mark(self, painter: QPainter, layer: str, color: QColor, scale: float) -> None:
        box = self._scene.box_of(layer) if layer else None
        if box is not None:
            painter.setPen(QPen(color, max(2.5, 2 / scale)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(_rect(box).adjusted(-1, -1, 1, 1), 2, 2)

    # ------------------------------------------------------------------------------------------------------------- text

    def _text(self, painter: QPainter, box: Box, text: str, font: QFont, color: QColor, flags: int) -> None:
        key = (id(font), text, int(box.width))
        line = self._elided.get(key)
        if line is None:
            line = self._metrics[id(font)].elidedText(text, Qt.TextElideMode.ElideRight, box.width + 0.5)
            self._elided[key] = line
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(_rect(box), flags, line)


def scaled_font(font: QFont, factor: float) -> QFont:
    """The font in another size."""
    scaled = QFont(font)
    scaled.setPointSizeF(font.pointSizeF() * factor)
    return scaled


def _rect(box: Box) -> QRectF:
    return QRectF(box.left, box.top, box.width, box.height)
