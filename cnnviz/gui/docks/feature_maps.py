"""Feature maps: every channel of the chosen layer, painted live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.rendering.colormaps import palette
from cnnviz.core.views import MapsPicture, MapsView, MosaicPicture, Probe, VectorPicture
from cnnviz.gui.theme import map_colors
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.images import color_table
from cnnviz.gui.widgets.layer_choice import has_maps
from cnnviz.gui.widgets.maps_canvas import MapsCanvas
from cnnviz.gui.widgets.maps_choices import MapsChoices
from cnnviz.gui.widgets.maps_scene import first_channel, neighbour_channel
from cnnviz.gui.widgets.maps_status import MapsStatus, resting_text, whole_range
from cnnviz.gui.widgets.maps_toolbar import MapsToolbar
from cnnviz.gui.widgets.maps_words import HELP, SENTENCE, STRIP_SENTENCE

_STEPS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
_LAYER_STEPS = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}


class FeatureMapsDock(Dock):
    """One view of one layer or of a strip of layers.

    Setters emit nothing; signals come from the user's hand, and ``wish_changed`` also from another size.
    ``layer_chosen`` is emitted while the dock follows the shared selection; a pinned dock keeps its choice to itself.
    """

    wish_changed = Signal()
    layer_chosen = Signal(str)
    channel_selected = Signal(str, int)
    cell_selected = Signal(str, int, int, int)
    cell_hovered = Signal(str, int, int, int)
    hover_left = Signal()
    new_dock_requested = Signal()
    problem_met = Signal(str)

    def __init__(self, view_id: str, parent: QWidget | None = None) -> None:
        """``view_id`` is what snapshots and saved workspaces know the dock by."""
        super().__init__(view_id, self.tr("Feature maps"), sentence=SENTENCE, help_text=HELP, parent=parent)
        self._view_id = view_id
        self._layers: dict[str, LayerInfo] = {}
        self._layer = ""
        self._channel: int | None = None
        self._pinned = self._large = self._overlay = False
        self._colors_wait = True  # until there is a picture: the colour maps would delay the start
        self._strip_left = 0  # the strip that Escape goes back to
        self._neighbours: MosaicPicture | VectorPicture | None = None
        self._problem = ""
        self.toolbar = MapsToolbar(self)
        self.canvas = MapsCanvas(self)
        self.status = MapsStatus(self)
        self.set_content(self._arranged())
        self._connect()
        self.canvas.show_message(self.tr("No network yet"))

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def view_id(self) -> str:
        return self._view_id

    @property
    def follows_selection(self) -> bool:
        """It shows the layer that is selected everywhere, and not layers of its own."""
        return not self._pinned and not self._strip

    @property
    def is_pinned(self) -> bool:
        """It keeps its layer when another is selected elsewhere."""
        return self._pinned

    @property
    def choices(self) -> MapsChoices:
        """What a session remembers."""
        return replace(self.toolbar.options.choices, pinned=self._layer if self._pinned else "")

    @property
    def layer(self) -> str:
        """The layer the dock shows, or would without its strip."""
        return self._layer

    def wish(self) -> MapsView:
        """What the dock wants to see now; no layers where it follows the shared selection."""
        options = self.toolbar.options
        large = self._large and not self._strip
        return MapsView(
            view=self._view_id,
            layers=self._strip or ((self._layer,) if self._pinned and self._layer else ()),
            size=self.canvas.picture_size(len(self._strip) or 1),
            scaling=options.scaling,
            order=options.order,
            hide_dead=options.hide_dead and not large,
            channels=None if self._strip or large else options.channels,
            single=self._channel if large else None,
            overlay=large and self._overlay,
            colormap=options.color_map if large and self._overlay else MapsView.colormap,
            probe=self.canvas.probe,
        )

    # -------------------------------------------------------------------------------------------------------- setters

    def show_layers(self, layers: tuple[LayerInfo, ...]) -> None:
        """Another network's layers; one it does not have is forgotten, and a dock pinned to it follows again."""
        self._layers = {layer.name: layer for layer in layers}
        self.toolbar.layer_combo.set_layers(layers)
        self.toolbar.options.show_layers(layers)
        self._neighbours = None
        if self._layer not in self._layers:
            self._pinned = False
            self.toolbar.show_pinned(pinned=False)
            self._set_layer("")
            self.canvas.show_message(self.tr("No layer selected"))
        else:
            self._channel = None
            self.toolbar.layer_combo.set_layer(self._layer)
            self._apply_layer()

    def show_layer(self, name: str) -> None:
        """The shared selection's layer; a pinned dock keeps its own."""
        if not self._pinned:
            self._set_layer(name)

    def pin(self, layer: str, channels: Sequence[int] = ()) -> None:
        """Keeps to ``layer``, whatever is selected elsewhere, and to its ``channels``; to all where none are named."""
        self.toolbar.show_pinned(pinned=True)
        self._set_layer(layer)
        self.toolbar.options.channel_field.set_channels(channels)
        self._note_pin(pinned=True)

    def set_strip(self, count: int) -> None:
        """A strip of so many layers through the whole network (3, 4, 6, 8 or 12); 0 for one layer."""
        self.toolbar.options.set_strip(count)
        self._show_title()

    def show_selection(self, layer: str, channel: int | None, cell: tuple[int, int] | None = None) -> None:
        """The shared selection's channel and cell, outlined where they are on view."""
        self.canvas.set_selection(layer, channel, cell)
        if layer == self._layer and channel is not None:
            self._channel = channel
        self._show_range()
        self._show_hover()

    def show_picture(self, picture: MapsPicture) -> None:
        """The answer to this dock's wish."""
        self._problem = picture.problem
        if self._colors_wait:
            self._apply_colors()
        self.canvas.show_picture(picture, self.toolbar.options.fixed_range)
        if len(picture.parts) == 1 and not self._large:
            self._neighbours = picture.parts[0]
        self._show_range()
        self.status.show_counts(picture.parts)
        self._show_hover(picture)

    def show_problem(self, text: str) -> None:
        """Why there is nothing to show, in a sentence."""
        self._problem = text
        self.canvas.show_message(text)
        self.status.show_text("")

    def restore(self, choices: MapsChoices) -> None:
        """A session's choices. A pinned layer waits for the network; one that lacks it lets the dock follow again."""
        self.toolbar.options.set_choices(choices)
        self._pinned = bool(choices.pinned)
        self.toolbar.show_pinned(pinned=self._pinned)
        if self._pinned:
            self._set_layer(choices.pinned)
        if self.canvas.parts:
            self._apply_colors()
        self._note_options()

    # --------------------------------------------------------------------------------------------------------- making

    def _arranged(self) -> QWidget:
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.toolbar)
        beside = QHBoxLayout()
        beside.setContentsMargins(6, 0, 6, 0)  # the picture stands under the controls
        beside.addWidget(self.canvas)
        layout.addLayout(beside, 1)
        layout.addWidget(self.status)
        return content

    def _connect(self) -> None:
        self.toolbar.layer_combo.layer_chosen.connect(self._choose_layer)
        self.toolbar.options.take_range_from(self._range_on_view)
        self.toolbar.options.changed.connect(self._note_options)
        self.toolbar.options.colors_changed.connect(self._note_colors)
        self.toolbar.pin_toggled.connect(self._note_pin)
        self.toolbar.large_toggled.connect(self._set_large)
        self.toolbar.overlay_toggled.connect(self._set_overlay)
        self.toolbar.new_dock_requested.connect(self.new_dock_requested)
        self.canvas.size_changed.connect(self.wish_changed)
        self.canvas.cell_hovered.connect(self._note_hover)
        self.canvas.hover_left.connect(self._note_hover_left)
        self.canvas.cell_clicked.connect(self._select_cell)
        self.canvas.channel_entered.connect(self._enter)
        self.canvas.key_pressed.connect(self._note_key)
        self.canvas.problem_met.connect(self.problem_met)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "canvas") and not self._colors_wait:
            self._apply_colors()

    # ---------------------------------------------------------------------------------------------------------- hands

    def _choose_layer(self, name: str) -> None:
        self._leave_strip()
        self._strip_left = 0
        self._set_layer(name)
        if not self._pinned:
            self.layer_chosen.emit(name)
        self.wish_changed.emit()

    def _note_pin(self, pinned: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        self._pinned = pinned
        self._show_title()
        self.wish_changed.emit()

    def _note_options(self) -> None:
        self._strip_left = 0
        self._show_title()
        self._show_range()
        self.wish_changed.emit()

    def _note_colors(self) -> None:
        self._apply_colors()
        if self._overlay:  # the engine colours overlays
            self.wish_changed.emit()

    def _set_large(self, large: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        if large and not self._has_maps:
            return
        if large:
            self._leave_strip()
        elif self._large:
            self._return_to_strip()
        if large and self._channel is None:
            self._select(self._layer, first_channel(self._neighbours))
        self._large = large
        self._overlay = self._overlay and large
        self._show_mode()
        self.wish_changed.emit()

    def _set_overlay(self, overlay: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        self._overlay = overlay and self._has_maps
        self._set_large(overlay or self._large)

    def _select(self, layer: str, channel: int) -> None:
        self.show_selection(layer, channel, self.canvas.selected_cell(layer))
        self.channel_selected.emit(layer, channel)
        self.wish_changed.emit()

    def _select_cell(self, cell: Probe) -> None:
        self.show_selection(cell.layer, cell.channel, (cell.y, cell.x))
        self.cell_selected.emit(cell.layer, cell.channel, cell.y, cell.x)
        self.wish_changed.emit()

    def _enter(self, layer: str, channel: int) -> None:
        if self._large:
            self.canvas.view.reset_zoom()
            return
        strip = self.choices.strip
        if strip:
            self._choose_layer(layer)
        self._select(layer, channel)
        self._set_large(True)  # noqa: FBT003 -- also a slot
        self._strip_left = strip

    def _note_key(self, key: int) -> None:
        if key in _STEPS:
            self._step(*_STEPS[key])
        elif key in _LAYER_STEPS:
            self.step_layer(_LAYER_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self._set_large(key != Qt.Key.Key_Escape)
        elif key == Qt.Key.Key_O:
            self._set_overlay(not self._overlay)

    def _step(self, rows: int, columns: int) -> None:
        place = neighbour_channel(self._neighbours, self._channel, rows, columns) if self._neighbours else None
        if place is not None:
            self._select(self._layer, place)

    def step_layer(self, step: int) -> None:
        """To the next or previous layer of the dock's list; a strip has no next one."""
        if self._strip:
            return
        name = self.toolbar.layer_combo.neighbour(step)
        if name and name != self._layer:
            self._choose_layer(name)

    def _note_hover(self, cell: Probe) -> None:
        self._show_range()
        self._show_hover()
        self.cell_hovered.emit(cell.layer, cell.channel, cell.y, cell.x)
        self.wish_changed.emit()

    def _note_hover_left(self) -> None:
        self._show_range()
        self._show_hover()
        self.hover_left.emit()
        self.wish_changed.emit()

    # --------------------------------------------------------------------------------------------------------- inside

    @property
    def _strip(self) -> tuple[str, ...]:
        return self.toolbar.options.strip

    @property
    def _has_maps(self) -> bool:
        info = self._layers.get(self._layer)
        return info is not None and has_maps(info)

    def _set_layer(self, name: str) -> None:
        if name == self._layer:
            return
        self._layer = name
        self._channel = self._neighbours = None
        self.toolbar.layer_combo.set_layer(name)
        self._apply_layer()

    def _leave_strip(self) -> None:
        if self._strip:
            self._strip_left = self.choices.strip
            self.toolbar.options.set_strip(0)
            self._show_title()

    def _return_to_strip(self) -> None:
        if self._strip_left:
            self.toolbar.options.set_strip(self._strip_left)
            self._strip_left = 0
            self._show_title()

    def _apply_layer(self) -> None:
        self._return_to_strip()
        info = self._layers.get(self._layer)
        self.toolbar.options.channel_field.set_count(info.channels if info else 0)
        self._large = self._overlay = False
        self._show_mode()
        self._show_title()
        self._show_hover()

    def _range_on_view(self) -> tuple[float, float] | None:
        return whole_range(self.canvas.parts[0]) if len(self.canvas.parts) == 1 else None

    # -------------------------------------------------------------------------------------------------------- showing

    def _apply_colors(self) -> None:
        self._colors_wait = False
        colors = map_colors(self.palette())
        table = color_table(palette(self.toolbar.options.color_map, gap=colors.gap, dead=colors.dead))
        self.canvas.set_colors(table)
        self.status.set_colors(table)

    def _show_mode(self) -> None:
        self.toolbar.show_large(large=self._large, overlay=self._overlay, possible=self._has_maps)

    def _show_title(self) -> None:
        strip = len(self._strip)
        pinned = f" · {self._layer}" if self._pinned else ""
        self.setWindowTitle(self.tr("Through the network") if strip else self.tr("Feature maps") + pinned)
        self.title_bar.sentence.set_text(STRIP_SENTENCE if strip else SENTENCE)
        self.toolbar.show_strip(strip)

    def _show_range(self) -> None:
        hovered = self.canvas.hovered
        channel = hovered.channel if hovered else self._channel
        own = self.toolbar.options.scaling.mode == "channel"
        self.status.show_limits(self.canvas.parts, channel, own=own)

    def _show_hover(self, picture: MapsPicture | None = None) -> None:
        cell = self.canvas.hovered
        if cell is None:
            self.status.show_text(self._resting_text())
            return
        part = next((part for part in self.canvas.parts if part.layer == cell.layer), None)
        if isinstance(part, VectorPicture):
            self.status.show_cell(cell, float(part.values[cell.channel]), vector=True)
            return
        answer = picture.probe if picture else None
        if picture is None or (answer and answer.probe == cell):
            self.status.show_cell(cell, answer.value if answer else None, vector=False)

    def _resting_text(self) -> str:
        info = None if self._strip else self._layers.get(self._layer)
        return self._problem or (resting_text(info, self._channel) if info else "")
