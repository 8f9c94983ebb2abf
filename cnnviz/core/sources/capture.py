"""What of ``cv2.VideoCapture`` the sources use; a test can put anything in its place."""

from collections.abc import Callable
from typing import Any, Protocol

from cnnviz.core.sources.values import SourceSpec


class Capture(Protocol):
    """Used by one thread at a time: OpenCV's is not thread-safe."""

    def grab(self) -> bool:
        """Waits for the next frame and goes on to it; False: there is none."""

    def retrieve(self) -> tuple[bool, Any]:
        """The frame of the last ``grab``, H×W×3 uint8 BGR."""

    def get(self, propId: int, /) -> float:  # noqa: N803 - OpenCV's name
        """One of ``cv2.CAP_PROP_…``; 0 or −1: unknown."""

    def set(self, propId: int, value: float, /) -> bool:  # noqa: N803 - OpenCV's name
        """Whether the property was accepted."""

    def release(self) -> None:
        """Gives the device or file back."""


Opener = Callable[[SourceSpec], Capture]  # raises SourceError
