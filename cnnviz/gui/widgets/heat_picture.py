"""An effective receptive field as a translucent picture. Free of Qt."""

from __future__ import annotations

import numpy as np

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.rendering.colormaps import NOT_FINITE, apply_palette, palette, shade

COLOR_MAP = "inferno"
LARGEST_OPACITY = 0.85
OPAQUE_FROM = 2 / 3
"""A strength from which on the colours are as opaque as they get: what is weaker is tinted, not hidden."""

FULL_SHARE = 0.99
"""Of the pixels that count for anything; the strongest hundredth, often a few single pixels, has one colour."""

_UNUSED = (0, 0, 0)


def heat_picture(heat: Floats) -> Bytes:
    """h×w×4 RGBA of ``heat`` (h×w, not negative): stronger pixels are brighter and hide more of what is below."""
    opaque = LARGEST_OPACITY * np.minimum(1, _strengths(heat) / OPAQUE_FROM)
    opacity = np.where(np.isfinite(heat), opaque, 1.0)
    return np.concatenate([heat_colors(heat), np.rint(255 * opacity).astype(np.uint8)[..., None]], axis=-1)


def heat_colors(heat: Floats) -> Bytes:
    """h×w×3 RGB from nothing to the strongest pixel; what is not finite in a colour of its own."""
    indices = np.where(np.isfinite(heat), shade(_strengths(heat), 0.0, 1.0), np.uint8(NOT_FINITE))
    return apply_palette(indices, palette(COLOR_MAP, gap=_UNUSED, dead=_UNUSED))


def _strengths(heat: Floats) -> Floats:
    """0 … 1: the square root of the share of the strong ones, as most of a field is far weaker; 0 where not finite."""
    counts = np.isfinite(heat) & (heat > 0)
    if not counts.any():
        return np.zeros(heat.shape, np.float32)
    strong = np.quantile(heat[counts], FULL_SHARE)
    return np.sqrt(np.clip(np.where(counts, heat, 0) / strong, 0, 1)).astype(np.float32)
