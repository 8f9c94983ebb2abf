"""An effective receptive field as a translucent picture. Free of Qt."""

from __future__ import annotations

import numpy as np

from cnnviz.core.rendering.colormaps import NOT_FINITE, apply_palette, palette, shade
from cnnviz.core.values import Bytes, Floats

COLOR_MAP = "inferno"
LARGEST_OPACITY = 0.85
_UNUSED = (0, 0, 0)


def heat_picture(heat: Floats) -> Bytes:
    """h×w×4 RGBA of ``heat`` (h×w, not negative): stronger pixels are brighter and hide more of what is below.

    Opacity grows with the square root: most of a field is far weaker than its middle.
    """
    finite = np.isfinite(heat)
    strongest = float(np.max(heat, where=finite, initial=0.0))
    share = np.divide(heat, strongest, out=np.zeros_like(heat, np.float32), where=finite & (strongest > 0))
    indices = np.where(finite, shade(share, 0.0, 1.0), np.uint8(NOT_FINITE))
    opacity = np.where(finite, LARGEST_OPACITY * np.sqrt(share), 1.0)
    colours = apply_palette(indices, palette(COLOR_MAP, gap=_UNUSED, dead=_UNUSED))
    return np.concatenate([colours, np.rint(255 * opacity).astype(np.uint8)[..., None]], axis=-1)
