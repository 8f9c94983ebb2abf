"""Pictures a class: a bar for each, one part a split, with its count beside it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from cnnviz.core.training.values import DataSummary, Split
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.plot_widget import PlotWidget
from cnnviz.gui.widgets.series_colors import SERIES

COLORS: dict[Split, tuple[int, int, int]] = {"train": SERIES[0], "validation": SERIES[3], "test": SERIES[5]}
ORDER: tuple[Split, ...] = ("train", "validation", "test")
_MARGIN = 8
_LONGEST_NAME = 18


class CountBars(PlotWidget):
    """As high as the classes need: it is meant to be scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: DataSummary | None = None
        self._pointed: int | None = None
        self.hover_left.connect(lambda: self._announce_hover(None))

    def show_summary(self, summary: DataSummary | None) -> None:
        """Emits nothing."""
        self._summary = summary
        self.setMinimumHeight(self._wanted_height())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, self._wanted_height())

    # --------------------------------------------------------------------------------------------------------- actions

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Nothing to zoom: all classes are on view."""

    def reset_zoom(self) -> None:
        """All classes are always on view."""

    def wheelEvent(self, event: object) -> None:
        """For whoever scrolls it."""
        event.ignore()

    def save_csv(self, path: Path) -> None:
        """A row a class, a column a split."""
        if self._summary is None:
            return
        splits = self._splits()
        rows = ((name, *(split.counts[row] for split in splits)) for row, name in enumerate(self._summary.classes))
        self._report(save_csv(path, ("class", *(split.split for split in splits)), rows))

    # ---------------------------------------------------------------------------------------------------------- events

    def target_at(self, place: QPointF) -> int | None:
        if self._summary is None:
            return None
        row = int((place.y() - _MARGIN) / self._row_height())
        return row if 0 <= row < len(self._summary.classes) and place.y() >= _MARGIN else None

    def _announce_hover(self, target: int | None) -> None:
        self._pointed = target
        words = "" if target is None else self._words(target)
        self.setToolTip(words)
        self.update()

    def _words(self, row: int) -> str:
        counts = ", ".join(f"{split.split} {split.counts[row]:,}" for split in self._splits())
        return f"{self._summary.classes[row]}: {counts}"

    # --------------------------------------------------------------------------------------------------------- drawing

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if self._summary is None:
            return
        splits = self._splits()
        most = max((sum(split.counts[row] for split in splits) for row in range(len(self._summary.classes))), default=0)
        for row in range(len(self._summary.classes)):
            self._paint_row(painter, row, max(1, most))

    def _paint_row(self, painter: QPainter, row: int, most: int) -> None:
        metrics, height = self.fontMetrics(), self._row_height()
        top, name = _MARGIN + row * height, self._summary.classes[row]
        names = min(_LONGEST_NAME, max(len(each) for each in self._summary.classes)) * metrics.averageCharWidth() + 6
        numbers = metrics.horizontalAdvance("000,000")
        area = QRectF(_MARGIN + names + 6, top, self.width() - 2 * _MARGIN - names - numbers - 14, height)
        if row == self._pointed:
            painter.fillRect(
                QRectF(0, top, self.width(), height), self.palette().color(QPalette.ColorRole.AlternateBase)
            )
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(names))
        painter.drawText(QRectF(_MARGIN, top, names, height), Qt.AlignmentFlag.AlignVCenter, text)
        total, left = 0, area.left()
        for split in self._splits():
            width = split.counts[row] / most * area.width()
            painter.fillRect(QRectF(left, top + height * 0.2, width, height * 0.6), QColor(*COLORS[split.split]))
            left, total = left + width, total + split.counts[row]
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        number = QRectF(self.width() - _MARGIN - numbers, top, numbers, height)
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{total:,}")

    def _splits(self) -> list[object]:
        return sorted(self._summary.splits, key=lambda split: ORDER.index(split.split)) if self._summary else []

    def _row_height(self) -> float:
        return self.fontMetrics().height() + 4

    def _wanted_height(self) -> int:
        rows = len(self._summary.classes) if self._summary is not None else 4
        return round(rows * self._row_height()) + 2 * _MARGIN
