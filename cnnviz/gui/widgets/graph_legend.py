"""Which colour is which family of layers: one line below the graph, for the families that are in it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.core.graph.families import Family
from cnnviz.gui.widgets.graph_colors import graph_colors
from cnnviz.gui.widgets.graph_words import family_names

CHIP = 9
GAP = 5
BETWEEN = 12


class GraphLegend(QWidget):
    """Wraps into as many lines as it needs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._families: tuple[Family, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def families(self) -> tuple[Family, ...]:
        return self._families

    def show_families(self, families: tuple[Family, ...]) -> None:
        if families != self._families:
            self._families = families
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(200))

    def heightForWidth(self, width: int) -> int:
        places = self._places(width)
        return round(places[-1].y()) + self._line() if places else 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        colors, names = graph_colors(self.palette()), family_names()
        for one, place in zip(self._families, self._places(self.width()), strict=True):
            middle = place.y() + self._line() / 2
            painter.fillRect(QRectF(place.x(), middle - CHIP / 2, CHIP, CHIP), colors.strips[one])
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            text = QRectF(place.x() + CHIP + GAP, place.y(), self.width(), self._line())
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, names[one])
        painter.end()

    def _line(self) -> int:
        return self.fontMetrics().height() + 2

    def _places(self, width: int) -> list[QPointF]:
        """Where each entry begins."""
        names = family_names()
        places: list[QPointF] = []
        x = y = 0.0
        for one in self._families:
            needed = CHIP + GAP + self.fontMetrics().horizontalAdvance(names[one])
            if x and x + needed > width:
                x, y = 0.0, y + self._line()
            places.append(QPointF(x, y))
            x += needed + BETWEEN
        return places
