"""A loaded network at work on live frames: prepare, run, capture what is looked at, draw it.

Up to two frames are on their way at once, each in a thread of its own (a *stream*): on a CPU two frames with half of
the cores each often take less time than one after the other with all, as no core waits for another after each layer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.catalog import LoadedNetwork
from cnnviz.core.probing.capture import NO_THREAD, Capture
from cnnviz.core.sources.geometry import picture_map
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.core.values import Floats, Frame, FrameBudget, MapsPicture, NetworkOffer, Preprocessing, ViewRequest
from cnnviz.engine.drawing import Drawing
from cnnviz.engine.tuning import Configuration, Cost, Tuner, candidates, core_count

MOST_STREAMS = 2
_PAUSE_SECONDS = 1.0
"""A gap between two frames that says nothing about the network: the source stood still."""


@dataclass(frozen=True, eq=False)
class Inference:
    """One frame through the network. ``request``: what ``maps`` answer; None where nobody looked."""

    frame: Frame
    prepared: Tensor
    logits: Floats | None
    request: ViewRequest | None
    maps: tuple[MapsPicture, ...]
    held: dict[str, Tensor]
    budget: FrameBudget


class LiveNetwork:
    """Owns the module's hooks, its threads and its memory format until ``close``. All methods belong to one thread.

    ``wake`` is called, from any thread, when a launched frame has landed.
    """

    def __init__(self, loaded: LoadedNetwork, offer: NetworkOffer, wake: Callable[[], None]) -> None:
        self.loaded = loaded
        self.offer = offer
        self.device = torch.device(loaded.device)
        self._wake = wake
        self._drawing = Drawing(offer.layers)
        self._capture = Capture(loaded.module, self._drawing.take)
        self._capture.listen_to(NO_THREAD)
        self._watched: frozenset[str] = frozenset()
        self._tuner = Tuner(_candidates(self.device))
        self._configuration: Configuration | None = None
        self._streams = ThreadPoolExecutor(MOST_STREAMS, thread_name_prefix="cnnviz-stream")
        self._threads = threading.local()
        self._flights: deque[tuple[Future[Inference], ViewRequest | None]] = deque()
        self._last_landing = 0.0

    def drain(self) -> None:
        """Waits for the frames on their way and forgets them, errors too: nobody will look at them."""
        while self._flights:
            self._flights.popleft()[0].exception()

    def close(self) -> None:
        """Waits for the frames on their way and takes the hooks off."""
        self.drain()
        self._streams.shutdown()
        self._capture.close()

    def use_preprocessing(self, preprocessing: Preprocessing) -> None:
        """From the next frame on."""
        self.offer = replace(self.offer, preprocessing=preprocessing)

    # ---------------------------------------------------------------------------------------------- frames on their way

    @property
    def busy(self) -> bool:
        """Frames are on their way."""
        return bool(self._flights)

    @property
    def drawing(self) -> bool:
        """One of the frames on their way is drawn; a second must wait for it."""
        return any(request is not None for _, request in self._flights)

    def may_launch(self, request: ViewRequest | None) -> bool:
        """Whether another frame may start now. What changes hooks or memory format waits until all have landed."""
        if not self._flights:
            return True
        hooked = request is None or self._layers(request) == self._watched
        settled = self._configuration == self._tuner.current and hooked
        return settled and len(self._flights) < self._tuner.current.streams

    def launch(self, frame: Frame, request: ViewRequest | None, *, hold: bool) -> None:
        """Starts ``frame`` on its way; with a ``request`` its maps are drawn too.

        ``hold``: keep copies of the captured activations, so that the same frame can be drawn anew.
        """
        self._settle(request)
        self._start(request, partial(self._infer, frame, request, hold=hold))

    def launch_redraw(self, last: Inference, request: ViewRequest) -> None:
        """Draws the held frame by another request; the network runs again only for layers that are not held."""
        self._settle(request)
        if self._layers(request) <= last.held.keys():
            self._start(request, partial(self._redraw, last, request))
        else:
            self._start(request, partial(self._infer, last.frame, request, hold=True))

    def landed(self) -> list[Inference]:
        """The frames that arrived, in the order of their launch.

        Raises:
            NetworkError: the network cannot run on this input, in torch's words.
        """
        arrived = []
        while self._flights and self._flights[0][0].done():
            future, _ = self._flights.popleft()
            arrived.append(future.result())
            self._observe(arrived[-1])
        return arrived

    def _start(self, request: ViewRequest | None, work: Callable[[], Inference]) -> None:
        future = self._streams.submit(work)
        self._flights.append((future, request))
        future.add_done_callback(lambda _: self._wake())

    def _settle(self, request: ViewRequest | None) -> None:
        """Hooks and memory format as the next frame needs them; nothing is on its way if they change."""
        configuration = self._tuner.current
        if configuration != self._configuration:
            self.loaded.module.to(memory_format=configuration.memory_format)
            self._configuration = configuration
        wanted = self._layers(request)
        if request is not None and wanted != self._watched and not self._flights:
            self._capture.watch(wanted)
            self._watched = wanted

    def _layers(self, request: ViewRequest | None) -> frozenset[str]:
        return request.layers & self._drawing.layers if request else frozenset()

    def _observe(self, inference: Inference) -> None:
        now = time.perf_counter()
        interval, self._last_landing = now - self._last_landing, now
        if interval < _PAUSE_SECONDS:
            budget = inference.budget
            self._tuner.observe(Cost(interval * 1e3, budget.prepare + budget.forward + budget.reduce))

    # ------------------------------------------------------------------------------------------------- in their threads

    def _infer(self, frame: Frame, request: ViewRequest | None, *, hold: bool) -> Inference:
        self._use_threads()
        started = time.perf_counter()
        prepared = self._prepare(frame)
        after_prepare = time.perf_counter()
        if request is not None:
            self._drawing.begin(request, frame.number, hold=hold)
            self._capture.listen_to(threading.get_ident())
        try:
            logits = _logits(self._forward(prepared))
        finally:
            if request is not None:
                self._capture.listen_to(NO_THREAD)
        after_forward = time.perf_counter()
        in_hooks = self._drawing.seconds if request is not None else 0.0
        maps = self._finish(frame) if request is not None else ()
        budget = FrameBudget(
            grab=frame.grab_ms,
            prepare=(after_prepare - started) * 1e3,
            forward=(after_forward - after_prepare - in_hooks) * 1e3,
            reduce=(time.perf_counter() - after_forward + in_hooks) * 1e3,
        )
        return Inference(frame, prepared, logits, request, maps, self._drawing.held if hold else {}, budget)

    def _redraw(self, last: Inference, request: ViewRequest) -> Inference:
        self._use_threads()
        started = time.perf_counter()
        self._drawing.begin(request, last.frame.number, hold=False)
        with torch.inference_mode():
            for name in self._layers(request):
                self._drawing.take(name, last.held[name])
        maps = self._finish(last.frame)
        budget = replace(last.budget, reduce=(time.perf_counter() - started) * 1e3)
        return replace(last, request=request, maps=maps, budget=budget)

    def _use_threads(self) -> None:
        """The number of OpenMP threads belongs to the thread that starts them."""
        wanted = self._tuner.current.threads
        if self.device.type == "cpu" and getattr(self._threads, "count", 0) != wanted:
            torch.set_num_threads(wanted)
            self._threads.count = wanted

    def _finish(self, frame: Frame) -> tuple[MapsPicture, ...]:
        seen = picture_map((frame.pixels.shape[0], frame.pixels.shape[1]), self.offer.preprocessing).seen
        return self._drawing.finish(frame.pixels, seen, self._capture.why_missing)

    def _prepare(self, frame: Frame) -> Tensor:
        return prepare(
            frame.pixels,
            self.offer.preprocessing,
            device=self.device,
            dtype=torch.float16 if self.offer.half else torch.float32,
            channels_last=self._configuration is not None and self._configuration.channels_last,
        )

    def _forward(self, prepared: Tensor) -> object:
        try:
            with torch.inference_mode():
                return self.loaded.module(prepared)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, IndexError, AssertionError) as error:
            channels, height, width = prepared.shape[1:]
            words = str(error).strip().split("\n")[0]
            raise NetworkError(
                f"{self.offer.title} cannot run on a {height}×{width} input with {channels} channels: {words} "
                "Choose the input size its weights were made for, or another network.",
                details=str(error),
            ) from error


def _candidates(device: torch.device) -> tuple[Configuration, ...]:
    if device.type == "cpu":
        return candidates(core_count())
    return (Configuration(streams=1, threads=1, channels_last=True),)


def _logits(output: object) -> Floats | None:
    """The class scores of a batch of one, or None where the output is something else."""
    while isinstance(output, (tuple, list)) and output:
        output = output[0]
    if not isinstance(output, Tensor) or output.dim() != 2 or output.shape[0] != 1:
        return None
    return np.asarray(output[0].float().cpu().numpy(), dtype=np.float32)
