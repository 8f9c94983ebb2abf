"""Which pixels of a picture the network sees, and where: arithmetic only, so that the window can use it too.

Coordinates are continuous: pixel i covers i to i + 1, its centre is i + ½.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cnnviz.core.arrays import Size
from cnnviz.core.networks.values import Preprocessing


@dataclass(frozen=True)
class Axis:
    """One axis of a picture that is brought from ``picture`` to ``resized`` pixels, of which the network receives
    ``network`` from ``start`` on; a negative ``start`` means padding before.
    """

    picture: int
    resized: int
    start: int
    network: int

    @property
    def scale(self) -> float:
        """Picture pixels per network pixel."""
        return self.picture / self.resized

    @property
    def offset(self) -> float:
        """The picture coordinate of network coordinate 0."""
        return self.start * self.scale

    def to_picture(self, network: float) -> float:
        """Network coordinate → picture coordinate; may lie outside the picture where padded."""
        return network * self.scale + self.offset

    def to_network(self, picture: float) -> float:
        """Picture coordinate → network coordinate; may lie outside the network's input."""
        return (picture - self.offset) / self.scale


@dataclass(frozen=True)
class PictureMap:
    """Network coordinates ↔ picture coordinates, per axis."""

    y: Axis
    x: Axis

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """(top, left, bottom, right) of what reaches the network, in fractions of the picture."""
        y, x = self.y, self.x
        return (
            y.start / y.resized,
            x.start / x.resized,
            (y.start + y.network) / y.resized,
            (x.start + x.network) / x.resized,
        )

    def to_picture(self, y: float, x: float) -> tuple[float, float]:
        """See Axis.to_picture."""
        return self.y.to_picture(y), self.x.to_picture(x)

    def to_network(self, y: float, x: float) -> tuple[float, float]:
        """See Axis.to_network."""
        return self.y.to_network(y), self.x.to_network(x)


@lru_cache(maxsize=256)
def picture_map(size: Size, preprocessing: Preprocessing) -> PictureMap:
    """How a picture of ``size`` (height, width) reaches a network with this preprocessing."""
    resized = _resized(size, preprocessing)
    y, x = (
        Axis(picture, pixels, _centred(pixels, network), network)
        for picture, pixels, network in zip(size, resized, preprocessing.input_size, strict=True)
    )
    return PictureMap(y, x)


def _resized(size: Size, preprocessing: Preprocessing) -> Size:
    target = preprocessing.input_size
    if preprocessing.fit == "squash":
        return target
    if preprocessing.fit == "crop" and preprocessing.resize is not None:
        return _shorter_side_at(size, preprocessing.resize)
    ratios = [(side, wanted) for side, wanted in zip(size, target, strict=True)]
    largest = preprocessing.fit == "crop"  # cover the input; to pad, stay inside it
    side, wanted = (max if largest else min)(ratios, key=lambda ratio: ratio[1] / ratio[0])
    return _scaled(size[0], wanted, side), _scaled(size[1], wanted, side)


def _shorter_side_at(size: Size, shorter: int) -> Size:
    """Rounds the longer side down, as torchvision's Resize does."""
    height, width = size
    if width <= height:
        return shorter * height // width, shorter
    return shorter, shorter * width // height


def _scaled(side: int, wanted: int, reference: int) -> int:
    return max(1, round(side * wanted / reference))


def _centred(resized: int, network: int) -> int:
    """Where a centre crop starts; padding, when the picture is smaller, has its smaller half first (as torchvision)."""
    if network > resized:
        return -((network - resized) // 2)
    return round((resized - network) / 2)
