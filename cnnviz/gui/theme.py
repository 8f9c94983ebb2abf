"""Light and dark: palettes that follow the system, and the colours pictures are framed with.

There is no style sheet: with one Qt starts slower, and widgets that are already there do not follow another palette.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from cnnviz.gui.widgets.icons import refresh_icons

Scheme = Literal["system", "light", "dark"]
RGB = tuple[int, int, int]

LARGER_TEXT = 1.4
"""The factor for a projector."""


@dataclass(frozen=True)
class MapColors:
    """What stands between and around maps. ``selection_edge`` borders ``selection`` and ``field``: both read on every
    map and picture. ``field`` frames the selected cell and what it sees, ``hovered_field`` the one under the mouse.
    """

    gap: RGB
    dead: RGB
    selection: RGB
    selection_edge: RGB
    seen: RGB
    field: RGB = (0, 200, 255)
    hovered_field: RGB = (205, 244, 255)


@dataclass(frozen=True)
class Tones:
    """One scheme's colours, named by what they are for."""

    window: str
    base: str
    raised: str
    border: str
    outline: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_text: str
    problem: str
    maps: MapColors


LIGHT = Tones(
    window="#f3f4f6",
    base="#ffffff",
    raised="#ffffff",
    border="#cdd2d9",
    outline="#848d98",
    text="#1b1f24",
    muted="#59636e",
    disabled="#9aa3ad",
    accent="#1f5fd6",
    accent_text="#ffffff",
    problem="#b3261e",
    maps=MapColors((243, 244, 246), (214, 218, 223), (255, 94, 0), (20, 20, 20), (255, 94, 0)),
)
DARK = Tones(
    window="#1e2125",
    base="#16181b",
    raised="#2a2e34",
    border="#3a4048",
    outline="#727d8a",
    text="#e7eaee",
    muted="#9aa5b1",
    disabled="#666f7a",
    accent="#4c8dff",
    accent_text="#0b1220",
    problem="#ff8a80",
    maps=MapColors((30, 33, 37), (60, 65, 72), (255, 122, 26), (0, 0, 0), (255, 122, 26)),
)

_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "base",
    QPalette.ColorRole.AlternateBase: "window",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "problem",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "accent_text",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Mid: "border",
}
_DISABLED_ROLES = ("WindowText", "Text", "ButtonText", "HighlightedText", "PlaceholderText")
_OUTLINED = (
    *("QAbstractItemView", "QAbstractSpinBox", "QCheckBox", "QComboBox", "QLineEdit", "QPlainTextEdit", "QProgressBar"),
    *("QPushButton", "QRadioButton", "QSlider"),
)
_DARKENED_FOR_OUTLINE = 140
"""Percent by which Fusion darkens ``Window`` for the outline of a control: on a dark window nothing is left to see."""


def tones_of(palette: QPalette) -> Tones:
    """The tones a widget with this palette is drawn in."""
    return DARK if palette.color(QPalette.ColorRole.Base).lightness() < 128 else LIGHT


def map_colors(palette: QPalette) -> MapColors:
    """The colours for pictures of maps in a widget with this palette."""
    return tones_of(palette).maps


def palette_of(tones: Tones) -> QPalette:
    """Every role, so that nothing of the platform's own palette shines through."""
    palette = QPalette(QColor(tones.raised), QColor(tones.window))
    for role, tone in _ROLES.items():
        palette.setColor(role, QColor(getattr(tones, tone)))
    for name in _DISABLED_ROLES:
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[name], QColor(tones.disabled))
    return palette


def control_palette(tones: Tones) -> QPalette:
    """For controls that Fusion outlines and that fill nothing with ``Window`` themselves."""
    palette = palette_of(tones)
    for group, tone in ((QPalette.ColorGroup.All, tones.outline), (QPalette.ColorGroup.Disabled, tones.border)):
        palette.setColor(group, QPalette.ColorRole.Window, QColor(tone).lighter(_DARKENED_FOR_OUTLINE))
    return palette


class Theme(QObject):
    """The application's look. ``changed``: light became dark, dark light, or the text another size."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._base_size = application.font().pointSizeF()
        self._scheme: Scheme = "system"
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def set_scheme(self, scheme: Scheme) -> None:
        """``system`` follows the desktop from now on."""
        if scheme != self._scheme:
            self._scheme = scheme
            self._apply()

    def set_text_factor(self, factor: float) -> None:
        """Of the desktop's own text size."""
        font = self._application.font()
        font.setPointSizeF(self._base_size * factor)
        self._application.setFont(font)
        self.changed.emit()

    @property
    def is_dark(self) -> bool:
        if self._scheme == "system":
            return self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._scheme == "dark"

    def _follow_system(self) -> None:
        if self._scheme == "system":
            self._apply()

    def _apply(self) -> None:
        tones = DARK if self.is_dark else LIGHT
        self._application.setPalette(palette_of(tones))
        controls = control_palette(tones)
        for name in _OUTLINED:
            self._application.setPalette(controls, name)
        refresh_icons()
        self.changed.emit()
