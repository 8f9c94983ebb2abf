"""The window's lower edge: on what the network runs, which one, how fast, and where each frame's time goes."""

from __future__ import annotations

from dataclasses import fields
from statistics import fmean

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QStatusBar, QToolButton, QWidget

from cnnviz.core.networks.values import DeviceInfo
from cnnviz.core.sources.values import SourceState
from cnnviz.core.views import FrameBudget
from cnnviz.gui.widgets.budget_meter import BudgetMeter
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.progress_line import ProgressLine
from cnnviz.gui.widgets.readout import Readout

REFRESH_MS = 250
"""Numbers that change more often than this cannot be read."""


class StatusBar(QStatusBar):
    """``device_chosen``: the name as torch spells it ("auto": the program's choice), and half precision or not.
    ``cancel_requested``: a task's name.
    """

    device_chosen = Signal(str, bool)
    cancel_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._devices: tuple[DeviceInfo, ...] = ()
        self._device, self._half = "", False
        self._budgets: list[FrameBudget] = []
        self._rate, self._dropped = 0.0, 0
        self._stands, self._frozen = False, False
        self._refresh = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._refresh.timeout.connect(self._show_numbers)
        self._add_widgets()
        self.show_idle()

    def show_devices(self, devices: tuple[DeviceInfo, ...]) -> None:
        """What the menu offers."""
        self._devices = devices
        if self._device:
            self.show_device(self._device, half=self._half)
        self._fill_menu()

    def show_device(self, name: str, *, half: bool) -> None:
        """What the network runs on now."""
        self._device, self._half = name, half
        titles = {device.name: device.title for device in self._devices}
        words = titles.get(name, name)
        self._set_device_text(self.tr("{device}, half precision").format(device=words) if half else words)
        self._fill_menu()

    def show_network(self, title: str) -> None:
        self.network_label.set_text(title)

    def show_frame(self, budget: FrameBudget, frames_per_second: float, dropped: int) -> None:
        """One painted frame; the numbers on view are means, a few times a second."""
        self._budgets.append(budget)
        self._rate, self._dropped = frames_per_second, dropped
        if not self._refresh.isActive():
            self._show_numbers()
            self._refresh.start()

    def show_source(self, state: SourceState) -> None:
        """A picture that stays has no rate; nor has a video that is paused, or a camera that is lost."""
        lost = bool(state.notice) and state.spec.kind in {"camera", "stream"}
        self._stands = state.still or not state.playing or lost
        self.rate_label.set_text(self._rate_text())

    def show_frozen(self, frozen: bool) -> None:  # noqa: FBT001 -- a setter
        """The present frame is held."""
        self._frozen = frozen
        self.rate_label.set_text(self._rate_text())

    def show_idle(self) -> None:
        """Nothing runs (yet)."""
        self._refresh.stop()
        self._budgets.clear()
        self.meter.show_budget(FrameBudget())
        self.budget_label.set_text("– ms")
        self.rate_label.set_text(self.tr("– fps"))
        self.dropped_label.set_text(self.tr("0 dropped"))

    def _add_widgets(self) -> None:
        self.device_button = QToolButton(self)
        self.device_button.setAutoRaise(True)
        self.device_button.clicked.connect(self._open_menu)
        self.device_button.setToolTip(self.tr("The device the network runs on"))
        self._set_device_text(self.tr("No device yet"))
        self.device_menu = QMenu(self.device_button)
        self._device_group = QActionGroup(self)
        self.network_label = ElidedLabel(parent=self)
        self.network_label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.rate_label = self._number("8888 fps", self.tr("Frames inferred per second"))
        self.meter = BudgetMeter(self)
        self.budget_label = self._number("8888.8 ms", self.tr("Milliseconds of one frame, all stages together"))
        tip = self.tr("Frames the source delivered that were never inferred: the network works on the newest one only")
        self.dropped_label = self._number("88888 dropped", tip)
        self.addWidget(self.device_button)
        self.addWidget(self.network_label, 1)
        self.progress_line = ProgressLine(self)
        self.progress_line.cancel_requested.connect(self.cancel_requested)
        self.addWidget(self.progress_line, 2)
        self.progress_line.hide()  # a status bar shows what it is given
        for widget in (self.rate_label, self.meter, self.budget_label, self.dropped_label):
            self.addPermanentWidget(widget)

    def _number(self, widest: str, tip: str) -> Readout:
        readout = Readout(self, template=widest, alignment=Qt.AlignmentFlag.AlignRight)
        readout.setToolTip(tip)
        return readout

    def _show_numbers(self) -> None:
        if not self._budgets:
            return
        budget = mean_budget(self._budgets)
        self._budgets.clear()
        self.meter.show_budget(budget)
        self.budget_label.set_text(self.tr("{number} ms").format(number=f"{self.meter.total_ms:.1f}"))
        self.rate_label.set_text(self._rate_text())
        self.dropped_label.set_text(self.tr("{number} dropped").format(number=f"{self._dropped:,}"))

    def _rate_text(self) -> str:
        if self._stands or self._frozen:
            return self.tr("still")
        digits = 1 if self._rate < 100 else 0
        return self.tr("{number} fps").format(number=f"{self._rate:.{digits}f}")

    def _open_menu(self) -> None:
        corner = self.device_button.mapToGlobal(QPoint(0, -self.device_menu.sizeHint().height()))
        self.device_menu.popup(corner)

    def _set_device_text(self, text: str) -> None:
        self.device_button.setText(f"{text} ▾")

    def _fill_menu(self) -> None:
        menu = self.device_menu
        menu.clear()
        self._add_device(menu, self.tr("Choose automatically"), "auto", half=False)
        menu.addSeparator()
        for device in self._devices:
            self._add_device(menu, device.title, device.name, half=False)
            if device.half:
                title = self.tr("{device}, half precision").format(device=device.title)
                self._add_device(menu, title, device.name, half=True)

    def _add_device(self, menu: QMenu, title: str, name: str, *, half: bool) -> None:
        action = QAction(title, menu)  # its owner: the menu deletes it when it is filled anew
        self._device_group.addAction(action)
        action.setCheckable(True)
        action.setChecked((name, half) == (self._device, self._half))
        action.triggered.connect(lambda: self.device_chosen.emit(name, half))
        menu.addAction(action)


def mean_budget(budgets: list[FrameBudget]) -> FrameBudget:
    """Stage by stage. ``budgets`` has one or more."""
    return FrameBudget(*(fmean(getattr(one, stage.name) for one in budgets) for stage in fields(FrameBudget)))
