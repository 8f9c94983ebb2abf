"""A loaded network at work on live frames: prepare, run, capture what is looked at, draw it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.catalog import LoadedNetwork
from cnnviz.core.probing.capture import Capture
from cnnviz.core.sources.geometry import picture_map
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.core.values import Floats, Frame, FrameBudget, MapsPicture, NetworkOffer, Preprocessing, ViewRequest
from cnnviz.engine.drawing import Drawing
from cnnviz.engine.tuning import Configuration, Tuner, candidates, core_count


@dataclass(frozen=True, eq=False)
class Inference:
    """One frame through the network. ``maps`` is None where nobody looked."""

    frame: Frame
    prepared: Tensor
    logits: Floats | None
    maps: tuple[MapsPicture, ...] | None
    budget: FrameBudget


class LiveNetwork:
    """Owns the module's hooks and its thread and memory settings until ``close``."""

    def __init__(self, loaded: LoadedNetwork, offer: NetworkOffer) -> None:
        self.loaded = loaded
        self.offer = offer
        self.device = torch.device(loaded.device)
        self._dtype = torch.float16 if offer.half else torch.float32
        self._drawing = Drawing(offer.layers)
        self._capture = Capture(loaded.module, self._drawing.take)
        self._tuner = Tuner(
            candidates(core_count()) if self.device.type == "cpu" else (Configuration(1, channels_last=True),)
        )
        self._configuration: Configuration | None = None
        self._held: dict[str, Tensor] = {}
        self._configure()

    def close(self) -> None:
        """Takes the hooks off."""
        self._capture.close()
        self._held = {}

    def use_preprocessing(self, preprocessing: Preprocessing) -> None:
        """From the next frame on."""
        self.offer = replace(self.offer, preprocessing=preprocessing)

    def infer(self, frame: Frame, request: ViewRequest | None, *, hold: bool) -> Inference:
        """Runs ``frame``; with a ``request`` also draws its maps.

        ``hold``: keep copies of the captured activations, so that the same frame can be drawn anew by ``redraw``.

        Raises:
            NetworkError: the network cannot run on this input, in torch's words.
        """
        started = time.perf_counter()
        prepared = self._prepare(frame)
        after_prepare = time.perf_counter()
        self._drawing.begin(request, frame.number, hold=hold)
        self._capture.watch(request.layers & self._drawing.layers if request else ())
        output = self._forward(prepared)
        logits = _logits(output)
        after_forward = time.perf_counter()
        maps = self._finish(frame) if request else None
        self._held = self._drawing.held if hold else {}
        reduced = time.perf_counter() - after_forward + self._drawing.seconds
        self._tune(time.perf_counter() - started)
        budget = FrameBudget(
            grab=frame.grab_ms,
            prepare=(after_prepare - started) * 1e3,
            forward=(after_forward - after_prepare - self._drawing.seconds) * 1e3,
            reduce=reduced * 1e3,
        )
        return Inference(frame, prepared, logits, maps, budget)

    def redraw(self, last: Inference, request: ViewRequest) -> Inference:
        """Draws the held frame by another request, and runs the network again only for layers not held."""
        if not request.layers & self._drawing.layers <= self._held.keys():
            return self.infer(last.frame, request, hold=True)
        started = time.perf_counter()
        self._drawing.begin(request, last.frame.number, hold=False)
        with torch.inference_mode():
            for name in request.layers & self._held.keys():
                self._drawing.take(name, self._held[name])
        maps = self._finish(last.frame)
        budget = replace(last.budget, reduce=(time.perf_counter() - started) * 1e3)
        return replace(last, maps=maps, budget=budget)

    def _finish(self, frame: Frame) -> tuple[MapsPicture, ...]:
        seen = picture_map((frame.pixels.shape[0], frame.pixels.shape[1]), self.offer.preprocessing).seen
        return self._drawing.finish(frame.pixels, seen, self._capture.why_missing)

    def _prepare(self, frame: Frame) -> Tensor:
        configuration = self._tuner.current
        return prepare(
            frame.pixels,
            self.offer.preprocessing,
            device=self.device,
            dtype=self._dtype,
            channels_last=configuration.channels_last,
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

    def _tune(self, seconds: float) -> None:
        if not self._tuner.done:
            self._tuner.observe(seconds * 1e3)
            self._configure()

    def _configure(self) -> None:
        configuration = self._tuner.current
        if configuration == self._configuration:
            return
        if self.device.type == "cpu":
            torch.set_num_threads(configuration.threads)
        layout = torch.channels_last if configuration.channels_last else torch.contiguous_format
        self.loaded.module.to(memory_format=layout)
        self._configuration = configuration


def _logits(output: object) -> Floats | None:
    """The class scores of a batch of one, or None where the output is something else."""
    while isinstance(output, (tuple, list)) and output:
        output = output[0]
    if not isinstance(output, Tensor) or output.dim() != 2 or output.shape[0] != 1:
        return None
    return np.asarray(output[0].float().cpu().numpy(), dtype=np.float32)
