"""The picture of patterns: what a filter answers to, alone and side by side. Sizes are in pixels of the picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 360, 480
MIDDLE, LIGHT, DARK = 128, 240, 24
WAVELENGTH, TILE = 8, 60
BARS = ((255, 255, 255), (0, 230, 230), (230, 230, 0), (0, 200, 0), (210, 0, 210), (0, 0, 220), (220, 0, 0), (0, 0, 0))

Canvas = NDArray[np.uint8]


def draw_patterns(samples: int) -> Canvas:
    """H×W×3 BGR, ``samples`` times as large as the picture, for the caller to average."""
    canvas = np.full((HEIGHT * samples, WIDTH * samples, 3), MIDDLE, np.uint8)
    _colour_bars(_part(canvas, samples, 0, 0, 40, WIDTH))
    _grey_steps(_part(canvas, samples, 320, 0, 40, WIDTH))
    _gratings(canvas, samples)
    _rings(_part(canvas, samples, 56, 92, 140, 140), samples)
    _zone_plate(_part(canvas, samples, 56, 248, 140, 140))
    _checkerboard(_part(canvas, samples, 210, 92, 96, 96), samples)
    _shapes(_part(canvas, samples, 210, 196, 48, 192), samples)
    _text(_part(canvas, samples, 262, 196, 44, 192), samples)
    return canvas


def _part(canvas: Canvas, samples: int, top: int, left: int, height: int, width: int) -> Canvas:
    """A view: what is drawn on it is drawn on the canvas."""
    return canvas[top * samples : (top + height) * samples, left * samples : (left + width) * samples]


def _colour_bars(part: Canvas) -> None:
    part[:] = np.array(BARS, np.uint8)[np.arange(part.shape[1]) * len(BARS) // part.shape[1]]


def _grey_steps(part: Canvas) -> None:
    """Twelve steps above, a smooth ramp below."""
    height, width = part.shape[:2]
    along = np.linspace(0, 1, width)
    part[: height // 2] = (np.floor(along * 11.999) / 11 * 255)[:, None]
    part[height // 2 :] = (along * 255)[:, None]


def _gratings(canvas: Canvas, samples: int) -> None:
    """Eight orientations, 22.5° apart, four down each side."""
    for index in range(8):
        top, left = 48 + (index % 4) * 68, 16 if index < 4 else WIDTH - 16 - TILE
        tile = _part(canvas, samples, top, left, TILE, TILE)
        y, x = _centred(tile)
        angle = np.pi * index / 8
        wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) * TILE / 2 / WAVELENGTH)
        tile[:] = (MIDDLE + 110 * wave)[..., None]


def _centred(part: Canvas) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns of ``part``, each from −1 to 1."""
    height, width = part.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return y, x


def _rings(part: Canvas, samples: int) -> None:
    centre = (part.shape[1] // 2, part.shape[0] // 2)
    for index, radius in enumerate(range(68, 4, -12)):
        shade = (DARK,) * 3 if index % 2 == 0 else (LIGHT,) * 3
        cv2.circle(part, centre, radius * samples, shade, cv2.FILLED)


def _zone_plate(part: Canvas) -> None:
    """Rings that grow finer outwards: every orientation, and every frequency the picture can hold."""
    y, x = _centred(part)
    squared = y**2 + x**2
    inside = squared <= 0.97**2
    part[inside] = (MIDDLE + 110 * np.cos(34 * squared))[inside, None]


def _checkerboard(part: Canvas, samples: int) -> None:
    y, x = np.indices(part.shape[:2]) // (12 * samples)
    part[:] = np.where((y + x) % 2, LIGHT, DARK)[..., None]


def _shapes(part: Canvas, samples: int) -> None:
    """A square, a disc, a triangle and a cross, each in one colour."""
    part[:] = LIGHT
    side = 32 * samples
    middle = part.shape[0] // 2
    lefts = [8 * samples + index * 48 * samples for index in range(4)]
    top, bottom = middle - side // 2, middle + side // 2
    cv2.rectangle(part, (lefts[0], top), (lefts[0] + side, bottom), (60, 60, 205), cv2.FILLED)
    cv2.circle(part, (lefts[1] + side // 2, middle), side // 2, (165, 95, 30), cv2.FILLED)
    corners = np.array([(lefts[2], bottom), (lefts[2] + side, bottom), (lefts[2] + side // 2, top)], np.int32)
    cv2.fillConvexPoly(part, corners, (75, 140, 50))
    for start, end in (((0, top), (side, bottom)), ((0, bottom), (side, top))):
        cv2.line(part, (lefts[3] + start[0], start[1]), (lefts[3] + end[0], end[1]), (DARK,) * 3, 7 * samples)


def _text(part: Canvas, samples: int) -> None:
    part[:] = DARK
    face, words, thickness = cv2.FONT_HERSHEY_SIMPLEX, "cnnviz", 4 * samples
    (width, height), _ = cv2.getTextSize(words, face, 1.25 * samples, thickness)
    left, base = (part.shape[1] - width) // 2, (part.shape[0] + height) // 2
    cv2.putText(part, words, (left, base), face, 1.25 * samples, (LIGHT,) * 3, thickness)
