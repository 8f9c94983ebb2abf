"""A picture → the network's input, as the weights' own transform makes it (torchvision's ImageClassification for
``fit="crop"``), and back. It runs on every live frame: resized as bytes on the CPU, and only what the network receives
becomes numbers, in one fused multiplication and addition on the network's device.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.geometry import Axis, picture_map

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_MODES = {"nearest": "nearest-exact", "bilinear": "bilinear", "bicubic": "bicubic"}
_RESIZED_PIXEL_LIMIT = 16_000_000  # above this only the part that the network receives is resized
_FILTER_REACH = 3  # pixels of the coarser grid that a filter reaches, rounded up


def prepare(
    pixels: Bytes,
    preprocessing: Preprocessing,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    channels_last: bool = False,
) -> Tensor:
    """H×W×3 uint8 RGB → 1×C×h×w on ``device``. Padding of ``fit="pad"`` is the mean colour: zero."""
    placed = picture_map((pixels.shape[0], pixels.shape[1]), preprocessing)
    seen = _resize(_as_tensor(pixels), placed.y, placed.x, preprocessing)
    pads = preprocessing.fit == "pad"
    if not pads:
        seen = _cropped(seen, placed.y, placed.x)
    prepared = _normalised(seen.to(device), preprocessing)
    if pads:
        prepared = functional.pad(prepared, (*_margins(placed.x), *_margins(placed.y)))
    layout = torch.channels_last if channels_last else torch.contiguous_format
    return prepared.to(dtype).contiguous(memory_format=layout)


def undo_normalisation(tensor: Tensor, preprocessing: Preprocessing) -> Bytes:
    """What a network receives, C×H×W or 1×C×H×W, as an H×W×3 RGB picture; an inversion stays visible."""
    values = tensor.detach().float().cpu().reshape(-1, *tensor.shape[-2:])
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (preprocessing.mean, preprocessing.std))
    shades = (values * std + mean).mul(255).round().clamp(0, 255).to(torch.uint8)
    return shades.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()


class _Writable:
    """Lends read-only pixels to torch, which warns about such memory although it is only read here."""

    def __init__(self, pixels: Bytes) -> None:
        self.pixels = pixels  # kept alive as long as the tensor
        self.__array_interface__ = {**pixels.__array_interface__, "data": (pixels.ctypes.data, False)}


def _as_tensor(pixels: Bytes) -> Tensor:
    """1×3×H×W in the order channels last, for which torch's resize has its fast path; shares the memory."""
    if any(stride < 0 for stride in pixels.strides):
        pixels = np.ascontiguousarray(pixels)
    shared = pixels if pixels.flags.writeable else np.asarray(_Writable(pixels))
    return torch.from_numpy(shared)[None].permute(0, 3, 1, 2)


# ------------------------------------------------------------------------------------------------------------- places


def _resize(picture: Tensor, y: Axis, x: Axis, preprocessing: Preprocessing) -> Tensor:
    if y.resized * x.resized > _RESIZED_PIXEL_LIMIT:
        return _resize_part(picture, y, x, preprocessing)
    if (y.resized, x.resized) == picture.shape[-2:]:
        return picture
    return _interpolate(picture, (y.resized, x.resized), preprocessing)


def _interpolate(picture: Tensor, size: tuple[int, int], preprocessing: Preprocessing) -> Tensor:
    mode = _MODES[preprocessing.interpolation]
    return functional.interpolate(picture, size=size, mode=mode, antialias=mode != "nearest-exact")


def _resize_part(picture: Tensor, y: Axis, x: Axis, preprocessing: Preprocessing) -> Tensor:
    """Of a picture whose resized form would take too much memory (20000×3 pixels: 1.3 GB), only what the network
    receives, less than one of its pixels beside the exact place; the rest is left out.
    """
    (top, bottom, height, above), (left, right, width, before) = _part(y), _part(x)
    part = picture[..., top:bottom, left:right].contiguous(memory_format=torch.channels_last)
    resized = _interpolate(part, (height, width), preprocessing)
    return resized[..., above : above + y.network, before : before + x.network]


def _part(axis: Axis) -> tuple[int, int, int, int]:
    """First and last picture pixel needed, their number once resized, and where the network's first pixel is in it."""
    reach = math.ceil(_FILTER_REACH * max(1.0, axis.scale))
    first = max(0, math.floor(axis.to_picture(0)) - reach)
    last = min(axis.picture, math.ceil(axis.to_picture(axis.network)) + reach)
    resized = max(1, round((last - first) / axis.scale))
    start = axis.start - round(first / axis.scale)
    return first, last, resized, max(0, min(start, resized - axis.network))


def _cropped(resized: Tensor, y: Axis, x: Axis) -> Tensor:
    """The network's window; black where the picture is smaller, as torchvision's centre crop pads."""
    if resized.shape[-2:] == (y.network, x.network):
        return resized
    top, left = max(0, y.start), max(0, x.start)
    window = resized[..., top : top + y.network, left : left + x.network]
    margins = (*_margins(x), *_margins(y))
    return functional.pad(window, margins) if any(margins) else window


def _margins(axis: Axis) -> tuple[int, int]:
    before = max(0, -axis.start)
    return before, max(0, axis.network - axis.resized - before)


# ------------------------------------------------------------------------------------------------------------ numbers


def _normalised(seen: Tensor, preprocessing: Preprocessing) -> Tensor:
    """1×3×h×w uint8 → 1×C×h×w float32, channels last."""
    height, width = seen.shape[-2:]
    scale, bias = _scale_and_bias(preprocessing, width, seen.device)
    numbers = seen.permute(0, 2, 3, 1).to(torch.float32)
    if preprocessing.channels == 1:
        return torch.addmv(bias, numbers.reshape(-1, 3), scale).view(1, 1, height, width)
    rows = numbers.reshape(height, 3 * width)
    return torch.addcmul(bias, rows, scale).view(1, height, width, 3).permute(0, 3, 1, 2)


@lru_cache(maxsize=16)
def _scale_and_bias(preprocessing: Preprocessing, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """What turns bytes into normalised numbers: for colour as long as a row of the picture (far quicker than three
    numbers broadcast over its innermost axis), for grey the weights of the three colours and one bias.
    """
    _check(preprocessing)
    mean, std = (np.array(numbers, np.float64) for numbers in (preprocessing.mean, preprocessing.std))
    slope, origin = (-1.0, 1.0) if preprocessing.invert else (1.0, 0.0)
    scale, bias = slope / (255 * std), (origin - mean) / std
    if preprocessing.channels == 1:
        scale = np.array(_LUMA) * scale
    else:
        scale, bias = (np.tile(np.broadcast_to(numbers, 3), width) for numbers in (scale, bias))
    with torch.inference_mode(mode=False):  # they outlive the caller's mode
        return (
            torch.tensor(scale, dtype=torch.float32, device=device),
            torch.tensor(bias, dtype=torch.float32, device=device),
        )


def _check(preprocessing: Preprocessing) -> None:
    for name, numbers in (("mean", preprocessing.mean), ("std", preprocessing.std)):
        if len(numbers) not in {1, preprocessing.channels}:
            raise NetworkError(
                f"the preprocessing's {name} has {len(numbers)} numbers: give one for each of the network's "
                f"{preprocessing.channels} channels, or a single one"
            )
    if not all(math.isfinite(number) and number > 0 for number in preprocessing.std):
        raise NetworkError(f"the preprocessing's std is {preprocessing.std}: every number must be above zero")
