"""Frames from what runs by itself and may go away: a camera, a network stream."""

import time
from dataclasses import replace

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.base import OnChange, ThreadedSource
from cnnviz.core.sources.capture import Capture, Opener
from cnnviz.core.sources.colour import to_rgb
from cnnviz.core.sources.opencv import cv2
from cnnviz.core.sources.values import SourceSpec, SourceState

FIRST_FRAME_SECONDS = 10.0
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)  # between attempts to get a lost device back; then always the last
_LOST = "{} gives no picture any more: check its connection; it is tried again until it is back"


class LiveSource(ThreadedSource):
    """Reads as fast as frames come. Lost after its first frame, it says so and tries again until it is back."""

    def __init__(
        self,
        spec: SourceSpec,
        title: str,
        opener: Opener,
        on_change: OnChange,
        *,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
        first_frame_seconds: float = FIRST_FRAME_SECONDS,
    ) -> None:
        """Waits for the first frame. Raises SourceError if none comes; nothing is left running then, but for a
        thread that the device may still hold.
        """
        super().__init__(spec, SourceState(spec, title, looping=False), on_change)
        self._opener = opener
        self._retry_seconds = retry_seconds
        self._failure: SourceError | None = None
        self._thread.start()
        self._await_first_frame(first_frame_seconds)

    def _await_first_frame(self, seconds: float) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._newest is not None or self._failure is not None, seconds)
            failure = self._failure
            if self._newest is not None:
                return
        self.close()
        raise failure or SourceError(
            f"{self._state.title} gave no picture within {seconds:g} s: check it, or choose another source"
        )

    def _run(self) -> None:
        attempt = 0
        while not self._closed:
            before = self._newest
            problem = self._read_until_lost()
            if self._newest is None:
                self._fail(problem)
                return
            attempt = 0 if self._newest is not before else attempt + 1
            self._change(replace(self.state, notice=_LOST.format(self.state.title)))
            self._next_command(time.monotonic() + self._retry_seconds[min(attempt, len(self._retry_seconds) - 1)])

    def _fail(self, problem: SourceError) -> None:
        with self._condition:
            self._failure = problem
            self._condition.notify_all()

    def _read_until_lost(self) -> SourceError:
        """Why it ended."""
        try:
            capture = self._opener(self.spec)
            try:
                self._read(capture)
            finally:
                capture.release()
        except SourceError as error:
            return error
        except cv2.error as error:
            return SourceError(f"{self._state.title} gave a picture that cannot be decoded", details=str(error))
        return SourceError(f"{self._state.title} opens but gives no picture: close other programs that use it")

    def _read(self, capture: Capture) -> None:
        rate = capture.get(cv2.CAP_PROP_FPS)
        rate_or_none = rate if 0 < rate <= 1000 else None
        while not self._closed and capture.grab():
            started = time.perf_counter()  # the wait for the device is over
            delivered, pixels = capture.retrieve()
            if not delivered:
                return
            rgb = to_rgb(pixels, "bgr")
            state = replace(self.state, notice="", rate=rate_or_none)
            self._publish(rgb, state, (time.perf_counter() - started) * 1e3)
