"""A run from its first step to its last: where its checkpoints are, which one is on view, how far it has come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.gui.run_view import RunView

MARGIN = 12
TRACK = 4
DOT = 4.5
SILENT_HEIGHT = 34
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True)
class RunLine:
    """``checkpoints``: their steps, rising. ``done`` of ``total`` steps; ``best``: the best validation's checkpoint."""

    checkpoints: tuple[int, ...] = ()
    done: int = 0
    total: int = 0
    best: int | None = None

    @classmethod
    def of(cls, view: RunView) -> RunLine:
        status = view.status
        return cls(tuple(each.step for each in view.checkpoints), status.step, status.total_steps, status.best_step)

    @property
    def last(self) -> int:
        return max((self.total, self.done, 1, *self.checkpoints))


class CheckpointTimeline(QWidget):
    """``step_chosen``: a checkpoint's step, by click, drag or the arrow keys. ``hovered``: a checkpoint's step."""

    step_chosen = Signal(int)
    hovered = Signal(int)
    hover_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = RunLine()
        self._step: int | None = None
        self._silent_steps: NDArray[np.int64] = np.zeros(0, np.int64)
        self._silent: NDArray[np.float64] = np.zeros(0)
        self._pointed: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Checkpoints"))

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def line(self) -> RunLine:
        return self._line

    def set_line(self, line: RunLine) -> None:
        """Another run, or how far it is now. Emits nothing."""
        if line != self._line:
            self._line = line
            self.update()

    def set_step(self, step: int | None) -> None:
        """Whose weights are on view; None: of no step of this run."""
        if step != self._step:
            self._step = step
            self.update()

    def set_silent(self, steps: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
        """Share of a layer's units without gradient over the steps, as the trainer measured it; none where empty."""
        known = np.isfinite(shares)
        had = len(self._silent)
        self._silent_steps, self._silent = steps[known], shares[known]
        if bool(had) != bool(len(self._silent)):
            self.updateGeometry()
        self.update()

    def neighbour(self, step: int, direction: int) -> int | None:
        """The next checkpoint before or behind ``step``; None at the end."""
        others = [each for each in self._line.checkpoints if (each - step) * direction > 0]
        return (min(others) if direction > 0 else max(others)) if others else None

    # ---------------------------------------------------------------------------------------------------------- events

    def sizeHint(self) -> QSize:
        silent = SILENT_HEIGHT if len(self._silent) else 0
        return QSize(240, silent + 2 * MARGIN + self.fontMetrics().height() + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._nearest(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        nearest = self._nearest(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(nearest)
        if nearest != self._pointed and nearest is not None:
            self._pointed = nearest
            self.hovered.emit(nearest)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointed = None
        self.hover_left.emit()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps, present = self._line.checkpoints, self._step
        if not steps:
            super().keyPressEvent(event)
        elif event.key() in _STEPS:
            beside = self.neighbour(steps[0] - 1 if present is None else present, _STEPS[Qt.Key(event.key())])
            self._choose(beside)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(steps[0 if event.key() == Qt.Key.Key_Home else -1])
        else:
            super().keyPressEvent(event)

    def _choose(self, step: int | None) -> None:
        if step is not None and step != self._step:
            self.set_step(step)
            self.step_chosen.emit(step)

    def _nearest(self, x: float) -> int | None:
        return min(self._line.checkpoints, key=lambda step: abs(self._x(step) - x), default=None)

    # --------------------------------------------------------------------------------------------------------- drawing

    def _x(self, step: float) -> float:
        return MARGIN + step / self._line.last * max(1, self.width() - 2 * MARGIN)

    @property
    def _track_y(self) -> float:
        return float(self.height() - MARGIN - self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._silent):
            self._paint_silent(painter)
        self._paint_track(painter)
        self._paint_checkpoints(painter)
        self._paint_step(painter)
        self._paint_ends(painter)
        painter.end()

    def _paint_track(self, painter: QPainter) -> None:
        y, role = self._track_y, QPalette.ColorRole
        whole = QRectF(self._x(0), y - TRACK / 2, self._x(self._line.last) - self._x(0), TRACK)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(role.Mid))
        painter.drawRoundedRect(whole, TRACK / 2, TRACK / 2)
        painter.setBrush(self.palette().color(role.PlaceholderText))
        whole.setWidth(self._x(self._line.done) - self._x(0))
        painter.drawRoundedRect(whole, TRACK / 2, TRACK / 2)

    def _paint_checkpoints(self, painter: QPainter) -> None:
        role = QPalette.ColorRole
        for step in self._line.checkpoints:
            center, radius = QPointF(self._x(step), self._track_y), DOT + (step == self._pointed)
            painter.setPen(QPen(self.palette().color(role.Window), 1.5))
            painter.setBrush(self.palette().color(role.WindowText))
            painter.drawEllipse(center, radius, radius)
            if step == self._line.best:
                painter.setPen(QPen(self.palette().color(role.WindowText), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(center, DOT + 3.5, DOT + 3.5)

    def _paint_step(self, painter: QPainter) -> None:
        """A line through all of it, and a handle to drag."""
        if self._step is None:
            return
        x, color = self._x(self._step), self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(color, 2))
        painter.drawLine(QPointF(x, 2), QPointF(x, self._track_y + MARGIN - 2))
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Window), 1.5))
        painter.setBrush(color)
        painter.drawEllipse(QPointF(x, self._track_y), DOT + 2, DOT + 2)
        if self.hasFocus():
            painter.setPen(QPen(color, 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -1, -1))

    def _paint_ends(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        line = QRectF(
            MARGIN - 4, self._track_y + MARGIN - 3, self.width() - 2 * MARGIN + 8, self.fontMetrics().height()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self.tr("step 0"))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"{self._line.last:,}")

    @property
    def _stands_right(self) -> bool:
        """The line of the present step, which words are not to be written over."""
        return self._step is None or self._x(self._step) > self.width() / 2

    def _paint_silent(self, painter: QPainter) -> None:
        """From the track's top up to the widget's: none to all of the units."""
        bottom, height = self._track_y - MARGIN + 2, SILENT_HEIGHT
        color = self.palette().color(QPalette.ColorRole.PlaceholderText)
        points = [
            QPointF(self._x(step), bottom - share * height)
            for step, share in zip(self._silent_steps.tolist(), self._silent.tolist(), strict=True)
        ]
        area = QPolygonF([QPointF(points[0].x(), bottom), *points, QPointF(points[-1].x(), bottom)])
        painter.setPen(Qt.PenStyle.NoPen)
        color.setAlphaF(0.25)
        painter.setBrush(color)
        painter.drawPolygon(area)
        color.setAlphaF(1)
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(points))
        words = self.tr("units without gradient: %1").replace("%1", f"{self._silent[-1]:.0%}".replace("%", " %"))
        beside = Qt.AlignmentFlag.AlignLeft if self._stands_right else Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(MARGIN - 4, 0, self.width() - 2 * MARGIN + 8, height), beside, words)
