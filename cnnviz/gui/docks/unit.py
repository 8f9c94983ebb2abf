"""The unit dock: one number of one layer, and how it comes about."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.live_views import UnitAnswer
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.unit import Average, Copy, Maximum, Unit, WeightedSum
from cnnviz.core.views import InputPicture, Probe
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.graph_words import kind_text
from cnnviz.gui.widgets.seen_field import SeenField
from cnnviz.gui.widgets.unit_field import UnitField
from cnnviz.gui.widgets.unit_head import UnitHead
from cnnviz.gui.widgets.unit_matrices import MatricesView, Matrix
from cnnviz.gui.widgets.unit_terms import TermsTable, largest
from cnnviz.gui.widgets.unit_words import check_text, exact_text, formula, rank_text

TABLE_HEIGHT = 170

SENTENCE = QCoreApplication.translate("UnitDock", "One number of a layer: what it sees, and the sum it comes from")
HELP = QCoreApplication.translate(
    "UnitDock",
    "<p>Every cell of a feature map is one <b>unit</b>: one number. In a <b>convolution</b> it is a sum: the kernel "
    "lies on a small patch of every input map, each input value is multiplied by the kernel's number on it, and all "
    "products and the bias are added up. Here the sum is written out for one cell, and checked against what the "
    "network really computed.</p>"
    "<p>The <b>theoretical receptive field</b> is the part of the picture that can reach the unit at all; the "
    "<b>effective</b> one is what the unit really listens to: how much it changes when a pixel changes. It is "
    "strongest in the middle, as more paths lead from there, and much smaller.</p>"
    "<p>A <b>max pool</b> hands on the largest value of its patch; <b>batch norm</b> shifts and scales; "
    "<b>ReLU</b> makes what is below 0 zero.</p>"
    "<p><b>Click</b> a cell of a feature map to come here, <b>P</b> pins the unit to the oscilloscope. A row of the "
    "table shows its input channel above; a double click goes there. Blue is negative, red positive.</p>",
)


class UnitDock(Dock):
    """``unit_chosen``: a probe to look at; ``pin_requested``: whether the mean of the map is meant;
    ``effective_toggled``; ``average_requested``: frames, or 0 and a folder; ``average_dropped``; ``input_chosen``: the
    place of an input of the layer, the channel there, and row and column; ``problem_met``: a sentence. Setters emit
    nothing.
    """

    unit_chosen = Signal(object)
    pin_requested = Signal(bool)
    effective_toggled = Signal(bool)
    average_requested = Signal(int, str)
    average_dropped = Signal()
    input_chosen = Signal(int, int, int, int)
    problem_met = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("unit", self.tr("Unit"), sentence=SENTENCE, help_text=HELP, parent=parent)
        self._inputs: tuple[str, ...] = ()
        self._probe: Probe | None = None
        self._unit: Unit | None = None
        self._make_widgets()
        self._connect()
        self.set_content(self._arranged())
        self.show_nothing(self.tr("Click a cell of a feature map to see how its number comes about."))

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_nothing(self, why: str) -> None:
        """A sentence in place of a unit."""
        self._probe = self._unit = None
        self._body.hide()
        self.message_label.setText(why)
        self.message_label.show()

    def show_unit(self, layer: LayerInfo, map_size: tuple[int, int], seen: SeenField, probe: Probe) -> None:
        """The unit whose number is to come."""
        self._inputs = layer.inputs
        self.head.show_layer(layer.name, kind_text(layer), layer.channels, map_size)
        self.head.show_unit(probe)
        self.field.show_seen(seen)
        if probe != self._probe:
            self._probe = probe
            self._show_number(None, "…")
            self.field.show_effective(None, "")
        self.message_label.hide()
        self._body.show()

    def show_answer(self, answer: UnitAnswer) -> None:
        """The arithmetic of the unit on view, or why there is none; another unit's comes too late."""
        if answer.probe == self._probe:
            self._show_number(answer.unit, answer.problem)

    def show_problem(self, words: str) -> None:
        """Why the unit on view has no number."""
        self._show_number(None, words)

    def show_picture(self, picture: InputPicture) -> None:
        """The frame that the unit's patch is cut from."""
        self.field.show_picture(picture)

    def show_effective(self, field: EffectiveField | None, words: str) -> None:
        """What was measured of the unit on view, or why nothing was."""
        self.field.show_effective(field, words)

    @property
    def wants_effective(self) -> bool:
        """Its effective field is to be measured."""
        return self.field.wants_effective

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_widgets(self) -> None:
        self.head = UnitHead(self)
        self.value_label, self.rank_label, self.formula_label, self.check_label = (self._label() for _ in range(4))
        large = QFont(self.font())
        large.setPointSizeF(1.6 * large.pointSizeF())
        self.value_label.setFont(large)
        self.value_label.setWordWrap(False)
        self.value_label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.formula_label.setTextFormat(Qt.TextFormat.RichText)
        self.formula_label.linkActivated.connect(lambda place: self._go_to_input(int(place)))
        self.message_label = self._label()
        self.message_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message_label.setMargin(16)
        self.field = UnitField(self)
        self.matrices = MatricesView(self)
        self.terms = TermsTable(self)
        self.terms.setMinimumHeight(TABLE_HEIGHT)

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.LinksAccessibleByMouse
        label.setTextInteractionFlags(selectable | Qt.TextInteractionFlag.LinksAccessibleByKeyboard)
        return label

    def _connect(self) -> None:
        self.head.unit_chosen.connect(self.unit_chosen)
        self.head.pin_requested.connect(self.pin_requested)
        self.field.effective_toggled.connect(self.effective_toggled)
        self.field.average_requested.connect(self.average_requested)
        self.field.average_dropped.connect(self.average_dropped)
        self.terms.row_marked.connect(self._show_marked_term)
        self.terms.channel_activated.connect(self._go_to_channel)
        for part in (self.field, self.matrices, self.terms):
            part.problem_met.connect(self.problem_met)

    def _arranged(self) -> QWidget:
        self._body = QWidget(self)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(8, 0, 8, 8)
        body.setSpacing(6)
        body.addWidget(self.head)
        value = QHBoxLayout()
        value.setSpacing(10)
        value.addWidget(self.value_label)
        value.addWidget(self.rank_label, 1)
        body.addLayout(value)
        for part in (self.field, self.formula_label, self.check_label, self.matrices):
            body.addWidget(part)
        body.addWidget(self.terms, 100)  # before the empty room below
        body.addStretch(1)
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.message_label)
        layout.addWidget(self._body, 1)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        return area

    # ----------------------------------------------------------------------------------------------------------- number

    def _show_number(self, unit: Unit | None, words: str = "") -> None:
        """``words``: in place of a number."""
        anew = self._unit is None or unit is None or _key(unit) != _key(self._unit)
        self._unit = unit
        self.value_label.setText(exact_text(unit.value) if unit is not None else "–")
        self.rank_label.setText(rank_text(unit.rank) if unit is not None else words)
        self.formula_label.setText(formula(unit, self._inputs) if unit is not None else "")
        self.check_label.setText(check_text(unit) if unit is not None else "")
        self.check_label.setVisible(unit is not None and unit.arithmetic is not None)
        arithmetic = unit.arithmetic if unit is not None else None
        self.terms.setVisible(isinstance(arithmetic, WeightedSum))
        self.terms.show_sum(arithmetic if isinstance(arithmetic, WeightedSum) else None, anew=anew)
        self.matrices.setVisible(isinstance(arithmetic, WeightedSum | Maximum | Average))
        if isinstance(arithmetic, Maximum | Average):
            self._show_pool(arithmetic)

    def _show_pool(self, arithmetic: Maximum | Average) -> None:
        patch = arithmetic.patch
        marked = None
        if isinstance(arithmetic, Maximum):
            rows, columns = patch.rows.tolist(), patch.columns.tolist()
            marked = rows.index(arithmetic.winner[0]), columns.index(arithmetic.winner[1])
        values = patch.values[0]
        self.matrices.set_matrices([Matrix(self.tr("patch"), values, largest(values), patch.inside, marked)])

    def _show_marked_term(self) -> None:
        row, terms = self.terms.marked_row, self.terms.terms
        if row is None or terms.sum is None:
            return
        (patch, most), (kernel, heaviest), (product, strongest) = terms.matrices(row)
        inside = terms.sum.patch.inside
        titles = self._titles(terms.channel(row), terms.term(row))
        self.matrices.set_matrices(
            [
                Matrix(titles[0], patch, most, inside),
                Matrix(titles[1], kernel, heaviest),
                Matrix(titles[2], product, strongest, inside),
            ],
            ("×", "="),
        )

    def _titles(self, channel: int, term: float) -> Sequence[str]:
        patch = self.tr("input %1").replace("%1", str(channel))
        return patch, self.tr("kernel"), self.tr("Σ = %1").replace("%1", exact_text(term))

    # ------------------------------------------------------------------------------------------------------------ hands

    def _go_to_input(self, place: int) -> None:
        arithmetic = self._unit.arithmetic if self._unit is not None else None
        if isinstance(arithmetic, Maximum):
            self.input_chosen.emit(place, self._unit.channel, *arithmetic.winner)
        elif isinstance(arithmetic, WeightedSum) and self.terms.marked_row is not None:
            self._go_to_channel(self.terms.terms.channel(self.terms.marked_row))
        elif isinstance(arithmetic, Copy):
            self.input_chosen.emit(place, arithmetic.channel, arithmetic.row, arithmetic.column)
        elif self._unit is not None:
            self.input_chosen.emit(place, self._unit.channel, *self._unit.cell)

    def _go_to_channel(self, channel: int) -> None:
        """At the middle of the patch."""
        patch = self.terms.terms.sum.patch
        rows, columns = patch.rows[patch.rows >= 0], patch.columns[patch.columns >= 0]
        y, x = (int(places[len(places) // 2]) if len(places) else 0 for places in (rows, columns))
        self.input_chosen.emit(0, channel, y, x)


def _key(unit: Unit) -> tuple[object, ...]:
    return unit.layer, unit.channel, unit.cell
