"""Icons drawn in the palette's text colour: ``currentColor`` in an SVG file becomes what the theme says."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from cnnviz.core.resources import resource_path

SIZES = (16, 20, 40)
_NAME_PROPERTY = "cnnviz-icon"


class HasIcon(Protocol):
    """An action or a button."""

    def setIcon(self, icon: QIcon) -> None: ...

    def setProperty(self, name: str, value: object) -> bool: ...


def set_icon(target: HasIcon, name: str) -> None:
    """Gives ``target`` the icon ``resources/icons/<name>.svg`` and keeps it in the theme's colour."""
    target.setProperty(_NAME_PROPERTY, name)
    target.setIcon(icon(name))


def icon(name: str) -> QIcon:
    """The icon in the present palette's colours. An unknown name is a ``CnnvizError``."""
    palette = QGuiApplication.palette()
    groups = {QIcon.Mode.Normal: QPalette.ColorGroup.Active, QIcon.Mode.Disabled: QPalette.ColorGroup.Disabled}
    drawn = QIcon()
    for mode, group in groups.items():
        color = palette.color(group, QPalette.ColorRole.ButtonText)
        for shape in _shapes(name):
            drawn.addPixmap(_tinted(shape, color), mode)
    return drawn


def refresh_icons() -> None:
    """Draws every icon given by ``set_icon`` anew; for when the palette has changed."""
    for widget in QApplication.allWidgets():
        for target in (widget, *widget.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly)):
            name = target.property(_NAME_PROPERTY)
            if name:
                target.setIcon(icon(name))


@lru_cache(maxsize=256)  # of images and not of pixmaps: those must not outlive the application
def _shapes(name: str) -> tuple[QImage, ...]:
    drawing = resource_path("icons", f"{name}.svg").read_bytes()
    renderer = QSvgRenderer(QByteArray(drawing.replace(b"currentColor", b"black")))
    return tuple(_shape(renderer, size) for size in SIZES)


def _shape(renderer: QSvgRenderer, size: int) -> QImage:
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def _tinted(shape: QImage, color: QColor) -> QPixmap:
    image = shape.copy()
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(image.rect(), color)
    painter.end()
    return QPixmap.fromImage(image)
