"""What each menu action does: files opened as what they are, pictures pasted, docks and looks switched."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from cnnviz import __version__
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.reports import Problem
from cnnviz.core.sources.kinds import is_network_file, is_weights_file, source_kind_of
from cnnviz.core.sources.values import SourceCommand, SourceSpec
from cnnviz.gui.controller import Controller
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import SUFFIX
from cnnviz.gui.session_files import SessionFiles
from cnnviz.gui.theme import LARGER_TEXT
from cnnviz.gui.widgets.clipboard import rgb_pixels
from cnnviz.gui.widgets.workspace_switch import WorkspaceSwitch
from cnnviz.gui.workspaces import ARRANGEMENTS


class ActionWiring(QObject):
    """Joins the window's actions, drops and pastes to the controller."""

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._sessions = SessionFiles(window, controller)
        self._help: QWidget | None = None
        self._connect(
            {
                "open": self._open_files,
                "open-folder": self._open_folder,
                "paste": window.input.source_bar.paste,
                "choose-network": window.network.choose_network,
                "open-weights": window.network.choose_weights_file,
                "open-session": self._sessions.ask_open,
                "save-session": self._sessions.ask_save,
                "quit": window.close,
                "play": controller.toggle_play,
                "step": lambda: controller.control_source(SourceCommand("step")),
                "step-back": lambda: controller.control_source(SourceCommand("step-back")),
                "camera": lambda: controller.open_source(SourceSpec("camera", "0")),
                "test-card": lambda: controller.open_source(SourceSpec("test-card", rate=30.0)),
                "sketch": self._show_sketch_pad,
                "previous-layer": lambda: controller.step_layer(-1),
                "next-layer": lambda: controller.step_layer(1),
                "new-maps": controller.add_maps_dock,
                "reset-layout": window.workspaces.arrange,
                "palette": self._find_action,
                "help": self._show_help,
                "about": self._about,
                **controller.actions,
            }
        )
        window.menus.actions["freeze"].toggled.connect(lambda frozen: controller.set_frozen(frozen=frozen))
        window.menus.actions["training-mode"].triggered.connect(
            lambda training: controller.set_training_mode(training=training)
        )
        window.menus.actions["larger-text"].toggled.connect(self._enlarge_text)
        self._connect_themes()
        self._connect_workspaces()
        window.dropped.connect(self.open_all)
        window.picture_dropped.connect(self._show_image)

    def open_all(self, locations: list[str]) -> None:
        """Each as what it is: a network, weights for the present one, else a source; the last source is shown."""
        for location in locations:
            self._open(location)

    def _open(self, location: str) -> None:
        if location.endswith(SUFFIX):
            self._sessions.open(Path(location))
            return
        if is_network_file(location):
            self._controller.open_network(NetworkChoice(Path(location).stem, file=location))
            return
        if is_weights_file(location):
            self._window.network.open_weights(location)
            return
        spec = source_kind_of(location)
        if spec is None:
            words = self.tr(
                "%1 is no picture, video, folder, address, weights file (.pth, .pt, .safetensors), network "
                "(.json, .onnx, .pt2, .pt, .py) or session (.cnnviz)."
            )
            self._controller.problem(Problem(words.replace("%1", location)))
            return
        self._controller.open_source(spec)

    # ---------------------------------------------------------------------------------------------------------- actions

    def _connect(self, slots: dict[str, object]) -> None:
        for name, slot in slots.items():
            self._window.menus.actions[name].triggered.connect(lambda _=False, run=slot: run())

    def _connect_themes(self) -> None:
        group = QActionGroup(self)
        for scheme in ("system", "light", "dark"):
            action = self._window.menus.actions[f"theme-{scheme}"]
            group.addAction(action)
            action.setChecked(scheme == self._window.theme.scheme)
            action.triggered.connect(lambda _=False, chosen=scheme: self._window.theme.set_scheme(chosen))

    def _connect_workspaces(self) -> None:
        group = QActionGroup(self)
        for name in ARRANGEMENTS:
            action = self._window.menus.actions[f"workspace-{name}"]
            group.addAction(action)
            action.triggered.connect(lambda _=False, chosen=name: self._window.workspaces.switch(chosen))
        actions = self._window.menus.actions
        self._window.workspaces.changed.connect(lambda name: actions[f"workspace-{name}"].setChecked(True))
        actions[f"workspace-{self._window.workspaces.current}"].setChecked(True)
        switch = WorkspaceSwitch([actions[f"workspace-{name}"] for name in ARRANGEMENTS], self._window)
        self._window.menuBar().setCornerWidget(switch)

    def _open_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self._window, self.tr("Open picture, video, weights or network"))
        self.open_all(paths)

    def _open_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open folder of pictures"))
        if folder:
            self.open_all([folder])

    def _show_image(self, image: QImage) -> None:
        self._controller.show_picture(rgb_pixels(image), "pasted", self.tr("Dropped picture"))

    def _show_sketch_pad(self) -> None:
        self._window.sketch.show()
        self._window.sketch.raise_()

    def _enlarge_text(self, larger: bool) -> None:  # noqa: FBT001 - Qt's signal hands it over
        self._window.theme.set_text_factor(LARGER_TEXT if larger else 1.0)

    def _find_action(self) -> None:
        from cnnviz.gui.widgets.action_palette import ActionPalette

        ActionPalette(self._window.actions(), self._window).open_centred()

    def _show_help(self) -> None:
        from cnnviz.gui.dialogs.help_window import HelpWindow, key_rows

        if self._help is None:
            self._help = HelpWindow(key_rows(self._window.actions()), self._window.docks(), self._window)
        self._help.show()
        self._help.raise_()
        self._help.activateWindow()

    def _about(self) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, self.tr("About cnnviz"), "", parent=self._window)
        box.setText(self.tr("cnnviz %1 — see inside convolutional networks, live.").replace("%1", __version__))
        box.setModal(False)
        box.show()
