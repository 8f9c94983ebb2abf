"""What the network will see: some pictures of the data, and below each what augmentation makes of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cnnviz.core.arrays import Bytes
from cnnviz.gui.widgets.images import rgb_image
from cnnviz.gui.widgets.picture_view import PictureView
from cnnviz.gui.widgets.scrolled_past import ScrolledPast

GAP = 2
"""Pixels between two pictures."""


class AugmentationPreview(QWidget):
    """``again_wanted``: other random changes of the same pictures."""

    again_wanted = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: Bytes | None = None
        self.view = _Tiles(self)
        self.view.problem_met.connect(self.problem_met)
        self.again_button = QPushButton(self.tr("Others"), self)
        self.again_button.setToolTip(self.tr("Draw other random changes"))
        self.again_button.clicked.connect(self.again_wanted)
        words = QLabel(self.tr("Above as they are, below as the network will see them"), self)
        words.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        words.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(words, 1)
        row.addWidget(self.again_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.view)
        layout.addLayout(row)
        self.show_message(self.tr("The pictures come with the data."))

    def show_tiles(self, tiles: Bytes) -> None:
        """rows×columns×height×width×3: a column a picture, itself on top."""
        self._tiles = tiles
        self._draw()

    def show_message(self, sentence: str) -> None:
        """Instead of pictures."""
        self._tiles = None
        self.view.show_message(sentence)
        self.again_button.setEnabled(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._tiles is not None:
            self._draw()

    def _draw(self) -> None:
        ground = self.palette().color(QPalette.ColorRole.Window).getRgb()[:3]
        self.view.set_image(rgb_image(tiled(self._tiles, ground)))
        self.again_button.setEnabled(True)


class _Tiles(ScrolledPast, PictureView):
    """As wide as the dock, and as high as that makes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, enlarge=True)

    def sizeHint(self) -> QSize:
        return QSize(280, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 150)

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal


def tiled(tiles: Bytes, ground: tuple[int, int, int]) -> Bytes:
    """rows×columns×h×w×3 as one picture with gaps, the wider one below the originals."""
    rows, columns, height, width = tiles.shape[:4]
    across, down = columns * (width + GAP) - GAP, rows * (height + GAP) + GAP
    picture = np.empty((down, across, 3), np.uint8)
    picture[:] = ground
    for row in range(rows):
        top = row * (height + GAP) + (2 * GAP if row else 0)
        for column in range(columns):
            left = column * (width + GAP)
            picture[top : top + height, left : left + width] = tiles[row, column]
    return picture
