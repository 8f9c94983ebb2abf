"""Network streams by URL: MJPEG over HTTP, RTSP."""

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange
from cnnviz.core.sources.capture import Capture, Opener
from cnnviz.core.sources.kinds import STREAM_SCHEMES, is_url, without_password
from cnnviz.core.sources.live import LiveSource
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.values import SourceSpec

TIMEOUT_MS = 5000


def open_url(spec: SourceSpec) -> Capture:
    """Raises SourceError if there is no such stream, or it does not answer in time."""
    if not is_url(spec.location):
        allowed = ", ".join(sorted(STREAM_SCHEMES))
        raise SourceError(
            f"{without_password(spec.location)} is no address of a stream: it must start with one of {allowed}"
        )
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT_MS]
    capture = cv2.VideoCapture(spec.location, cv2.CAP_FFMPEG, [*timeouts, cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise SourceError(f"{without_password(spec.location)} does not answer or is no video stream: check the address")
    return capture


def open_stream(spec: SourceSpec, on_change: OnChange, *, opener: Opener = open_url) -> LiveSource:
    """Waits for the first picture. Raises SourceError if none comes."""
    return LiveSource(spec, without_password(spec.location), opener, on_change)
