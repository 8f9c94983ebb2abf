"""The builder's tool row: what to start from, files, and the edits of the chosen rows."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnviz.core.networks.classics import CLASSICS, Classic
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.gui.widgets.builder_actions import BuilderActions
from cnnviz.gui.widgets.tool_row import menu_button, tool_button

_GAP = 8


class BuilderTools(QWidget):
    """``start_chosen``: a function that gives the spec to start from. Other signals ask for what their names say."""

    start_chosen = Signal(object)
    empty_wanted = Signal()
    loaded_wanted = Signal()
    open_wanted = Signal()
    source_wanted = Signal()
    palette_toggled = Signal(bool)

    def __init__(self, actions: BuilderActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.palette_button = tool_button("add", self.tr("Layers and blocks"), self, checkable=True)
        self.palette_button.setChecked(True)
        self.palette_button.toggled.connect(self.palette_toggled)
        self.new_button = menu_button("template", self.tr("Start from a network"), self)
        self._fill_new_menu()
        self.open_button = tool_button("open", self.tr("Open spec…"), self)
        self.open_button.clicked.connect(self.open_wanted)
        self.source_button = tool_button("source", self.tr("PyTorch source…"), self)
        self.source_button.clicked.connect(self.source_wanted)
        self._arrange(actions)

    def _fill_new_menu(self) -> None:
        menu = self.new_button.menu()
        menu.addAction(self.tr("Empty network"), self.empty_wanted.emit)
        menu.addAction(self.tr("The loaded network"), self.loaded_wanted.emit)
        menu.addSeparator()
        for classic in CLASSICS.values():
            menu.addAction(_dated(classic), partial(self.start_chosen.emit, classic.spec))
        self._presets = menu.addMenu(self.tr("Known families"))
        self._presets.aboutToShow.connect(self._fill_presets)

    def _fill_presets(self) -> None:
        """When it first opens: their titles are in specs of hundreds of layers."""
        if self._presets.isEmpty():
            for make in PRESETS.values():
                self._presets.addAction(make().title, partial(self.start_chosen.emit, make))

    def _arrange(self, actions: BuilderActions) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        edits = ("up", "down", "duplicate", "delete", "group", "ungroup")
        for widgets in (
            (self.palette_button,),
            (self.new_button, self.open_button, actions.button("save", self), self.source_button),
            (actions.button("undo", self), actions.button("redo", self)),
            tuple(actions.button(name, self) for name in edits),
        ):
            for widget in widgets:
                row.addWidget(widget)
            row.addSpacing(_GAP)
        row.addStretch(1)


def _dated(classic: Classic) -> str:
    named = classic.year is None or str(classic.year) in classic.title
    return classic.title if named else f"{classic.title} ({classic.year})"
