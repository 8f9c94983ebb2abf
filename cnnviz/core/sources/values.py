"""Sources, their frames and states: what crosses borders between the core, the engine and the window.

Sizes are (height, width); times are seconds of ``time.monotonic``, which every process on the machine shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.core.arrays import Bytes, Size

SourceKind = Literal["picture", "folder", "video", "camera", "stream", "pasted", "sketch", "test-card"]


@dataclass(frozen=True)
class SourceSpec:
    """Where pictures come from. ``location``: a path, a URL, or a camera's number as text.

    ``size`` (height, width) and ``rate`` (frames per second) are what a camera is asked for; it may give another.
    """

    kind: SourceKind
    location: str = ""
    size: Size | None = None
    rate: float | None = None


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture: ``pixels`` H×W×3 uint8 RGB, read-only. ``captured_at``: when it was handed over."""

    pixels: Bytes
    number: int
    captured_at: float
    grab_ms: float = 0.0


@dataclass(frozen=True)
class SourceState:
    """What the input dock shows of a source. A still source has one frame; only seekable ones have a position."""

    spec: SourceSpec
    title: str
    size: Size | None = None
    still: bool = False
    playing: bool = True
    seekable: bool = False
    looping: bool = True
    speed: float = 1.0
    rate: float | None = None
    frame_index: int = 0
    frame_count: int = 0
    notice: str = ""  # camera lost, file ends early: one sentence


@dataclass(frozen=True)
class CameraInfo:
    """A camera that really opened. ``modes``: (height, width, frames per second) it delivers."""

    index: int
    name: str
    modes: tuple[tuple[int, int, float], ...] = ()


SourceAction = Literal["play", "pause", "step", "step-back", "seek", "speed", "loop"]


@dataclass(frozen=True)
class SourceCommand:
    """``value``: frame index for seek, factor for speed, 0 or 1 for loop."""

    action: SourceAction
    value: float = 0.0
