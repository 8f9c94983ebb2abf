"""Which stages of a network are frozen and which learn, how fast, over the epochs of a run: a block each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnviz.core.training.transfer_values import LearningPlan, Phase, Stage
from cnnviz.gui.widgets.exporting import add_action, ask_where, save_csv, save_png, save_svg
from cnnviz.gui.widgets.transfer_words import parameters_text, rate_text, stage_text

MARGIN = 4
GAP = 2
_FAINTEST = 0.18
"""Opacity of the slowest stage that still learns: it must not look frozen."""

_MOST_FOR_NAMES = 0.5
"""Of the width."""

_STRONG = 0.6
"""Opacity from which on text is in the colour that reads on the accent."""

_DECADES = 3.0
"""Below the fastest rate, over which opacity falls."""


@dataclass(frozen=True)
class Block:
    """A stage in one phase. ``rate``: 0 is frozen."""

    stage: Stage
    first_epoch: int
    end_epoch: int
    rate: float


def blocks_of(plan: LearningPlan, epochs: int, rate: float) -> Iterator[Block]:
    """Stage by stage, the first one first; phases that begin behind the last epoch are not there."""
    phases = [phase for phase in plan.phases if phase.first_epoch < epochs]
    ends = [*(phase.first_epoch for phase in phases[1:]), epochs]
    for place, stage in enumerate(plan.stages):
        for phase, end in zip(phases, ends, strict=True):
            yield Block(stage, phase.first_epoch, end, rate * phase.scales[place])


def opacity(rate: float, fastest: float) -> float:
    """Of a block that learns: 1 for the fastest, less for each decade below."""
    if rate <= 0 or fastest <= 0:
        return 0.0
    return max(_FAINTEST, 1 - (1 - _FAINTEST) * min(1.0, math.log10(fastest / rate) / _DECADES))


class TransferPicture(QWidget):
    """Stages from the input (top) to the head, epochs to the right. ``problem_met``. Setters emit nothing."""

    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan: LearningPlan | None = None
        self._blocks: tuple[Block, ...] = ()
        self._epochs, self._now = 1, -1.0
        self._words = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._add_actions()

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self._blocks

    def show_plan(self, plan: LearningPlan, epochs: int, rate: float, now: float = -1.0) -> None:
        """``rate``: the optimiser's. ``now``: the epoch at which the run is, below 0 for none."""
        self._plan, self._epochs, self._now, self._words = plan, max(1, epochs), now, ""
        self._blocks = tuple(blocks_of(plan, self._epochs, rate))
        self.setAccessibleDescription("; ".join(map(self._told, self._blocks)))
        self.updateGeometry()
        self.update()

    def show_words(self, text: str) -> None:
        """In place of a drawing."""
        self._plan, self._blocks, self._words = None, (), text
        self.updateGeometry()
        self.update()

    # ---------------------------------------------------------------------------------------------------------- events

    def sizeHint(self) -> QSize:
        rows = len(self._plan.stages) if self._plan is not None else 2
        return QSize(220, rows * self._row_height + self._line + 3 * MARGIN)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._block_at(event.position())
        if found is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self._told(found), self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def _told(self, block: Block) -> str:
        words = (
            self.tr("frozen") if not block.rate else self.tr("learning rate %1").replace("%1", rate_text(block.rate))
        )
        return (
            self.tr("%1 (%2 parameters), epochs %3 to %4: %5")
            .replace("%1", block.stage.name)
            .replace("%2", f"{block.stage.parameters:,}")
            .replace("%3", str(block.first_epoch + 1))
            .replace("%4", str(block.end_epoch))
            .replace("%5", words)
        )

    # -------------------------------------------------------------------------------------------------------- exporting

    def copy(self) -> None:
        QGuiApplication.clipboard().setImage(self.grab().toImage())

    def save_png(self, path: Path) -> None:
        self._report(save_png(path, self.grab().toImage()))

    def save_svg(self, path: Path) -> None:
        self._report(save_svg(path, self.size(), self._paint))

    def save_csv(self, path: Path) -> None:
        header = ("stage", "parameters", "first epoch", "last epoch", "learning rate")
        self._report(save_csv(path, header, self._rows()))

    def _rows(self) -> Iterable[Sequence[object]]:
        for block in self._blocks:
            yield block.stage.name, block.stage.parameters, block.first_epoch + 1, block.end_epoch, block.rate

    def _report(self, problem: str) -> None:
        if problem:
            self.problem_met.emit(problem)

    def _add_actions(self) -> None:
        add_action(self, self.tr("Copy picture"), self.copy)
        for kind, suffix, save in (
            (self.tr("Pictures"), "png", self.save_png),
            (self.tr("Drawings"), "svg", self.save_svg),
            (self.tr("Tables"), "csv", self.save_csv),
        ):
            title = self.tr("Save as %1…").replace("%1", suffix.upper())
            add_action(self, title, lambda t=title, k=kind, s=suffix, f=save: ask_where(self, t, k, s, f))

    # --------------------------------------------------------------------------------------------------------- geometry

    @property
    def _line(self) -> int:
        return self.fontMetrics().height()

    @property
    def _row_height(self) -> int:
        return self._line + 6

    def _names_width(self) -> float:
        """Not all: the blocks are the point."""
        stages = self._plan.stages if self._plan is not None else ()
        widest = max((self.fontMetrics().horizontalAdvance(self._label(stage)) for stage in stages), default=0)
        return min(widest + 8.0, _MOST_FOR_NAMES * self.width())

    @staticmethod
    def _label(stage: Stage) -> str:
        return f"{stage_text(stage.name)} · {parameters_text(stage.parameters)}"

    def _x(self, epoch: float) -> float:
        left = MARGIN + self._names_width()
        return left + epoch / self._epochs * (self.width() - MARGIN - left)

    def _box(self, block: Block) -> QRectF:
        row = self._plan.stages.index(block.stage)
        left, right = self._x(block.first_epoch), self._x(block.end_epoch)
        return QRectF(left, MARGIN + row * self._row_height, right - left - GAP, self._row_height - GAP)

    def _block_at(self, place: QPointF) -> Block | None:
        return next((block for block in self._blocks if self._box(block).contains(place)), None)

    # --------------------------------------------------------------------------------------------------------- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        painter = QPainter(self)
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        if self._plan is None:
            painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
            return
        self._paint_names(painter, self._plan)
        fastest = max(block.rate for block in self._blocks)
        for block in self._blocks:
            self._paint_block(painter, block, fastest)
        self._paint_epochs(painter, self._plan.phases)
        self._paint_now(painter)

    def _paint_names(self, painter: QPainter, plan: LearningPlan) -> None:
        painter.setPen(self._color(QPalette.ColorRole.WindowText))
        width = self._names_width() - 6
        for row, stage in enumerate(plan.stages):
            box = QRectF(MARGIN, MARGIN + row * self._row_height, width, self._row_height - GAP)
            text = self.fontMetrics().elidedText(self._label(stage), Qt.TextElideMode.ElideMiddle, int(width))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_block(self, painter: QPainter, block: Block, fastest: float) -> None:
        """Frozen is hatched and says nothing of a colour; what learns is the stronger the faster."""
        box = self._box(block)
        if block.rate:
            color = QColor(self._color(QPalette.ColorRole.Highlight))
            strength = opacity(block.rate, fastest)
            color.setAlphaF(strength)
            painter.fillRect(box, color)
            role = QPalette.ColorRole.HighlightedText if strength > _STRONG else QPalette.ColorRole.WindowText
        else:
            painter.fillRect(box, self._color(QPalette.ColorRole.Base))
            painter.fillRect(box, self._hatch())
            role = QPalette.ColorRole.PlaceholderText
        painter.setPen(self._color(role))
        self._paint_text(painter, box, rate_text(block.rate) if block.rate else self.tr("frozen"))

    def _paint_text(self, painter: QPainter, box: QRectF, text: str) -> None:
        """Where it has room."""
        if self.fontMetrics().horizontalAdvance(text) + 4 <= box.width():
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _hatch(self) -> QBrush:
        return QBrush(self._color(QPalette.ColorRole.Mid), Qt.BrushStyle.BDiagPattern)

    def _paint_epochs(self, painter: QPainter, phases: Sequence[Phase]) -> None:
        """The first epoch of each phase, and the last one."""
        painter.setPen(self._color(QPalette.ColorRole.PlaceholderText))
        top = MARGIN + len(self._plan.stages) * self._row_height
        shown = sorted({phase.first_epoch for phase in phases if phase.first_epoch < self._epochs} | {self._epochs})
        names = QRectF(MARGIN, top, self._names_width() - 6, self._line + 2)
        painter.drawText(names, Qt.AlignmentFlag.AlignRight, self.tr("epoch"))
        free_from = 0.0
        for epoch in shown:
            width = self.fontMetrics().horizontalAdvance(str(epoch))
            share = 0.0 if epoch == 0 else 1.0 if epoch == self._epochs else 0.5
            left = self._x(epoch) - share * (width + GAP)
            if left >= free_from:
                painter.drawText(QRectF(left, top, width + 2, self._line + 2), Qt.AlignmentFlag.AlignLeft, str(epoch))
                free_from = left + width + 4

    def _paint_now(self, painter: QPainter) -> None:
        if self._now >= 0:
            x = self._x(min(self._now, self._epochs)) - GAP / 2
            painter.setPen(QPen(self._color(QPalette.ColorRole.WindowText), 2))
            painter.drawLine(QPointF(x, MARGIN / 2), QPointF(x, MARGIN + len(self._plan.stages) * self._row_height))

    def _color(self, role: QPalette.ColorRole) -> QColor:
        return self.palette().color(role)
