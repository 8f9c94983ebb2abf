"""The window: docks around nothing, menus, status bar, message line. It knows no engine; the controller does."""

from __future__ import annotations

import time

from PySide6.QtCore import QByteArray, QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QToolBar

from cnnviz.core.values import NetworkOffer, SourceState
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
from cnnviz.gui.widgets.maps_choices import MapsChoices
from cnnviz.gui.widgets.message_line import MessageLine
from cnnviz.gui.widgets.status_bar import StatusBar

FIRST_SIZE = (1400, 900)
FIRST_STRIP = 4
"""Layers in the second feature-maps dock: the whole network at a glance."""

_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea


class MainWindow(QMainWindow):
    """``painted``: milliseconds the window took to paint what had changed. ``dropped``: paths and URLs from a drop."""

    painted = Signal(float)
    dropped = Signal(list)
    picture_dropped = Signal(object)
    maps_dock_added = Signal(object)
    maps_dock_removed = Signal(object)

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
        self.maps: dict[str, FeatureMapsDock] = {}
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
            self.addDockWidget(_RIGHT, dock)
        else:
            self.tabifyDockWidget(previous, dock)
        self._add_switch(dock)
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
        dock.show()
        dock.raise_()
        return dock

    def arrange(self) -> None:
        """The Explore workspace as it first stands: input and predictions left, maps in the middle, network right."""
        for dock in list(self.maps.values())[2:]:
            self.remove_maps_dock(dock)
        while len(self.maps) < 2:
            self.add_maps_dock()
        chosen, strip = list(self.maps.values())[:2]
        for dock in (self.input, self.predictions, chosen, strip, self.network, self.sketch, self.log):
            self.removeDockWidget(dock)
            dock.setFloating(False)
        self.addDockWidget(_LEFT, self.input)
        self.splitDockWidget(self.input, self.predictions, Qt.Orientation.Vertical)
        self.tabifyDockWidget(self.input, self.sketch)
        self.addDockWidget(_RIGHT, chosen)
        self.splitDockWidget(chosen, self.network, Qt.Orientation.Horizontal)
        self.splitDockWidget(chosen, strip, Qt.Orientation.Vertical)
        chosen.restore(MapsChoices())
        strip.restore(MapsChoices(strip=FIRST_STRIP))
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.log)
        for dock in (self.input, self.predictions, chosen, strip, self.network, self.sketch):
            dock.show()
        self.log.hide()
        self.input.raise_()
        self.resizeDocks([self.input, chosen, self.network], [380, 650, 370], Qt.Orientation.Horizontal)
        self.resizeDocks([self.input, self.predictions], [480, 400], Qt.Orientation.Vertical)
        self.resizeDocks([chosen, strip], [540, 360], Qt.Orientation.Vertical)

    def restore(self, session: Session) -> None:
        """Docks where the last session left them, or as they first stand."""
        for saved in session.maps:
            self.add_maps_dock(saved.view)
        if not self._restore_docks(session):
            self.arrange()
        for dock, saved in zip(self.maps.values(), session.maps, strict=False):
            dock.restore(saved.choices)
        self.menus.actions["larger-text"].setChecked(session.larger_text)
        self.predictions.set_rows(session.rows)
        self.predictions.set_temperature(session.temperature)

    def _restore_docks(self, session: Session) -> bool:
        if not (session.geometry and session.docks and self.maps):
            return False
        for dock in (self.input, self.predictions, self.network, self.sketch, self.log):
            self.addDockWidget(_LEFT, dock)
        self.restoreGeometry(QByteArray.fromBase64(session.geometry.encode()))
        return self.restoreState(QByteArray.fromBase64(session.docks.encode()))

    def session(self) -> Session:
        """What the window knows of a session: looks and docks."""
        geometry, docks = (bytes(state.toBase64().data()).decode() for state in (self.saveGeometry(), self.saveState()))
        return Session(
            theme=self.theme.scheme,
            larger_text=self.menus.actions["larger-text"].isChecked(),
            rows=self.predictions.rows_box.value(),
            temperature=self.predictions.temperature_slider.temperature,
            geometry=geometry,
            docks=docks,
            maps=tuple(SavedMaps(dock.view_id, dock.choices) for dock in self.maps.values()),
        )

    # ------------------------------------------------------------------------------------------------- for all docks

    def docks(self) -> tuple[Dock, ...]:
        """One of each kind."""
        return (self.input, next(iter(self.maps.values())), self.predictions, self.network, self.sketch, self.log)

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

    def show_source(self, state: SourceState) -> None:
        """What the source is and where it stands."""
        self.input.show_source(state)
        self.status.show_still(state.still)
        self.predictions.show_still(state.still and state.spec.kind != "sketch")

    def _add_view_menu(self) -> None:
        self.menus.view.addSeparator()
        for dock in (self.input, self.predictions, self.network, self.sketch, self.log):
            self._add_switch(dock)

    def _add_switch(self, dock: Dock) -> None:
        self.menus.view.addAction(dock.toggleViewAction())
        self.addAction(dock.toggleViewAction())  # where the palette of actions looks

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
        for dock in (self.input, self.predictions, self.network, self.sketch, self.log, *self.maps.values()):
            if dock.isFloating():
                dock.hide()
        super().closeEvent(event)
