"""The curves dock: how runs learn, one over the other, and what sets them apart."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.curves_differences import CurvesDifferences
from cnnviz.gui.widgets.curves_scene import LAYERS, CurvesChoices
from cnnviz.gui.widgets.curves_series import RunCurves
from cnnviz.gui.widgets.curves_table import CurvesTable
from cnnviz.gui.widgets.curves_toolbar import CurvesToolbar
from cnnviz.gui.widgets.curves_view import CurvesView
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.number_text import percent_text, short_value_text
from cnnviz.gui.widgets.series_colors import SeriesColors
from cnnviz.gui.widgets.tool_row import tool_button

_NEAR = 0.008
"""Of the x-axis: so near to the mouse an event is told."""


class CurvesDock(Dock):
    """``run_chosen``: the path of the run whose layers are shown. ``run_removed``: a path that is to be followed no
    more. ``run_wanted``: a run's folder to be followed. ``layers_wanted_changed``: ``wants_layers`` is another.
    ``problem_met``: a sentence.
    """

    run_chosen = Signal(object)
    run_removed = Signal(object)
    run_wanted = Signal(str)
    layers_wanted_changed = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "curves",
            self.tr("Curves"),
            sentence=self.tr(
                "How the network learns: what it was told in training, and what it knows of new pictures."
            ),
            help_text=self._help(),
            parent=parent,
        )
        self._runs: dict[Path, RunCurves] = {}
        self._colors = SeriesColors()
        self._numbers: dict[Path, int] = {}
        self._hidden: frozenset[Path] = frozenset()
        self._chosen: Path | None = None
        self._place: float | None = None
        content = QWidget(self)
        self.toolbar = CurvesToolbar(content)
        self.view = CurvesView(content)
        self.table = CurvesTable(content)
        self.differences = CurvesDifferences(content)
        self.differences.hide()
        self.told_label = ElidedLabel("", content, muted=True)
        self._make_buttons(content)
        self._arrange(content)
        self.set_content(content)
        self._connect()
        self.view.set_choices(self.toolbar.choices)

    # --------------------------------------------------------------------------------------------------------- setters

    def show_run(self, view: RunView) -> None:
        """Another run, or the present state of one on view."""
        if view.path not in self._runs:
            self._numbers[view.path] = max(self._numbers.values(), default=-1) + 1
            self._runs[view.path] = RunCurves(view.path, view.path.name, (0, 0, 0))
            self._chosen = self._chosen or view.path
            self._recolor()
        self._runs[view.path].show(view, self.toolbar.choices.smoothing)
        self._show()

    def remove_run(self, path: Path) -> None:
        """It is followed no more."""
        if self._runs.pop(path, None) is not None:
            del self._numbers[path]
            if self._chosen == path:
                self._chosen = next(iter(self._runs), None)
            self._recolor()
            self._show()

    def choose_run(self, view: RunView) -> None:
        """The one that every dock about runs shows."""
        if view.path != self._chosen and view.path in self._runs:
            self._chosen = view.path
            self._show()

    def show_choices(self, choices: CurvesChoices) -> None:
        """Emits nothing."""
        self.toolbar.show_choices(choices)
        self._apply(choices)

    @property
    def choices(self) -> CurvesChoices:
        return self.toolbar.choices

    @property
    def wants_layers(self) -> bool:
        """Their measurements are on view."""
        return self.is_shown and LAYERS in self.toolbar.choices.panels

    @property
    def runs(self) -> tuple[RunCurves, ...]:
        """Those on view, drawn or not."""
        return tuple(self._runs.values())

    # ---------------------------------------------------------------------------------------------------------- showing

    def _recolor(self) -> None:
        """A run keeps its colour as long as it is on view."""
        colors = self._colors.of([self._numbers[path] for path in self._runs])
        for run, color in zip(self._runs.values(), colors, strict=True):
            run.color = color

    def _show(self) -> None:
        drawn = tuple(run for run in self._runs.values() if run.path not in self._hidden)
        self.view.set_runs(drawn, self._runs.get(self._chosen))
        self.table.show_runs(self.runs, self._hidden, self._chosen)
        self._show_values()
        if self.differences.isVisibleTo(self):
            self.differences.show_runs(drawn)

    def _show_values(self, place: float | None = None) -> None:
        self._place = place
        self.table.show_values(self.runs, self.toolbar.choices.across, place)
        self.told_label.set_text("" if place is None else self._event_near(place))

    def _event_near(self, place: float) -> str:
        """What was done by hand there."""
        axis = self.view.scene.across_axis()
        for run in self.view.scene.runs:
            for at, sentence in run.events(self.toolbar.choices.across):
                if abs(axis.fraction(at) - axis.fraction(place)) < _NEAR:
                    return f"{run.title}: {sentence}"
        return ""

    def _show_layer_value(self, name: str, value: float) -> None:
        words = {
            "gradient_norms": self.tr("%1: gradient norm %2"),
            "update_ratios": self.tr("%1: step ÷ weights %2"),
            "silent": self.tr("%1: %2 of its units got no gradient"),
        }[self.toolbar.choices.measure]
        text = percent_text(value) if self.toolbar.choices.measure == "silent" else short_value_text(value)
        self.told_label.set_text(words.replace("%1", name).replace("%2", text))

    # ------------------------------------------------------------------------------------------------- the user's hand

    def _apply(self, choices: CurvesChoices) -> None:
        for run in self._runs.values():
            run.show(run.view, choices.smoothing)
        self.view.set_choices(choices)
        self._show()
        self.layers_wanted_changed.emit()

    def _choose(self, path: Path) -> None:
        self._chosen = path
        self._show()
        self.run_chosen.emit(path)

    def _switch(self, path: Path, drawn: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._hidden = self._hidden - {path} if drawn else self._hidden | {path}
        self._show()

    def _switch_differences(self, shown: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self.differences.setVisible(shown)
        self._show()

    def ask_for_run(self) -> QFileDialog:
        """A run's folder, of this window or of anybody."""
        dialog = QFileDialog(self, self.tr("Open a run's folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.run_wanted)
        dialog.open()
        return dialog

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_buttons(self, parent: QWidget) -> None:
        self.open_button = tool_button("open", self.tr("Draw another run: choose its folder"), parent)
        self.remove_button = tool_button(
            "close", self.tr("Take the chosen run away (Delete); its folder stays"), parent
        )
        self.differences_button = tool_button("options", self.tr("What sets the runs apart"), parent, checkable=True)

    def _arrange(self, content: QWidget) -> None:
        buttons = QVBoxLayout()
        buttons.setSpacing(0)
        for button in (self.open_button, self.remove_button, self.differences_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        runs = QHBoxLayout()
        runs.setSpacing(2)
        runs.addWidget(self.table, 1)
        runs.addLayout(buttons)
        splitter = QSplitter(Qt.Orientation.Vertical, content)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.view)
        splitter.addWidget(self.differences)
        splitter.setStretchFactor(0, 1)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 6)
        layout.setSpacing(4)
        layout.addWidget(self.toolbar)
        layout.addWidget(splitter, 1)
        layout.addWidget(self.told_label)
        layout.addLayout(runs)

    def _connect(self) -> None:
        self.toolbar.changed.connect(self._apply)
        self.view.place_hovered.connect(self._show_values)
        self.view.layer_hovered.connect(self._show_layer_value)
        self.view.hover_left.connect(lambda: self._show_values(None))
        self.view.problem_met.connect(self.problem_met)
        self.table.run_chosen.connect(self._choose)
        self.table.run_switched.connect(self._switch)
        self.table.run_removed.connect(self.run_removed)
        self.open_button.clicked.connect(self.ask_for_run)
        self.remove_button.clicked.connect(lambda: self._chosen and self.run_removed.emit(self._chosen))
        self.differences_button.toggled.connect(self._switch_differences)
        self.shown_changed.connect(lambda _: self.layers_wanted_changed.emit())

    def _help(self) -> str:
        return self.tr(
            "<p>The <b>loss</b> is what training makes smaller: cross-entropy, averaged over a batch. The pale line is "
            "what was logged, the strong one its average; dashed is the <b>validation</b> loss, of pictures that the "
            "network never learns from. Ringed is the best validation so far.</p>"
            "<p>Training falls and validation rises: <b>overfitting</b>. Both stay high: the rate is too low, or the "
            "network too small. The loss swings wildly and becomes NaN: <b>exploding gradients</b>; lower the rate or "
            "clip them.</p>"
            "<p><b>Layers</b> shows every layer through the whole run. Gradient norms that fade from the last layer to "
            "the first are <b>vanishing gradients</b>. Units without any gradient are silent: <b>dead ReLUs</b>, if "
            "they stay so. A step of about a thousandth of the weights is usual: far less learns nothing, far more is "
            "unstable.</p>"
            "<p>No optimiser always wins: draw runs over each other and compare. Marks below a panel are changes by "
            "hand.</p>"
            "<p>The wheel zooms the x-axis, with Ctrl the values; dragging moves; a double click shows everything.</p>"
        )
