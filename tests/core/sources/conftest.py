"""What the tests of sources share: waiting for a state without sleeping, and a small video of known pixels."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from cnnviz.core.sources.opencv import cv2


class Watch:
    """``told`` is a source's on_change; ``until`` returns as soon as a condition holds."""

    def __init__(self):
        self._condition = threading.Condition()
        self.times = 0

    def told(self):
        with self._condition:
            self.times += 1
            self._condition.notify_all()

    def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        with self._condition:
            assert self._condition.wait_for(holds, seconds), "it did not happen in time"


@dataclass(frozen=True)
class Greys:
    """A video of 48×64 pixels; frame i is of one grey, 5 + 12 · i."""

    path: Path
    frames: int = 20
    rate: float = 25.0

    @staticmethod
    def index_of(pixels: np.ndarray) -> int:
        return round((float(pixels.mean()) - 5) / 12)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="session")
def greys(tmp_path_factory) -> Greys:
    video = Greys(tmp_path_factory.mktemp("video") / "greys.avi")
    writer = cv2.VideoWriter(str(video.path), cv2.VideoWriter.fourcc(*"MJPG"), video.rate, (64, 48))
    for index in range(video.frames):
        writer.write(np.full((48, 64, 3), 5 + 12 * index, np.uint8))
    writer.release()
    return video


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("source "):
            thread.join(60)
            assert not thread.is_alive(), f"{thread.name} still runs"
