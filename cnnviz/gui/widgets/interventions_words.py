"""Interventions in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.inside.interventions import Intervention, InterventionKind
from cnnviz.gui.widgets.channel_ranges import ranges_text

_translate = QCoreApplication.translate

KINDS: dict[InterventionKind, str] = {
    "mute": _translate("Interventions", "Mute"),
    "solo": _translate("Interventions", "Solo"),
    "scale": _translate("Interventions", "Scale"),
    "add": _translate("Interventions", "Add"),
    "freeze": _translate("Interventions", "Freeze"),
    "swap": _translate("Interventions", "Swap"),
}

TIPS: dict[InterventionKind, str] = {
    "mute": _translate("Interventions", "These channels are 0"),
    "solo": _translate("Interventions", "All other channels of the layer are 0"),
    "scale": _translate("Interventions", "These channels are multiplied by a number"),
    "add": _translate("Interventions", "A number is added to these channels"),
    "freeze": _translate("Interventions", "These channels stay what they are now"),
    "swap": _translate("Interventions", "Two channels change places"),
}

VALUED: frozenset[InterventionKind] = frozenset({"scale", "add"})
"""Kinds with a number."""


def channels_text(intervention: Intervention) -> str:
    """Which channels it changes."""
    channels = intervention.channels
    if channels is None:
        return _translate("Interventions", "whole layer")
    if intervention.kind == "swap":
        return f"{channels[0]} ↔ {intervention.other}"
    return ranges_text(channels)


def title_text(intervention: Intervention) -> str:
    """``Mute 3, 7, 10–14``; without its number, which stands beside it."""
    return f"{KINDS[intervention.kind]} {channels_text(intervention)}"
