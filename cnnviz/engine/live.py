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
from torch import Tensor, nn

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import CnnvizError
from cnnviz.core.freed_memory import give_back_freed_memory
from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.sources.base import Source
from cnnviz.core.sources.geometry import picture_map
from cnnviz.core.sources.values import Frame, SourceState
from cnnviz.core.views import InputPicture, InputView, Snapshot, ViewRequest
from cnnviz.engine.input_picture import draw_input
from cnnviz.engine.live_network import LiveNetwork
from cnnviz.engine.stream import Inference

_STATE_SECONDS = 0.1
"""How often a playing source's position is reported."""

_RESTLESS_SECONDS = 0.5
"""How often a picture that stands still passes a network in training mode: slow enough to look at each mask."""

_HISTORY_FRAMES = 240
"""Inferred frames kept for the next snapshot's history: several seconds of a window that does not take any."""


class LiveLoop:
    """Joins one source, one network and one view request. All methods belong to one thread and none of them waits for a
    frame, except where a source or network is replaced.

    ``deliver`` sends a snapshot and returns whether it could (it needs larger shared memory otherwise).
    ``tell_not_finite`` gets the network's input when its logits are NaN or infinite, once for each network.
    """

    def __init__(
        self,
        deliver: Callable[[Snapshot], bool],
        report: Callable[[SourceState], None],
        tell_not_finite: Callable[[Tensor], None],
    ) -> None:
        self._deliver = deliver
        self._report = report
        self._tell_not_finite = tell_not_finite
        self._told_not_finite = False
        self.source: Source | None = None
        self.network: LiveNetwork | None = None
        self._request: ViewRequest | None = None
        self._frame: Frame | None = None  # launched last
        self._last: Inference | None = None  # landed last
        self._ready: Inference | None = None  # drawn, not yet sent
        self._stale = False  # the window has not been sent the last frame as it asks for now
        self._credit = True
        self._next_paint = 0.0
        self._launched_at = 0.0
        self._logits_before: Floats | None = None
        self._delivery_ms = 0.0
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
        self._forget_frames()
        self._frame = None

    def use_network(self, network: LiveNetwork) -> None:
        """Runs ``network`` from now on; the one before is closed, and its memory given back."""
        closed, self.network = self.network, network
        if closed is not None:
            closed.close()
        self._told_not_finite = False
        self._logits_before = None
        self._history.clear()
        self._forget_frames()
        if closed is not None:
            del closed
            give_back_freed_memory()

    def use_request(self, request: ViewRequest) -> None:
        """Answers ``request`` from now on."""
        self._request = request
        self._stale = True

    def use_preprocessing(self, preprocessing: Preprocessing | None) -> None:
        """None: the weights' own. The present frame passes the network again."""
        if self.network is not None:
            self.network.drain()
            self.network.use_preprocessing(preprocessing or self.network.loaded.preprocessing)
            self._forget_frames()

    def use_mode(self, *, training: bool) -> None:
        """The present frame passes the network again."""
        if self.network is not None:
            self.network.use_mode(training=training)
            self._forget_frames()

    def use_weights(self, load: Callable[[nn.Module], int]) -> int:
        """``load`` replaces the network's weights in their place and returns what this does. The present frame passes
        the network again.
        """
        if self.network is None:
            raise CnnvizError("There is no network yet: open one first.")
        step = self.network.use_weights(load)
        self._told_not_finite = False
        self._logits_before = None
        self._forget_frames()
        return step

    def intervene(self, interventions: tuple[Intervention, ...]) -> None:
        """The present frame passes the network again.

        Raises:
            LayerError, CnnvizError: one of them cannot be done; what was done before still is.
        """
        if self.network is not None:
            self.network.intervene(interventions)
            self._logits_before = None
            self._forget_frames()

    @property
    def last(self) -> Inference | None:
        """The frame that landed last; any thread may look."""
        return self._last

    def taken(self) -> None:
        """The window may be sent another snapshot."""
        self._credit = True

    def close(self) -> None:
        """Ends the source's threads and takes the hooks off."""
        if self.source is not None:
            self.source.close()
        if self.network is not None:
            self.network.close()

    def _forget_frames(self) -> None:
        if self.network is not None:
            self.network.drain()
        self._last = self._ready = None
        self._stale = True

    # ------------------------------------------------------------------------------------------------------- the loop

    def turn(self) -> bool:
        """Does what can be done now; False when nothing can before something changes or ``wait_seconds`` pass."""
        self._report_state()
        if self.network is None:
            return False
        landed = self._land(self.network)
        if self.network.runs_here:  # a launch takes as long as the frame: what is drawn must not wait for the next one
            sent = self._send_ready(self.network)
            return self._launch(self.network) or landed or sent
        launched = self._launch(self.network)  # before sending: the network should not wait for that
        return self._send_ready(self.network) or landed or launched

    def wait_seconds(self) -> float | None:
        """How long ``turn`` may stay uncalled when nothing changes; None: for ever."""
        network = self.network
        if network is None or network.busy or self._frame is None or self._ready is not None:
            return None
        if not (self._stale or network.training) or not self._answers(network):
            return None
        due = self._next_paint if self._stale else self._launched_at + _RESTLESS_SECONDS
        return max(0.0, due - time.monotonic())

    def _land(self, network: LiveNetwork) -> bool:
        arrived = network.landed()
        for inference in arrived:
            if self._last is None or inference.frame is not self._last.frame:
                self._count(inference)
            self._last = inference
            self._stale = True
            self._logits_before = self._logits_before if inference.before is None else inference.before
            if inference.request is not None:
                self._ready = inference
        return bool(arrived)

    def _count(self, inference: Inference) -> None:
        self._inferred += 1
        self._rate.count(time.monotonic())
        if inference.logits is not None:
            self._history.append((inference.frame.captured_at, inference.logits))
            if not self._told_not_finite and not np.isfinite(inference.logits).all():
                self._told_not_finite = True
                self._tell_not_finite(inference.prepared)

    def _launch(self, network: LiveNetwork) -> bool:
        now = time.monotonic()
        request = self._request if self._is_due(network) else None
        hold = request is not None and self._is_still()
        if not network.may_launch(request, now, hold=hold):
            return False
        frame = self._new_frame()
        if frame is None and self._is_restless(network):
            self._last, self._stale = None, True
        again = frame is None and self._stale and request is not None and not network.busy
        if frame is None and not (again and self._frame is not None):
            return False
        self._frame = frame or self._frame
        self._launched_at = now
        assert self._frame is not None  # noqa: S101 - one of the two is
        if request is not None:
            self._pace(request.paint_rate)  # before the launch, which may take as long as the frame
        if request is not None and self._last is not None and self._last.frame is self._frame:
            network.launch_redraw(self._last, request, now)
        else:
            network.launch(self._frame, request, now, hold=hold)
        return True

    def _new_frame(self) -> Frame | None:
        if self.source is None or (self._request is not None and self._request.frozen and self._frame is not None):
            return None
        return self.source.latest(self._frame.number if self._frame else 0)

    def _is_restless(self, network: LiveNetwork) -> bool:
        """Whether a picture that stands still should pass once more: in training mode it looks different each time."""
        rested = time.monotonic() - self._launched_at >= _RESTLESS_SECONDS
        return network.training and rested and not self._stale and not network.busy

    def _answers(self, network: LiveNetwork) -> bool:
        return self._request is not None and self._request.network == network.offer.serial

    def _is_due(self, network: LiveNetwork) -> bool:
        """Whether the next frame is to be drawn: the time has come, and none drawn before waits for the window."""
        waits = self._ready is not None and not self._credit
        return self._answers(network) and not waits and time.monotonic() >= self._next_paint

    def _is_still(self) -> bool:
        state = self.source.state if self.source else None
        return state is None or state.still or not state.playing or bool(self._request and self._request.frozen)

    def _pace(self, rate: float) -> None:
        """The next frame is drawn on the beat of the last one, so that the rate holds on average."""
        now = time.monotonic()
        beat = 1.0 / rate
        self._next_paint = max(self._next_paint + beat, now + beat / 2)

    # -------------------------------------------------------------------------------------------------- what is sent

    def _send_ready(self, network: LiveNetwork) -> bool:
        inference = self._ready
        if inference is None or inference.request is None or not self._credit:
            return False
        snapshot = self._snapshot(inference, inference.request, network)
        self._credit = False  # also when refused: it comes back with the larger memory
        started = time.perf_counter()
        if self._deliver(snapshot):
            self._delivery_ms = (time.perf_counter() - started) * 1e3
            self._ready = None
            self._history.clear()
            newest = inference.request is self._request and inference.frame is self._frame
            self._stale = self._stale and not newest
        return True

    def _snapshot(self, inference: Inference, request: ViewRequest, network: LiveNetwork) -> Snapshot:
        started = time.perf_counter()
        picture = self._draw_input(request.input, inference, network) if request.input else None
        drawn = (time.perf_counter() - started) * 1e3
        return Snapshot(
            request=request.number,
            network=network.offer.serial,
            frame=inference.frame.number,
            captured_at=inference.frame.captured_at,
            maps=inference.maps,
            input=picture,
            logits=inference.logits if request.predictions else None,
            history_times=np.array([when for when, _ in self._history], dtype=np.float64),
            history_logits=_stack([logits for _, logits in self._history]),
            budget=replace(inference.budget, copy=drawn + self._delivery_ms),
            frames_per_second=self._rate.per_second(time.monotonic()),
            inferred=self._inferred,
            dropped=self._dropped_before + (self.source.dropped if self.source else 0),
            live=inference.live,
            logits_before=self._logits_before if request.predictions else None,
        )

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
