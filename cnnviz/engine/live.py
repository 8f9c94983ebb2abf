"""The live loop: newest frame → network → what the window wants to see of it.

Latest wins, nothing queues: a snapshot is made only when the window has taken the last one, and only for what it
looks at; frames between two paintings pass through the network without any capture.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cnnviz.core.sources.base import Source
from cnnviz.core.sources.geometry import picture_map
from cnnviz.core.values import Floats, Frame, InputPicture, InputView, Snapshot, SourceState, ViewRequest
from cnnviz.engine.input_picture import draw_input
from cnnviz.engine.live_network import Inference, LiveNetwork

_STATE_SECONDS = 0.1
"""How often a playing source's position is reported."""

_HISTORY_FRAMES = 240
"""Inferred frames kept for the next snapshot's history: several seconds of a window that does not take any."""


class LiveLoop:
    """Joins one source, one network and one view request. All methods belong to one thread.

    ``deliver`` sends a snapshot and returns whether it could (it needs larger shared memory otherwise).
    """

    def __init__(self, deliver: Callable[[Snapshot], bool], report: Callable[[SourceState], None]) -> None:
        self._deliver = deliver
        self._report = report
        self.source: Source | None = None
        self.network: LiveNetwork | None = None
        self._request: ViewRequest | None = None
        self._last: Inference | None = None
        self._frame: Frame | None = None
        self._credit = True
        self._dirty = False
        self._next_paint = 0.0
        self._rate = FrameRate()
        self._inferred = 0
        self._dropped_before = 0
        self._history: deque[tuple[float, Floats]] = deque(maxlen=_HISTORY_FRAMES)
        self._reported: SourceState | None = None
        self._reported_at = 0.0

    # ------------------------------------------------------------------------------------------------ what is joined

    def use_source(self, source: Source) -> None:
        """Shows ``source`` from now on and closes the one before."""
        if self.source is not None:
            self._dropped_before += self.source.dropped
            self.source.close()
        self.source = source
        self._frame = None
        self._dirty = True

    def use_network(self, network: LiveNetwork) -> None:
        """Runs ``network`` from now on and takes the hooks off the one before."""
        if self.network is not None:
            self.network.close()
        self.network = network
        self._last = None
        self._history.clear()
        self._dirty = True

    def use_request(self, request: ViewRequest) -> None:
        """Answers ``request`` from now on."""
        self._request = request
        self._dirty = True

    def taken(self) -> None:
        """The window may be sent another snapshot."""
        self._credit = True

    def forget_result(self) -> None:
        """The present frame must pass the network again (its preprocessing changed)."""
        self._last = None
        self._dirty = True

    def close(self) -> None:
        """Ends the source's threads and takes the hooks off."""
        if self.source is not None:
            self.source.close()
        if self.network is not None:
            self.network.close()

    # ------------------------------------------------------------------------------------------------------- the loop

    def turn(self) -> bool:
        """Does the next piece of work; False when there is none before something changes or ``wait_seconds`` pass."""
        self._report_state()
        frame = self._new_frame()
        if self.network is None or (frame is None and self._frame is None):
            return False
        if frame is not None:
            self._frame = frame
            self._infer(frame)
            return True
        if self._dirty and self._may_paint():
            self._redraw()
            return True
        return False

    def wait_seconds(self) -> float | None:
        """How long ``turn`` may stay uncalled when nothing changes."""
        if self._dirty and self._credit and self.network is not None and self._frame is not None:
            return max(0.0, self._next_paint - time.monotonic())
        return None

    def _new_frame(self) -> Frame | None:
        if self.source is None or (self._request is not None and self._request.frozen and self._frame is not None):
            return None
        return self.source.latest(self._frame.number if self._frame else 0)

    def _may_paint(self) -> bool:
        request = self._request
        current = request is not None and self.network is not None and request.network == self.network.offer.serial
        return current and self._credit and time.monotonic() >= self._next_paint

    def _infer(self, frame: Frame) -> None:
        network = self.network
        assert network is not None  # noqa: S101 - turn() looked
        paint = self._may_paint()
        self._last = network.infer(frame, self._request if paint else None, hold=paint and self._is_still())
        self._inferred += 1
        self._rate.count(time.monotonic())
        self._dirty = True
        if self._last.logits is not None:
            self._history.append((frame.captured_at, self._last.logits))
        if paint:
            self._send(self._last)

    def _redraw(self) -> None:
        network, request, frame = self.network, self._request, self._frame
        assert network is not None and request is not None and frame is not None  # noqa: S101, PT018 - turn() looked
        if self._last is None or self._last.frame is not frame:
            self._infer(frame)
        else:
            self._last = network.redraw(self._last, request)
            self._send(self._last)

    def _is_still(self) -> bool:
        state = self.source.state if self.source else None
        return state is None or state.still or not state.playing or bool(self._request and self._request.frozen)

    # -------------------------------------------------------------------------------------------------- what is sent

    def _send(self, inference: Inference) -> None:
        request, network = self._request, self.network
        assert request is not None and network is not None  # noqa: S101, PT018 - _may_paint() looked
        started = time.perf_counter()
        picture = self._draw_input(request.input, inference, network) if request.input else None
        snapshot = Snapshot(
            request=request.number,
            network=network.offer.serial,
            frame=inference.frame.number,
            captured_at=inference.frame.captured_at,
            maps=inference.maps or (),
            input=picture,
            logits=inference.logits if request.predictions else None,
            history_times=np.array([when for when, _ in self._history], dtype=np.float64),
            history_logits=_stack([logits for _, logits in self._history]),
            budget=replace(inference.budget, copy=(time.perf_counter() - started) * 1e3),
            frames_per_second=self._rate.per_second(time.monotonic()),
            inferred=self._inferred,
            dropped=self._dropped_before + (self.source.dropped if self.source else 0),
        )
        self._credit = False  # also when refused: it comes back with the larger memory
        if self._deliver(snapshot):
            self._dirty = False
            self._history.clear()
            self._pace(request.paint_rate)

    def _pace(self, rate: float) -> None:
        """The next paint falls on the beat of the last one, so that the rate holds on average."""
        now = time.monotonic()
        beat = 1.0 / rate
        self._next_paint = max(self._next_paint + beat, now + beat / 2)

    @staticmethod
    def _draw_input(view: InputView, inference: Inference, network: LiveNetwork) -> InputPicture:
        pixels = inference.frame.pixels
        where = picture_map((pixels.shape[0], pixels.shape[1]), network.offer.preprocessing)
        return draw_input(view, pixels, inference.prepared, network.offer.preprocessing, where)

    def _report_state(self) -> None:
        if self.source is None:
            return
        state = self.source.state
        if state == self._reported:
            return
        now = time.monotonic()
        only_moved = self._reported is not None and state == replace(self._reported, frame_index=state.frame_index)
        if not only_moved or now - self._reported_at >= _STATE_SECONDS:
            self._reported, self._reported_at = state, now
            self._report(state)


class FrameRate:
    """Frames per second over the last second."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def count(self, now: float) -> None:
        """A frame was inferred."""
        self._times.append(now)
        self._forget(now)

    def per_second(self, now: float) -> float:
        """0 when nothing moved for a second."""
        self._forget(now)
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] < now - 1.0:
            self._times.popleft()


def _stack(rows: list[Floats]) -> Floats:
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)
