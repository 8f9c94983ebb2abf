"""The menu of cameras that really open, each with the sizes and rates it delivers."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from cnnviz.core.sources.values import CameraInfo, SourceSpec


class CameraMenu(QMenu):
    """Looks for cameras when it is opened for the first time, and on demand."""

    source_requested = Signal(object)
    cameras_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked = False
        self.aboutToShow.connect(self._ask_once)
        self._fill(())

    def show_cameras(self, cameras: tuple[CameraInfo, ...]) -> None:
        """The cameras that opened, perhaps none."""
        self._asked = True
        self._fill(cameras)
        if not cameras:
            self._say(self.tr("No camera could be opened"))

    def _ask_once(self) -> None:
        if not self._asked:
            self._ask()

    def _ask(self) -> None:
        self._asked = True
        self._fill(())
        self._say(self.tr("Looking for cameras…"))
        self.cameras_requested.emit()

    def _fill(self, cameras: tuple[CameraInfo, ...]) -> None:
        self.clear()
        for camera in cameras:
            self._add_camera(camera)
        self._end = self.addSeparator()
        self.addAction(self.tr("Look for cameras"), self._ask)

    def _say(self, text: str) -> None:
        line = self.addAction(text)
        line.setEnabled(False)
        self.insertAction(self._end, line)

    def _add_camera(self, camera: CameraInfo) -> None:
        location = str(camera.index)
        if not camera.modes:
            self.addAction(camera.name, self._opener(SourceSpec("camera", location)))
            return
        menu = self.addMenu(camera.name)
        menu.addAction(self.tr("As it comes"), self._opener(SourceSpec("camera", location)))
        menu.addSeparator()
        for height, width, rate in camera.modes:
            words = self.tr("{width}×{height}, {rate} a second")
            spec = SourceSpec("camera", location, (height, width), rate)
            menu.addAction(words.format(width=width, height=height, rate=f"{rate:g}"), self._opener(spec))

    def _opener(self, spec: SourceSpec) -> Callable[[], None]:
        return lambda: self.source_requested.emit(spec)
