"""What a cell sees of the picture: where its receptive field is drawn, and what is said of it. Free of widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from cnnviz.core.receptive_field import CellRegion, ReceptiveField, Region

Box = tuple[float, float, float, float]
"""Top, left, bottom and right in pixels of the picture on view."""

Size = tuple[int, int]


@dataclass(frozen=True)
class SeenField:
    """One cell of ``layer`` and its theoretical receptive field, None where that is not known.

    ``listens``: side of its effective field, where it was measured.
    """

    layer: str
    cell: tuple[int, int]
    field: ReceptiveField | None
    listens: float | None = None

    @property
    def region(self) -> CellRegion:
        """In pixels of the network's input; nothing where the field is not known."""
        return self.field.region(self.cell) if self.field is not None else CellRegion(None, None)


@dataclass(frozen=True)
class InputPlace:
    """Where the network's input of ``input_size`` pixels lies on a picture of ``picture_size`` pixels.

    ``seen``: (top, left, bottom, right) in fractions of the picture, as in InputPicture. ``mirrored``: the picture is
    shown as in a looking glass.
    """

    seen: Box
    picture_size: Size
    input_size: Size
    mirrored: bool = False

    @property
    def whole(self) -> Box:
        """Of all the network's input."""
        return self.box(Region(0, 0, *self.input_size))

    def box(self, region: Region) -> Box:
        """Of pixels of the network's input; may pass the picture's edges."""
        top, bottom = (self._along(0, place) for place in (region.top, region.bottom))
        left, right = (self._along(1, place) for place in (region.left, region.right))
        if self.mirrored:
            left, right = self.picture_size[1] - right, self.picture_size[1] - left
        return top, left, bottom, right

    def _along(self, axis: int, place: int) -> float:
        first, last = self.seen[axis], self.seen[axis + 2]
        return (first + (last - first) * place / self.input_size[axis]) * self.picture_size[axis]


def kept_inside(box: Box, size: Size, inset: float) -> Box:
    """Edges at or beyond those of a picture of ``size`` moved ``inset`` inside, where the frame around is on view."""
    height, width = size
    top, left, bottom, right = box
    return (
        min(max(top, inset), height - inset),
        min(max(left, inset), width - inset),
        max(min(bottom, height - inset), inset),
        max(min(right, width - inset), inset),
    )


def field_words(seen: SeenField) -> str:
    """``Sees 35×35 in theory, listens to 18×18 · conv2, y 3, x 4``."""
    words, note = _theory(seen)
    if seen.listens == 0:
        words = _tr("%1, changes with no pixel now").replace("%1", words)
    elif seen.listens is not None:
        side = f"{seen.listens:.0f}×{seen.listens:.0f}"
        words = _tr("%1, listens to %2").replace("%1", words).replace("%2", side)
    y, x = seen.cell
    place = _tr("y %1, x %2").replace("%1", f"{y}").replace("%2", f"{x}")
    return f"{words}{note} · {seen.layer}, {place}"


def theory_words(seen: SeenField) -> str:
    """``Sees 35×35 in theory``, and how that lies to the picture."""
    return "".join(_theory(seen))


def _theory(seen: SeenField) -> tuple[str, str]:
    """The field, and how it lies to the picture."""
    field, region = seen.field, seen.region
    if field is None:
        return _tr("What it sees is not known"), ""
    if region.unclipped is None or region.clipped is None:
        return _tr("Sees nothing but padding"), ""
    if field.size is None:
        return _tr("Sees the whole picture"), ""
    words = _tr("Sees %1 in theory").replace("%1", _sides(region.unclipped.size))
    if field.larger_than_picture:
        return words, _tr(" (larger than the picture: %1)").replace("%1", _sides(field.input_size))
    return words, _tr(" (partly padding)") if region.unclipped != region.clipped else ""


def _sides(size: Size) -> str:
    return f"{size[0]}×{size[1]}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("SeenField", text)
