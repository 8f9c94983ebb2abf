"""Which units are pinned, each with its colour."""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.core.live_views import WHOLE_MAP
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.views import Probe
from cnnviz.gui.widgets.oscilloscope_pins import MOST_PINS, Pin
from cnnviz.gui.widgets.unit_names import unit_name
from cnnviz.state import has_cell, map_size


class Pins:
    """In the order they were pinned. A unit that the network on view has not stays, as it may come back."""

    def __init__(self) -> None:
        self._slots: dict[Probe, int] = {}

    @property
    def probes(self) -> tuple[Probe, ...]:
        return tuple(self._slots)

    def add(self, probe: Probe) -> bool:
        """False: there are as many as can be told apart."""
        if probe not in self._slots:
            free = [slot for slot in range(MOST_PINS) if slot not in self._slots.values()]
            if not free:
                return False
            self._slots[probe] = free[0]
        return True

    def remove(self, probe: Probe) -> None:
        self._slots.pop(probe, None)

    def shown(self, layers: Mapping[str, LayerInfo]) -> tuple[Pin, ...]:
        """All of them, beside the layers of the network on view."""
        return tuple(
            Pin(probe, unit_name(probe, vector=_is_vector(layers, probe)), slot, _is_there(layers, probe))
            for probe, slot in self._slots.items()
        )


def _is_there(layers: Mapping[str, LayerInfo], probe: Probe) -> bool:
    layer = layers.get(probe.layer)
    if layer is None or not layer.map_axes or not 0 <= probe.channel < layer.channels:
        return False
    return probe.y == WHOLE_MAP or has_cell(layer, probe.y, probe.x)


def _is_vector(layers: Mapping[str, LayerInfo], probe: Probe) -> bool:
    return probe.layer in layers and map_size(layers[probe.layer]) == (1, 1)
