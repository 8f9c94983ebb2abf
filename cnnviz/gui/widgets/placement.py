"""Where a picture lies in its widget: the arithmetic of fitting, zooming and panning. Free of Qt.

Lengths in the widget are Qt's logical pixels; a picture pixel is ``scale`` of them wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

Lengths = tuple[float, float]

LARGEST_SCALE = 64.0


@dataclass(frozen=True)
class Placement:
    """``view`` and ``picture`` are height and width; ``top`` and ``left`` place the picture's first pixel."""

    view: Lengths
    picture: Lengths
    scale: float
    top: float
    left: float
    fitted_scale: float
    pixel_ratio: float = 1.0

    @property
    def is_zoomed(self) -> bool:
        return self.scale > self.fitted_scale

    def to_view(self, y: float, x: float) -> Lengths:
        """From picture pixels to the widget."""
        return self.top + y * self.scale, self.left + x * self.scale

    def to_picture(self, y: float, x: float) -> Lengths:
        """From the widget to picture pixels, whether or not the picture reaches there."""
        return (y - self.top) / self.scale, (x - self.left) / self.scale

    def pixel_at(self, y: float, x: float) -> tuple[int, int] | None:
        """The picture pixel under a point of the widget; None beside the picture."""
        row, column = (math.floor(place) for place in self.to_picture(y, x))
        inside = 0 <= row < self.picture[0] and 0 <= column < self.picture[1]
        return (row, column) if inside else None

    def zoomed(self, factor: float, y: float, x: float) -> Placement:
        """Larger by ``factor`` about a point of the widget, which keeps its picture pixel where the edges allow it."""
        largest = max(LARGEST_SCALE, self.fitted_scale)
        scale = min(max(self.scale * factor, self.fitted_scale), largest)
        row, column = self.to_picture(y, x)
        return replace(self, scale=scale, top=y - row * scale, left=x - column * scale).kept_inside()

    def moved(self, down: float, right: float) -> Placement:
        """Shifted as far as the picture's edges allow."""
        return replace(self, top=self.top + down, left=self.left + right).kept_inside()

    def kept_inside(self) -> Placement:
        """Moved back, so that no edge of the picture leaves a gap that another part could fill."""
        (top, left) = (
            _clamped(start, length * self.scale, room, self.pixel_ratio)
            for start, length, room in zip((self.top, self.left), self.picture, self.view, strict=True)
        )
        return replace(self, top=top, left=left)


def fitted(view: Lengths, picture: Lengths, *, pixel_ratio: float = 1.0, enlarge: bool = False) -> Placement:
    """The whole picture, centred: one to one in device pixels, or smaller to fit; ``enlarge``: as large as fits."""
    contained = min(room / length for room, length in zip(view, picture, strict=True))
    sharp = 1 / pixel_ratio
    less_than_a_pixel_off = abs(contained / sharp - 1) * max(picture) < 1 - 1e-6  # sizes in device pixels are rounded
    scale = sharp if less_than_a_pixel_off else contained if enlarge else min(sharp, contained)
    return Placement(view, picture, scale, 0, 0, scale, pixel_ratio).kept_inside()


def _clamped(start: float, length: float, room: float, pixel_ratio: float) -> float:
    """Centred where there is room for all, else without an empty edge; on a device pixel, so that it is drawn sharp."""
    place = (room - length) / 2 if length <= room else min(0.0, max(room - length, start))
    return math.floor(place * pixel_ratio) / pixel_ratio
