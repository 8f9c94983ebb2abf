"""How one row of the builder looks: chip, name, options, numbers, and below them what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPolygonF

from cnnviz.gui.widgets.builder_icons import CHIP, GROUP, category_color, chip, is_dark
from cnnviz.gui.widgets.builder_model import NAME, NUMBERS, OPTIONS, OUTPUT

PADDING = 6
_BAR = 3
_GAP = 8
_LEAST_DETAILS = 30
_CHOSEN, _CHOSEN_UNFOCUSED = 0.20, 0.10
_PROBLEM_TINT = 0.07
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class RowLook:
    """``columns``: left edge and width of those on view. ``level``: how many groups are around the row.

    ``left_out``: the numbers are computed as if a row above with a problem were not there. ``open``: None for a row
    that cannot be unfolded.
    """

    rect: QRect
    columns: Mapping[int, tuple[int, int]]
    level: int
    texts: tuple[str, ...]
    category: str
    problem: str = ""
    left_out: bool = False
    chosen: bool = False
    current: bool = False
    open: bool | None = None


class RowPainter:
    """Colours and metrics of one palette and font, kept between rows."""

    def __init__(self, palette: QPalette, font: QFont, indentation: int) -> None:
        self._dark = is_dark(palette)
        self._indentation = indentation
        self._font = font
        self._bold = QFont(font)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self.metrics = QFontMetrics(font)
        self._bold_metrics = QFontMetrics(self._bold)
        self._text = palette.color(QPalette.ColorRole.Text)
        self._muted = palette.color(QPalette.ColorRole.PlaceholderText)
        self._problem = palette.color(QPalette.ColorRole.BrightText)
        self._accent = palette.color(QPalette.ColorRole.Highlight)
        self.line_height = max(CHIP + 6, self.metrics.height() + 10)
        self.problem_height = self.line_height + self.metrics.height() + 4

    def paint(self, painter: QPainter, look: RowLook, *, focused: bool) -> None:
        painter.save()
        self._paint_ground(painter, look, focused=focused)
        line = QRect(look.rect.left(), look.rect.top(), look.rect.width(), self.line_height)
        self._paint_guides(painter, look)
        self._paint_name(painter, look, line)
        self._paint_texts(painter, look, line)
        if look.problem:
            self._paint_problem(painter, look)
        painter.restore()

    def name_left(self, look_level: int) -> int:
        """Where a row's name begins, from the column's left edge."""
        return (look_level + 1) * self._indentation + CHIP + PADDING

    def _paint_ground(self, painter: QPainter, look: RowLook, *, focused: bool) -> None:
        if look.problem:
            painter.fillRect(look.rect, _faint(self._problem, _PROBLEM_TINT))
        if look.chosen:
            painter.fillRect(look.rect, _faint(self._accent, _CHOSEN if focused else _CHOSEN_UNFOCUSED))
        if look.current:
            painter.fillRect(QRect(look.rect.left(), look.rect.top(), _BAR, look.rect.height()), self._accent)

    def _paint_guides(self, painter: QPainter, look: RowLook) -> None:
        """A line down the left of every group around the row."""
        painter.setPen(QPen(_faint(category_color(GROUP, dark=self._dark), 0.35), 1))
        for level in range(look.level):
            x = self._left(look) + level * self._indentation + self._indentation // 2 + _BAR
            painter.drawLine(x, look.rect.top(), x, look.rect.bottom())

    def _paint_name(self, painter: QPainter, look: RowLook, line: QRect) -> None:
        left = self._left(look) + look.level * self._indentation + _BAR
        if look.open is not None:
            self._paint_arrow(painter, left + self._indentation / 2 - 1, line.center().y() + 0.5, down=look.open)
        left += self._indentation
        ratio = painter.device().devicePixelRatioF()
        painter.drawImage(
            left, line.top() + (line.height() - CHIP) // 2, chip(look.category, dark=self._dark, ratio=ratio)
        )
        left += CHIP + PADDING
        right = self._left(look) + look.columns[NAME][1] - PADDING
        used = self._draw(painter, look.texts[NAME], QRect(left, line.top(), right - left, line.height()), bold=True)
        if OPTIONS not in look.columns or look.category == GROUP:
            kind, _, details = look.texts[OPTIONS].partition("  ")  # the chip says the kind already
            room = QRect(left + used + _GAP, line.top(), right - left - used - _GAP, line.height())
            wanted = _LEAST_DETAILS if details else self.metrics.horizontalAdvance(kind)
            if room.width() >= wanted:
                self._draw(painter, details or kind, room, color=self._muted)

    def _paint_arrow(self, painter: QPainter, x: float, y: float, *, down: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._muted, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        corners = ((-3.5, -1.75), (0, 1.75), (3.5, -1.75)) if down else ((-1.75, -3.5), (1.75, 0), (-1.75, 3.5))
        painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_texts(self, painter: QPainter, look: RowLook, line: QRect) -> None:
        for column, (left, width) in look.columns.items():
            if column in NUMBERS:
                color = self._muted if look.left_out or column != OUTPUT else self._text
                painter.setPen(color)
                painter.setFont(self._font)
                painter.drawText(left, line.top(), width - PADDING, line.height(), _RIGHT, look.texts[column])
            elif column == OPTIONS and look.category != GROUP:
                box = QRect(left, line.top(), width - PADDING, line.height())
                self._draw(painter, look.texts[OPTIONS], box, color=self._muted)

    def _paint_problem(self, painter: QPainter, look: RowLook) -> None:
        left = self._left(look) + _BAR + self.name_left(look.level)
        top = look.rect.top() + self.line_height - 4
        side = self.metrics.ascent()
        self._paint_warning(painter, left, top + (self.metrics.height() - side) // 2, side)
        left += side + PADDING
        room = look.rect.right() - PADDING - left
        painter.setFont(self._font)
        painter.setPen(self._problem)
        words = self.metrics.elidedText(look.problem, Qt.TextElideMode.ElideRight, room)
        painter.drawText(left, top, room, self.metrics.height(), _LEFT, words)

    def _paint_warning(self, painter: QPainter, left: int, top: int, side: int) -> None:
        """A triangle with an exclamation mark."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(self._problem, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        middle = left + side / 2
        bottom = top + side - 1
        painter.drawPolygon(QPolygonF([QPointF(middle, top), QPointF(left + side, bottom), QPointF(left, bottom)]))
        painter.drawLine(QPointF(middle, top + side * 0.38), QPointF(middle, top + side * 0.62))
        painter.drawPoint(QPointF(middle, top + side * 0.79))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _draw(
        self, painter: QPainter, text: str, box: QRect, *, bold: bool = False, color: QColor | None = None
    ) -> int:
        """Text on one line, cut with an ellipsis; its width."""
        metrics = self._bold_metrics if bold else self.metrics
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, box.width()))
        painter.setFont(self._bold if bold else self._font)
        painter.setPen(color or self._text)
        painter.drawText(box, _LEFT, words)
        return metrics.horizontalAdvance(words)

    def _left(self, look: RowLook) -> int:
        return look.columns[NAME][0]


def _faint(color: QColor, share: float) -> QColor:
    return QColor.fromRgbF(color.redF(), color.greenF(), color.blueF(), share)
