"""What a unit sees and where its number comes from, joined to the rest: boxes and heat on the input's picture, the unit
dock, and the oscilloscope of pinned units.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.core.effective_field import EffectiveField
from cnnviz.core.live_views import WHOLE_MAP, TraceValues, TraceView, UnitAnswer, UnitView
from cnnviz.core.networks.values import LayerInfo, NetworkOffer
from cnnviz.core.reports import Problem
from cnnviz.core.views import LiveView, Probe, Snapshot
from cnnviz.engine.commands import MeasureField
from cnnviz.engine.events import FieldMeasured
from cnnviz.gui.controllers.live_field import LiveField
from cnnviz.gui.controllers.pins import Pins
from cnnviz.gui.controllers.subject import Desk, Subject
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.oscilloscope_pins import MOST_PINS
from cnnviz.gui.widgets.seen_field import SeenField
from cnnviz.state import Selection, map_size


class UnitSubject(Subject):
    """Docks "unit" and "oscilloscope"; the boxes are drawn without them, too.

    The unit on view is the selection's; where that has no channel or cell, the first channel's middle.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.docks = {"unit": self._connect_unit, "oscilloscope": self._connect_oscilloscope}
        self.handlers = {FieldMeasured: self._take_field}
        self.actions = {"pin-unit": self.pin, "pin-map": lambda: self.pin(whole_map=True)}
        self._made: dict[str, Dock] = {}
        self._layers: dict[str, LayerInfo] = {}
        self._unit: Probe | None = None
        self._clicked = False  # the selection names a cell
        self._hovered: Probe | None = None
        self._pins = Pins()
        self._live = LiveField(lambda probe: desk.send(MeasureField(probe, live=True)))
        self._measured: dict[Probe, FieldMeasured] = {}
        self._averages: dict[Probe, EffectiveField] = {}
        self._heat: EffectiveField | None = None

    # ------------------------------------------------------------------------------------------------- what is on view

    def wishes(self) -> tuple[LiveView, ...]:
        views: list[LiveView] = []
        if self._is_shown("unit") and self._unit is not None:
            views.append(UnitView(self._unit, self._layers[self._unit.layer].inputs))
        probes = tuple(pin.probe for pin in self._pins.shown(self._layers) if pin.present)
        if self._is_shown("oscilloscope") and probes:
            views.append(TraceView(probes))
        return tuple(views)

    @property
    def wants_picture(self) -> bool:
        return self._is_shown("unit")

    def show_network(self, offer: NetworkOffer) -> None:
        self._layers = {layer.name: layer for layer in offer.layers}
        self._live.reset()
        self._measured.clear()
        self._averages.clear()
        self._unit = self._hovered = None
        self._show_pins()

    def show_selection(self, selection: Selection) -> None:
        layer = self._layers.get(selection.layer)
        self._unit = _unit_of(selection, layer) if layer is not None and layer.map_axes else None
        self._clicked = selection.cell is not None
        if self._hovered is not None and self._hovered.layer != selection.layer:
            self._hovered = None  # the picture under a mouse that rests is another layer's now
        self._show_unit()
        self._show_fields()

    def show_hover(self, probe: Probe | None) -> None:
        self._hovered = probe if probe is not None and probe.layer in self._layers else None
        self._show_fields()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        for answer in snapshot.live:
            if isinstance(answer, UnitAnswer) and "unit" in self._made:
                self._made["unit"].show_answer(answer)
            elif isinstance(answer, TraceValues) and "oscilloscope" in self._made:
                values = {value.probe: value.value for value in answer.values}
                self._made["oscilloscope"].show_values(snapshot.captured_at, values)
        if snapshot.input is not None and self._is_shown("unit"):
            self._made["unit"].show_picture(snapshot.input)
            self._live.note_picture((snapshot.frame, snapshot.input.seen))

    # ---------------------------------------------------------------------------------------------------------- wiring

    def _connect_unit(self, dock: Dock) -> None:
        self._made["unit"] = dock
        dock.unit_chosen.connect(self._select)
        dock.pin_requested.connect(lambda whole_map: self.pin(whole_map=whole_map))
        dock.input_chosen.connect(self._go_to_input)
        dock.effective_toggled.connect(lambda _: self._show_fields())
        dock.average_requested.connect(self._average)
        dock.average_dropped.connect(self._drop_average)
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))
        dock.shown_changed.connect(lambda _: self._show_fields())

    def _connect_oscilloscope(self, dock: Dock) -> None:
        self._made["oscilloscope"] = dock
        dock.pin_removed.connect(self._unpin)
        dock.pin_chosen.connect(self._select)
        dock.problem_met.connect(lambda sentence: self._desk.problem(Problem(sentence)))
        self._show_pins()

    def _is_shown(self, name: str) -> bool:
        return name in self._made and self._made[name].is_shown

    # ------------------------------------------------------------------------------------------------------------ hands

    def pin(self, *, whole_map: bool = False) -> None:
        """The unit on view, or the mean of its map, goes to the oscilloscope, which opens."""
        if self._unit is None:
            self._desk.problem(Problem(self.tr("There is no unit to pin: click a cell of a feature map first.")))
            return
        unit = self._unit
        self.pin_probes((Probe(unit.layer, unit.channel, WHOLE_MAP, WHOLE_MAP) if whole_map else unit,))

    def pin_probes(self, probes: Sequence[Probe]) -> None:
        """To the oscilloscope, which opens, as far as there is room."""
        refused = [probe for probe in probes if not self._pins.add(probe)]
        if refused:
            words = self.tr("%1 units are pinned, as many as can be told apart: remove one in the oscilloscope first.")
            self._desk.problem(Problem(words.replace("%1", str(MOST_PINS))))
        self._desk.window.open_dock("oscilloscope")
        self._show_pins()
        self._desk.refresh()

    @property
    def pinned(self) -> tuple[Probe, ...]:
        """In the order they were pinned."""
        return self._pins.probes

    def restore(self, pinned: Sequence[Probe]) -> None:
        """A session's, in place of those there are."""
        self._pins = Pins()
        for probe in pinned:
            self._pins.add(probe)
        self._show_pins()

    def _unpin(self, probe: Probe) -> None:
        self._pins.remove(probe)
        self._show_pins()
        self._desk.refresh()

    def _select(self, probe: Probe) -> None:
        """A pin of a whole map or of another network has no such cell to go to."""
        layer = self._layers.get(probe.layer)
        if layer is not None and probe.channel < layer.channels:
            self._desk.select(
                Selection(probe.layer, probe.channel, None if probe.y == WHOLE_MAP else (probe.y, probe.x))
            )

    def _go_to_input(self, place: int, channel: int, y: int, x: int) -> None:
        inputs = self._layers[self._unit.layer].inputs if self._unit is not None else ()
        if place < len(inputs) and inputs[place] in self._layers:  # the network's own input is no layer
            self._select(Probe(inputs[place], channel, y, x))

    # ------------------------------------------------------------------------------------------------------------ unit

    def _show_unit(self) -> None:
        dock = self._made.get("unit")
        if dock is None:
            return
        if self._unit is None:
            dock.show_nothing(self.tr("Click a cell of a feature map to see how its number comes about."))
            return
        layer = self._layers[self._unit.layer]
        dock.show_unit(layer, map_size(layer), self._seen(self._unit), self._unit)
        drawn = {name for name, each in self._layers.items() if each.map_axes}
        if UnitView(self._unit, layer.inputs).among(drawn) is None:
            dock.show_problem(self.tr("What this layer takes cannot be captured, so there is no sum to show."))

    def _show_pins(self) -> None:
        if "oscilloscope" in self._made:
            self._made["oscilloscope"].show_pins(self._pins.shown(self._layers))

    # ---------------------------------------------------------------------------------------------------------- fields

    def _seen(self, probe: Probe) -> SeenField:
        """A layer without rows and columns has one cell, whatever it is called."""
        field = self._layers[probe.layer].receptive_field
        cell = (probe.y, probe.x)
        if field is not None and field.map_size == (1, 1):
            cell = (0, 0)
        known = field is not None and cell[0] < field.map_size[0] and cell[1] < field.map_size[1]
        effective = self._effective(probe)
        measured = effective is not None and (effective.strongest > 0 or not effective.not_finite)
        return SeenField(probe.layer, cell, field if known else None, effective.side if measured else None)

    def _effective(self, probe: Probe) -> EffectiveField | None:
        """What was measured of a unit, while that is wanted."""
        if not self._wants_effective:
            return None
        measured = self._measured.get(probe)
        return self._averages.get(probe) or (measured.field if measured is not None else None)

    @property
    def _wants_effective(self) -> bool:
        return self._is_shown("unit") and self._made["unit"].wants_effective

    def _show_fields(self) -> None:
        """Boxes and heat of the unit on view and of the one under the mouse, which goes first."""
        marked = self._unit if self._clicked or self._is_shown("unit") else None
        selected = self._seen(marked) if marked is not None else None
        hovered = self._seen(self._hovered) if self._hovered is not None else None
        if selected is not None and hovered is not None and _place(selected) == _place(hovered):
            selected = None
        self._desk.window.input.show_fields(selected, hovered)
        focus = self._hovered or marked
        self._show_heat(self._effective(focus) if focus is not None else None)
        self._live.want(focus if self._wants_effective and focus not in self._averages else None)
        self._show_effective()

    def _show_heat(self, field: EffectiveField | None) -> None:
        if field is not self._heat:
            self._heat = field
            self._desk.window.input.show_heat(None if field is None else field.heat)

    def _show_effective(self) -> None:
        if self._is_shown("unit") and self._unit is not None:
            self._made["unit"].show_effective(self._effective(self._unit), self._effective_words(self._unit))

    def _effective_words(self, probe: Probe) -> str:
        field, measured = self._effective(probe), self._measured.get(probe)
        if not self._wants_effective:
            return ""
        if field is None:
            return measured.problem if measured is not None else self.tr("Listens to …")
        if not field.counted.any():
            return self._words_of_no_field(field)
        words = self.tr("Listens to %1×%1").replace("%1", f"{field.side:.0f}")
        if probe in self._averages:
            words = self.tr("%1 on average over %2 pictures").replace("%1", words).replace("%2", str(field.pictures))
        if field.not_finite:
            words += self.tr("; %1 pixels NaN or ∞").replace("%1", str(field.not_finite))
        return words

    def _words_of_no_field(self, field: EffectiveField) -> str:
        """Of one in which no pixel counts."""
        if not field.not_finite:
            return self.tr("Changes with no pixel now: a ReLU before it is at zero.")
        words = self.tr("Its gradient is NaN or ∞ at %1 of %2 pixels, and 0 at the others.")
        if field.not_finite == field.heat.size:
            words = self.tr("Its gradient is NaN or ∞ at all %2 pixels.")
        return words.replace("%1", f"{field.not_finite:,}").replace("%2", f"{field.heat.size:,}")

    def _average(self, frames: int, folder: str) -> None:
        if self._unit is not None:
            self._desk.send(MeasureField(self._unit, frames=max(1, frames), folder=folder))

    def _drop_average(self) -> None:
        if self._unit is not None:
            self._averages.pop(self._unit, None)
            self._show_fields()

    def _take_field(self, event: FieldMeasured) -> None:
        if event.live:
            kept = (self._unit, self._hovered)
            self._measured = {probe: field for probe, field in self._measured.items() if probe in kept}
            self._measured[event.probe] = event
            self._live.note_answer()
        elif event.field is not None:
            self._averages[event.probe] = event.field
        else:
            self._desk.problem(Problem(event.problem or self.tr("No frame came, so there is no average.")))
        self._show_fields()


def _unit_of(selection: Selection, layer: LayerInfo) -> Probe:
    height, width = map_size(layer)
    y, x = selection.cell or (height // 2, width // 2)
    return Probe(selection.layer, selection.channel or 0, y, x)


def _place(seen: SeenField) -> tuple[str, tuple[int, int]]:
    return seen.layer, seen.cell
