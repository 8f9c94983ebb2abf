"""The window: docks around nothing, menus, status bar, message line. It knows no engine; the controller does."""

from __future__ import annotations

import time

from PySide6.QtCore import QByteArray, QChildEvent, QCoreApplication, QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QTabBar, QToolBar

from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.sources.values import SourceState
from cnnviz.gui.dock_catalog import ON_DEMAND
from cnnviz.gui.docks.feature_maps import FeatureMapsDock
from cnnviz.gui.docks.input import InputDock
from cnnviz.gui.docks.log import LogDock
from cnnviz.gui.docks.network import NetworkDock
from cnnviz.gui.docks.predictions import PredictionsDock
from cnnviz.gui.docks.sketch import SketchDock
from cnnviz.gui.menus import Menus
from cnnviz.gui.session import SavedMaps, Session
from cnnviz.gui.theme import Theme
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.dock_switch import DockSwitch
from cnnviz.gui.widgets.message_line import MessageLine
from cnnviz.gui.widgets.status_bar import StatusBar
from cnnviz.gui.workspaces import COLUMNS, Workspaces

FIRST_SIZE = (1400, 900)


class MainWindow(QMainWindow):
    """``painted``: milliseconds the window took to paint what had changed. ``dropped``: paths and URLs from a drop.
    ``dock_made``: one of ``dock_catalog`` was wanted for the first time: its name there, and the dock.
    """

    painted = Signal(float)
    dropped = Signal(list)
    picture_dropped = Signal(object)
    maps_dock_added = Signal(object)
    maps_dock_removed = Signal(object)
    dock_made = Signal(str, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("cnnviz")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setDockOptions(self.dockOptions() | QMainWindow.DockOption.GroupedDragging)
        self.theme = theme
        self.menus = Menus(self)
        self.input = InputDock(self)
        self.predictions = PredictionsDock(self)
        self.network = NetworkDock(self)
        self.sketch = SketchDock(self)
        self.log = LogDock(self)
        self._fixed: tuple[Dock, ...] = (self.input, self.predictions, self.network, self.sketch, self.log)
        self.maps: dict[str, FeatureMapsDock] = {}
        self.on_demand: dict[str, Dock] = {}
        self._switches: dict[str, DockSwitch] = {}
        self.workspaces = Workspaces(self)
        self.status = StatusBar(self)
        self.setStatusBar(self.status)
        self.message = MessageLine(self)
        self._add_message_line()
        self._add_view_menu()
        self.resize(*FIRST_SIZE)

    # ----------------------------------------------------------------------------------------------------------- docks

    def add_maps_dock(self, view_id: str = "") -> FeatureMapsDock:
        """One more dock of feature maps, in a tab with the last one. ``view_id`` names a restored one."""
        number = 1
        while not view_id or view_id in self.maps:
            view_id, number = f"maps-{number}", number + 1
        dock = FeatureMapsDock(view_id, self)
        previous = next(reversed(self.maps.values()), None)
        self.maps[view_id] = dock
        if previous is None:
            self.addDockWidget(COLUMNS, dock)
        else:
            self.tabifyDockWidget(previous, dock)
        self._add_switch_of(dock)
        self.maps_dock_added.emit(dock)
        return dock

    def remove_maps_dock(self, dock: FeatureMapsDock) -> None:
        """Closes a dock for good; the last one stays."""
        if len(self.maps) > 1 and self.maps.pop(dock.view_id, None) is not None:
            self.maps_dock_removed.emit(dock)
            self.removeDockWidget(dock)
            dock.deleteLater()

    def open_maps_dock(self) -> FeatureMapsDock:
        """A closed dock of feature maps again, or one more, in front of the others."""
        closed = (dock for dock in self.maps.values() if not dock.toggleViewAction().isChecked())
        dock = next(closed, None) or self.add_maps_dock()
        bring_to_front(dock)
        return dock

    def dock(self, name: str, *, hidden: bool = False) -> Dock:
        """The dock of this name in ``dock_catalog``, made if it is not there yet; ``hidden``: without showing it."""
        if name not in self.on_demand:
            dock = ON_DEMAND[name].make(self)
            self.on_demand[name] = dock
            if not self.restoreDockWidget(dock):
                self._place(dock, ON_DEMAND[name].beside)
            if hidden:
                dock.hide()
            self._switches[name].follow(dock)
            self.dock_made.emit(name, dock)
        return self.on_demand[name]

    def open_dock(self, name: str) -> Dock:
        """The dock of this name, in front."""
        dock = self.dock(name)
        self._bring(dock, ON_DEMAND[name].beside)
        return dock

    def _bring(self, dock: Dock, beside: tuple[str, ...]) -> None:
        """In front; a dock that the present workspace was arranged without gets a place first."""
        if self.dockWidgetArea(dock) == Qt.DockWidgetArea.NoDockWidgetArea and not dock.isFloating():
            self._place(dock, beside)
        bring_to_front(dock)

    def open_on_demand(self) -> tuple[str, ...]:
        """Names of the docks made on demand that are open now, or were when the window was closed."""
        return tuple(name for name, dock in self.on_demand.items() if not dock.isHidden())

    def _place(self, dock: Dock, beside: tuple[str, ...]) -> None:
        """In a tab with the first of ``beside`` that is open, else with a dock that stands beside the same; where all
        are closed, where the first of them was. Without any, in a column of its own on the right.
        """
        docked = {each.objectName(): each for each in self.all_docks() if self._is_docked(each)}
        siblings = (name for name, row in ON_DEMAND.items() if set(row.beside) & set(beside))
        open_first = [name for name in (*beside, *siblings) if name in docked and docked[name] is not dock]
        open_first.sort(key=lambda name: not docked[name].toggleViewAction().isChecked())  # else in their order
        self.addDockWidget(COLUMNS, dock, Qt.Orientation.Horizontal)
        if open_first:
            self.tabifyDockWidget(docked[open_first[0]], dock)

    def _is_docked(self, dock: Dock) -> bool:
        return not dock.isFloating() and self.dockWidgetArea(dock) == COLUMNS

    def restore(self, session: Session) -> None:
        """Docks where a session left them, or as they first stand."""
        wanted = {saved.view: saved.choices for saved in session.maps}
        for view in wanted:
            if view not in self.maps:
                self.add_maps_dock(view)
        for view, dock in list(self.maps.items()):
            if wanted and view not in wanted:
                self.remove_maps_dock(dock)
        if session.geometry:
            self.restoreGeometry(QByteArray.fromBase64(session.geometry.encode()))
        self.workspaces.restore(session.workspace, session.workspaces)
        for view, dock in self.maps.items():
            if view in wanted:
                dock.restore(wanted[view])
        self.menus.actions["larger-text"].setChecked(session.larger_text)
        self.predictions.set_rows(session.rows)
        self.predictions.set_temperature(session.temperature)

    def session(self) -> Session:
        """What the window knows of a session: looks and docks."""
        return Session(
            theme=self.theme.scheme,
            larger_text=self.menus.actions["larger-text"].isChecked(),
            rows=self.predictions.rows_box.value(),
            temperature=self.predictions.temperature_slider.temperature,
            geometry=bytes(self.saveGeometry().toBase64().data()).decode(),
            workspace=self.workspaces.current,
            workspaces=self.workspaces.saved(),
            maps=tuple(SavedMaps(dock.view_id, dock.choices) for dock in self.maps.values()),
        )

    # ------------------------------------------------------------------------------------------------- for all docks

    def all_docks(self) -> tuple[Dock, ...]:
        """Every dock there is so far."""
        return (*self._fixed, *self.on_demand.values(), *self.maps.values())

    def docks(self) -> tuple[Dock, ...]:
        """One of each kind, also of those that were not wanted so far."""
        fixed = (self.input, next(iter(self.maps.values())), self.predictions, self.network, self.sketch)
        return (*fixed, *(self.dock(name, hidden=True) for name in ON_DEMAND), self.log)

    @property
    def is_on_screen(self) -> bool:
        """Whether anything would be painted: it is neither hidden nor minimised."""
        return self.isVisible() and not self.isMinimized()

    def show_network(self, offer: NetworkOffer) -> None:
        """Another network, to every dock it concerns."""
        self.status.show_network(offer.title)
        self.status.show_device(offer.device, half=offer.half)
        self.network.show_network(offer)
        self.predictions.show_classes(offer.class_names)
        for dock in self.maps.values():
            dock.show_layers(offer.layers)

    def show_mode(self, *, training: bool) -> None:
        """Whether dropout and batch statistics are at work in the live network."""
        self.menus.actions["training-mode"].setChecked(training)
        self.network.show_mode(training=training)

    def show_source(self, state: SourceState) -> None:
        """What the source is and where it stands."""
        self.input.show_source(state)
        self.status.show_source(state)
        self.predictions.show_still(state.still and state.spec.kind != "sketch")

    def _add_view_menu(self) -> None:
        self.menus.view.addSeparator()
        for dock in self._fixed:
            self._add_switch_of(dock)
        for row in ON_DEMAND.values():
            title = QCoreApplication.translate("DockCatalog", row.title)
            self._switches[row.name] = DockSwitch(title, lambda name=row.name: self.open_dock(name), self)
            self._add_switch(self._switches[row.name])

    def _add_switch_of(self, dock: Dock) -> None:
        """Goes with its dock."""
        switch = DockSwitch(dock.windowTitle(), lambda: self._bring(dock, ("maps-1",)), dock)
        switch.follow(dock)
        self._add_switch(switch)

    def _add_switch(self, switch: DockSwitch) -> None:
        self.menus.view.addAction(switch)
        self.addAction(switch)  # where the palette of actions looks

    def _add_message_line(self) -> None:
        bar = QToolBar(self.tr("Messages"), self)
        bar.setObjectName("messages")
        bar.setMovable(False)
        bar.toggleViewAction().setVisible(False)
        bar.addWidget(self.message)
        self.addToolBar(Qt.ToolBarArea.BottomToolBarArea, bar)
        bar.hide()
        self.message.shown_changed.connect(bar.setVisible)

    # ---------------------------------------------------------------------------------------------------------- events

    def event(self, event: QEvent) -> bool:
        """Qt paints all that changed in one UpdateRequest: its duration is the frame's paint time."""
        if event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        started = time.perf_counter()
        handled = super().event(event)
        self.painted.emit((time.perf_counter() - started) * 1e3)
        return handled

    def childEvent(self, event: QChildEvent) -> None:
        """Tabs of docks keep their whole titles: a row that is too long scrolls."""
        super().childEvent(event)
        if event.polished() and isinstance(event.child(), QTabBar):
            event.child().setElideMode(Qt.TextElideMode.ElideNone)
            event.child().setUsesScrollButtons(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.take(event.mimeData())
        event.acceptProposedAction()

    def take(self, data: QMimeData) -> None:
        """Dropped or pasted: files and addresses, or a picture."""
        if data.hasUrls():
            self.dropped.emit([url.toLocalFile() or url.toString() for url in data.urls()])
        elif data.hasImage():
            self.picture_dropped.emit(data.imageData())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.workspaces.keep()
        for dock in self.all_docks():
            if dock.isFloating():
                dock.hide()
        super().closeEvent(event)


def bring_to_front(dock: Dock) -> None:
    """Open, and before the tabs it shares its place with."""
    dock.show()
    dock.raise_()
