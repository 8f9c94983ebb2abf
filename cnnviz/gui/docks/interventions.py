"""The interventions dock: what is done to the network while it runs, and what that does to the prediction."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.arrays import Floats
from cnnviz.core.inside.channel_effects import ChannelRanking
from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.values import LayerInfo, NetworkOffer
from cnnviz.gui.widgets.class_bars import ClassBars
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.interventions_effect import MOST_ROWS, compared
from cnnviz.gui.widgets.interventions_form import InterventionsForm
from cnnviz.gui.widgets.interventions_list import Listed
from cnnviz.gui.widgets.interventions_ranking import InterventionsRanking
from cnnviz.gui.widgets.interventions_table import InterventionsTable
from cnnviz.gui.widgets.placeholders import filled
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.series_colors import SeriesColors
from cnnviz.gui.widgets.tool_row import tool_button


class InterventionsDock(Dock):
    """``add_requested``: an Intervention. ``switched`` (place in the list, on or off), ``value_edited`` (place,
    number), ``removed`` (places). ``rank_requested``: a class, −1 for the likeliest. ``mute_requested``: a layer and
    its channels. ``channel_selected``, ``layer_selected``, ``problem_met``. Setters emit nothing.
    """

    add_requested = Signal(object)
    switched = Signal(int, bool)
    value_edited = Signal(int, float)
    removed = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()
    off_requested = Signal()
    rank_requested = Signal(int)
    mute_requested = Signal(str, object)
    channel_selected = Signal(str, int)
    layer_selected = Signal(str)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "interventions",
            self.tr("Interventions"),
            sentence=self.tr("Lay hands on channels and watch the prediction change."),
            help_text=self.tr(
                "<p>A channel that fires for an ear need not be what the network <i>uses</i> to say “cat”. To find out "
                "change it and look at the prediction: that is an experiment and no mere observation.</p>"
                "<p><b>Mute</b> sets channels to 0, <b>solo</b> all others; <b>scale</b> multiplies, <b>add</b> adds, "
                "<b>freeze</b> holds the present map while the picture goes on, <b>swap</b> exchanges two. Everything "
                "behind the layer is computed anew from what you changed.</p>"
                "<p>The filled bars are the prediction now, the hollow ones that of the unchanged network, on a moving "
                "picture from at most half a second ago; pp are percentage points.</p>"
                "<p><b>Rank channels</b> mutes every channel of the selected layer on its own. A class loses most from "
                "the channels that speak for it; it gains from those that speak against it. Channels can stand in for "
                "each other, so two that matter little alone may matter much together.</p>"
                "<p>M mutes the selected channel, S solos it, Ctrl+Z takes the last change back.</p>"
            ),
            parent=parent,
        )
        self._names: tuple[str, ...] = ()
        self.class_colors = SeriesColors()
        content = QWidget(self)
        self._make_parts(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.addWidget(self._parts(content))
        self.set_content(content)
        self._connect()
        self.show_listed((), {})
        self.show_history(can_undo=False, can_redo=False)

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:
        self._names = offer.class_names
        self.class_colors.forget()
        self.ranking.show_classes(offer.class_names)
        self.bars.set_rows((), 0.0)

    def show_selection(self, layer: LayerInfo | None, channel: int | None) -> None:
        """What every dock follows."""
        self.form.show_layer(layer)
        self.form.show_channel(channel)
        self.ranking.show_layer(layer.name if layer is not None and layer.channels else "")
        self.ranking.show_selection(layer.name if layer is not None else "", channel)

    def show_listed(self, listed: Listed, problems: Mapping[Intervention, str]) -> None:
        """The whole list. ``problems``: why one of them does nothing, or not what it did before."""
        self.table.show_listed(listed, problems)
        self.off_button.setEnabled(any(each.on for each in listed))
        on = sum(each.on for each in listed)
        troubled = sum(each.on and bool(problems.get(each.intervention)) for each in listed)
        words = self.tr("%1 of %2 on") if listed else self.tr("None: M mutes a channel")
        words += self.tr(" · %3 with a problem") if troubled else ""
        self.count_label.set_text(filled(words, on, len(listed), troubled))

    def show_history(self, *, can_undo: bool, can_redo: bool) -> None:
        self.undo_button.setEnabled(can_undo)
        self.redo_button.setEnabled(can_redo)

    def show_predictions(self, logits: Floats, before: Floats | None) -> None:
        """``before``: of a frame not long ago, without the interventions; None while there are none."""
        self.bars.set_rows(compared(logits, before, self._names, self.class_colors), 1 / max(1, len(logits)))

    def show_ranking(self, ranking: ChannelRanking) -> None:
        self.ranking.show_ranking(ranking)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_parts(self, parent: QWidget) -> None:
        self.form = InterventionsForm(parent)
        self.table = InterventionsTable(parent)
        self.count_label = Readout(parent, muted=True)
        self.undo_button = tool_button("undo", self.tr("Undo (Ctrl+Z)"), parent)
        self.redo_button = tool_button("redo", self.tr("Redo (Ctrl+Shift+Z)"), parent)
        self.off_button = QToolButton(parent)
        self.off_button.setText(self.tr("All off"))
        self.off_button.setAutoRaise(True)
        self.off_button.setToolTip(self.tr("They stay in the list, to be switched on again (Ctrl+Shift+M)"))
        self.bars = ClassBars(parent)
        self.bars.set_places(MOST_ROWS)
        self.bars_area = QScrollArea(parent)
        self.bars_area.setWidget(self.bars)
        self.bars_area.setWidgetResizable(True)
        self.bars_area.setFrameShape(QFrame.Shape.NoFrame)
        self.bars_area.setMinimumHeight(self.bars.height_of(2))
        self.bars_area.setMaximumHeight(self.bars.height_of(MOST_ROWS))
        self.ranking = InterventionsRanking(parent)

    def _parts(self, parent: QWidget) -> QSplitter:
        splitter = QSplitter(Qt.Orientation.Vertical, parent)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._list_part(splitter))
        splitter.addWidget(_titled(self.tr("Which channels matter for a class"), self.ranking, splitter))
        splitter.setSizes((600, 500))
        return splitter

    def _list_part(self, parent: QWidget) -> QWidget:
        part = QWidget(parent)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(4)
        layout.addWidget(self.form)
        layout.addWidget(self.table, 1)
        tools = QHBoxLayout()
        tools.setSpacing(2)
        tools.addWidget(self.count_label, 1)
        for button in (self.undo_button, self.redo_button, self.off_button):
            tools.addWidget(button)
        layout.addLayout(tools)
        layout.addWidget(self.bars_area, 100)  # before a longer list
        return part

    def _connect(self) -> None:
        self.form.add_requested.connect(self.add_requested)
        self.table.switched.connect(self.switched)
        self.table.value_edited.connect(self.value_edited)
        self.table.removed.connect(self.removed)
        self.table.place_chosen.connect(self._select)
        self.undo_button.clicked.connect(self.undo_requested)
        self.redo_button.clicked.connect(self.redo_requested)
        self.off_button.clicked.connect(self.off_requested)
        self.ranking.rank_requested.connect(self.rank_requested)
        self.ranking.mute_requested.connect(self.mute_requested)
        self.ranking.channel_chosen.connect(self.channel_selected)
        self.ranking.problem_met.connect(self.problem_met)

    def _select(self, place: int) -> None:
        """A click on an intervention leads to what it changes."""
        what = self.table.interventions.listed[place].intervention
        if what.channels:
            self.channel_selected.emit(what.layer, what.channels[0])
        else:
            self.layer_selected.emit(what.layer)


def _titled(title: str, widget: QWidget, parent: QWidget) -> QWidget:
    part = QWidget(parent)
    layout = QVBoxLayout(part)
    layout.setContentsMargins(0, 4, 0, 0)
    layout.setSpacing(4)
    heading = QLabel(title, part)
    font = heading.font()
    font.setBold(True)
    heading.setFont(font)
    layout.addWidget(heading)
    layout.addWidget(widget, 1)
    return part
