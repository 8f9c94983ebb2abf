"""Webcams: which really open, and the source that reads one."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange
from cnnviz.core.sources.capture import Capture, Opener
from cnnviz.core.sources.live import LiveSource
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.values import CameraInfo, SourceSpec

_LINUX = sys.platform.startswith("linux")
_PROBED_INDICES = 8  # where the system does not list its cameras
_SIZES = ((240, 320), (480, 640), (720, 1280), (1080, 1920))
_RATES = (30.0, 60.0)
_COMPRESSED_FROM = 720  # rows: USB is too slow for such frames at full rate unless the camera sends JPEG


def list_cameras(
    *, opener: Opener | None = None, indices: Iterable[int] | None = None, in_use: Iterable[CameraInfo] = ()
) -> tuple[CameraInfo, ...]:
    """Cameras that open and deliver a picture, with the modes they accept. Takes seconds a camera: call it in a thread.

    ``in_use``: cameras that this program has open and that therefore would not open again; they are listed as given.
    """
    known = {camera.index: camera for camera in in_use}
    found = (known.get(index) or _probe(index, opener or open_device) for index in indices or _device_indices())
    return tuple(camera for camera in found if camera is not None)


def camera_name(index: int) -> str:
    """What the system calls it, or "camera N"."""
    with suppress(OSError):  # other systems, and devices that have just gone, have no such file
        name = Path(f"/sys/class/video4linux/video{index}/name").read_text(encoding="utf-8", errors="replace").strip()
        if name:
            return name
    return f"camera {index}"


def open_device(spec: SourceSpec) -> Capture:
    """Raises SourceError if it does not open."""
    index = _index_of(spec)
    capture = cv2.VideoCapture(index, cv2.CAP_V4L2 if _LINUX else cv2.CAP_ANY)
    if not capture.isOpened():
        raise SourceError(f"camera {index} cannot be opened: connect it, or close the program that uses it")
    _ask_for(capture, spec)
    return capture


def open_camera(spec: SourceSpec, on_change: OnChange, *, opener: Opener = open_device) -> LiveSource:
    """Waits for the first picture. Raises SourceError: no such camera, busy, or silent."""
    return LiveSource(spec, camera_name(_index_of(spec)), opener, on_change)


def _index_of(spec: SourceSpec) -> int:
    if not spec.location.isdecimal():
        raise SourceError(f"{spec.location!r} is no camera number: give 0 for the first camera")
    return int(spec.location)


def _ask_for(capture: Capture, spec: SourceSpec) -> None:
    """The camera takes the nearest mode it has."""
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if spec.size is not None:
        if spec.size[0] >= _COMPRESSED_FROM:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, spec.size[1])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, spec.size[0])
    if spec.rate is not None:
        capture.set(cv2.CAP_PROP_FPS, spec.rate)


def _device_indices() -> list[int]:
    if not _LINUX:
        return list(range(_PROBED_INDICES))
    names = (path.name.removeprefix("video") for path in Path("/dev").glob("video*"))
    return sorted(int(name) for name in names if name.isdecimal())


def _probe(index: int, opener: Opener) -> CameraInfo | None:
    """None: it does not open, or it gives no picture (a metadata device, a camera in use)."""
    try:
        capture = opener(SourceSpec("camera", str(index)))
    except SourceError:
        return None
    try:
        if not capture.grab():
            return None
        return CameraInfo(index, camera_name(index), tuple(sorted(set(_modes(index, capture)))))
    finally:
        capture.release()


def _modes(index: int, capture: Capture) -> Iterator[tuple[int, int, float]]:
    for size, rate in product(_SIZES, _RATES):
        _ask_for(capture, SourceSpec("camera", str(index), size, rate))
        height, width = capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)
        given = capture.get(cv2.CAP_PROP_FPS)
        if height > 0 and width > 0:
            yield int(height), int(width), round(given, 2) if given > 0 else rate
