"""The picture of a feature-maps dock: a mosaic, one map, an overlay, a strip of layers, or bars."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from cnnviz.core.arrays import Size
from cnnviz.core.views import MapsPicture, MosaicPicture, Probe, VectorPicture
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.bar_view import BarView
from cnnviz.gui.widgets.images import ColorTable, indexed_image, rgb_image
from cnnviz.gui.widgets.maps_scene import Part, Scene, compose, overlay_cell, overlay_rect
from cnnviz.gui.widgets.picture_view import RGB, Badge, Label, Outline, PictureView

KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Escape,
    Qt.Key.Key_O,
)
SELECTION_WIDTH = 2.0
HOVER_WIDTH = 1.0
CELL_WIDTH = 1.5
SILENCED_COLOR: RGB = (179, 38, 30)


class MapsCanvas(QWidget):
    """Announces the cell under the mouse, and a clicked one, as a probe. Setters emit nothing."""

    size_changed = Signal()
    cell_hovered = Signal(object)
    hover_left = Signal()
    cell_clicked = Signal(object)
    channel_entered = Signal(str, int)
    key_pressed = Signal(int)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = PictureView(self, double_click_resets=False, keys=KEYS)
        self.bars = BarView(self, keys=KEYS)
        self._picture: MapsPicture | None = None
        self._scene: Scene | None = None
        self._colors: ColorTable = ()
        self._selection: tuple[str, int] | None = None
        self._cell: tuple[int, int] | None = None
        self._silenced: Mapping[str, Collection[int]] = {}
        self._hovered: Probe | None = None
        self._announced_size: Size = (0, 0)
        self._size_timer = QTimer(self, singleShot=True, interval=0)
        self._size_timer.timeout.connect(self._announce_size)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.bars)
        self.setFocusProxy(self.view)
        self._connect()

    def _connect(self) -> None:
        self.view.hovered.connect(self._note_hover)
        self.view.clicked.connect(self._note_click)
        self.view.double_clicked.connect(self._note_double_click)
        self.bars.hovered.connect(self._note_bar_hover)
        self.bars.clicked.connect(self._note_bar_click)
        for part in (self.view, self.bars):
            part.hover_left.connect(self._note_leave)
            part.key_pressed.connect(self.key_pressed)
            part.problem_met.connect(self.problem_met)

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def hovered(self) -> Probe | None:
        """The cell under the mouse."""
        return self._hovered

    @property
    def probe(self) -> Probe | None:
        """The cell under the mouse if its value must be asked for: a vector's is at hand."""
        vectors = {part.layer for part in self.parts if isinstance(part, VectorPicture)}
        return None if self._hovered is None or self._hovered.layer in vectors else self._hovered

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is on view; nothing while there is a message."""
        return self._picture.parts if self._picture else ()

    def selected_cell(self, layer: str) -> tuple[int, int] | None:
        """The selected cell's row and column, where it is one of ``layer``."""
        return self._cell if self._selection is not None and self._selection[0] == layer else None

    def picture_size(self, rows: int) -> Size:
        """Room for a picture of so many layers in device pixels: a strip leaves a line above each row for its name."""
        ratio = self.devicePixelRatioF()
        height, width = round(self.height() * ratio), round(self.width() * ratio)
        return max(1, height - (rows * self._label_height() if rows > 1 else 0)), max(1, width)

    # -------------------------------------------------------------------------------------------------------- setters

    def show_picture(self, picture: MapsPicture, value_range: tuple[float, float] | None = None) -> None:
        """``value_range``: of the bars, where the picture is a vector; from their values if None."""
        self._picture = picture
        parts = picture.parts
        if self._hovered and self._hovered.layer not in {part.layer for part in parts}:
            self._hovered = None
        if picture.overlay is not None:
            self._show_overlay(picture)
        elif len(parts) == 1 and isinstance(parts[0], VectorPicture):
            self._show_bars(parts[0], value_range)
        elif parts:
            self._show_scene(compose(parts, self.picture_size(len(parts)), self._label_height()))
        else:
            self.show_message(picture.problem)

    def show_message(self, text: str) -> None:
        """A sentence in place of maps."""
        self._picture = self._scene = None
        self.view.set_outlines(())
        self.view.set_labels(())
        self.view.show_message(text)
        self._bring_up(self.view)

    def set_colors(self, colors: ColorTable) -> None:
        """The 256 colours of the indices; what is on view is painted anew."""
        if colors != self._colors:
            self._colors = colors
            if self._scene is not None:
                self.view.set_image(indexed_image(self._scene.indices, colors))

    def set_selection(self, layer: str, channel: int | None, cell: tuple[int, int] | None = None) -> None:
        """Outlines the channel and marks its cell wherever they are on view."""
        selection = None if channel is None else (layer, channel)
        if (selection, cell) != (self._selection, self._cell):
            self._selection, self._cell = selection, cell
            self._draw_selection()

    def set_silenced(self, silenced: Mapping[str, Collection[int]]) -> None:
        """Channels that are muted, by layer: wherever they are on view they have a badge."""
        if silenced != self._silenced:
            self._silenced = silenced
            self._draw_selection()

    # -------------------------------------------------------------------------------------------------------- drawing

    def _show_overlay(self, picture: MapsPicture) -> None:
        self._scene = None
        self._draw_selection()
        self.view.set_labels(())
        self.view.set_image(rgb_image(picture.overlay))
        self._bring_up(self.view)

    def _show_bars(self, vector: VectorPicture, value_range: tuple[float, float] | None) -> None:
        self._scene = None
        self.bars.set_vector(vector, value_range)
        self._draw_selection()
        self._bring_up(self.bars)

    def _show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self.view.set_image(indexed_image(scene.indices, self._colors))
        self.view.set_labels(tuple(Label(y, 2, text) for y, text in scene.labels))
        self._draw_selection()
        self._bring_up(self.view)

    def _draw_selection(self) -> None:
        colors = map_colors(self.palette())
        layer, channel = self._selection or ("", None)
        vector = self.parts[0] if self.parts and isinstance(self.parts[0], VectorPicture) else None
        self.bars.set_selected(channel if vector and vector.layer == layer else None, colors.selection)
        self.view.set_badges(self._badges(self._scene) if self._scene is not None and self._silenced else ())
        if self._scene is not None:
            self.view.set_outlines((*self._channel_outlines(self._scene), *self._cell_outlines(self._scene)))
        elif self._picture is not None and self._picture.overlay is not None:
            self.view.set_outlines(self._cell_outlines(None))

    def _channel_outlines(self, scene: Scene) -> tuple[Outline, ...]:
        colors = map_colors(self.palette())
        if len(self.parts) == 1 and isinstance(self.parts[0], MosaicPicture) and len(self.parts[0].layout.channels) < 2:
            return ()  # one map alone needs no frame to tell it from others
        wanted = []
        if self._hovered:
            wanted.append((self._hovered.layer, self._hovered.channel, HOVER_WIDTH))
        if self._selection:
            wanted.append((*self._selection, SELECTION_WIDTH))
        rects = ((scene.tile_rect(layer, channel), width) for layer, channel, width in wanted)
        return tuple(Outline(rect, colors.selection, colors.selection_edge, width) for rect, width in rects if rect)

    def _badges(self, scene: Scene) -> tuple[Badge, ...]:
        rects = (scene.tile_rect(layer, channel) for layer, channels in self._silenced.items() for channel in channels)
        return tuple(Badge(rect, self.tr("M"), SILENCED_COLOR) for rect in rects if rect)

    def _cell_outlines(self, scene: Scene | None) -> tuple[Outline, ...]:
        """Around the selected cell; without a scene in the overlay."""
        if self._selection is None or self._cell is None:
            return ()
        probe = Probe(*self._selection, *self._cell)
        rect = scene.cell_rect(probe) if scene is not None else overlay_rect(self._picture, probe)
        colors = map_colors(self.palette())
        return (Outline(rect, colors.field, colors.selection_edge, CELL_WIDTH),) if rect else ()

    def _bring_up(self, page: QWidget) -> None:
        if self._stack.currentWidget() is page:
            return
        focused = self._stack.currentWidget().hasFocus()
        self._stack.setCurrentWidget(page)
        self.setFocusProxy(page)
        if focused:
            page.setFocus()

    def _label_height(self) -> int:
        return round((self.fontMetrics().height() + 2) * self.devicePixelRatioF())

    # --------------------------------------------------------------------------------------------------------- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._size_timer.start()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._size_timer.start()
        return super().event(event)

    def _announce_size(self) -> None:
        if self.picture_size(1) != self._announced_size:
            self._announced_size = self.picture_size(1)
            self.size_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.view.set_background(QColor(*map_colors(self.palette()).gap))
            self._draw_selection()

    def _cell_at(self, y: int, x: int) -> Probe | None:
        if self._scene is not None:
            return self._scene.cell_at(y, x)
        return overlay_cell(self._picture, y, x) if self._picture and self._picture.overlay is not None else None

    def _note_hover(self, y: int, x: int) -> None:
        cell = self._cell_at(y, x)
        if cell is None:
            self._note_leave()
        else:
            self._hover(cell)

    def _note_bar_hover(self, channel: int) -> None:
        self._hover(Probe(self.parts[0].layer, channel, 0, 0))

    def _hover(self, cell: Probe) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self._draw_selection()
            self.cell_hovered.emit(cell)

    def _note_leave(self) -> None:
        if self._hovered is not None:
            self._hovered = None
            self._draw_selection()
            self.hover_left.emit()

    def _note_click(self, y: int, x: int) -> None:
        cell = self._cell_at(y, x)
        if cell:
            self.cell_clicked.emit(cell)

    def _note_double_click(self, y: int, x: int) -> None:
        cell = self._cell_at(y, x)
        if cell:
            self.channel_entered.emit(cell.layer, cell.channel)

    def _note_bar_click(self, channel: int) -> None:
        self.cell_clicked.emit(Probe(self.parts[0].layer, channel, 0, 0))
