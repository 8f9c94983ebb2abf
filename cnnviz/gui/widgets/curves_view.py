"""The curves of training: panels one below the other on one axis of steps, epochs or time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from cnnviz.core.training.run_reader import LayerSeries
from cnnviz.gui.widgets.curves_heat_painter import LayersHeat, bar_room, paint_heat
from cnnviz.gui.widgets.curves_painter import PanelPainter
from cnnviz.gui.widgets.curves_scene import LAYERS, CurvesChoices, PanelName, Scene, panel_areas
from cnnviz.gui.widgets.curves_series import QUANTITIES, Quantity, RunCurves, series_rows
from cnnviz.gui.widgets.exporting import save_csv
from cnnviz.gui.widgets.gesture_widget import WHEEL_STEP, ZOOM_PER_NOTCH
from cnnviz.gui.widgets.plot_widget import PlotWidget
from cnnviz.gui.widgets.series_colors import RGB

MARGIN = 8
_VALUE_LETTERS, _LAYER_LETTERS = 7, 15
CSV_HEADER = ("run", "split", "step", "epoch", "seconds", "loss", "accuracy", "learning rate", "images per second")


class CurvesView(PlotWidget):
    """The wheel zooms along the x-axis, with Ctrl in the values of the panel below the mouse; dragging moves.

    ``place_hovered``: a place on the x-axis. ``layer_hovered``: a layer's name and its value there, as far as it was
    measured. Setters emit nothing.
    """

    place_hovered = Signal(float)
    layer_hovered = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = Scene()
        self._heat: LayersHeat | None = None
        self._cursor: float | None = None
        self._kept = QPixmap()
        self._is_stale = True
        self.hover_left.connect(lambda: self._move_cursor(None))

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    # --------------------------------------------------------------------------------------------------------- setters

    @property
    def scene(self) -> Scene:
        return self._scene

    def set_choices(self, choices: CurvesChoices) -> None:
        """Another x-axis is on view as a whole."""
        before = self._scene.choices
        same = (before.across, before.log_across) == (choices.across, choices.log_across)
        upwards = self._scene.upwards if before.log_values == choices.log_values else {}
        self._show(replace(self._scene, choices=choices, across=self._scene.across if same else None, upwards=upwards))

    def set_runs(self, runs: tuple[RunCurves, ...], chosen: RunCurves | None) -> None:
        """Also when their numbers have changed."""
        self._show(replace(self._scene, runs=runs, chosen=chosen))

    def _show(self, scene: Scene) -> None:
        self._scene = scene
        layers = scene.chosen.view.layers if scene.chosen is not None else None
        measure = scene.choices.measure
        if layers is None:
            self._heat = None
        elif self._heat is None or (self._heat.layers, self._heat.measure) != (layers, measure):
            self._heat = LayersHeat(layers, measure)
        self._is_stale = True
        self.update()

    # --------------------------------------------------------------------------------------------------------- actions

    def reset_zoom(self) -> None:
        self._show(self._scene.reset())

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Along the x-axis."""
        inside = self._inside()
        share = 0.5 if about is None else (about.x() - inside.left()) / inside.width()
        self._show(self._scene.zoomed(factor, min(max(share, 0.0), 1.0)))

    def save_csv(self, path: Path) -> None:
        """Every line of every run on view, as logged."""
        rows = (
            (run.title, split, *row)
            for run in self._scene.runs
            for split, series in run.view.series.items()
            for row in series_rows(series)
        )
        self._report(save_csv(path, CSV_HEADER, rows))

    # ---------------------------------------------------------------------------------------------------------- events

    def wheelEvent(self, event: QWheelEvent) -> None:
        panel = self.panel_at(event.position())
        if panel in QUANTITIES and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            area = self.areas()[panel]
            about = min(max((area.bottom() - event.position().y()) / area.height(), 0.0), 1.0)
            factor = ZOOM_PER_NOTCH ** (event.angleDelta().y() / WHEEL_STEP)
            self._show(self._scene.zoomed_upwards(panel, factor, about))
            event.accept()
        else:
            super().wheelEvent(event)

    def target_at(self, place: QPointF) -> QPointF | None:
        """Any place in a panel."""
        return QPointF(place) if self.panel_at(place) is not None else None

    def panel_at(self, place: QPointF) -> PanelName | None:
        return next((name for name, area in self.areas().items() if area.contains(place)), None)

    def _pan(self, moved: QPointF) -> None:
        panel = self.panel_at(self._pressed_at) if self._pressed_at is not None else None
        scene = self._scene.moved(-moved.x() / self._inside().width())
        if panel in QUANTITIES:
            scene = scene.moved_upwards(panel, moved.y() / self.areas()[panel].height())
        self._show(scene)

    def _announce_hover(self, target: QPointF) -> None:
        inside = self._inside()
        place = self._scene.across_axis().value((target.x() - inside.left()) / inside.width())
        self._move_cursor(place)
        self.place_hovered.emit(place)
        if self.panel_at(target) == LAYERS:
            self._announce_layer(target, place)

    def _announce_layer(self, target: QPointF, place: float) -> None:
        heat, area = self._heat, self.areas()[LAYERS]
        if heat is None or not heat.layers.names:
            return
        row = min(int((target.y() - area.top()) / area.height() * len(heat.layers.names)), len(heat.layers.names) - 1)
        places = self._layer_places(heat.layers)
        value = float(heat.values[int(np.abs(places - place).argmin()), row]) if len(places) else math.nan
        self.layer_hovered.emit(heat.layers.names[row], value)

    def _announce_double_click(self, target: object) -> None:  # noqa: ARG002 -- anywhere does
        self.reset_zoom()

    def _move_cursor(self, place: float | None) -> None:
        self._cursor = place
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self._is_stale = True
        self.update()

    # --------------------------------------------------------------------------------------------------------- drawing

    def areas(self) -> dict[PanelName, QRectF]:
        """Where each panel's plot lies."""
        return panel_areas(self._scene.choices.panels, self._inside(), self.fontMetrics().height() + 4)

    def _inside(self) -> QRectF:
        """All plots with their names: beside them stand the values, below them the steps."""
        metrics = self.fontMetrics()
        letters = _LAYER_LETTERS if LAYERS in self._scene.choices.panels else _VALUE_LETTERS
        left = MARGIN + letters * metrics.averageCharWidth()
        inside = QRectF(self.rect()).adjusted(left, 2, -MARGIN - 4, -metrics.height() - 6)
        return QRectF(inside.topLeft(), inside.size().expandedTo(QSize(1, 1)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002 -- Qt's name and arguments
        self._draw_panels()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._kept)
        self._paint_cursor(painter)
        painter.end()

    def _draw_panels(self) -> None:
        """Into a picture that is kept while only the mouse moves."""
        size, ratio = self.size() * self.devicePixelRatioF(), self.devicePixelRatioF()
        if not self._is_stale and self._kept.size() == size:
            return
        self._is_stale = False
        self._kept = QPixmap(size)
        self._kept.setDevicePixelRatio(ratio)
        painter = QPainter(self._kept)
        painter.setFont(self.font())
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        if not any(run.view.series for run in self._scene.runs):
            self._paint_emptiness(painter)
            return
        panels = PanelPainter(painter, self.palette(), self._scene, self.devicePixelRatioF())
        areas = self.areas()
        for name, area in areas.items():
            kept = bar_room(self.fontMetrics()) if name == LAYERS else 0.0
            panels.paint_frame(area, self._title_of(name), labelled=name == list(areas)[-1], kept=kept)
            if name == LAYERS:
                self._paint_layers(painter, area)
            else:
                upwards = self._scene.upwards_axis(name)
                panels.paint_values(area, upwards)
                panels.paint_curves(area, name, upwards)

    def _paint_emptiness(self, painter: QPainter) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        words = (
            self.tr("The curves begin with the first steps of training.")
            if self._scene.runs
            else self.tr("No run yet: start one in the training dock, or open a run's folder.")
        )
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(24, 8, -24, -8), flags, words)

    def _paint_layers(self, painter: QPainter, area: QRectF) -> None:
        if self._heat is None or not self._heat.layers.names:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.tr("Layers are measured every so many steps."))
            return
        places, across = self._layer_places(self._heat.layers), self._scene.across_axis()
        paint_heat(painter, self.palette(), area, self._heat, places, across, self.devicePixelRatioF())

    def _layer_places(self, layers: LayerSeries) -> np.ndarray:
        """Where the measurements stand on the x-axis: at the lines of the same steps."""
        run = self._scene.chosen
        steps, across = layers.steps.astype(np.float64), self._scene.choices.across
        if run is None or across == "steps" or "train" not in run.view.series:
            return steps
        series = run.view.series["train"]
        return np.interp(steps, series.steps, getattr(series, across))

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._cursor is None or not any(run.view.series for run in self._scene.runs):
            return
        panels = PanelPainter(painter, self.palette(), self._scene, self.devicePixelRatioF())
        for name, area in self.areas().items():
            panels.paint_cursor(area, self._cursor, () if name == LAYERS else self._dots(name, self._cursor))

    def _dots(self, quantity: Quantity, place: float) -> list[tuple[float, RGB]]:
        upwards, across, found = self._scene.upwards_axis(quantity), self._scene.choices.across, []
        for run in self._scene.runs:
            row = run.row_at("train", across, place)
            if row is not None:
                found.append((upwards.fraction(run.value_at(quantity, "train", row)), run.color))
        return found

    def _title_of(self, name: PanelName) -> str:
        if name != LAYERS:
            titles = {
                "loss": self.tr("Loss"),
                "accuracy": self.tr("Accuracy"),
                "learning_rate": self.tr("Learning rate"),
                "images_per_second": self.tr("Images a second"),
            }
            return titles[name]
        measures = {
            "gradient_norms": self.tr("Gradient norm a layer"),
            "update_ratios": self.tr("Step ÷ weights a layer"),
            "silent": self.tr("Units without a gradient, share of a layer"),
        }
        title = measures[self._scene.choices.measure]
        several = len(self._scene.runs) > 1 and self._scene.chosen is not None
        return f"{title}: {self._scene.chosen.title}" if several else title
