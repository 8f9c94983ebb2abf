""" "What fires for this?": every unit ranked by how well it tells frames with an object from those without."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.core.inside.channel_effects import SeparatingUnit, SeparationRanking
from cnnviz.core.networks.values import NetworkOffer
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.hold_button import HoldButton
from cnnviz.gui.widgets.readout import Readout
from cnnviz.gui.widgets.separation_table import separation_table
from cnnviz.gui.widgets.tool_row import tool_button

FIRST_COUNT = 9
MOST_UNITS = 200


class SeparationDock(Dock):
    """``observing_changed``: True while the object is in view, False while it is not, None when neither button is
    held. ``forget_requested``. ``maps_requested``, ``pins_requested``, ``mute_requested`` and ``solo_requested``: for
    the best units, as a tuple of SeparatingUnits. ``channel_selected``, ``problem_met``. Setters emit nothing.
    """

    observing_changed = Signal(object)
    forget_requested = Signal()
    maps_requested = Signal(object)
    pins_requested = Signal(object)
    mute_requested = Signal(object)
    solo_requested = Signal(object)
    channel_selected = Signal(str, int)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "separation",
            self.tr("What fires for this?"),
            sentence=self.tr("Show an object, take it away: which units tell the two apart?"),
            help_text=self.tr(
                "<p>Hold <b>F7</b> while the object is in view and <b>F8</b> while it is not, or hold the buttons. "
                "Every frame in between is counted for every channel of every layer: of each map its highest cell.</p>"
                "<p>A unit that <b>separates</b> the two sets fires higher in one of them, by more than it varies "
                "within each. Its <b>effect size</b> (Hedges' g) is the difference of the two means in standard "
                "deviations: 0.2 is small, 0.8 large. A bar to the right is for the object, to the left against.</p>"
                "<p>Change the light, the distance and the background while you hold the key: else you find what "
                "fires for the light, the distance or the background. Deep layers should come first: edges are "
                "everywhere, objects are not.</p>"
                "<p>A still picture is one observation however long the key is held: show several.</p>"
            ),
            parent=parent,
        )
        self._ranking: SeparationRanking | None = None
        self._still = False
        content = QWidget(self)
        self._make_widgets(content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(4)
        layout.addLayout(self._observing_rows())
        layout.addWidget(self.hint)
        layout.addLayout(self._filter_row())
        layout.addWidget(self.table, 1)
        layout.addLayout(self._result_row())
        self.set_content(content)
        self._connect()
        self.clear()

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_network(self, offer: NetworkOffer) -> None:  # noqa: ARG002 -- whatever it is, nothing is known of it
        self.clear()

    def show_ranking(self, ranking: SeparationRanking) -> None:
        """All observations so far."""
        self._ranking = ranking
        self.with_count.set_text(str(ranking.with_count))
        self.without_count.set_text(str(ranking.without_count))
        self._show_layers(ranking)
        self._show_units()
        self.forget_button.setEnabled(True)

    def show_observing(self, present: bool | None) -> None:  # noqa: FBT001 -- a setter
        """Which of the two is counted now."""
        self.with_button.setChecked(present is True)
        self.without_button.setChecked(present is False)

    def show_still(self, still: bool) -> None:  # noqa: FBT001 -- a setter
        """A picture that stays counts once."""
        self._still = still
        self._show_hint()

    def show_selection(self, layer: str, channel: int | None) -> None:
        self.table.mark(None if channel is None else (layer, channel))

    def clear(self) -> None:
        """Nothing is observed yet."""
        self._ranking = None
        self.with_count.set_text("0")
        self.without_count.set_text("0")
        self.layer_combo.clear()
        self.layer_combo.addItem(self.tr("all layers"), "")
        self.forget_button.setEnabled(False)
        self._show_units()

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self, parent: QWidget) -> None:
        self.with_button = HoldButton(self.tr("Hold: it is in view (F7)"), parent)
        self.without_button = HoldButton(self.tr("Hold: it is not (F8)"), parent)
        self.with_count = Readout(parent, template="00000", alignment=Qt.AlignmentFlag.AlignRight)
        self.without_count = Readout(parent, template="00000", alignment=Qt.AlignmentFlag.AlignRight)
        self.forget_button = tool_button("delete", self.tr("Forget all observations"), parent)
        self.hint = QLabel(parent)
        self.hint.setWordWrap(True)
        self.layer_combo = QComboBox(parent)
        self.layer_combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.layer_combo.setMinimumContentsLength(8)
        self.ranked_label = Readout(parent, muted=True)
        self.table = separation_table(parent)
        self.count_box = QSpinBox(parent)
        self.count_box.setRange(1, MOST_UNITS)
        self.count_box.setValue(FIRST_COUNT)
        self.maps_button = _text_button(self.tr("Maps"), parent)
        self.maps_button.setToolTip(self.tr("The best units of the first one's layer in a dock of feature maps"))
        self.pins_button = _text_button(self.tr("Pin"), parent)
        self.pins_button.setToolTip(self.tr("Into the oscilloscope, each as the mean of its map"))
        self.mute_button = _text_button(self.tr("Mute"), parent)
        self.mute_button.setToolTip(self.tr("All of them: does the network still see the object?"))
        self.solo_button = _text_button(self.tr("Solo"), parent)
        self.solo_button.setToolTip(self.tr("In their layers nothing but them"))

    def _observing_rows(self) -> QGridLayout:
        rows = QGridLayout()
        rows.setHorizontalSpacing(6)
        rows.setVerticalSpacing(4)
        pairs = ((self.with_button, self.with_count), (self.without_button, self.without_count))
        for row, (button, count) in enumerate(pairs):
            rows.addWidget(button, row, 0)
            rows.addWidget(count, row, 1)
            rows.addWidget(QLabel(self.tr("frames"), self), row, 2)
        rows.addWidget(self.forget_button, 0, 3, 2, 1)
        rows.setColumnStretch(0, 1)
        return rows

    def _filter_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.layer_combo, 1)
        row.addWidget(self.ranked_label, 1)
        return row

    def _result_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(QLabel(self.tr("The first"), self))
        row.addWidget(self.count_box)
        for button in self._result_buttons():
            row.addWidget(button, 1)
        return row

    def _connect(self) -> None:
        for button, present in ((self.with_button, True), (self.without_button, False)):
            button.pressed.connect(lambda chosen=present: self.observing_changed.emit(chosen))
            button.released.connect(lambda: self.observing_changed.emit(None))
        self.forget_button.clicked.connect(self._forget)
        self.layer_combo.activated.connect(lambda _: self._show_units())
        self.table.row_chosen.connect(lambda unit: self.channel_selected.emit(unit.layer, unit.channel))
        self.table.problem_met.connect(self.problem_met)
        signals = (self.maps_requested, self.pins_requested, self.mute_requested, self.solo_requested)
        for button, signal in zip(self._result_buttons(), signals, strict=True):
            button.clicked.connect(lambda _=False, chosen=signal: chosen.emit(self._best()))

    # ----------------------------------------------------------------------------------------------------------- inside

    def _result_buttons(self) -> tuple[QToolButton, ...]:
        return self.maps_button, self.pins_button, self.mute_button, self.solo_button

    def _forget(self) -> None:
        self.clear()
        self.forget_requested.emit()

    def _best(self) -> tuple[SeparatingUnit, ...]:
        """The first rows as they are sorted and filtered now."""
        return self.table.rows_model.rows[: self.count_box.value()]

    def _show_layers(self, ranking: SeparationRanking) -> None:
        """Those with a unit in the list; the chosen one stays."""
        chosen = self.layer_combo.currentData() or ""
        names = list(dict.fromkeys([*(unit.layer for unit in ranking.units), *([chosen] if chosen else [])]))
        if names == [self.layer_combo.itemData(place) for place in range(1, self.layer_combo.count())]:
            return
        self.layer_combo.clear()
        self.layer_combo.addItem(self.tr("all layers"), "")
        for name in names:
            self.layer_combo.addItem(name, name)
        self.layer_combo.setCurrentIndex(max(0, self.layer_combo.findData(chosen)))

    def _show_units(self) -> None:
        units = self._ranking.units if self._ranking is not None else ()
        chosen = self.layer_combo.currentData()
        shown = [unit for unit in units if not chosen or unit.layer == chosen]
        self.table.set_rows(shown)
        ranked = self._ranking.ranked if self._ranking is not None else 0
        words = self.tr("%1 best of %2 units").replace("%1", str(len(shown))).replace("%2", f"{ranked:,}")
        self.ranked_label.set_text(words if shown else "")
        for widget in (self.count_box, *self._result_buttons()):
            widget.setEnabled(bool(shown))
        self._show_hint()

    def _show_hint(self) -> None:
        problem = self._ranking.problem if self._ranking is not None else ""
        first = self.tr("Hold F7 while the object is in view, F8 while it is not. Nothing else should change between.")
        still = self.tr("This picture stands still: it counts once. Show several with the object and several without.")
        parts = [still if self._still else first if self._ranking is None else "", problem]
        self.hint.setText(" ".join(part for part in parts if part))
        self.hint.setVisible(bool(self.hint.text()))


def _text_button(text: str, parent: QWidget) -> QToolButton:
    """Narrower than a push button."""
    button = QToolButton(parent)
    button.setText(text)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button
