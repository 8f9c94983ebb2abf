"""One picture, drawn one to one in device pixels: zoom, pan, copy, save, and what the mouse is over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from cnnviz.gui.widgets.exporting import add_action, ask_where, save_png
from cnnviz.gui.widgets.gesture_widget import GestureWidget
from cnnviz.gui.widgets.placement import Placement, fitted

RGB = tuple[int, int, int]
Rect = tuple[float, float, float, float]
"""Top, left, bottom and right in picture pixels."""

DASH = 5.0


@dataclass(frozen=True)
class Outline:
    """A frame around ``rect``; two colours, to show on any picture.

    It lies outside but for its inner edge, one pixel wide.
    """

    rect: Rect
    color: RGB
    edge: RGB = (0, 0, 0)
    width: float = 2.0
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Overlay:
    """A translucent picture drawn over ``rect``, smoothly unless it has just its size."""

    image: QImage
    rect: Rect


@dataclass(frozen=True)
class Label:
    """Text in the view's text colour whose line box has its top left corner at picture pixel ``y``, ``x``."""

    y: float
    x: float
    text: str


@dataclass(frozen=True)
class Badge:
    """A letter on a plate in the top left corner of ``rect``, where that has room for it."""

    rect: Rect
    text: str
    plate: RGB
    ink: RGB = (255, 255, 255)


class PictureView(GestureWidget):
    """Shows the image it is given. Setters emit nothing.

    ``size_changed``: height and width there is room for in device pixels, once per turn of the event loop. ``hovered``,
    ``clicked`` and ``double_clicked``: y and x in the picture's pixels.
    """

    size_changed = Signal(int, int)
    hovered = Signal(int, int)
    clicked = Signal(int, int)
    double_clicked = Signal(int, int)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        enlarge: bool = False,
        double_click_resets: bool = True,
        keys: Collection[Qt.Key] = (),
    ) -> None:
        """``enlarge``: small pictures fill the view."""
        super().__init__(parent, keys=keys)
        self._enlarge = enlarge
        self._double_click_resets = double_click_resets
        self._image = QImage()
        self._placement: Placement | None = None
        self._outlines: tuple[Outline, ...] = ()
        self._overlay: Overlay | None = None
        self._labels: tuple[Label, ...] = ()
        self._badges: tuple[Badge, ...] = ()
        self._background: QColor | None = None
        self._message = ""
        self._announced_size = (0, 0)
        self._size_timer = QTimer(self, singleShot=True, interval=0)
        self._size_timer.timeout.connect(self._announce_size)
        self.copy_action = add_action(self, self.tr("Copy picture"), self.copy, QKeySequence.StandardKey.Copy)
        self.save_action = add_action(self, self.tr("Save picture as PNG…"), self.ask_where_to_save)
        self.reset_action = add_action(self, self.tr("Reset zoom"), self.reset_zoom)

    # -------------------------------------------------------------------------------------------------------- setters

    @property
    def image(self) -> QImage:
        return self._image

    @property
    def placement(self) -> Placement | None:
        """Where the picture lies; None without one."""
        return self._placement

    @property
    def device_size(self) -> tuple[int, int]:
        """Height and width in device pixels."""
        ratio = self.devicePixelRatioF()
        return round(self.height() * ratio), round(self.width() * ratio)

    @property
    def outlines(self) -> tuple[Outline, ...]:
        return self._outlines

    def set_image(self, image: QImage) -> None:
        """Another picture; zoom and pan stay while its size does."""
        same_size = image.size() == self._image.size()
        self._image = image
        self._message = ""
        if not same_size or self._placement is None:
            self._fit()
        self.update()

    def show_message(self, text: str) -> None:
        """A sentence in place of a picture."""
        if text != self._message or not self._image.isNull():
            self._image = QImage()
            self._placement = None
            self._message = text
            self.update()

    def set_outlines(self, outlines: tuple[Outline, ...]) -> None:
        if outlines != self._outlines:
            self._outlines = outlines
            self.update()

    def set_overlay(self, overlay: Overlay | None) -> None:
        """Between the picture and its outlines."""
        if overlay is not self._overlay:
            self._overlay = overlay
            self.update()

    def set_labels(self, labels: tuple[Label, ...]) -> None:
        if labels != self._labels:
            self._labels = labels
            self.update()

    def set_badges(self, badges: tuple[Badge, ...]) -> None:
        if badges != self._badges:
            self._badges = badges
            self.update()

    def set_background(self, color: QColor) -> None:
        """What surrounds the picture; the window's colour until set."""
        if color != self._background:
            self._background = color
            self.update()

    # -------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        """The whole picture again."""
        self._fit()
        self.update()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        if self._placement is not None:
            about = QRectF(self.rect()).center() if about is None else about
            self._placement = self._placement.zoomed(factor, about.y(), about.x())
            self.update()

    def copy(self) -> None:
        """The picture, without outlines, to the clipboard."""
        if not self._image.isNull():
            QGuiApplication.clipboard().setImage(self._image)

    def save_png(self, path: Path) -> None:
        """The picture, without outlines."""
        self._report(save_png(path, self._image))

    def ask_where_to_save(self) -> None:
        if not self._image.isNull():
            ask_where(self, self.tr("Save picture"), self.tr("Pictures"), "png", self.save_png)

    # --------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> tuple[int, int] | None:
        return self._placement.pixel_at(place.y(), place.x()) if self._placement else None

    def _pan(self, moved: QPointF) -> None:
        if self._placement is not None:
            self._placement = self._placement.moved(moved.y(), moved.x())
            self.update()

    def _announce_hover(self, target: tuple[int, int]) -> None:
        self.hovered.emit(*target)

    def _announce_click(self, target: tuple[int, int]) -> None:
        self.clicked.emit(*target)

    def _announce_double_click(self, target: tuple[int, int] | None) -> None:
        if self._double_click_resets:
            self.reset_zoom()
        if target is not None:
            self.double_clicked.emit(*target)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._refit()
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def _refit(self) -> None:
        self._fit()
        self._size_timer.start()

    def _fit(self) -> None:
        if self._image.isNull() or self.width() < 1 or self.height() < 1:
            self._placement = None
            return
        view, picture = (self.height(), self.width()), (self._image.height(), self._image.width())
        self._placement = fitted(view, picture, pixel_ratio=self.devicePixelRatioF(), enlarge=self._enlarge)

    def _announce_size(self) -> None:
        if self.device_size != self._announced_size:
            self._announced_size = self.device_size
            self.size_changed.emit(*self.device_size)

    # -------------------------------------------------------------------------------------------------------- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        background = self._background or self.palette().color(QPalette.ColorRole.Window)
        if self._placement is None:
            painter.fillRect(event.rect(), background)
            self._paint_message(painter)
        else:
            self._paint_picture(painter, self._placement, event.rect(), background)
            self._paint_overlays(painter, self._placement)
        painter.end()

    def _paint_message(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(12, 8, -12, -8), flags, self._message)

    def _paint_picture(self, painter: QPainter, placement: Placement, exposed: QRect, background: QColor) -> None:
        bottom, right = placement.to_view(*placement.picture)
        target = QRectF(placement.left, placement.top, right - placement.left, bottom - placement.top)
        if not target.contains(QRectF(exposed)):
            painter.fillRect(exposed, background)
        if placement.scale * placement.pixel_ratio < 1:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if placement.scale == 1:
            painter.drawImage(target.topLeft(), self._image)
        else:
            painter.drawImage(target, self._image)

    def _paint_overlays(self, painter: QPainter, placement: Placement) -> None:
        if self._overlay is not None:
            _paint_overlay(painter, placement, self._overlay)
        for outline in self._outlines:
            _paint_outline(painter, placement, outline)
        for badge in self._badges:
            _paint_badge(painter, placement, badge)
        if not self._labels:
            return
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        ascent = self.fontMetrics().ascent()
        for label in self._labels:
            y, x = placement.to_view(label.y, label.x)
            painter.drawText(QPointF(x, y + ascent), label.text)


def _paint_outline(painter: QPainter, placement: Placement, outline: Outline) -> None:
    half = outline.width / 2
    frame = _on_view(placement, outline.rect).adjusted(-half, -half, half, half)
    for color, width in ((outline.edge, outline.width + 2), (outline.color, outline.width)):
        pen = QPen(QColor(*color), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if outline.dashed:
            pen.setDashPattern((DASH / width, DASH / width))  # Qt counts in widths
        painter.setPen(pen)
        painter.drawRect(frame)


def _paint_badge(painter: QPainter, placement: Placement, badge: Badge) -> None:
    tile = _on_view(placement, badge.rect)
    side = float(painter.fontMetrics().height())
    if min(tile.width(), tile.height()) < side:
        return
    plate = QRectF(tile.left(), tile.top(), side, side)
    painter.fillRect(plate, QColor(*badge.plate))
    painter.setPen(QColor(*badge.ink))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, badge.text)


def _paint_overlay(painter: QPainter, placement: Placement, overlay: Overlay) -> None:
    top, left, bottom, right = overlay.rect
    painter.save()
    same_size = (overlay.image.height(), overlay.image.width()) == (bottom - top, right - left)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not same_size)
    painter.drawImage(_on_view(placement, overlay.rect), overlay.image)
    painter.restore()


def _on_view(placement: Placement, rect: Rect) -> QRectF:
    top, left = placement.to_view(*rect[:2])
    bottom, right = placement.to_view(*rect[2:])
    return QRectF(left, top, right - left, bottom - top)
