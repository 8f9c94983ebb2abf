"""Workspaces: arrangements of the same docks for one kind of work each, a click apart and remembered.

All columns stand in one dock area: those share a larger window by their widths, two areas would halve it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, Signal

from cnnviz.gui.dock_catalog import ON_DEMAND
from cnnviz.gui.session import SavedWorkspace
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.maps_choices import MapsChoices

if TYPE_CHECKING:
    from cnnviz.gui.main_window import MainWindow

EXPLORE, BUILD, TRAIN = "explore", "build", "train"
FIRST_STRIP = 4
"""Layers in the second feature-maps dock: the whole network at a glance."""

COLUMNS, _BOTTOM = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
_ACROSS, _DOWN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


def arrange_explore(window: MainWindow) -> None:
    """Input and predictions left, maps in the middle, network right."""
    chosen, strip = _two_maps_docks(window)
    _stand_side_by_side(window, window.input, chosen, window.network)
    window.splitDockWidget(window.input, window.predictions, _DOWN)
    window.tabifyDockWidget(window.input, window.sketch)
    window.splitDockWidget(chosen, strip, _DOWN)
    _show(window.input, window.predictions, chosen, strip, window.network, window.sketch)
    window.input.raise_()
    window.resizeDocks([window.input, chosen, window.network], [380, 650, 370], _ACROSS)
    window.resizeDocks([window.input, window.predictions], [480, 400], _DOWN)
    window.resizeDocks([chosen, strip], [540, 360], _DOWN)


def arrange_build(window: MainWindow) -> None:
    """The builder wide on the left; what its network does with the input on the right."""
    chosen, strip = _two_maps_docks(window)
    builder, graph = window.dock("builder"), window.dock("graph")
    _stand_side_by_side(window, builder, graph, window.input)
    window.splitDockWidget(window.input, window.predictions, _DOWN)
    window.splitDockWidget(graph, chosen, _DOWN)
    window.tabifyDockWidget(chosen, strip)
    window.tabifyDockWidget(window.input, window.sketch)
    window.tabifyDockWidget(graph, window.network)
    _show(builder, graph, window.input, window.predictions, chosen, strip, window.sketch, window.network)
    for dock in (graph, window.input, chosen):
        dock.raise_()
    window.resizeDocks([builder, graph, window.input], [720, 380, 300], _ACROSS)


def arrange_train(window: MainWindow) -> None:
    """Training, its data and what the network says left, curves in the middle, maps and filters right."""
    chosen, strip = _two_maps_docks(window)
    train, data, curves, filters = (window.dock(name) for name in ("train", "data", "curves", "filters"))
    evaluation, checkpoints = window.dock("evaluation"), window.dock("checkpoints")
    _stand_side_by_side(window, train, curves, chosen)
    window.splitDockWidget(chosen, filters, _DOWN)
    window.splitDockWidget(train, window.predictions, _DOWN)
    for front, behind in ((train, data), (curves, evaluation), (chosen, strip), (filters, checkpoints)):
        window.tabifyDockWidget(front, behind)
    window.tabifyDockWidget(window.predictions, window.input)
    window.tabifyDockWidget(window.input, window.sketch)
    _show(train, data, curves, evaluation, chosen, strip, filters, checkpoints)
    _show(window.predictions, window.input, window.sketch)
    for dock in (train, curves, chosen, filters, window.predictions):
        dock.raise_()
    window.resizeDocks([train, curves, chosen], [370, 640, 390], _ACROSS)
    window.resizeDocks([train, window.predictions], [560, 300], _DOWN)
    window.resizeDocks([chosen, filters], [440, 420], _DOWN)


ARRANGEMENTS: dict[str, Callable[[MainWindow], None]] = {
    EXPLORE: arrange_explore,
    BUILD: arrange_build,
    TRAIN: arrange_train,
}


class Workspaces(QObject):
    """Switches between arrangements and keeps each as the user left it. ``changed``: the name of the new one."""

    changed = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._left: dict[str, SavedWorkspace] = {}
        self._kept: SavedWorkspace | None = None
        self.current = EXPLORE

    def switch(self, name: str) -> None:
        """The arrangement of this name, as it was left or as it first stands."""
        if name != self.current:
            self._left[self.current] = self._present()
            self.current = name
            if not self._bring_back(self._left.get(name)):
                self.arrange()
            self.changed.emit(name)

    def arrange(self) -> None:
        """The present workspace as it first stands."""
        window = self._window
        for dock in window.all_docks():
            window.removeDockWidget(dock)
            dock.setFloating(False)
        ARRANGEMENTS[self.current](window)
        window.addDockWidget(_BOTTOM, window.log)
        window.log.hide()

    def restore(self, current: str, saved: tuple[SavedWorkspace, ...]) -> None:
        """What the last session kept; where that is of no use, the workspace as it first stands."""
        self._left = {each.name: each for each in saved if each.name in ARRANGEMENTS}
        self.current = current if current in ARRANGEMENTS else EXPLORE
        if not self._bring_back(self._left.get(self.current)):
            self.arrange()
        self.changed.emit(self.current)

    def keep(self) -> None:
        """The window closes, and with it every floating dock: ``saved`` gives the arrangement from before that."""
        self._kept = self._present()

    def saved(self) -> tuple[SavedWorkspace, ...]:
        """Every workspace that was used, as it stands or was left."""
        present = self._present() if self._window.isVisible() or self._kept is None else self._kept
        return tuple({**self._left, self.current: present}.values())

    def _present(self) -> SavedWorkspace:
        state = bytes(self._window.saveState().toBase64().data()).decode()
        return SavedWorkspace(self.current, state, self._window.open_on_demand())

    def _bring_back(self, saved: SavedWorkspace | None) -> bool:
        window = self._window
        if saved is None or not saved.state or not window.maps:
            return False
        for name in saved.open:
            if name in ON_DEMAND:
                window.dock(name)
        for dock in window.all_docks():
            window.addDockWidget(COLUMNS, dock)
            dock.hide()
        return window.restoreState(QByteArray.fromBase64(saved.state.encode()))


def _two_maps_docks(window: MainWindow) -> tuple[Dock, Dock]:
    """The first two docks of feature maps as they first stand: the chosen layer's, and a strip through the network."""
    for dock in list(window.maps.values())[2:]:
        window.remove_maps_dock(dock)
    while len(window.maps) < 2:
        window.add_maps_dock()
    chosen, strip = list(window.maps.values())[:2]
    chosen.restore(MapsChoices())
    strip.restore(MapsChoices(strip=FIRST_STRIP))
    return chosen, strip


def _stand_side_by_side(window: MainWindow, *docks: Dock) -> None:
    window.addDockWidget(COLUMNS, docks[0])
    for left, right in pairwise(docks):
        window.splitDockWidget(left, right, _ACROSS)


def _show(*docks: Dock) -> None:
    for dock in docks:
        dock.show()
