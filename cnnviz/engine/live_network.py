"""A loaded network at work on live frames, up to two of them on their way at once.

On a CPU two frames with half of the cores each (two *streams*) often take less time than one after the other with all,
as no core waits for another after each layer, and a window that paints holds up only one of them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from cnnviz.core.inside.interventions import Intervention, InterventionProblem
from cnnviz.core.networks.catalog import LoadedNetwork
from cnnviz.core.networks.mode import TrainingMode
from cnnviz.core.networks.traced import TracedPass
from cnnviz.core.networks.values import NetworkOffer, Preprocessing
from cnnviz.core.probing.interventions import Intervening
from cnnviz.core.sources.values import Frame
from cnnviz.core.views import ViewRequest
from cnnviz.engine.answering import Backstage
from cnnviz.engine.drawing import Drawing, Histories
from cnnviz.engine.stream import Inference, Stream
from cnnviz.engine.tuning import Configuration, Cost, Tuner, candidates, core_count
from cnnviz.engine.turns import Turns

_PAUSE_SECONDS = 1.0
"""A gap between two frames that says nothing about the network: the source stood still."""

_COMPARE_SECONDS = 0.5
"""How often a moving picture also passes without the interventions: each time costs a forward pass."""


@dataclass(frozen=True)
class _Flight:
    """A frame on its way."""

    stream: Stream
    future: Future[Inference]


class LiveNetwork:
    """Owns the module's hooks, its streams and its memory format until ``close``. All methods belong to one thread.

    ``wake`` is called, from any thread, when a launched frame has landed. ``weights_version``: another one with other
    weights.
    """

    def __init__(self, loaded: LoadedNetwork, offer: NetworkOffer, wake: Callable[[], None]) -> None:
        self.loaded = loaded
        self.offer = offer
        self._wake = wake
        self._mode = TrainingMode(loaded.module)
        self._tuner = Tuner(_candidates(loaded.device))
        self._configuration: Configuration | None = None
        self._drawn = frozenset(layer.name for layer in offer.layers if layer.map_axes)
        self._intervening = Intervening(loaded.module, offer.layers)
        self._compared_at = 0.0
        self._passing: Frame | None = None
        self._passes = 0
        self.weights_version = 0
        self.start: Path | None = None  # weights from which it learnt, where it is a run's
        whole = loaded.has_known_code and offer.complete
        self._traced = TracedPass(loaded.choice.name, loaded.module) if whole else None
        histories, self.backstage = Histories(), Backstage.of(loaded.module, offer.layers)
        most = max(candidate.streams for candidate in self._tuner.candidates)
        self._streams = tuple(
            Stream(
                loaded,
                Drawing(offer.layers, histories, self.backstage),
                self._intervening,
                self._traced,
                complete=offer.complete,
            )
            for _ in range(most)
        )
        self._turns = Turns()
        self._flights: deque[_Flight] = deque()
        self._last_landing = 0.0

    def drain(self) -> None:
        """Waits for the frames on their way and forgets them, errors too: nobody will look at them."""
        while self._flights:
            self._flights.popleft().future.exception()

    def close(self) -> None:
        """Waits for the frames on their way and takes the hooks off."""
        self.drain()
        self._mode.use(training=False)
        self._intervening.close()
        for stream in self._streams:
            stream.close()

    def use_preprocessing(self, preprocessing: Preprocessing) -> None:
        """From the next frame on."""
        self.offer = replace(self.offer, preprocessing=preprocessing)

    @property
    def training(self) -> bool:
        """In training mode: the same frame may look different each time."""
        return self._mode.is_on

    def use_mode(self, *, training: bool) -> None:
        """Training mode without storing anything, or evaluation mode. Waits for the frames on their way."""
        self.drain()
        self._mode.use(training=training)
        self._passing = None

    def use_weights(self, load: Callable[[nn.Module], int]) -> int:
        """``load`` replaces the weights in their place; returns what it returns. Waits for the frames on their way."""
        self.drain()
        training = self._mode.is_on
        self._mode.use(training=False)  # which puts back what it found: it must find the new
        try:
            return load(self.loaded.module)
        finally:
            self._mode.use(training=training)
            self._reread_weights()
            self.weights_version += 1
            self._passing = None

    def intervene(self, interventions: tuple[Intervention, ...]) -> None:
        """Does these to every frame from now on. Waits for the frames on their way.

        Raises:
            LayerError, CnnvizError: one of them cannot be done; what was done before still is.
        """
        self.drain()
        self._intervening.use(interventions)
        self._compared_at = 0.0
        self._passing = None

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is done."""
        return self._intervening.active

    def unchanged(self) -> AbstractContextManager[None]:
        """Within it, forward passes made in this thread are without the interventions."""
        return self._intervening.paused()

    def intervention_problems(self) -> tuple[InterventionProblem, ...]:
        """What of it did not go as asked."""
        return self._intervening.problems()

    @property
    def runs_here(self) -> bool:
        """A launched frame has landed when ``launch`` returns."""
        return self._tuner.current.streams == 1

    @property
    def busy(self) -> bool:
        """Frames are on their way."""
        return bool(self._flights)

    def may_launch(self, request: ViewRequest | None, now: float, *, hold: bool) -> bool:
        """Whether ``launch`` with the same arguments may follow. What changes memory format, or needs other hooks than
        there are, waits until all frames have landed.
        """
        under_way = self._under_way()
        if not under_way:
            return True
        needed = frozenset() if request is None else self._layers(self._due(request, now, hold=hold))
        hooked = all(needed <= stream.watched for stream in self._streams_in_use())
        settled = self._configuration == self._tuner.current and hooked
        return settled and len(under_way) < self._tuner.current.streams

    def launch(self, frame: Frame, request: ViewRequest | None, now: float, *, hold: bool) -> None:
        """Starts ``frame`` on its way at ``now`` (seconds); with a ``request`` its maps are drawn too.

        ``hold``: the picture stands still, so all live views are answered, and copies of the captured activations are
        kept so that the same frame can be drawn anew.
        """
        due = None if request is None else self._due(request, now, hold=hold)
        configuration = self._settle(due)
        stream = self._free_stream()
        work = partial(
            stream.infer,
            frame,
            self._pass_number(frame),
            request,
            due.live if due else (),
            self.offer.preprocessing,
            configuration,
            hold=hold,
            compare=request is not None and self._compares(still=hold),
        )
        if request is not None:
            self._turns.take(request.live, now)
        self._start(stream, work)

    def launch_redraw(self, last: Inference, request: ViewRequest, now: float) -> None:
        """Draws the held frame by another request; the network runs again only for layers that are not held."""
        if self._layers(request) <= last.held.keys():
            stream = self._free_stream()
            self._start(stream, partial(stream.redraw, last, request, self.offer.preprocessing))
        else:
            self.launch(last.frame, request, now, hold=True)

    def landed(self) -> list[Inference]:
        """The frames that arrived, in the order of their launch.

        Raises:
            NetworkError: the network cannot run on this input, in torch's words.
        """
        arrived = []
        while self._flights and self._flights[0].future.done():
            arrived.append(self._flights.popleft().future.result())
            self._observe(arrived[-1])
        return arrived

    def _pass_number(self, frame: Frame) -> int:
        """The same as before only where the same frame gives the same again."""
        if frame is not self._passing or self.training:
            self._passing, self._passes = frame, self._passes + 1
        return self._passes

    def _compares(self, *, still: bool) -> bool:
        """Whether the frame also passes without interventions: often enough to see what they do."""
        if not self._intervening.active:
            return False
        now = time.monotonic()
        due = still or now - self._compared_at >= _COMPARE_SECONDS
        self._compared_at = now if due else self._compared_at
        return due

    def _start(self, stream: Stream, work: Callable[[], Inference]) -> None:
        if self._tuner.current.streams == 1:
            self._flights.append(_Flight(stream, _done_here(work)))
            return
        future = stream.start(work)
        self._flights.append(_Flight(stream, future))
        future.add_done_callback(lambda _: self._wake())

    def _free_stream(self) -> Stream:
        taken = self._under_way()
        return next(stream for stream in self._streams if stream not in taken)

    def _under_way(self) -> list[Stream]:
        """The streams at work. A frame that overtook another has left its stream, though it lands after it."""
        return [flight.stream for flight in self._flights if not flight.future.done()]

    def _settle(self, request: ViewRequest | None) -> Configuration:
        """Hooks and memory format as the next frame needs them; nothing is on its way where they change.

        Hooks that only another frame needs stay until none is on its way: they cost less than to wait for that.
        """
        configuration = self._tuner.current
        if configuration != self._configuration:
            self.loaded.module.to(memory_format=configuration.memory_format)
            self._configuration = configuration
            self._reread_weights()
        if request is not None and not self._under_way():
            for stream in self._streams:
                in_use = stream in self._streams_in_use()
                stream.watch(self._layers(request) if in_use else frozenset())
        return configuration

    def _reread_weights(self) -> None:
        if self._traced is not None:
            self._traced.reread_weights()

    def _streams_in_use(self) -> tuple[Stream, ...]:
        return self._streams[: self._tuner.current.streams]

    def _due(self, request: ViewRequest, now: float, *, hold: bool) -> ViewRequest:
        """With the live views whose turn it is."""
        return request if hold else replace(request, live=self._turns.due(request.live, now))

    def _layers(self, request: ViewRequest) -> frozenset[str]:
        return request.layers & self._drawn

    def _observe(self, inference: Inference) -> None:
        now = time.perf_counter()
        interval, self._last_landing = now - self._last_landing, now
        if interval < _PAUSE_SECONDS:
            budget = inference.budget
            took = budget.prepare + budget.forward + budget.reduce
            self._tuner.observe(Cost(interval * 1e3, took, drawn=inference.request is not None))


def _done_here(work: Callable[[], Inference]) -> Future[Inference]:
    """A frame on its own needs no other thread, and no time to hand it over and back."""
    future: Future[Inference] = Future()
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - raised again where the frame lands, as from another thread
        future.set_exception(error)
    return future


def _candidates(device: str) -> tuple[Configuration, ...]:
    kind = torch.device(device).type
    if kind == "cpu":
        return candidates(core_count())
    # On MPS, convolutions of slices of such maps give other numbers (torch's issue 180984).
    return (Configuration(streams=1, threads=1, channels_last=kind == "cuda"),)
