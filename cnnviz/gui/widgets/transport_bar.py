"""Play, step and seek, for sources that have a position: a video, a folder of pictures."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QStyle, QWidget

from cnnviz.core.sources.values import SourceCommand, SourceState
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.tool_row import tool_button

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)


class SeekSlider(QSlider):
    """Jumps to where it is clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)
        place, span = int(event.position().x()) - handle // 2, self.width() - handle
        self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, span))
        super().mousePressEvent(event)


class TransportBar(QWidget):
    """``command``: a SourceCommand the user gave."""

    command = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._playing = True
        self._make_widgets()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for button in (self.back_button, self.play_button, self.step_button):
            layout.addWidget(button)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.loop_button)
        layout.addWidget(self.speed_box)

    def show_source(self, state: SourceState) -> None:
        """Hides itself where there is nothing to control."""
        self.setVisible(state.seekable)
        self._show_playing(playing=state.playing)
        self.loop_button.setChecked(state.looping)
        with QSignalBlocker(self.speed_box):
            nearest = min(range(len(SPEEDS)), key=lambda place: abs(SPEEDS[place] - state.speed))
            self.speed_box.setCurrentIndex(nearest)
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(max(state.frame_count - 1, 0))
            if not self.slider.isSliderDown():
                self.slider.setValue(state.frame_index)
        self.slider.setToolTip(position_text(state))

    def _make_widgets(self) -> None:
        self.back_button = self._button("step-back", self.tr("One frame back"), "step-back")
        self.step_button = self._button("step", self.tr("One frame on"), "step")
        self.play_button = tool_button("pause", self.tr("Play or pause"), self)
        self.play_button.clicked.connect(self._toggle_playing)
        self.slider = SeekSlider(self)
        self.slider.setMinimumWidth(40)
        self.slider.valueChanged.connect(lambda value: self.command.emit(SourceCommand("seek", value)))
        self.loop_button = tool_button("loop", self.tr("Begin again at the end"), self, checkable=True)
        self.loop_button.clicked.connect(lambda on: self.command.emit(SourceCommand("loop", float(on))))
        self.speed_box = QComboBox(self)
        self.speed_box.addItems([f"{speed:g}×" for speed in SPEEDS])
        self.speed_box.setToolTip(self.tr("Speed"))
        self.speed_box.activated.connect(lambda place: self.command.emit(SourceCommand("speed", SPEEDS[place])))

    def _button(self, icon: str, tip: str, action: str) -> QWidget:
        button = tool_button(icon, tip, self)
        button.clicked.connect(lambda: self.command.emit(SourceCommand(action)))
        return button

    def _toggle_playing(self) -> None:
        self.command.emit(SourceCommand("pause" if self._playing else "play"))

    def _show_playing(self, *, playing: bool) -> None:
        if playing != self._playing:
            self._playing = playing
            set_icon(self.play_button, "pause" if playing else "play")


def position_text(state: SourceState) -> str:
    """``12 / 340``, with the times where the rate is known."""
    if state.frame_count <= 0:
        return ""
    frames = f"{state.frame_index + 1:,} / {state.frame_count:,}"
    if state.spec.kind != "video" or not state.rate:
        return frames
    return f"{_clock(state.frame_index / state.rate)} / {_clock(state.frame_count / state.rate)}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
