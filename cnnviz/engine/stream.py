"""One stream: a thread that takes frames through the network one after the other, and draws what is looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.arrays import Floats
from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.catalog import LoadedNetwork
from cnnviz.core.networks.traced import TracedPass
from cnnviz.core.networks.values import Preprocessing
from cnnviz.core.probing.capture import NO_THREAD, Capture
from cnnviz.core.probing.interventions import Intervening
from cnnviz.core.sources.geometry import picture_map
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.core.sources.values import Frame
from cnnviz.core.views import FrameBudget, LiveView, MapsPicture, ViewRequest
from cnnviz.engine.answering import Pass
from cnnviz.engine.drawing import Drawing
from cnnviz.engine.tuning import Configuration, on_one_thread


@dataclass(frozen=True, eq=False)
class Inference:
    """One frame through the network. ``number``: of the pass; the same again shows the same. ``request``: what ``maps``
    answer; None where nobody looked.

    ``held``: copies of the captured activations, where the frame may be drawn anew. ``before``: the logits without
    interventions, where there are any and it was their turn.
    """

    frame: Frame
    number: int
    prepared: Tensor
    logits: Floats | None
    request: ViewRequest | None
    maps: tuple[MapsPicture, ...]
    before: Floats | None
    live: tuple[object, ...]
    held: dict[str, Tensor]
    budget: FrameBudget


class Stream:
    """Works in a thread of its own, or in the caller's: one piece of work at a time."""

    def __init__(
        self,
        loaded: LoadedNetwork,
        drawing: Drawing,
        intervening: Intervening,
        traced: TracedPass | None,
        *,
        complete: bool = True,
    ) -> None:
        """``traced``: the quick way of frames of which only the logits are wanted, where there is one.
        ``complete`` False: the forward pass is known to stop somewhere; what comes before is shown.
        """
        self._loaded = loaded
        self._complete = complete
        self._intervening = intervening
        self._traced = traced
        self._device = torch.device(loaded.device)
        self._drawing = drawing
        self._capture = Capture(loaded.module, drawing.take)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="cnnviz-stream")
        # Starts the thread at once: no frame waits for it, and no count of threads depends on the tuner's trials.
        self._executor.submit(threading.get_ident)
        self._capture.listen_to(NO_THREAD)
        self._watched: frozenset[str] = frozenset()

    def close(self) -> None:
        """Ends the thread after its present frame, and takes the hooks off."""
        self._executor.shutdown()
        self._capture.close()

    @property
    def watched(self) -> frozenset[str]:
        """The layers that are hooked."""
        return self._watched

    def watch(self, layers: frozenset[str]) -> None:
        """Moves the hooks; no frame may be on its way in any stream of this network."""
        self._capture.watch(layers)
        self._watched = layers

    def start(self, work: Callable[[], Inference]) -> Future[Inference]:
        """``infer`` or ``redraw`` with all their arguments."""
        return self._executor.submit(work)

    def infer(
        self,
        frame: Frame,
        number: int,
        request: ViewRequest | None,
        live: tuple[LiveView, ...],
        preprocessing: Preprocessing,
        configuration: Configuration,
        *,
        hold: bool,
        compare: bool,
    ) -> Inference:
        """Runs the network; with a ``request`` also draws its maps, and with ``hold`` keeps the activations.

        ``live``: those of its live views that are answered now. ``compare``: runs it once more without interventions.

        Raises:
            NetworkError: the network cannot run on this input, in torch's words.
        """
        self._use_threads(configuration.threads)
        started = time.perf_counter()
        with on_one_thread():
            prepared = prepare(
                frame.pixels,
                preprocessing,
                device=self._device,
                dtype=torch.float16 if self._loaded.half else torch.float32,
                channels_last=configuration.channels_last,
            )
        after_prepare = time.perf_counter()
        drawn = None if request is None else replace(request, live=live)
        self._drawing.begin(drawn, Pass(number, frame.captured_at, prepared, whole=hold), hold=hold)
        logits = self._forward(prepared, captured=request is not None)
        after_forward = time.perf_counter()
        in_hooks = self._drawing.seconds
        maps = self._finish(frame, preprocessing) if request is not None else ()
        budget = FrameBudget(
            grab=frame.grab_ms,
            prepare=(after_prepare - started) * 1e3,
            forward=(after_forward - after_prepare - in_hooks) * 1e3,
            reduce=(time.perf_counter() - after_forward + in_hooks) * 1e3,
        )
        answers = self._drawing.live() if request is not None else ()
        before = self._before(prepared) if compare else None
        held = self._drawing.held()
        return Inference(frame, number, prepared, logits, request, maps, before, answers, held, budget)

    def redraw(self, last: Inference, request: ViewRequest, preprocessing: Preprocessing) -> Inference:
        """Draws a held frame by another request, without the network."""
        started = time.perf_counter()
        present = Pass(last.number, last.frame.captured_at, last.prepared, whole=True)
        self._drawing.begin(request, present, hold=False)
        with torch.inference_mode():
            for name in request.layers & last.held.keys():
                self._drawing.take_held(name, last.held[name])
        maps = self._finish(last.frame, preprocessing)
        budget = replace(last.budget, reduce=(time.perf_counter() - started) * 1e3)
        return replace(last, request=request, maps=maps, live=self._drawing.live(), budget=budget)

    def _use_threads(self, count: int) -> None:
        """The number of OpenMP threads belongs to the thread that starts them."""
        if self._device.type == "cpu" and torch.get_num_threads() != count:
            torch.set_num_threads(count)

    def _finish(self, frame: Frame, preprocessing: Preprocessing) -> tuple[MapsPicture, ...]:
        seen = picture_map((frame.pixels.shape[0], frame.pixels.shape[1]), preprocessing).seen
        return self._drawing.finish(frame.pixels, seen, self._capture.why_missing)

    def _forward(self, prepared: Tensor, *, captured: bool) -> Floats | None:
        run = self._loaded.module if captured else self._quickest()
        self._capture.listen_to(threading.get_ident() if captured else NO_THREAD, self._drawing.due)
        try:
            with torch.inference_mode():
                return _logits(run(prepared))
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            if not self._complete:
                return None
            raise self._explained(error, prepared) from error

    def _quickest(self) -> Callable[[Tensor], object]:
        """For a pass that nobody looks into."""
        if self._traced is None or self._loaded.module.training or self._intervening.acts_here:
            return self._loaded.module
        return self._traced

    def _before(self, prepared: Tensor) -> Floats | None:
        with self._intervening.paused():
            return self._forward(prepared, captured=False)

    def _explained(self, error: Exception, prepared: Tensor) -> NetworkError:
        channels, height, width = prepared.shape[1:]
        words = str(error).strip().split("\n")[0]
        return NetworkError(
            f"{self._loaded.title} cannot run on a {height}×{width} input with {channels} channels: {words} "
            "Choose the input size its weights were made for, or another network.",
            details=str(error),
        )


def _logits(output: object) -> Floats | None:
    """The class scores of a batch of one, or None where the output is something else."""
    while isinstance(output, (tuple, list)) and output:
        output = output[0]
    if not isinstance(output, Tensor) or output.dim() != 2 or output.shape[0] != 1:
        return None
    return np.asarray(output[0].float().cpu().numpy(), dtype=np.float32)
