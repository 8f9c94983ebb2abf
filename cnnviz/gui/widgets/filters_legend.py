"""What the frames around filters mean, and how many there are of each."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from cnnviz.core.inside.filters import FilterNumbers
from cnnviz.gui.widgets.filters_view import DEAD_COLOR, DUPLICATE_COLOR
from cnnviz.gui.widgets.filters_words import dead_tip, duplicate_tip
from cnnviz.gui.widgets.picture_view import RGB
from cnnviz.gui.widgets.placeholders import filled

SWATCH = QSize(14, 14)


class FiltersLegend(QWidget):
    """Two switches. ``changed``: one was pressed by hand."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.duplicates_button = self._switch(DUPLICATE_COLOR, duplicate_tip())
        self.dead_button = self._switch(DEAD_COLOR, dead_tip())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.duplicates_button)
        layout.addWidget(self.dead_button)
        layout.addStretch(1)

    def show_numbers(self, numbers: FilterNumbers) -> None:
        similarity = numbers.similarity
        if similarity is None:
            self.duplicates_button.setText(self.tr("near-duplicates unknown"))
        else:
            words = self.tr("%1 near-duplicates, at least") if similarity.estimate else self.tr("%1 near-duplicates")
            self.duplicates_button.setText(filled(words, f"{similarity.duplicate_count:,}"))
        self.duplicates_button.setEnabled(similarity is not None and similarity.duplicate_count > 0)
        self.dead_button.setEnabled(len(numbers.near_dead) > 0)
        self.dead_button.setText(filled(self.tr("%1 nearly dead"), len(numbers.near_dead)))

    def _switch(self, color: RGB, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAutoRaise(True)
        button.setCheckable(True)
        button.setChecked(True)
        button.setIcon(_swatch(color))
        button.setIconSize(SWATCH)
        button.setToolTip(tip)
        button.clicked.connect(self.changed)
        return button


def _swatch(color: RGB) -> QIcon:
    pixmap = QPixmap(SWATCH)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(QPen(QColor(*color), 2))
    painter.drawRect(2, 2, SWATCH.width() - 4, SWATCH.height() - 4)
    painter.end()
    return QIcon(pixmap)
