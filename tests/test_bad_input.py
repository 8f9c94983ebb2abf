"""Files that lie about what they are, through ``cnnviz snapshot``: each is shown, or refused in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.cli import USER_ERROR, main
from cnnviz.core.resources import resource_path

GOOD_PICTURE = resource_path("pictures", "ship.png")

SHOWN = {
    "animated.gif": (120, 160),
    "cmyk.jpg": None,
    "exif_rotated_6.jpg": None,
    "gray16.png": (256, 256),
    "imagefolder_mixed/broken/a.jpg": (120, 160),
    "imagefolder_mixed/good/a.jpg": (120, 160),
    "imagefolder_mixed/good/b.jpg": (120, 160),
    "one_by_one.png": (1, 1),
    "palette_transparent.png": None,
    "rgba.png": None,
    "tall_3x20000.png": (20000, 3),
    "truncated_video.mkv": None,
    "wide_20000x3.png": (3, 20000),
}
BOMBS = ("bomb_header_60000x60000.png", "bomb_quiet_13000x13000_1bit.png", "bomb_valid_60000x60000_1bit.png")
WEIGHTS = (
    "ckpt_missing_keys.pth",
    "ckpt_runs_code_pickle.pth",
    "ckpt_runs_code_zip.pth",
    "ckpt_wrong_shapes.pth",
    "huge_header.safetensors",
    "onnx_renamed.pth",
    "truncated.pth",
)
