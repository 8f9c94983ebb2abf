"""The training dock: set a run up, start it, tell its trainer what to do, take up another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.core.reports import Progress
from cnnviz.core.training.rate_values import RateNews
from cnnviz.core.training.values import DataChoice, RunConfiguration
from cnnviz.gui.run_places import RunEntry
from cnnviz.gui.run_view import RunView
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.segment_button import SegmentButton
from cnnviz.gui.widgets.train_controls import RunControls
from cnnviz.gui.widgets.train_list import RunList
from cnnviz.gui.widgets.train_setup import SetupPage


class TrainDock(Dock):
    """``start_requested``: a RunConfiguration and a folder, empty for one of its own. ``run_chosen``: a run's path, to
    be followed. ``ordered``: a path and a Control. ``resume_requested``: a path and a learning rate or None.
    ``watch_requested``: a path whose network the live docks are to look into. ``runs_wanted``: asks for
    ``show_entries``. ``data_changed``: ``shown_data`` or ``input_shape`` is another. ``fetch_wanted``: the chosen data
    is to be fetched. ``preview_wanted``: augmented pictures are. ``cancel_requested``: a task's name. ``rate_wanted``:
    a RunConfiguration to find a learning rate for, told by ``show_rate_news``. ``rate_cancelled``: that search is to
    end. ``problem_met``: a sentence.
    """

    start_requested = Signal(object, str)
    run_chosen = Signal(object)
    ordered = Signal(object, object)
    resume_requested = Signal(object, object)
    watch_requested = Signal(object)
    runs_wanted = Signal()
    data_changed = Signal()
    fetch_wanted = Signal()
    preview_wanted = Signal()
    cancel_requested = Signal(str)
    rate_wanted = Signal(object)
    rate_cancelled = Signal()
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "train",
            self.tr("Training"),
            sentence=self.tr("Choose network, data and settings; the run goes on when the window closes."),
            help_text=self._help(),
            parent=parent,
        )
        content = QWidget(self)
        self.setup = SetupPage(content)
        self.list = RunList(content)
        self.controls = RunControls(content)
        self._make_pages(content)
        self.set_content(content)
        self._connect()

    # --------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:
        """The network on view can be trained."""
        self.setup.show_live(offer)

    def show_spec(self, spec: NetworkSpec) -> None:
        """The builder's network, ready to be trained."""
        self.setup.show_spec(spec)
        self.setup_button.click()

    def show_settings(self, settings: RunConfiguration) -> None:
        """For the next run."""
        self.setup.show_settings(settings)

    def show_entries(self, entries: Sequence[RunEntry]) -> None:
        """The runs there are."""
        self.list.show_entries(entries)

    def show_run(self, view: RunView) -> None:
        """The present state of a run that is followed."""
        self.list.show_run(view)
        if self.list.chosen() == view.path:
            self.controls.show_run(view)

    def choose_run(self, view: RunView) -> None:
        """Its controls; the list stays where it is if it is not in it."""
        self.list.show_run(view)
        self.list.choose(view.path)
        self.controls.show_run(view)

    def show_runs_page(self) -> None:
        self.runs_button.setChecked(True)

    def show_data_progress(self, progress: Progress) -> None:
        """Of fetching or reading the chosen data."""
        self.setup.data.show_progress(progress)

    def show_rate_news(self, news: RateNews) -> None:
        """What the learning-rate finder tells."""
        self.setup.finder.show_news(news)

    def show_rate_problem(self, sentence: str) -> None:
        """Why the finder found nothing."""
        self.setup.finder.show_problem(sentence)

    @property
    def shown_data(self) -> DataChoice:
        """Of the run on view, or of the one that is set up."""
        view = self.controls.view
        if self.runs_button.isChecked() and view is not None and view.configuration is not None:
            return view.configuration.data
        return self.setup.settings.data

    @property
    def input_shape(self) -> tuple[int, int, int] | None:
        """Channels, height and width that the network to train takes, as far as the window knows."""
        return self.setup.network.live_shape

    # ------------------------------------------------------------------------------------------------- the user's hand

    def ask_for_run(self) -> QFileDialog:
        """A run's folder, wherever it is."""
        dialog = QFileDialog(self, self.tr("Open a run's folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.run_chosen.emit(Path(name)))
        dialog.open()
        return dialog

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.controls.view.path)))

    def _repeat(self) -> None:
        view = self.controls.view
        if view.configuration is not None:
            self.setup.show_settings(view.configuration)
            self.setup_button.click()

    def _turn_page(self) -> None:
        self.pages.setCurrentIndex(1 if self.runs_button.isChecked() else 0)
        if self.runs_button.isChecked():
            self.runs_wanted.emit()
        self.data_changed.emit()

    # ---------------------------------------------------------------------------------------------------------- making

    def _make_pages(self, content: QWidget) -> None:
        self.setup_button = SegmentButton(self.tr("New run"), content)
        self.runs_button = SegmentButton(self.tr("Runs"), content)
        self.setup_button.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self.setup_button)
        group.addButton(self.runs_button)
        self.pages = QStackedWidget(content)
        self.pages.addWidget(self.setup)
        self.pages.addWidget(self._runs_page(content))
        switch = QHBoxLayout()
        switch.setContentsMargins(8, 0, 8, 0)
        switch.setSpacing(0)
        switch.addWidget(self.setup_button, 1)
        switch.addWidget(self.runs_button, 1)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 4, 0, 8)
        layout.setSpacing(4)
        layout.addLayout(switch)
        layout.addWidget(self.pages, 1)

    def _runs_page(self, content: QWidget) -> QWidget:
        """Scrolled as a whole: what is found wrong with a run takes as much room as it needs."""
        self.open_button = QPushButton(self.tr("Open a run's folder…"), content)
        inside = QWidget(content)
        column = QVBoxLayout(inside)
        column.setContentsMargins(8, 4, 8, 0)
        column.setSpacing(6)
        column.addWidget(self.controls)
        column.addWidget(self.list, 1)
        column.addWidget(self.open_button)
        page = QScrollArea(content)
        page.setFrameShape(QFrame.Shape.NoFrame)
        page.setWidgetResizable(True)
        page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.setWidget(inside)
        return page

    def _connect(self) -> None:
        self.setup_button.toggled.connect(self._turn_page)
        self.setup.start_requested.connect(self.start_requested)
        self.setup.data_changed.connect(self.data_changed)
        self.setup.fetch_wanted.connect(self.fetch_wanted)
        self.setup.preview_wanted.connect(self.preview_wanted)
        self.setup.rate_wanted.connect(self.rate_wanted)
        self.setup.rate_cancelled.connect(self.rate_cancelled)
        self.setup.problem_met.connect(self.problem_met)
        self.setup.data.cancel_requested.connect(self.cancel_requested)
        self.list.run_chosen.connect(self.run_chosen)
        self.open_button.clicked.connect(self.ask_for_run)
        controls = self.controls
        controls.ordered.connect(lambda control: self.ordered.emit(controls.view.path, control))
        controls.resume_requested.connect(lambda rate: self.resume_requested.emit(controls.view.path, rate))
        controls.watch_requested.connect(lambda: self.watch_requested.emit(controls.view.path))
        controls.transfer.problem_met.connect(self.problem_met)
        controls.folder_wanted.connect(self._open_folder)
        controls.repeat_requested.connect(self._repeat)

    def _help(self) -> str:
        return self.tr(
            "<p>Training shows the network a <b>batch</b> of pictures, measures how wrong it is (the <b>loss</b>), and "
            "moves every weight a little against its gradient: one <b>step</b>. All pictures once are an "
            "<b>epoch</b>.</p>"
            "<p>The <b>learning rate</b> is the length of a step: too large, and the loss swings or becomes NaN; too "
            "small, and nothing is learnt. <b>Find…</b> trains some steps while the rate rises: a good one is where "
            "the loss falls, well before it rises again. <b>SGD</b> follows the gradient, with momentum like a ball "
            "downhill; <b>RMSprop</b> and <b>Adam</b> adapt the step of each weight to its past gradients. Adam still "
            "needs a learning rate, and does not always win.</p>"
            "<p><b>Augmentation</b> changes training pictures at random, so that the network learns what does not "
            "matter. The <b>seed</b> makes a run repeatable.</p>"
            "<p>A run is a folder. Its trainer is a program of its own: it survives this window, can be watched by "
            "several, and goes on from its last checkpoint after a stop.</p>"
        )
