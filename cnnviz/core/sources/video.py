"""Video files, by OpenCV's FFmpeg."""

import math
from pathlib import Path

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange
from cnnviz.core.sources.capture import Capture
from cnnviz.core.sources.colour import to_rgb
from cnnviz.core.sources.files import check_file
from cnnviz.core.sources.kinds import is_url, without_password
from cnnviz.core.sources.opencv import PIXEL_LIMIT, cv2
from cnnviz.core.sources.player import PlayerSource
from cnnviz.core.sources.values import SourceSpec

_DEFAULT_RATE = 25.0
_RATES = (0.1, 1000.0)  # what a header may claim
_STEPS_BACK = 4  # tried backwards from an end that the header puts too late
_GRAB_AHEAD = 60  # frames: decoding on is quicker than seeking back to a key frame
_COUNT_TOLERANCE = 0.05  # headers give a duration, not a count: this much less is no damage
_NETWORK_TIMEOUT_MS = 5000


class VideoReel:
    """See player.Reel."""

    def __init__(self, location: str) -> None:
        self._location = location
        self.title = without_password(location) if is_url(location) else Path(location).name
        self.notice = ""
        self._capture = open_video(location, self.title)
        self._next = 0
        self._sequential = True  # read from the start without a jump: _next is a true count
        self.rate = _rate_of(self._capture)
        self.count = _count_of(self._capture)

    def read(self, index: int, step: int) -> tuple[int, Bytes] | None:
        """See player.Reel."""
        tries = range(index, max(-1, index - _STEPS_BACK), -1) if step < 0 else (index,)
        try:
            return next((found for place in tries if (found := self._read(place))), None)
        except cv2.error as error:
            raise SourceError(f"{self.title} cannot be decoded: open another video", details=str(error)) from error

    def close(self) -> None:
        """See player.Reel."""
        self._capture.release()

    def _read(self, index: int) -> tuple[int, Bytes] | None:
        if not self._go_to(index):
            return None
        delivered, pixels = self._capture.retrieve()
        return (index, to_rgb(pixels, "bgr")) if delivered else None

    def _go_to(self, index: int) -> bool:
        """Whether frame ``index`` is now the one to retrieve."""
        if not self._next <= index <= self._next + _GRAB_AHEAD:
            self._seek(index)
        while self._next <= index:
            if not self._capture.grab():
                self._note_end()
                return False
            self._next += 1
        return True

    def _seek(self, index: int) -> None:
        self._sequential = index == 0
        if index > 0:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        elif not self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0):  # a container that cannot be rewound
            self._capture.release()
            self._capture = open_video(self._location, self.title)
        self._next = index

    def _note_end(self) -> None:
        """The true number of frames, and a word if the header promised many more."""
        if not self._sequential:
            return
        if self._next < self.count * (1 - _COUNT_TOLERANCE) - 1:
            self.notice = f"{self.title} ends early: {self._next} of {self.count} frames can be read"
        if self._next:
            self.count = self._next


def open_video(location: str, title: str) -> Capture:
    """Raises SourceError: missing, empty, no video, cut off before its index, or of frames above ``PIXEL_LIMIT``."""
    parameters = [cv2.CAP_PROP_N_THREADS, 1]  # the network needs the other cores
    if is_url(location):
        parameters += [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            _NETWORK_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            _NETWORK_TIMEOUT_MS,
        ]
    else:
        check_file(Path(location), "video")
    capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG, parameters)
    if not capture.isOpened():
        raise SourceError(
            f"{title} cannot be opened: it is no video, or it is cut off before its index, so get it again"
        )
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if width * height > PIXEL_LIMIT:
        capture.release()
        limit = PIXEL_LIMIT // 1_000_000
        raise SourceError(
            f"{title} has frames of {width:.0f}×{height:.0f} pixels: up to {limit} megapixels can be opened"
        )
    return capture


def open_player(spec: SourceSpec, on_change: OnChange) -> PlayerSource:
    """Plays at once. Raises SourceError as ``open_video`` does."""
    return PlayerSource(spec, VideoReel(spec.location), on_change, playing=True)


def _rate_of(capture: Capture) -> float:
    rate = capture.get(cv2.CAP_PROP_FPS)
    return rate if _RATES[0] <= rate <= _RATES[1] else _DEFAULT_RATE


def _count_of(capture: Capture) -> int:
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if math.isfinite(count) and 0 < count < 2**31 else 0
