"""Random changes of training pictures, a whole batch at a time on the device that holds it.

What is drawn comes from a generator on the CPU in one fixed order, so that a run is the same on every device, and
goes on the same after a resume.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.core.training.values import Augmentations

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


@dataclass(frozen=True)
class Rows:
    """Which part of the whole batch one process has: every process draws for all, so that their number is no matter.

    ``kept``: those of the part that could be read; None for all.
    """

    first: int
    count: int
    total: int
    kept: Tensor | None = None


class Augmenter:
    """Applies the changes that ``augmentations`` asks for."""

    def __init__(self, augmentations: Augmentations, generator: torch.Generator) -> None:
        self._wanted, self._generator = augmentations, generator
        self._moves = any((augmentations.rotation, augmentations.translation, augmentations.scale, augmentations.shear))
        self._recolours = any(
            (augmentations.brightness, augmentations.contrast, augmentations.saturation, augmentations.hue)
        )

    def changed(self, pictures: Tensor, rows: Rows) -> Tensor:
        """B×C×H×W uint8 → float32 of 0 to 255, whole numbers unless something was turned or recoloured."""
        pictures = self._cropped(pictures, rows)
        values = self._flipped(pictures, rows).float()
        values = self._moved(values, rows) if self._moves else values
        values = self._recoloured(values, rows) if self._recolours else values
        return self._erased(values, rows) if self._wanted.erase else values

    def _uniform(self, rows: Rows, device: torch.device, *columns: float) -> tuple[Tensor, ...]:
        """A column of numbers from −1 to 1 times each of ``columns``, for our rows."""
        drawn = torch.rand((rows.total, len(columns)), generator=self._generator)
        drawn = drawn[rows.first : rows.first + rows.count]
        drawn = drawn if rows.kept is None else drawn[rows.kept]
        return tuple(((2 * drawn - 1) * torch.tensor(columns)).to(device).unbind(1))

    # ------------------------------------------------------------------------------------------------------ geometry

    def _cropped(self, pictures: Tensor, rows: Rows) -> Tensor:
        padding = self._wanted.crop_padding
        if not padding:
            return pictures
        down, right = self._uniform(rows, pictures.device, padding + 0.5, padding + 0.5)
        height, width = pictures.shape[2:]
        padded = functional.pad(pictures, (padding,) * 4)
        y = torch.arange(height, device=pictures.device) + padding + _whole(down, padding)
        x = torch.arange(width, device=pictures.device) + padding + _whole(right, padding)
        picture = torch.arange(len(pictures), device=pictures.device)[:, None, None]
        return padded[picture, :, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)

    def _flipped(self, pictures: Tensor, rows: Rows) -> Tensor:
        for wanted, axis in ((self._wanted.horizontal_flip, 3), (self._wanted.vertical_flip, 2)):
            if wanted:
                (side,) = self._uniform(rows, pictures.device, 1.0)
                pictures = torch.where((side > 0).view(-1, 1, 1, 1), pictures.flip(axis), pictures)
        return pictures

    def _moved(self, values: Tensor, rows: Rows) -> Tensor:
        wanted = self._wanted
        turn, slant, grow, down, right = self._uniform(
            rows,
            values.device,
            math.radians(wanted.rotation),
            math.radians(wanted.shear),
            math.log1p(wanted.scale),
            2 * wanted.translation,
            2 * wanted.translation,
        )
        height, width = values.shape[2:]
        size, ratio = torch.exp(-grow), height / width  # affine_grid's axes go from −1 to 1 whatever their length
        across = torch.stack([size * turn.cos(), size * (turn.sin() + slant.tan()) * ratio, right], 1)
        along = torch.stack([-size * turn.sin() / ratio, size * turn.cos(), down], 1)
        grid = functional.affine_grid(torch.stack([across, along], 1), list(values.shape), align_corners=False)
        return functional.grid_sample(values, grid, align_corners=False)

    def _erased(self, values: Tensor, rows: Rows) -> Tensor:
        """Grey squares: DeVries and Taylor (2017)."""
        chance, side, down, right = self._uniform(rows, values.device, 1.0, 1.0, 1.0, 1.0)
        height, width = values.shape[2:]
        half = (3 + side) / 16 * min(height, width)
        y, x = (torch.arange(length, device=values.device) + 0.5 for length in (height, width))
        rows_hit = (y - (1 + down[:, None]) / 2 * height).abs() < half[:, None]
        columns_hit = (x - (1 + right[:, None]) / 2 * width).abs() < half[:, None]
        hit = rows_hit[:, None, :, None] & columns_hit[:, None, None, :]
        happens = ((1 + chance) / 2 < self._wanted.erase).view(-1, 1, 1, 1)
        return values.masked_fill(hit & happens, 127.5)

    # -------------------------------------------------------------------------------------------------------- colour

    def _recoloured(self, values: Tensor, rows: Rows) -> Tensor:
        wanted = self._wanted
        brightness, contrast, saturation, hue = (
            column.view(-1, 1, 1, 1)
            for column in self._uniform(
                rows, values.device, wanted.brightness, wanted.contrast, wanted.saturation, 2 * math.pi * wanted.hue
            )
        )
        values = values * (1 + brightness)
        mean = _luma(values).mean((2, 3), keepdim=True)
        values = mean + (values - mean) * (1 + contrast)
        if values.shape[1] == 3:
            grey = _luma(values)
            values = (
                _turned_hue(grey + (values - grey) * (1 + saturation), hue)
                if wanted.hue
                else (grey + (values - grey) * (1 + saturation))
            )
        return values.clamp(0, 255)


def _whole(offset: Tensor, most: int) -> Tensor:
    """From ±(most + ½) to whole numbers from −most to most, all equally likely, as a column."""
    return offset.round().clamp(-most, most).long()[:, None]


def _luma(values: Tensor) -> Tensor:
    if values.shape[1] != 3:
        return values.mean(1, keepdim=True)
    return (values * torch.tensor(_LUMA, device=values.device).view(1, 3, 1, 1)).sum(1, keepdim=True)


def _turned_hue(values: Tensor, angle: Tensor) -> Tensor:
    """Rotates the colours around the grey axis (Rodrigues' formula), which leaves greys as they are."""
    axis = 1 / math.sqrt(3)
    cross = (values.roll(-2, 1) - values.roll(-1, 1)) * axis  # (1,1,1)/√3 × colour
    along = values.mean(1, keepdim=True)
    return values * angle.cos() + cross * angle.sin() + along * (1 - angle.cos())


class Normaliser:
    """B×C×H×W of 0 to 255 → what the network receives: (x/255 − mean) / std, in the memory format of its weights."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], memory_format: torch.memory_format) -> None:
        self._scale = torch.tensor([1 / (255 * each) for each in std]).view(1, -1, 1, 1)
        self._bias = torch.tensor([-low / each for low, each in zip(mean, std, strict=True)]).view(1, -1, 1, 1)
        self._format = memory_format

    def __call__(self, pictures: Tensor) -> Tensor:
        if self._scale.device != pictures.device:
            self._scale, self._bias = self._scale.to(pictures.device), self._bias.to(pictures.device)
        values = torch.addcmul(self._bias, pictures.float(), self._scale)
        return values.contiguous(memory_format=self._format)


def preview(pictures: Tensor, augmentations: Augmentations, seed: int) -> Tensor:
    """What the network may see of B×C×H×W uint8 pictures, as uint8 to look at."""
    augmenter = Augmenter(augmentations, torch.Generator().manual_seed(seed))
    rows = Rows(0, len(pictures), len(pictures))
    return augmenter.changed(pictures, rows).round().clamp(0, 255).to(torch.uint8)
