"""What the input dock shows: the frame at the size it is drawn, and what the network receives."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from cnnviz.core.arrays import Bytes, Size
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.geometry import PictureMap
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.preprocessing import undo_normalisation
from cnnviz.core.views import InputPicture, InputView

_LINEAR_ABOVE = 0.5
"""Down to half the size the mean of two neighbours shows as much as the mean of an area, in a fifth of the time."""


def draw_input(
    view: InputView, pixels: Bytes, prepared: Tensor, preprocessing: Preprocessing, where: PictureMap
) -> InputPicture:
    """``pixels`` H×W×3 RGB; ``prepared`` 1×C×h×w, as it went into the network."""
    tensor = tensor_picture = None
    if view.tensor:
        tensor = np.ascontiguousarray(prepared[0].float().cpu().numpy())
        tensor_picture = undo_normalisation(prepared, preprocessing)
    size = (pixels.shape[0], pixels.shape[1])
    return InputPicture(shrink_to_fit(pixels, view.size), size, where.seen, tensor, tensor_picture)


def shrink_to_fit(pixels: Bytes, size: Size) -> Bytes:
    """The whole picture inside ``size``, never enlarged: the window does that where it draws."""
    height, width = pixels.shape[:2]
    scale = min(size[0] / height, size[1] / width, 1.0)
    if scale == 1.0:
        return pixels
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_LINEAR if scale > _LINEAR_ABOVE else cv2.INTER_AREA
    return np.asarray(cv2.resize(pixels, target, interpolation=method), dtype=np.uint8)
