"""Pixels as libraries hand them over → H×W×3 uint8 RGB. The only place that turns BGR into RGB."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.core.arrays import Bytes, Floats
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.opencv import cv2

Pixels = NDArray[Any]
Order = Literal["rgb", "bgr"]

# Shows through where a picture is transparent: the middle grey excites a network least, and neither dark nor light
# drawings vanish on it.
BACKGROUND = 128

_STRIP_PIXELS = 1 << 20  # converted at a time: bounds what wide intermediate types need
_SRGB_KNEE = 0.0031308


def to_rgb(pixels: Pixels, order: Order = "bgr") -> Bytes:
    """Any picture, H×W or H×W×C, as read-only RGB.

    C: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha (laid over ``BACKGROUND``).
    uint8 stays as it is, uint16 is scaled by its full range; other types are linear light, shown by the sRGB curve
    from 0 to 1 or, where brighter, to their 99.5th percentile; NaN is black.
    """
    pixels = np.atleast_3d(pixels)
    if pixels.shape[2] not in {1, 2, 3, 4} or 0 in pixels.shape:
        found = "×".join(str(side) for side in pixels.shape)
        raise SourceError(f"a picture of {found} values cannot be shown: it needs pixels of 1 to 4 channels")
    usual = pixels.dtype == np.uint8 and pixels.shape[2] == 3
    rgb = _reordered(pixels, order) if usual else _converted(pixels, order)
    rgb.flags.writeable = False
    return rgb


def _reordered(pixels: Pixels, order: Order) -> Bytes:
    if order == "bgr":
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
    return np.ascontiguousarray(pixels).view()


def _converted(pixels: Pixels, order: Order) -> Bytes:
    white = _white_level(pixels)
    rgb = np.empty((*pixels.shape[:2], 3), np.uint8)
    for rows in _strips(*pixels.shape[:2]):
        strip = _opaque(pixels[rows], white)
        rgb[rows] = strip[..., ::-1] if order == "bgr" else strip
    return rgb


def _strips(height: int, width: int) -> Iterator[slice]:
    rows = max(1, _STRIP_PIXELS // width)
    return (slice(top, top + rows) for top in range(0, height, rows))


def _opaque(pixels: Pixels, white: float) -> Bytes:
    colours = 1 if pixels.shape[2] < 3 else 3
    shades = _eight_bits(pixels[..., :colours], white)
    if pixels.shape[2] == colours:
        return shades
    alpha = _eight_bit_alpha(pixels[..., colours:]).astype(np.uint16)
    mixed = shades * alpha + BACKGROUND * (255 - alpha)  # at most 255 × 255: fits 16 bits
    return ((mixed + 127) // 255).astype(np.uint8)


def _eight_bits(values: Pixels, white: float) -> Bytes:
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        return _from_sixteen_bits(values)
    linear = np.nan_to_num(values.astype(np.float32) / np.float32(white), nan=0.0).clip(0, 1)
    return _rounded(_srgb(linear))


def _eight_bit_alpha(values: Pixels) -> Bytes:
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.uint16:
        return _from_sixteen_bits(values)
    return _rounded(np.nan_to_num(values.astype(np.float32), nan=0.0).clip(0, 1))


def _from_sixteen_bits(values: Pixels) -> Bytes:
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)  # 65535 = 255 × 257


def _rounded(fractions: Floats) -> Bytes:
    return (fractions * 255 + 0.5).astype(np.uint8)


def _srgb(linear: Floats) -> Floats:
    """IEC 61966-2-1."""
    return np.where(linear <= _SRGB_KNEE, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def _white_level(pixels: Pixels) -> float:
    if pixels.dtype in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        return 1.0
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / _STRIP_PIXELS) ** 0.5))
    sample = pixels[::step, ::step, :3]
    finite = sample[np.isfinite(sample)]
    return max(1.0, float(np.percentile(finite, 99.5))) if finite.size else 1.0
