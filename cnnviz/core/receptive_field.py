"""Which part of the picture a cell of a feature map can see: exact arithmetic on intervals, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cnnviz.core.errors import LayerError
from cnnviz.core.receptive_axis import AxisField, Span, Stride, Taps
from cnnviz.core.receptive_taps import window_taps

if TYPE_CHECKING:  # it imports the values, and they this file
    from cnnviz.core.sources.geometry import PictureMap

Size = tuple[int, int]


@dataclass(frozen=True)
class Region:
    """Pixels of the network's input, from row ``top`` and column ``left`` to those before ``bottom`` and ``right``."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left


@dataclass(frozen=True)
class CellRegion:
    """What one cell sees: ``unclipped`` counts padding as picture, ``clipped`` are the pixels of the picture it really
    can see. None: nothing, or nothing but padding.
    """

    unclipped: Region | None
    clipped: Region | None


@dataclass(frozen=True)
class ReceptiveField:
    """The theoretical receptive field of every cell of one layer, in pixels of the network's input.

    Cell i's field starts at ``offset + i * stride``. Where neighbouring cells see different amounts (behind upsampling
    and transposed convolutions), ``size`` is the largest and ``stride`` the average, which may be a Fraction;
    ``region`` is exact everywhere. Where branches meet that do not line up, it is the smallest box around their fields.
    """

    rows: AxisField
    columns: AxisField

    @classmethod
    def of_input(cls, size: Size) -> Self:
        """Of the network's input of this height and width: every pixel sees itself."""
        return cls(*map(AxisField.of_input, size))

    @property
    def whole(self) -> bool:
        """Whether every cell sees the whole picture, whatever the picture's size."""
        return self.rows.whole and self.columns.whole

    @property
    def size(self) -> Size | None:
        """Height and width, padding counted; None where it is the whole picture."""
        return None if self.whole else (self.rows.size, self.columns.size)

    @property
    def stride(self) -> tuple[Stride, Stride]:
        """From one cell's field to the next one's, downwards and to the right; 0 where all see the whole picture."""
        return self.rows.stride, self.columns.stride

    @property
    def offset(self) -> Size:
        """First row and column of cell (0, 0)'s field; negative where it begins in padding."""
        return self.rows.offset, self.columns.offset

    @property
    def input_size(self) -> Size:
        """Height and width of the network's input."""
        return self.rows.input_size, self.columns.input_size

    @property
    def map_size(self) -> Size:
        """Height and width of the layer's maps; (1, 1) where it has none."""
        return self.rows.count, self.columns.count

    @property
    def larger_than_picture(self) -> bool:
        """Whether a field is higher or wider than the network's input, so that no cell's fits inside."""
        return self.size is not None and any(
            field > picture for field, picture in zip(self.size, self.input_size, strict=True)
        )

    def region(self, cell: tuple[int, int]) -> CellRegion:
        """What the cell in this row and column sees.

        Raises:
            LayerError: the maps have no such cell.
        """
        y, x = cell
        height, width = self.map_size
        if not (0 <= y < height and 0 <= x < width):
            raise LayerError(f"There is no cell ({y}, {x}) in maps of {height}×{width}; choose one inside them.")
        return CellRegion(
            _region(self.rows.span(y), self.columns.span(x)), _region(self.rows.visible(y), self.columns.visible(x))
        )

    def through_window(
        self, kernel: Size, stride: Size, padding: Size, map_size: Size, dilation: Size = (1, 1)
    ) -> ReceptiveField:
        """The field behind a convolution or a pool that makes maps of ``map_size``."""
        rows, columns = map(window_taps, kernel, stride, padding, dilation)
        return self.through(rows, columns, map_size)

    def through(self, rows: Taps, columns: Taps, map_size: Size) -> ReceptiveField:
        """The field behind maps of ``map_size``, whose cells read these rows and columns of this layer's."""
        height, width = map_size
        down = self.rows.through(rows, height)
        if (self.columns, columns, width) == (self.rows, rows, height):
            return ReceptiveField(down, down)
        return ReceptiveField(down, self.columns.through(columns, width))

    def gathered(self) -> ReceptiveField:
        """The field of what reads every cell: global pooling, a linear layer behind a flatten."""
        return ReceptiveField(self.rows.gathered(), self.columns.gathered())


def picture_box(region: Region, mapping: PictureMap) -> tuple[float, float, float, float]:
    """(top, left, bottom, right) of the region in pixels of the picture that the network's input was cut from.

    May pass the picture's edges where the picture was padded.
    """
    return *mapping.to_picture(region.top, region.left), *mapping.to_picture(region.bottom, region.right)


def _region(rows: Span | None, columns: Span | None) -> Region | None:
    return Region(rows[0], columns[0], rows[1], columns[1]) if rows and columns else None
