"""Training joined to the rest: runs are started, followed, compared and told what to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cnnviz.core.errors import CnnvizError
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.widgets.dock_base import Dock

if TYPE_CHECKING:  # imported when a dock is made: the window opens without
    from cnnviz.core.training.values import Control, RunConfiguration
    from cnnviz.gui.rate_search import RateSearch
    from cnnviz.gui.run_view import RunView
    from cnnviz.gui.runs import Runs

_MOST_FOLLOWED = 6
"""As many as there are colours; one more makes room by leaving the oldest."""


class TrainingSubject(Subject):
    """Docks "train" and "curves"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"train": self._connect_train, "curves": self._connect_curves}
        self._made: dict[str, Dock] = {}
        self._chosen: Path | None = None
        self._settings = ""

    @cached_property
    def runs(self) -> Runs:
        """Those that are followed."""
        from cnnviz.gui.runs import Runs

        runs = Runs(self)
        runs.changed.connect(self._show_run)
        runs.left.connect(self._forget_run)
        runs.refused.connect(self._say)
        return runs

    @cached_property
    def rate_search(self) -> RateSearch:
        """The learning-rate finder."""
        from cnnviz.gui.rate_search import RateSearch

        search = RateSearch(self)
        search.told.connect(self._made["train"].show_rate_news)
        search.failed.connect(self._made["train"].show_rate_problem)
        return search

    # ------------------------------------------------------------------------------------------------- for the program

    def train(self, spec: NetworkSpec) -> None:
        """The builder's network in the training dock."""
        self._desk.window.open_dock("train").show_spec(spec)

    def restore(self, runs: tuple[str, ...], settings: str) -> None:
        """What a session followed, and had set up."""
        self._settings = settings
        if "train" in self._made:
            self._show_settings(self._made["train"])
        for run in filter(Path.is_dir, map(Path, runs[:_MOST_FOLLOWED])):
            self.runs.follow(run)

    @property
    def followed(self) -> tuple[str, ...]:
        """The folders of the runs on view."""
        return tuple(map(str, self.runs.followed)) if "runs" in self.__dict__ else ()

    @property
    def saved_settings(self) -> str:
        """What is set up, as config.json has it; empty for the program's own settings."""
        if "train" not in self._made:
            return self._settings
        from cnnviz.core.training.strict_json import write_text

        return write_text(self._made["train"].setup.settings)

    @property
    def chosen(self) -> RunView | None:
        """The run that every dock about runs shows."""
        return None if self._chosen is None else self.runs.view_of(self._chosen)

    def join(self, name: str, dock: Dock) -> None:
        """A dock of another subject that shows runs too: it has ``show_run``, ``choose_run`` and ``remove_run``."""
        self._made[name] = dock
        self.runs.left.connect(dock.remove_run)
        self._bring_up_to_date(dock)

    def show_network(self, offer: NetworkOffer) -> None:
        if "train" in self._made:
            self._made["train"].show_network(offer)

    # ---------------------------------------------------------------------------------------------------------- wiring

    def _connect_train(self, dock: Dock) -> None:
        self._made["train"] = dock
        self._show_settings(dock)
        dock.start_requested.connect(self._start)
        dock.run_chosen.connect(self.choose)
        dock.ordered.connect(self._order)
        dock.resume_requested.connect(self._resume)
        dock.rate_wanted.connect(self._find_rate)
        dock.rate_cancelled.connect(self._cancel_search)
        diagnosis = dock.controls.diagnosis
        diagnosis.resume_requested.connect(lambda control: self._resume_with(dock.controls.view.path, control))
        diagnosis.layer_wanted.connect(self._look_at_layer)
        dock.runs_wanted.connect(self.runs.list_recent)
        dock.problem_met.connect(self._say)
        self.runs.listed.connect(dock.show_entries)
        self._bring_up_to_date(dock)
        self.runs.list_recent()

    def _show_settings(self, dock: Dock) -> None:
        """The last session's; what cannot be read any more is not set up."""
        from cnnviz.core.training.errors import ConfigurationError
        from cnnviz.core.training.strict_json import read_text
        from cnnviz.core.training.values import RunConfiguration

        with suppress(ConfigurationError):
            if self._settings:
                dock.show_settings(read_text(RunConfiguration, self._settings, "the session"))

    def _connect_curves(self, dock: Dock) -> None:
        self._made["curves"] = dock
        dock.run_chosen.connect(self.choose)
        dock.run_removed.connect(self.runs.leave)
        dock.run_wanted.connect(lambda folder: self.choose(Path(folder)))
        dock.layers_wanted_changed.connect(lambda: self.runs.set_layers_wanted(wanted=dock.wants_layers))
        dock.problem_met.connect(self._say)
        self._bring_up_to_date(dock)

    def _bring_up_to_date(self, dock: Dock) -> None:
        for view in self.runs.views:
            dock.show_run(view)
        if self.chosen is not None:
            dock.choose_run(self.chosen)

    def _say(self, sentence: str) -> None:
        self._desk.problem(Problem(sentence))

    def show_started(self, path: Path) -> None:
        """A run that was just started, with its controls."""
        self.choose(path)
        if "train" in self._made:
            self._made["train"].show_runs_page()

    # ------------------------------------------------------------------------------------------------ the user's hand

    def choose(self, path: Path) -> None:
        """Every dock about runs shows this one; it is followed from now on."""
        path = path.absolute()
        while path not in self.runs.followed and len(self.runs.followed) >= _MOST_FOLLOWED:
            self.runs.leave(self.runs.followed[0])
        self._chosen = path
        self.runs.follow(path)
        self._show_choice()

    def _start(self, settings: RunConfiguration, folder: str) -> None:
        from cnnviz.gui.run_places import new_run_path

        dock = self._made["train"]
        path = Path(folder) if folder else new_run_path(settings, dock.setup.network.title)
        if self._try(lambda: self.runs.start(path, settings)):
            self.show_started(path)
            self._desk.window.open_dock("curves")

    def _find_rate(self, settings: RunConfiguration) -> None:
        try:
            self.rate_search.start(settings)
        except CnnvizError as error:
            self._made["train"].show_rate_problem(error.message)

    def _cancel_search(self) -> None:
        self.rate_search.cancel()

    def _resume(self, path: Path, learning_rate: float | None) -> None:
        self._try(lambda: self.runs.resume(path, learning_rate))

    def _resume_with(self, path: Path, remedy: Control) -> None:
        """From the last good checkpoint, with what a diagnosis offers."""
        rate = remedy.value if remedy.action == "learning-rate" else None
        clipping = remedy.value if remedy.action == "gradient-clipping" else None
        self._try(lambda: self.runs.resume(path, rate, gradient_clipping=clipping))

    def _look_at_layer(self, path: str) -> None:
        """Where the network on view has it."""
        layers = self._desk.offer.layers if self._desk.offer is not None else ()
        name = next((layer.name for layer in layers if layer.path == path), None)
        if name is not None:
            self._desk.select_layer(name)

    def _order(self, path: Path, control: Control) -> None:
        self._try(lambda: self.runs.control(path, control))

    def _try(self, act: Callable[[], None]) -> bool:
        """What the run's folder, its disk or the settings do not allow is said."""
        try:
            act()
        except CnnvizError as error:
            self._desk.problem(Problem(error.message, error.details))
            return False
        return True

    # --------------------------------------------------------------------------------------------------------- showing

    def _show_run(self, view: RunView) -> None:
        if self._chosen is None:
            self._chosen = view.path
        for dock in self._made.values():
            dock.show_run(view)
        if view.path == self._chosen:
            self._show_choice()

    def _show_choice(self) -> None:
        if self.chosen is not None:
            for dock in self._made.values():
                dock.choose_run(self.chosen)

    def _forget_run(self, path: Path) -> None:
        if "curves" in self._made:
            self._made["curves"].remove_run(path)
        if self._chosen == path:
            self._chosen = next(iter(self.runs.followed), None)
            self._show_choice()
