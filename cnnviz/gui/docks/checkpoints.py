"""The "Watch it learn" dock: every live dock looks through the weights of a run, as they come or checkpoint by
checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from cnnviz.core.arrays import Floats
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.checkpoints_life import ChannelLife
from cnnviz.gui.widgets.checkpoints_timeline import CheckpointTimeline, RunLine
from cnnviz.gui.widgets.checkpoints_words import dead_text, step_text
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.filters_layer import filter_layer
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.tool_row import tool_button

PLAY_MS = 500
"""A checkpoint for so long: time to see what changed."""

_EVERY = 10
_LIVE = "live"
_NOTHING = (np.zeros(0, np.int64), np.zeros(0))


class CheckpointsDock(Dock):
    """``watch_requested``: a run's path, the step of a checkpoint or "live", and every how many steps. ``left``: the
    present weights stay. ``run_chosen``: a path. ``life_wanted``: ``wants_life`` is another. ``channel_selected``: of
    the layer whose channels are shown. ``hold_requested``: the present frame is to be held. ``problem_met``.
    """

    watch_requested = Signal(object, object, int)
    left = Signal()
    run_chosen = Signal(object)
    life_wanted = Signal()
    channel_selected = Signal(str, int)
    hold_requested = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "checkpoints",
            self.tr("Watch it learn"),
            sentence=self.tr("All other docks look through the weights of a run: as it learns, or at any checkpoint."),
            help_text=self._help(),
            parent=parent,
        )
        self._runs: dict[Path, RunView] = {}
        self._watched: Path | None = None
        self._step: int | None = None
        self._layer = ""
        self._layers: Mapping[str, LayerInfo] = {}
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._play_on)
        content = QWidget(self)
        self._make_widgets(content)
        self._arrange(content)
        self.set_content(content)
        self._connect()
        self._show()
        self._forget_life()

    # ---------------------------------------------------------------------------------------------------------- values

    @property
    def run(self) -> Path | None:
        """The one that is chosen, watched or not."""
        return self.run_box.currentData()

    @property
    def watched(self) -> Path | None:
        """The one whose weights are on view, or soon will be."""
        return self._watched

    @property
    def is_live(self) -> bool:
        """New weights are taken as they come."""
        return self.live_button.isChecked()

    @property
    def wants_life(self) -> tuple[Path, tuple[int, ...]] | None:
        """The run whose channels are to be traced, and its checkpoints; None where nobody looks."""
        view = self._runs.get(self._watched) if self._watched is not None else None
        if view is None or self._step is None or not self.is_shown:
            return None
        return view.path, RunLine.of(view).checkpoints

    # --------------------------------------------------------------------------------------------------------- setters

    def show_run(self, view: RunView) -> None:
        """A run that is followed, or its present state."""
        known = view.path in self._runs
        before = self._runs.get(view.path)
        self._runs[view.path] = view
        if not known:
            with QSignalBlocker(self.run_box):
                self.run_box.addItem(view.path.name, view.path)
                self.run_box.setItemData(self.run_box.count() - 1, str(view.path), Qt.ItemDataRole.ToolTipRole)
        if view.path == self.run:
            self._show()
        if (
            before is not None
            and view.path == self._watched
            and RunLine.of(before).checkpoints != RunLine.of(view).checkpoints
        ):
            self.life_wanted.emit()

    def remove_run(self, path: Path) -> None:
        """It is followed no more."""
        if self._runs.pop(path, None) is not None:
            with QSignalBlocker(self.run_box):
                self.run_box.removeItem(self.run_box.findData(path))
            self._show()

    def choose_run(self, view: RunView) -> None:
        """The run that every dock about runs shows."""
        self.show_run(view)
        place = self.run_box.findData(view.path)
        if place != self.run_box.currentIndex():
            with QSignalBlocker(self.run_box):
                self.run_box.setCurrentIndex(place)
            self._show()

    def show_weights(self, path: Path, step: int) -> None:
        """The weights on view are those of this step."""
        first = self._step is None
        self._watched, self._step = path, step
        self._show()
        if first:
            self.life_wanted.emit()

    def show_network(self, layers: Sequence[LayerInfo]) -> None:
        """Another network is on view; of a run only once ``show_weights`` says so."""
        self._step = None
        self._layers = {layer.name: layer for layer in layers}
        self._forget_life()
        self.stop()
        self._show()

    def show_selection(self, layer: str, channel: int | None) -> None:
        """The layer and channel every dock follows."""
        if layer != self._layer:
            self._layer = layer
            self._forget_life()
            self._show()
        self.life.set_channel(channel)

    def show_life(self, layer: str, steps: tuple[int, ...], highest: Floats) -> None:
        """How strong each channel is at each checkpoint."""
        if layer != self._layer:
            return
        self.life.set_life(steps, highest)
        self.life.set_step(self._step)
        self.life_label.set_text(filled(self.tr("%1 on this picture · %2"), layer, dead_text(steps, highest)))

    def show_failure(self) -> None:
        """What was asked for did not come about."""
        if self._step is None and self._watched is not None:
            self._watched = None
            self._show()

    def watch_again(self) -> None:
        """What was watched was lost: asks for it once more."""
        if self._watched is not None:
            moment = _LIVE if self.is_live or self._step is None else self._step
            self.watch_requested.emit(self._watched, moment, self.every_box.value())

    def show_moving(self, *, moves: bool) -> None:
        """Whether the input changes by itself: then what changes is not the network alone."""
        self.hold_label.setVisible(moves)

    def _name_steps(self, every: int) -> None:
        self.every_box.setSuffix(self.tr(" step") if every == 1 else self.tr(" steps"))

    def _forget_life(self) -> None:
        words = self.tr("While a run is watched: which channels of the chosen layer fire, checkpoint by checkpoint.")
        self.life.show_words(words)
        self.life_label.set_text("")

    # ------------------------------------------------------------------------------------------------- the user's hand

    def stop(self) -> None:
        """Plays no more."""
        self._timer.stop()
        set_icon(self.play_button, "play")

    def _choose_run(self) -> None:
        self.stop()
        self._show()
        if self.run is not None:
            self.run_chosen.emit(self.run)

    def _watch(self, moment: int | str) -> None:
        if self.run is None:
            return
        self._watched = self.run
        self.live_button.setChecked(moment == _LIVE)
        self.checkpoints_button.setChecked(moment != _LIVE)
        self.watch_requested.emit(self.run, moment, self.every_box.value())
        self._show()

    def _watch_live(self) -> None:
        self.stop()
        self._watch(_LIVE)

    def _watch_step(self, step: int | None) -> None:
        if step is not None:
            self._watch(step)

    def _watch_checkpoints(self) -> None:
        """The one nearest to what is on view."""
        steps = self.timeline.line.checkpoints
        present = self._step
        self._watch_step(min(steps, key=lambda step: abs(step - (present or 0)), default=None))

    def _leave(self) -> None:
        self.stop()
        self._watched = self._step = None
        self._show()
        self.left.emit()

    def _toggle_playing(self) -> None:
        if self._timer.isActive():
            self.stop()
            return
        set_icon(self.play_button, "pause")
        self._timer.start()
        self._play_on()

    def _play_on(self) -> None:
        """At the end it begins again from the first."""
        steps = self.timeline.line.checkpoints
        if not steps:
            self.stop()
            return
        following = self.timeline.neighbour(steps[0] - 1 if self._step is None else self._step, 1)
        self._watch_step(steps[0] if following is None else following)

    def _go(self, direction: int) -> None:
        self.stop()
        steps = self.timeline.line.checkpoints
        if steps:
            self._watch_step(self.timeline.neighbour(steps[0] - 1 if self._step is None else self._step, direction))

    def _change_every(self) -> None:
        if self.is_live and self._watched is not None:
            self._watch(_LIVE)

    # --------------------------------------------------------------------------------------------------------- showing

    def _show(self) -> None:
        view = self._runs.get(self.run) if self.run is not None else None
        self.timeline.set_line(RunLine.of(view) if view is not None else RunLine())
        on_view = view is not None and view.path == self._watched
        self.timeline.set_step(self._step if on_view else None)
        self.life.set_step(self._step if on_view else None)
        for widget in (self.live_button, self.checkpoints_button, self.timeline, self.every_box):
            widget.setEnabled(view is not None)
        for button in (self.back_button, self.play_button, self.step_button):
            button.setEnabled(view is not None and len(view.checkpoints) > 1)
        self.leave_button.setVisible(self._watched is not None)
        self.step_label.set_text(self._words(view))
        self._show_silent(view)

    def _words(self, view: RunView | None) -> str:
        if view is None:
            return self.tr("No run yet: start one in the training dock, or open its folder there.")
        if view.path != self._watched:
            return self.tr("Not on view: press Live, or choose a checkpoint.")
        if self._step is None:
            return self.tr("Loading the network of this run…")
        return step_text(self._step, view.status)

    def _show_silent(self, view: RunView | None) -> None:
        """Of the layer whose weights make the chosen one's channels, where the trainer measured its gradients."""
        measured = view.layers if view is not None else None
        own = filter_layer(self._layers, self._layer)
        if measured is None or own is None or own.layer.path not in measured.names:
            self.timeline.set_silent(*_NOTHING)
            return
        self.timeline.set_silent(measured.steps, measured.silent[:, measured.names.index(own.layer.path)])

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self, parent: QWidget) -> None:
        self.run_box = QComboBox(parent)
        self.run_box.setToolTip(self.tr("The run whose weights are looked through"))
        self.run_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.run_box.setMinimumContentsLength(12)
        self.live_button = SegmentButton(self.tr("Live"), parent)
        self.live_button.setToolTip(self.tr("Takes new weights as the run learns"))
        self.checkpoints_button = SegmentButton(self.tr("Checkpoints"), parent)
        self.checkpoints_button.setToolTip(self.tr("Stays at one checkpoint until you go to another"))
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        for button in (self.live_button, self.checkpoints_button):
            self._group.addButton(button)
        self.every_box = QSpinBox(parent)
        self.every_box.setRange(1, 100_000)
        self.every_box.setValue(_EVERY)
        self.every_box.setPrefix(self.tr("every "))
        self.every_box.valueChanged.connect(self._name_steps)
        self._name_steps(_EVERY)
        self.every_box.setKeyboardTracking(False)
        self.every_box.setToolTip(self.tr("How often a running trainer hands out its weights; at most 5 % of its time"))
        self.timeline = CheckpointTimeline(parent)
        self.step_label = Readout(parent)
        self.hold_label = QLabel(
            self.tr(
                'The input moves: <a href="hold">hold the present frame</a> (Space) to see only the network change.'
            ),
            parent,
        )
        self.hold_label.setWordWrap(True)
        self.hold_label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.hold_label.hide()
        self.life_label = ElidedLabel("", parent)
        self.life = ChannelLife(parent)
        self.life_readout = Readout(parent, muted=True)
        self._make_buttons(parent)

    def _make_buttons(self, parent: QWidget) -> None:
        self.back_button = tool_button("step-back", self.tr("The checkpoint before (←)"), parent)
        self.play_button = tool_button("play", self.tr("Play the checkpoints"), parent)
        self.step_button = tool_button("step", self.tr("The next checkpoint (→)"), parent)
        self.leave_button = tool_button("stop", self.tr("Watch no more: the present weights stay"), parent)

    def _arrange(self, content: QWidget) -> None:
        switch = QHBoxLayout()
        switch.setSpacing(0)
        switch.addWidget(self.live_button, 1)
        switch.addWidget(self.checkpoints_button, 1)
        switch.addSpacing(6)
        switch.addWidget(self.every_box)
        transport = QHBoxLayout()
        transport.setSpacing(2)
        for button in (self.back_button, self.play_button, self.step_button):
            transport.addWidget(button)
        transport.addWidget(self.step_label, 1)
        transport.addWidget(self.leave_button)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.run_box)
        layout.addLayout(switch)
        layout.addWidget(self.timeline)
        layout.addLayout(transport)
        layout.addWidget(self.hold_label)
        layout.addWidget(self.life_label)
        layout.addWidget(self.life, 1)
        layout.addWidget(self.life_readout)

    def _connect(self) -> None:
        self.run_box.activated.connect(lambda _: self._choose_run())
        self.live_button.clicked.connect(self._watch_live)
        self.checkpoints_button.clicked.connect(self._watch_checkpoints)
        self.every_box.valueChanged.connect(lambda _: self._change_every())
        self.timeline.step_chosen.connect(self._choose_step)
        self.timeline.hovered.connect(self._tell_checkpoint)
        self.timeline.hover_left.connect(self._show)
        self.back_button.clicked.connect(lambda: self._go(-1))
        self.step_button.clicked.connect(lambda: self._go(1))
        self.play_button.clicked.connect(self._toggle_playing)
        self.leave_button.clicked.connect(self._leave)
        self.hold_label.linkActivated.connect(lambda _: self.hold_requested.emit())
        self.life.told.connect(self.life_readout.set_text)
        self.life.channel_clicked.connect(lambda channel: self.channel_selected.emit(self._layer, channel))
        self.life.problem_met.connect(self.problem_met)
        self.shown_changed.connect(lambda _: self.life_wanted.emit())

    def _choose_step(self, step: int) -> None:
        self.stop()
        self._watch_step(step)

    def _tell_checkpoint(self, step: int) -> None:
        view = self._runs.get(self.run) if self.run is not None else None
        if view is not None:
            best = self.tr(" · best validation") if step == view.status.best_step else ""
            self.step_label.set_text(filled(self.tr("checkpoint of %1"), step_text(step, view.status)) + best)

    def _help(self) -> str:
        return self.tr(
            "<p>A network learns by changing its <b>weights</b>, a little at each step. Here the docks about the "
            "network on view (feature maps, filters, predictions) look through the weights that a run had at some "
            "step, while the picture stays the same: what changes is what was learnt.</p>"
            "<p><b>Live</b> follows a run that is being trained. <b>Checkpoints</b> are the weights it kept: drag the "
            "handle, press the arrow keys, or play them. The ring is the best validation so far.</p>"
            "<p>Filters begin as noise. The first layer's turn into edges and strokes soon; the filters dock "
            "tells how far each has come from the <b>first checkpoint</b>.</p>"
            "<p>Below, every row is a checkpoint and every column a channel of the chosen layer, as strong as its "
            "highest activation on this picture. A channel that no longer fires has <b>died</b>: behind a ReLU no "
            "gradient reaches it, and it may never come back. A high learning rate kills many.</p>"
        )
