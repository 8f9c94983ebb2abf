"""The two lines under a feature-maps picture: what the mouse is over; the colour bar and how many channels are dead."""

from __future__ import annotations

import re

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.views import MosaicPicture, Probe, VectorPicture
from cnnviz.gui.widgets.color_bar import ColorBar
from cnnviz.gui.widgets.images import ColorTable
from cnnviz.gui.widgets.layer_choice import contents_text
from cnnviz.gui.widgets.maps_scene import Part
from cnnviz.gui.widgets.number_text import value_text
from cnnviz.gui.widgets.readout import Readout

BAR_WIDTH = 240


class MapsStatus(QWidget):
    """Cheap enough for every frame: nothing here asks for another layout."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.readout = Readout(self)
        self.bar = ColorBar(self)
        self.bar.setMaximumWidth(BAR_WIDTH)
        self.counts = Readout(self, template=" ", muted=True, alignment=Qt.AlignmentFlag.AlignRight)
        below = QHBoxLayout()
        below.addWidget(self.bar, 10)  # grows first, up to its width
        below.addStretch(1)
        below.addWidget(self.counts)
        self._ends = self.tr("min"), self.tr("max")  # looked up once, and not for every frame
        self._words = {
            "broken": self.tr("{} of {} NaN or ∞"),
            "shown": self.tr("{} of {} shown"),
            "dead": self.tr("{} of {} dead"),
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 3, 8, 4)
        layout.setSpacing(1)
        layout.addWidget(self.readout)
        layout.addLayout(below)

    def set_colors(self, colors: ColorTable) -> None:
        self.bar.set_colors(colors)

    def show_cell(self, cell: Probe, value: float | None, *, vector: bool) -> None:
        """``value`` None: not known yet, or no longer there."""
        words = [cell.layer, self.tr("channel {}").format(cell.channel)]
        if not vector:
            words.append(self.tr("y {}, x {}").format(cell.y, cell.x))
        words.append("…" if value is None else value_text(value))
        self.readout.set_text(" · ".join(words))

    def show_text(self, text: str) -> None:
        """While the mouse is over nothing."""
        self.readout.set_text(text)

    def show_limits(self, parts: tuple[Part, ...], channel: int | None, *, own: bool) -> None:
        """What the shades of ``parts`` stand for: in the map of ``channel`` where each map has its ``own`` range."""
        alone = parts[0] if len(parts) == 1 else None
        self.show_range(value_limits(alone, channel, own=own) if alone else None)
        self.bar.setVisible(bool(parts) and not isinstance(alone, VectorPicture))

    def show_range(self, limits: tuple[float, float] | None) -> None:
        """None: every map has a range of its own."""
        if limits is None:
            self.bar.set_words(*self._ends)
        else:
            self.bar.set_range(*limits)

    def show_counts(self, parts: tuple[Part, ...]) -> None:
        """Of one layer: not finite, else hidden for want of room, else dead channels."""
        text = self._counts_of(parts[0]) if len(parts) == 1 else ""
        if text == self.counts.text():
            return
        self.counts.set_template(re.sub(r"\d+", str(len(parts[0].statistics.silent)), text) if text else " ")
        self.counts.set_text(text)

    def _counts_of(self, part: Part) -> str:
        statistics = part.statistics
        channels = len(statistics.silent)
        broken, shown = int(np.count_nonzero(statistics.not_finite)), _shown(part)
        if broken:
            return self._words["broken"].format(broken, channels)
        if isinstance(part, VectorPicture) or part.layout.hidden:
            return self._words["shown"].format(shown, channels)
        return self._words["dead"].format(int(np.count_nonzero(statistics.silent)), channels)


def _shown(part: Part) -> int:
    return len(part.layout.channels if isinstance(part, MosaicPicture) else part.order)


def value_limits(part: Part, channel: int | None, *, own: bool) -> tuple[float, float] | None:
    """The values of the first and last shade; None where each map has its ``own`` and ``channel`` is not on view."""
    if not isinstance(part, MosaicPicture) or not len(part.low):
        return None
    if not own:
        return float(part.low[0]), float(part.high[0])
    place = part.layout.position_of(channel) if channel is not None else None
    place = 0 if len(part.low) == 1 else place
    return None if place is None else (float(part.low[place]), float(part.high[place]))


def resting_text(layer: LayerInfo, channel: int | None) -> str:
    """What there is while the mouse is over nothing."""
    chosen = "" if channel is None else QCoreApplication.translate("MapsStatus", " · channel {}").format(channel)
    return f"{layer.name} · {contents_text(layer)}{chosen}"


def whole_range(part: Part) -> tuple[float, float]:
    """The least and the largest finite value of all channels on view."""
    ends = (part.low, part.high) if isinstance(part, MosaicPicture) else (part.values,)
    finite = np.concatenate([end[np.isfinite(end)] for end in ends])
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
