"""An effective receptive field as a translucent picture. Free of Qt."""

from __future__ import annotations

import numpy as np

from cnnviz.core.rendering.colormaps import NOT_FINITE, apply_palette, palette, shade
from cnnviz.core.values import Bytes, Floats

COLOR_MAP = "inferno"
LARGEST_OPACITY = 0.85
_UNUSED = (0, 0, 0)


def heat_picture(heat: Floats) -> Bytes:
    """h×w×4 RGBA of ``heat`` (h×w, not negative): stronger pixels are brighter and hide more of what is below."""
    opacity = np.where(np.isfinite(heat), LARGEST_OPACITY * _strengths(heat), 1.0)
    return np.concatenate([heat_colors(heat), np.rint(255 * opacity).astype(np.uint8)[..., None]], axis=-1)


def heat_colors(heat: Floats) -> Bytes:
    """h×w×3 RGB from nothing to the strongest pixel; what is not finite in a colour of its own."""
    indices = np.where(np.isfinite(heat), shade(_strengths(heat), 0.0, 1.0), np.uint8(NOT_FINITE))
    return apply_palette(indices, palette(COLOR_MAP, gap=_UNUSED, dead=_UNUSED))


def _strengths(heat: Floats) -> Floats:
    """The square root of the share of the strongest, as most of a field is far weaker; 0 where it is not finite."""
    finite = np.isfinite(heat)
    strongest = float(np.max(heat, where=finite, initial=0.0))
    return np.sqrt(np.divide(heat, strongest, out=np.zeros(heat.shape, np.float32), where=finite & (strongest > 0)))
