"""One subject's share of the controller: its docks, its events, and what it wishes of the live loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np
from PySide6.QtCore import QObject

from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.reports import Problem, Progress
from cnnviz.core.sources.values import SourceState
from cnnviz.core.views import LiveView, Probe, Snapshot
from cnnviz.engine.commands import Command
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.state import Selection

_Kind = TypeVar("_Kind", bound="Subject")


class Desk(Protocol):
    """What the controller lends to its subjects."""

    window: MainWindow

    @property
    def offer(self) -> NetworkOffer | None:
        """The network on view."""

    @property
    def selection(self) -> Selection:
        """What every dock follows."""

    def send(self, command: Command) -> None:
        """To the engine."""

    def refresh(self) -> None:
        """Something that ``wishes`` says has changed."""

    def select(self, selection: Selection) -> None:
        """Every dock follows."""

    def select_layer(self, name: str) -> None:
        """Every dock follows."""

    def open_network(self, choice: NetworkChoice) -> None:
        """The present network stays until this one is ready."""

    def show_picture(self, pixels: np.ndarray, kind: str, title: str) -> None:
        """As the live input: H×W×3 uint8 RGB. ``kind``: "pasted" or "sketch"."""

    def problem(self, problem: Problem) -> None:
        """One line, and an entry in the log."""

    def subject(self, kind: type[_Kind]) -> _Kind:
        """Another subject, for what is its business."""


class Subject(QObject):
    """Does nothing until one of its docks was made; each method is for subclasses to fill where it concerns them.

    ``docks``: by name in ``dock_catalog``, how each is wired when it is made. ``handlers``: by kind of event.
    ``actions``: by name in ``menus``, what each does.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self.docks: Mapping[str, Callable[[Dock], None]] = {}
        self.handlers: Mapping[type, Callable[..., None]] = {}
        self.actions: Mapping[str, Callable[[], None]] = {}

    def add_dock(self, name: str, dock: Dock) -> None:
        """Wires a dock that was just made, and shows it what is on view."""
        if name not in self.docks:
            return
        self.docks[name](dock)
        dock.shown_changed.connect(lambda _: self._desk.refresh())
        if self._desk.offer is not None:
            self.show_network(self._desk.offer)
            self.show_selection(self._desk.selection)
        self._desk.refresh()

    def wishes(self) -> tuple[LiveView, ...]:
        """What its visible docks ask of every drawn frame."""
        return ()

    @property
    def wants_picture(self) -> bool:
        """Whether its visible docks need the input's picture, also while the input dock is hidden."""
        return False

    @property
    def wants_predictions(self) -> bool:
        """Whether its visible docks need the logits, also while the predictions dock is hidden."""
        return False

    def begin_anew(self) -> None:
        """An engine has started: what an earlier one was asked, or knew, is lost."""

    def show_progress(self, progress: Progress) -> None:
        """A task of the engine's that takes longer than a moment."""

    def show_problem(self, task: str) -> None:
        """This task of the engine's failed; the user was told."""

    def show_network(self, offer: NetworkOffer) -> None:
        """Another network is on view."""

    def show_source(self, state: SourceState) -> None:
        """Another source is on view, or its state changed."""

    def show_selection(self, selection: Selection) -> None:
        """The user chose a layer, channel or cell, in any dock."""

    def show_hover(self, probe: Probe | None) -> None:
        """The mouse came over another cell of a feature map, or left it."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Another frame."""

    def _select_channel(self, layer: str, channel: int) -> None:
        """By the user's hand, in one of its docks; the cell stays where the layer does."""
        offer, present = self._desk.offer, self._desk.selection
        known = {each.name: each.channels for each in offer.layers} if offer is not None else {}
        if channel < known.get(layer, 0):
            kept = replace(present, channel=channel) if present.layer == layer else Selection(layer, channel)
            self._desk.select(kept)
