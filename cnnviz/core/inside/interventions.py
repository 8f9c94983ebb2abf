"""Changes to a running network, as values. No torch: the window lists them, and the session keeps them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cnnviz.core.errors import CnnvizError, LayerError
from cnnviz.core.networks.values import LayerInfo

InterventionKind = Literal["mute", "solo", "scale", "add", "freeze", "swap"]

_SUGGESTIONS = 4


@dataclass(frozen=True)
class Intervention:
    """A change to the output of one call, as if the layer had computed it so. ``channels`` None: the whole output.

    mute: they are 0. solo: all others are 0; several solos of one layer are heard together. scale: they are multiplied
    by ``value``. add: ``value`` is added. freeze: they stay what they are in the first frame from now. swap: the one
    channel and ``other`` change places.
    """

    layer: str
    kind: InterventionKind
    channels: tuple[int, ...] | None = None
    value: float = 0.0
    other: int | None = None


@dataclass(frozen=True)
class InterventionProblem:
    """Why an intervention did nothing in the last frame, or not what it did before: one sentence."""

    intervention: Intervention
    message: str


def check_intervention(intervention: Intervention, layers: Mapping[str, LayerInfo]) -> None:
    """Whether it can be done in the network of these ``layers``, by name.

    Raises:
        LayerError: there is no such layer or channel, or the layer has no channels. CnnvizError: what it asks for is
            incomplete or no number.
    """
    layer = layers.get(intervention.layer)
    if layer is None:
        raise LayerError(_no_such_layer(intervention.layer, layers))
    if layer.shape is None:
        raise LayerError(f'The output of "{layer.name}" holds no tensor to change; choose another layer.')
    _check_request(intervention)
    if intervention.channels is not None:
        _check_channels(intervention, layer)


def fitting(
    interventions: Sequence[Intervention], layers: Sequence[LayerInfo]
) -> tuple[tuple[Intervention, ...], tuple[InterventionProblem, ...]]:
    """Those that can be done in the network of these ``layers``, and why the others can not: for another network."""
    by_name = {layer.name: layer for layer in layers}
    kept, problems = [], []
    for intervention in interventions:
        try:
            check_intervention(intervention, by_name)
        except CnnvizError as error:
            problems.append(InterventionProblem(intervention, error.message))
        else:
            kept.append(intervention)
    return tuple(kept), tuple(problems)


def _no_such_layer(name: str, layers: Mapping[str, LayerInfo]) -> str:
    similar = difflib.get_close_matches(name, layers, n=_SUGGESTIONS, cutoff=0.4) or list(layers)[:_SUGGESTIONS]
    quoted = ", ".join(f'"{known}"' for known in similar)
    return f'This network has no layer "{name}"; choose one of its {len(layers)} layers, such as {quoted}.'


def _check_request(intervention: Intervention) -> None:
    if not math.isfinite(intervention.value):
        raise CnnvizError(f"A channel cannot be changed by {intervention.value}: give a finite number.")
    if intervention.kind == "solo" and intervention.channels is None:
        raise CnnvizError("All channels at once are no solo: choose some of them.")
    if intervention.kind == "swap" and (
        intervention.channels is None or len(intervention.channels) != 1 or intervention.other is None
    ):
        raise CnnvizError("A swap takes two channels: choose the one, and the other to change places with.")


def _check_channels(intervention: Intervention, layer: LayerInfo) -> None:
    if not layer.channels:
        raise LayerError(f'The output of "{layer.name}" has no channels: change the whole layer, or choose another.')
    wanted = (*(intervention.channels or ()), *(() if intervention.other is None else (intervention.other,)))
    if not intervention.channels:
        raise LayerError(f'No channel of "{layer.name}" is chosen: choose some from 0 to {layer.channels - 1}.')
    missing = [channel for channel in wanted if not 0 <= channel < layer.channels]
    if missing:
        raise LayerError(
            f'"{layer.name}" has no channel {missing[0]}: choose from its {layer.channels}, 0 to {layer.channels - 1}.'
        )
