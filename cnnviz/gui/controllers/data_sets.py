"""Data sets joined to the rest: the engine looks at what is chosen for training, and shows what augmentation does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from cnnviz.core.reports import Problem, Progress
from cnnviz.engine.commands import Cancel, ExamineData, ShowAugmentations, ShowPicture
from cnnviz.engine.events import AugmentationsShown, DataExamined
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.widgets.dock_base import Dock

if TYPE_CHECKING:
    from cnnviz.core.training.values import DataChoice

TASK = "data"
"""What the engine calls the job that fetches and reads a data set."""

_PATIENCE_MS = 250
"""While a folder's name is typed, nothing is read."""

_Question = tuple["DataChoice", tuple[int, int, int] | None]


class DataSubject(Subject):
    """Dock "data", and what the dock "train" shows of data."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"train": self._connect_train, "data": self._connect_data}
        self.handlers = {DataExamined: self._show_data, AugmentationsShown: self._show_augmentations}
        self._made: dict[str, Dock] = {}
        self._examined: _Question | None = None
        self._asked: _Question | None = None
        self._seed = 0
        self._later = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._later.timeout.connect(self._look)

    def show_progress(self, progress: Progress) -> None:
        """Of any task; those about data are shown beside its name."""
        if progress.task == TASK and "train" in self._made:
            self._made["train"].show_data_progress(progress)

    def show_problem(self, task: str) -> None:
        """What failed is asked again once something else was chosen, or by the user's hand."""
        if task == TASK and "data" in self._made:
            self._made["data"].show_nothing(self.tr("The data cannot be read: see the message below."))

    def begin_anew(self) -> None:
        self._asked = self._examined = None
        self._later.start()

    # ---------------------------------------------------------------------------------------------------------- wiring

    def _connect_train(self, dock: Dock) -> None:
        self._made["train"] = dock
        dock.data_changed.connect(self._later.start)
        dock.shown_changed.connect(lambda _: self._later.start())
        dock.fetch_wanted.connect(lambda: self._ask(fetch=True))
        dock.preview_wanted.connect(self._preview)
        dock.cancel_requested.connect(lambda task: self._desk.send(Cancel(task)))

    def _connect_data(self, dock: Dock) -> None:
        self._made["data"] = dock
        dock.fetch_wanted.connect(lambda: self._ask(fetch=True))
        dock.picture_chosen.connect(lambda pixels, name: self._desk.send(ShowPicture(pixels, "pasted", name)))
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))
        dock.shown_changed.connect(lambda _: self._later.start())
        self._later.start()

    # ------------------------------------------------------------------------------------------------------- questions

    def _question(self) -> _Question:
        """The data that is set up or chosen, and the input of the network to train on it."""
        from cnnviz.core.training.values import DataChoice

        dock = self._made.get("train")
        if dock is not None:
            return dock.shown_data, dock.input_shape
        view = self._desk.subject(TrainingSubject).chosen
        known = view is not None and view.configuration is not None
        return (view.configuration.data if known else DataChoice()), None

    def _look(self) -> None:
        """Where somebody looks: reads what is there, and says what is not."""
        from cnnviz.gui.data_places import missing_words

        if "train" in self._made:
            self._made["train"].setup.data.show_place()
        if not (self._data_is_shown or self._wants_preview):
            return
        question = self._question()
        if question in (self._examined, self._asked):
            return
        problem = missing_words(question[0])
        if problem:
            self._show_missing(question[0], problem)
        else:
            self._ask(fetch=False)

    @property
    def _data_is_shown(self) -> bool:
        return "data" in self._made and self._made["data"].is_shown

    @property
    def _wants_preview(self) -> bool:
        return "train" in self._made and self._made["train"].setup.shows_preview

    def _ask(self, *, fetch: bool) -> None:
        self._asked = self._question()
        choice, shape = self._asked
        self._desk.send(ExamineData(replace(choice, download=fetch), shape))

    def _preview(self) -> None:
        """Other versions of the pictures there are; first the pictures, where they are of other data."""
        if not self._wants_preview:
            return
        if self._examined != self._question():
            self._look()
            return
        self._seed += 1
        settings = self._made["train"].setup.settings
        self._desk.send(ShowAugmentations(settings.augmentations, seed=self._seed))

    # --------------------------------------------------------------------------------------------------------- answers

    def _show_missing(self, choice: DataChoice, sentence: str) -> None:
        from cnnviz.gui.data_places import fetch_words

        self._examined = None
        if "data" in self._made:
            self._made["data"].show_nothing(sentence, fetch_words(choice))
        if "train" in self._made:
            self._made["train"].setup.preview.show_message(sentence)

    def _show_data(self, event: DataExamined) -> None:
        self._examined, self._asked = (event.data, event.shape), None
        if "data" in self._made:
            self._made["data"].show_data(event.summary, event.samples)
        if "train" in self._made:
            self._made["train"].setup.transfer.show_data(event.summary)
        self._later.start()  # something else may have been chosen meanwhile
        self._preview()

    def _show_augmentations(self, event: AugmentationsShown) -> None:
        if "train" in self._made:
            self._made["train"].setup.preview.show_tiles(event.tiles)
