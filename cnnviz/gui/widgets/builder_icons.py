"""A sign and a colour for every category of rows in the builder, told apart by colour-blind eyes in light and dark."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPalette, QPixmap

from cnnviz.gui.theme import DARK, tones_of
from cnnviz.gui.widgets.icons import icon

GROUP = "group"
"""The category of repeated blocks, beside those of the palette."""

CHIP = 20
_SIGN = 16
_TINT = 0.16
_ROUND = 4.0

_COLORS: dict[str, tuple[str, str]] = {
    "convolution": ("#1f5fd6", "#6ea8ff"),
    "normalisation": ("#7a5300", "#e0b45a"),
    "activation": ("#a3284a", "#ff93a6"),
    "pooling": ("#236a17", "#86d070"),
    "regularisation": ("#5b6470", "#aab4c0"),
    "vector": ("#7b2f9e", "#cf8ff0"),
    "block": ("#00685f", "#4fd0c0"),
    GROUP: ("#3b4754", "#c3ccd6"),
}
"""For light and for dark surroundings, of the hues the graph has; each reads at 4.5 : 1 on its own tinted chip."""


def category_color(category: str, *, dark: bool) -> QColor:
    """Of a palette category's sign; an unknown category has the colour of groups."""
    return QColor(_COLORS.get(category, _COLORS[GROUP])[dark])


def is_dark(palette: QPalette) -> bool:
    return tones_of(palette) is DARK


def category_icon(category: str, palette: QPalette) -> QIcon:
    """The category's chip, for lists and menus."""
    drawn = QPixmap.fromImage(chip(category, dark=is_dark(palette), ratio=2.0))
    on_choice = QPixmap(drawn.size())
    on_choice.setDevicePixelRatio(drawn.devicePixelRatio())
    on_choice.fill(palette.color(QPalette.ColorRole.Base))
    painter = QPainter(on_choice)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    made = QIcon(drawn)
    made.addPixmap(on_choice, QIcon.Mode.Selected)
    return made


@lru_cache(maxsize=64)  # of images and not of pixmaps: those must not outlive the application
def chip(category: str, *, dark: bool, ratio: float) -> QImage:
    """The sign on a tinted square, CHIP wide in logical pixels. ``ratio``: device pixels to a logical one."""
    color = category_color(category, dark=dark)
    image = QImage(QSize(CHIP, CHIP) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor.fromRgbF(color.redF(), color.greenF(), color.blueF(), _TINT))
    painter.drawRoundedRect(QRectF(0, 0, CHIP, CHIP), _ROUND, _ROUND)
    inset = (CHIP - _SIGN) / 2
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(inset, inset, _SIGN, _SIGN), _sign(category, color))
    painter.end()
    return image


def _sign(category: str, color: QColor) -> QImage:
    """The icon's shape in ``color``."""
    known = category if category in _COLORS else GROUP
    image = icon(f"kind-{known}").pixmap(QSize(40, 40), 1.0).toImage()
    image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(1.0)
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(image.rect(), color)
    painter.end()
    return image
