"""What a session remembers of a feature-maps dock. Free of Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnviz.core.rendering.colormaps import DIVERGING, SEQUENTIAL
from cnnviz.core.views import ChannelOrder, Scaling

PICK = -1
"""Stands for a strip of picked layers where a strip's count is asked for."""


@dataclass(frozen=True)
class MapsChoices:
    """``strip``: so many layers, 0 for one, ``PICK`` for those of ``picked``. ``pinned``: the layer it keeps to."""

    scaling: Scaling = field(default_factory=Scaling)
    order: ChannelOrder = "index"
    hide_dead: bool = False
    sequential: str = SEQUENTIAL[0]
    diverging: str = DIVERGING[0]
    strip: int = 0
    picked: tuple[str, ...] = ()
    pinned: str = ""
