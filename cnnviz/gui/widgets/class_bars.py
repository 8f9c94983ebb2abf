"""The most probable classes as bars: name, probability, logit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnviz.gui.widgets.number_text import percent_text, value_text
from cnnviz.gui.widgets.series_colors import RGB

MARGIN = 8
BAR_HEIGHT = 6
ROW_PADDING = 9
HEADER_PADDING = 7
PROBABILITY_TEMPLATE = "< 0.01 %"
LOGIT_TEMPLATE = "−000.00"
CHANGE_TEMPLATE = "−100.0 pp"
TEXT_MS = 100
"""Digits that change more often than this cannot be read; bars move with every frame."""

Columns = tuple[QRect, QRect, QRect]
"""Name, probability, and the logit or the change."""


@dataclass(frozen=True)
class ClassRow:
    """One class of a prediction; ``probability`` may be NaN. ``before``: the probability without interventions, where
    there are any.
    """

    index: int
    name: str
    probability: float
    logit: float
    color: RGB
    before: float | None = None

    @property
    def change(self) -> float | None:
        """In percentage points."""
        return None if self.before is None else 100 * (self.probability - self.before)


class ClassBars(QWidget):
    """As high as its rows. A row that knows its probability before interventions has that as a hollow bar, and the
    change in place of the logit. Setters emit nothing.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ClassRow, ...] = ()
        self._chance = 0.0
        self._places = 0
        self._texts = QPixmap()
        self._text_rows: tuple[ClassRow, ...] = ()
        self._text_key: object = None
        self._pause = QTimer(self, singleShot=True, interval=TEXT_MS)
        self._pause.timeout.connect(self._catch_up)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # spares painting all widgets below

    @property
    def rows(self) -> tuple[ClassRow, ...]:
        return self._rows

    def set_rows(self, rows: tuple[ClassRow, ...], chance: float) -> None:
        """``chance``: what each class would have if all were equal; a tick on every bar."""
        if (rows, chance) != (self._rows, self._chance):
            self._rows, self._chance = rows, chance
            self.update()

    @property
    def places(self) -> int:
        """How many rows there is room for."""
        return self._places

    def set_places(self, places: int) -> None:
        """Room for so many rows, whether or not there are as many classes."""
        if places != self._places:
            self._places = places
            self.updateGeometry()

    def row_at(self, y: float) -> ClassRow | None:
        """The row drawn there."""
        place = int((y - self._header_height()) // self._row_height())
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def height_of(self, rows: int) -> int:
        """What so many rows take, their header included."""
        return self._header_height() + rows * self._row_height() + 2

    def sizeHint(self) -> QSize:
        return QSize(240, self.height_of(self._places))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self.row_at(event.pos().y())
            text = self._tip(row) if row else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._text_key = None
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        self._draw_texts()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._texts)
        top, step = self._header_height() + self.fontMetrics().height() + 2, self._row_height()
        palette = self.palette()
        colors = palette.color(QPalette.ColorRole.Mid), palette.color(QPalette.ColorRole.WindowText)
        for place, row in enumerate(self._rows):
            self._paint_bar(painter, row, top + place * step, *colors)
        painter.end()

    def _draw_texts(self) -> None:
        """Into a picture of their own, and anew only where that can be seen."""
        classes = [(row.index, row.name, row.before is None) for row in self._rows]
        key = (self.size(), self.devicePixelRatioF(), classes)
        if key == self._text_key and (self._pause.isActive() or self._rows == self._text_rows):
            return
        self._text_key, self._text_rows = key, self._rows
        self._pause.start()
        self._texts = QPixmap(self.size() * self.devicePixelRatioF())
        self._texts.setDevicePixelRatio(self.devicePixelRatioF())
        self._texts.fill(self.palette().color(QPalette.ColorRole.Window))
        painter = QPainter(self._texts)
        painter.setFont(self.font())
        columns = self._columns()
        self._paint_header(painter, columns)
        for place, row in enumerate(self._rows):
            top = self._header_height() + place * self._row_height()
            self._paint_text(painter, row, tuple(column.translated(0, top) for column in columns))
        painter.end()

    def _catch_up(self) -> None:
        if self._rows != self._text_rows:
            self.update()

    def _tip(self, row: ClassRow) -> str:
        text = self.tr("{} (class {})").format(row.name, row.index)
        if row.before is None:
            return text
        shares = percent_text(row.before), percent_text(row.probability)
        return f"{text}\n" + self.tr("{} before the interventions, {} now · logit {:.2f}").format(*shares, row.logit)

    @property
    def _compares(self) -> bool:
        return any(row.before is not None for row in self._rows)

    def _header_height(self) -> int:
        return self.fontMetrics().height() + HEADER_PADDING

    def _row_height(self) -> int:
        return self.fontMetrics().height() + BAR_HEIGHT + ROW_PADDING

    def _columns(self) -> Columns:
        """The first line's."""
        metrics = self.fontMetrics()
        height, right = metrics.height(), self.width() - MARGIN
        last = (CHANGE_TEMPLATE, self.tr("change")) if self._compares else (LOGIT_TEMPLATE, self.tr("logit"))
        logit = max(metrics.horizontalAdvance(text) for text in last)
        share = max(metrics.horizontalAdvance(text) for text in (PROBABILITY_TEMPLATE, self.tr("probability")))
        first = right - logit - 10 - share
        return (
            QRect(MARGIN, 0, max(0, first - 8 - MARGIN), height),
            QRect(first, 0, share, height),
            QRect(right - logit, 0, logit, height),
        )

    def _paint_header(self, painter: QPainter, columns: Columns) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        name, share, logit = columns
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft, self.tr("class"))
        painter.drawText(share, Qt.AlignmentFlag.AlignRight, self.tr("probability"))
        painter.drawText(logit, Qt.AlignmentFlag.AlignRight, self.tr("change") if self._compares else self.tr("logit"))

    def _paint_text(self, painter: QPainter, row: ClassRow, columns: Columns) -> None:
        name, share, logit = columns
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        line = self.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft, line)
        painter.drawText(share, Qt.AlignmentFlag.AlignRight, percent_text(row.probability))
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        painter.drawText(logit, Qt.AlignmentFlag.AlignRight, _last_text(row))

    def _paint_bar(self, painter: QPainter, row: ClassRow, top: int, empty: QColor, chance: QColor) -> None:
        track = QRectF(MARGIN, top, self.width() - 2 * MARGIN, BAR_HEIGHT)
        painter.fillRect(track, empty)
        if row.probability > 0:  # also leaves out NaN
            filled = QRectF(track.left(), top, track.width() * min(1.0, row.probability), BAR_HEIGHT)
            painter.fillRect(filled, QColor(*row.color))
        tick = QRectF(track.left() + track.width() * self._chance - 0.5, top - 2, 1, BAR_HEIGHT + 4)
        painter.fillRect(tick, chance)
        if row.before is not None and row.before >= 0:
            hollow = QRectF(track.left(), top - 1, track.width() * min(1.0, row.before), BAR_HEIGHT + 1)
            painter.setPen(chance)
            painter.drawRect(hollow.adjusted(0.5, -0.5, -0.5, 0.5))


def _last_text(row: ClassRow) -> str:
    change = row.change
    if change is None:
        return f"{row.logit:.2f}".replace("-", "−") if math.isfinite(row.logit) else value_text(row.logit)
    if math.isnan(change):
        return "NaN"
    return f"{round(change, 1) + 0.0:+.1f} pp".replace("-", "−")
