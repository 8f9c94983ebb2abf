"""A page of filters: weights under the mouse, numbers in the cells when there is room, filters marked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import product

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from cnnviz.core.inside.filters import FilterSheet
from cnnviz.core.rendering.colormaps import DIVERGING, palette
from cnnviz.core.rendering.layout import Rect
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.images import ColorTable, color_table, indexed_image, rgb_image
from cnnviz.gui.widgets.picture_view import RGB, Outline, PictureView
from cnnviz.gui.widgets.placement import Placement

DEAD_COLOR: RGB = (150, 150, 150)
DUPLICATE_COLOR: RGB = (170, 51, 219)
MARK_WIDTH = 1.5
SELECTION_WIDTH = 2.0
NUMBER_TEMPLATE = "−0.00"
NUMBER_MARGIN = 3
KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class FiltersView(PictureView):
    """``weight_hovered``: a FilterWeight, or None. ``output_clicked``: an output channel. Setters emit nothing."""

    weight_hovered = Signal(object)
    output_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, keys=KEYS)
        self._sheet: FilterSheet | None = None
        self._dead: Collection[int] = ()
        self._duplicates: Collection[int] = ()
        self._selected: int | None = None
        self.hovered.connect(
            lambda y, x: self.weight_hovered.emit(self._sheet.weight_at(y, x) if self._sheet else None)
        )
        self.hover_left.connect(lambda: self.weight_hovered.emit(None))
        self.clicked.connect(self._note_click)

    @property
    def sheet(self) -> FilterSheet | None:
        return self._sheet

    @property
    def colors(self) -> ColorTable:
        """Of signed weights; the middle is zero."""
        own = map_colors(self.palette())
        return color_table(palette(DIVERGING[0], gap=own.gap, dead=own.dead))

    def show_sheet(self, sheet: FilterSheet) -> None:
        self._sheet = sheet
        self.set_background(QColor(*map_colors(self.palette()).gap))
        self._draw()

    def show_words(self, text: str) -> None:
        """In place of a page."""
        self._sheet = None
        self.set_outlines(())
        self.show_message(text)

    def mark(self, dead: Collection[int], duplicates: Collection[int], selected: int | None) -> None:
        """Outputs to be framed."""
        self._dead, self._duplicates, self._selected = dead, duplicates, selected
        self._frame()

    # --------------------------------------------------------------------------------------------------------- drawing

    def changeEvent(self, event: object) -> None:
        super().changeEvent(event)
        if event.type() == event.Type.PaletteChange and self._sheet is not None:
            self.show_sheet(self._sheet)

    def _draw(self) -> None:
        sheet = self._sheet
        self.set_image(rgb_image(sheet.pixels) if sheet.colour else indexed_image(sheet.pixels, self.colors))
        self._frame()

    def _frame(self) -> None:
        if self._sheet is None:
            return
        colors = map_colors(self.palette())
        wanted = [
            *((output, DUPLICATE_COLOR, MARK_WIDTH) for output in self._duplicates),
            *((output, DEAD_COLOR, MARK_WIDTH) for output in self._dead),
            *([(self._selected, colors.selection, SELECTION_WIDTH)] if self._selected is not None else []),
        ]
        self.set_outlines(
            tuple(
                Outline(rect, color, colors.selection_edge, width)
                for output, color, width in wanted
                for rect in tile_rects(self._sheet, output)
            )
        )

    def _paint_overlays(self, painter: QPainter, placement: Placement) -> None:
        if self._sheet is not None and self._has_room(placement):
            self._paint_numbers(painter, placement, self._sheet)
        super()._paint_overlays(painter, placement)

    def _has_room(self, placement: Placement) -> bool:
        height, width = self._cell_size(placement)
        metrics = self.fontMetrics()
        planes = self._sheet.values.shape[1]
        wide = width >= metrics.horizontalAdvance(NUMBER_TEMPLATE) + NUMBER_MARGIN
        return wide and height >= planes * metrics.height()

    def _cell_size(self, placement: Placement) -> tuple[float, float]:
        layout = self._sheet.layout
        return (
            placement.scale * layout.tile_height / layout.map_height,
            placement.scale * layout.tile_width / layout.map_width,
        )

    def _paint_numbers(self, painter: QPainter, placement: Placement, sheet: FilterSheet) -> None:
        height, width = self._cell_size(placement)
        for tile, row, column, top, left in self._cells_on_view(placement, sheet):
            box = QRectF(left, top, width, height)
            painter.setPen(self._ink_on(placement, box.center()))
            words = "\n".join(_number(value) for value in sheet.values[tile, :, row, column].tolist())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _cells_on_view(self, placement: Placement, sheet: FilterSheet) -> Iterator[tuple[int, int, int, float, float]]:
        """Tile, row and column of each cell of which something is on view, and its corner in the widget."""
        height, width = self._cell_size(placement)
        view = QRectF(self.rect())
        for tile in range(len(sheet.layout.channels)):
            rect = sheet.layout.tile_rect(tile)
            top, left = placement.to_view(*rect[:2])
            bottom, right = placement.to_view(*rect[2:])
            if not view.intersects(QRectF(left, top, right - left, bottom - top)):
                continue
            for row, column in product(range(sheet.layout.map_height), range(sheet.layout.map_width)):
                cell = QRectF(left + column * width, top + row * height, width, height)
                if view.intersects(cell):
                    yield tile, row, column, cell.top(), cell.left()

    def _ink_on(self, placement: Placement, place: QPointF) -> QColor:
        """Black or white, whichever can be read on the pixel there."""
        pixel = placement.pixel_at(place.y(), place.x())
        dark = pixel is not None and QColor(self.image.pixel(pixel[1], pixel[0])).lightness() < 128
        return QColor("white" if dark else "black")

    def _note_click(self, y: int, x: int) -> None:
        weight = self._sheet.weight_at(y, x) if self._sheet is not None else None
        if weight is not None:
            self.output_clicked.emit(weight.output)


def tile_rects(sheet: FilterSheet, output: int) -> tuple[Rect, ...]:
    """The pixels of an output's tiles: of a sheet its row as one, else each tile on its own."""
    places = np.flatnonzero(sheet.kernels[:, 0] == output).tolist()
    if not places or sheet.arrangement == "output":
        return ()
    rects = [sheet.layout.tile_rect(place) for place in places]
    if sheet.arrangement == "sheet":
        return ((rects[0][0], rects[0][1], rects[-1][2], rects[-1][3]),)
    return tuple(rects)


def _number(value: float) -> str:
    """Two digits behind the point: there is little room."""
    return f"{value:.2f}".replace("-", "−") if abs(value) < 100 else f"{value:.0f}".replace("-", "−")
