"""Which channels matter for a class: what muting each of a layer's channels takes from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from cnnviz.core.inside.channel_effects import ChannelRanking
from cnnviz.gui.widgets.elided_label import ElidedLabel
from cnnviz.gui.widgets.number_text import percent_text, value_text
from cnnviz.gui.widgets.rows_model import RowColumn
from cnnviz.gui.widgets.rows_table import RowsTable

FIRST_COUNT = 5
_translate = QCoreApplication.translate


@dataclass(frozen=True)
class RankedChannel:
    """What the class loses when the channel is muted; negative where it gains."""

    place: int
    channel: int
    logit_drop: float
    probability_drop: float


def ranked_channels(ranking: ChannelRanking) -> tuple[RankedChannel, ...]:
    """Those that the class loses most from first."""
    return tuple(
        RankedChannel(place, channel, float(ranking.logit_drops[channel]), float(ranking.probability_drops[channel]))
        for place, channel in enumerate(ranking.order.tolist(), 1)
    )


def _columns() -> tuple[RowColumn, ...]:
    return (
        RowColumn("#", lambda row: str(row.place), lambda row: row.place),
        RowColumn(_translate("Interventions", "channel"), lambda row: str(row.channel), lambda row: row.channel),
        RowColumn(
            _translate("Interventions", "logit lost"),
            lambda row: value_text(row.logit_drop),
            lambda row: row.logit_drop,
            tip=_translate("Interventions", "What the class's logit loses when only this channel is muted"),
            bar=True,
        ),
        RowColumn(
            _translate("Interventions", "prob. lost"),
            lambda row: f"{round(100 * row.probability_drop, 2) + 0.0:+.2f} pp".replace("-", "−"),  # no −0.00
            lambda row: row.probability_drop,
            tip=_translate(
                "Interventions",
                "What its probability loses, in percentage points; next to nothing where the network is sure",
            ),
        ),
    )


class InterventionsRanking(QWidget):
    """``rank_requested``: a class, or −1 for the likeliest. ``channel_chosen`` and ``mute_requested`` (channels): of
    the ranked layer. All by hand.
    """

    rank_requested = Signal(int)
    channel_chosen = Signal(str, int)
    mute_requested = Signal(str, object)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._ranking: ChannelRanking | None = None
        self._selection: tuple[str, int | None] = ("", None)
        self._make_widgets()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._upper_row())
        layout.addWidget(self.words)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._lower_row())
        self.clear()

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_classes(self, names: Sequence[str]) -> None:
        """Another network's; what was ranked in the last one is of no use."""
        self._names = tuple(names)
        self.class_combo.clear()
        self.class_combo.addItem(self.tr("likeliest class now"), -1)
        for index, name in enumerate(names):
            self.class_combo.addItem(name, index)
        self.class_combo.lineEdit().setCursorPosition(0)
        self.clear()

    def show_layer(self, name: str) -> None:
        """The layer that would be ranked."""
        self.rank_button.setEnabled(bool(name))
        words = self.tr("Mutes every channel of %1 on its own and measures what the class loses")
        self.rank_button.setToolTip(words.replace("%1", name) if name else "")

    def show_ranking(self, ranking: ChannelRanking) -> None:
        self._ranking = ranking
        self._mark()
        self.table.set_rows(ranked_channels(ranking))
        self.table.scrollToTop()
        index = ranking.class_index
        name = self._names[index] if index < len(self._names) else self.tr("class %1").replace("%1", str(index))
        words = self.tr("%2: %3 with nothing muted · %1")
        share = percent_text(ranking.probability)
        self.words.set_text(words.replace("%1", ranking.layer).replace("%2", name).replace("%3", share))
        self._allow(channels=len(ranking.order))

    def show_selection(self, layer: str, channel: int | None) -> None:
        """Marks the selected channel where it is in the list."""
        self._selection = layer, channel
        self._mark()

    def clear(self) -> None:
        self._ranking = None
        self.table.set_rows(())
        self.words.set_text(self.tr("Mutes each channel on its own, on this frame."))
        self._allow(channels=0)

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self) -> None:
        self.class_combo = QComboBox(self)
        self.class_combo.setEditable(True)
        self.class_combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.class_combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.class_combo.setMinimumContentsLength(10)
        self.class_combo.completer().setFilterMode(Qt.MatchFlag.MatchContains)
        self.class_combo.completer().setCompletionMode(self.class_combo.completer().CompletionMode.PopupCompletion)
        self.rank_button = QPushButton(self.tr("Rank channels"), self)
        self.rank_button.setEnabled(False)
        self.rank_button.clicked.connect(self._rank)
        self.words = ElidedLabel("", self, muted=True)
        self.table = RowsTable(_columns(), lambda row: row.channel, self)
        self.table.row_chosen.connect(lambda row: self.channel_chosen.emit(self._ranking.layer, row.channel))
        self.table.problem_met.connect(self.problem_met)
        self.count_box = QSpinBox(self)
        self.count_box.setValue(FIRST_COUNT)
        self.mute_button = QPushButton(self.tr("Mute them"), self)
        self.mute_button.clicked.connect(self._mute)

    def _upper_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(QLabel(self.tr("Class"), self))
        row.addWidget(self.class_combo, 1)
        row.addWidget(self.rank_button)
        return row

    def _lower_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(QLabel(self.tr("The first"), self))
        row.addWidget(self.count_box)
        row.addWidget(self.mute_button)
        row.addStretch(1)
        return row

    # ----------------------------------------------------------------------------------------------------------- inside

    def sizeHint(self) -> QSize:
        return QSize(280, 300)

    def _allow(self, *, channels: int) -> None:
        before = self.count_box.value() or FIRST_COUNT
        self.count_box.setRange(min(1, channels), channels)
        self.count_box.setValue(min(before, channels))
        for widget in (self.count_box, self.mute_button):
            widget.setEnabled(channels > 0)

    def _mark(self) -> None:
        layer, channel = self._selection
        self.table.mark(channel if self._ranking is not None and layer == self._ranking.layer else None)

    def _rank(self) -> None:
        place = self.class_combo.findText(self.class_combo.currentText())
        if place < 0:
            words = self.tr("This network has no class “%1”: choose one from the list.")
            self.problem_met.emit(words.replace("%1", self.class_combo.currentText()))
            return
        self.rank_requested.emit(self.class_combo.itemData(place))

    def _mute(self) -> None:
        """The first of them as they are sorted now."""
        rows = self.table.rows_model.rows[: self.count_box.value()]
        self.mute_requested.emit(self._ranking.layer, tuple(sorted(row.channel for row in rows)))
