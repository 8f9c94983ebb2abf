"""Colour maps as palettes of 256 RGB entries, and what an index into one means.

Free of torch and OpenCV: the engine sends indices, and the window gives them the colours of its theme.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats

RGB = tuple[int, int, int]

SHADES = 250
"""Indices below this are values, low to high."""

GAP = 250
"""Between tiles and around them."""

DEAD = 251
"""A channel whose whole map has one value."""

NOT_FINITE = 252
"""A cell that is NaN or infinite, or an average with such a cell in it."""

NOT_FINITE_COLOR: RGB = (255, 0, 255)
"""Of no colour map."""

SEQUENTIAL = ("viridis", "magma", "inferno", "plasma", "cividis", "batlow", "grey")
"""Perceptually uniform; the first is the default."""

DIVERGING = ("vik", "broc", "balance")
"""Safe for colour-blind eyes, with a neutral centre: for signed values around zero."""

_CATALOGUE = {
    **{name: f"bids:{name}" for name in ("viridis", "magma", "inferno", "plasma")},
    "cividis": "cividis:cividis",
    "batlow": "crameri:batlow",
    "grey": "matlab:gray",
    "vik": "crameri:vik",
    "broc": "crameri:broc",
    "balance": "cmocean:balance",
}

_SMALLEST_RANGE = 1e-36
"""Keeps the steps per unit a float32 number where all values are equal."""


@lru_cache(maxsize=64)
def palette(name: str, *, gap: RGB, dead: RGB, not_finite: RGB = NOT_FINITE_COLOR) -> Bytes:
    """256×3, read-only: the colour map's ``SHADES`` colours, then those of the special indices.

    Raises:
        KeyError: ``name`` is in neither ``SEQUENTIAL`` nor ``DIVERGING``.
    """
    import cmap  # takes as long as half a window: it opens without

    colours = np.zeros((256, 3), dtype=np.uint8)
    colours[:SHADES] = np.rint(cmap.Colormap(_CATALOGUE[name]).lut(SHADES)[:, :3] * 255)
    colours[GAP], colours[DEAD], colours[NOT_FINITE] = gap, dead, not_finite
    colours.flags.writeable = False
    return colours


def apply_palette(indices: NDArray[np.uint8], colours: Bytes) -> Bytes:
    """Indices of any shape as RGB in one more axis."""
    return colours.take(indices, axis=0)


def steps_per_unit(low: Floats | float, high: Floats | float) -> Floats:
    """What a value's height above ``low`` is multiplied with to become a shade; NaN where there is no range."""
    span = np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64)
    return (SHADES / np.where(np.isnan(span), np.nan, np.maximum(span, _SMALLEST_RANGE))).astype(np.float32)


def shade(values: Floats, low: Floats | float, high: Floats | float) -> Bytes:
    """The palette index of each value; below ``low`` and above ``high`` the first and last shade.

    ``low`` and ``high`` broadcast against ``values``. The same arithmetic as ``rendering.maps`` does on the device.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        steps = (values - np.float32(low)) * steps_per_unit(low, high)
    finite = np.isfinite(values) & ~np.isnan(steps)
    shades = np.clip(np.where(finite, steps, 0), 0, SHADES - 1).astype(np.uint8)
    return np.where(finite, shades, np.uint8(NOT_FINITE))
