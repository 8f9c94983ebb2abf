"""The feature-maps dock's controls: the layer always in sight, the rest in a row or, in a narrow dock, in a popup."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnviz.gui.widgets.layer_combo import LayerCombo
from cnnviz.gui.widgets.maps_options import MapsOptions
from cnnviz.gui.widgets.options_popup import OptionsPopup
from cnnviz.gui.widgets.tool_row import tool_button


class MapsToolbar(QWidget):
    """``options`` and ``layer_combo`` announce what is theirs. All signals are by hand only."""

    pin_toggled = Signal(bool)
    large_toggled = Signal(bool)
    overlay_toggled = Signal(bool)
    new_dock_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layer_combo = LayerCombo(self)
        self.options = MapsOptions(self)
        self._popup = OptionsPopup(self)
        self._inline = True
        self._make_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 2)
        layout.setSpacing(4)
        layout.addLayout(self._first_row())
        layout.addWidget(self.options)
        self._collapse()

    def show_pinned(self, *, pinned: bool) -> None:
        self.pin_button.setChecked(pinned)

    def show_strip(self, layers: int) -> None:
        """A strip of so many layers is no one layer's, and has none to keep; 0: no strip."""
        words = self.tr("{} layers, first to last").format(layers) if layers else self.tr("layer")
        self.layer_combo.lineEdit().setPlaceholderText(words)
        self.layer_combo.show_none(none=bool(layers))
        self.pin_button.setEnabled(not layers)

    def show_large(self, *, large: bool, overlay: bool, possible: bool) -> None:
        """``possible``: the layer has maps, and not only values."""
        for button in (self.large_button, self.overlay_button):
            button.setEnabled(possible)
        self.large_button.setChecked(large)
        self.overlay_button.setChecked(overlay)

    @property
    def is_inline(self) -> bool:
        """The options stand in a row of their own; else behind the button."""
        return self._inline

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fits = self.options.row_width() <= event.size().width()
        if fits and not self._inline:
            self._expand()
        elif self._inline and not fits:
            self._collapse()

    def _make_buttons(self) -> None:
        self.pin_button = tool_button("pin", self.tr("Keep this layer when another is selected"), self, checkable=True)
        self.large_button = tool_button("enlarge", self.tr("One channel large (Enter, Esc)"), self, checkable=True)
        self.overlay_button = tool_button("overlay", self.tr("This channel over the picture (O)"), self, checkable=True)
        self.options_button = tool_button("options", self.tr("Scaling, colours, order, channels, strip"), self)
        self.new_button = tool_button("add", self.tr("Another feature-maps dock"), self)
        self.pin_button.clicked.connect(self.pin_toggled)
        self.large_button.clicked.connect(self.large_toggled)
        self.overlay_button.clicked.connect(self.overlay_toggled)
        self.options_button.clicked.connect(lambda: self._popup.show_below(self.options_button))
        self.new_button.clicked.connect(self.new_dock_requested)

    def _first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.pin_button)
        row.addWidget(self.layer_combo, 1)
        for button in (self.large_button, self.overlay_button, self.options_button, self.new_button):
            row.addWidget(button)
        return row

    def _collapse(self) -> None:
        self._inline = False
        self._popup.layout().addWidget(self.options)
        self.options.arrange(inline=False)
        self.options_button.show()

    def _expand(self) -> None:
        self._inline = True
        self._popup.hide()
        self.layout().addWidget(self.options)
        self.options.arrange(inline=True)
        self.options.show()
        self.options_button.hide()
