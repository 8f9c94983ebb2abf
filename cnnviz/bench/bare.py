"""The limit: the bare network in a process of its own, with its best thread count and memory format and nothing
else.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import cast

from cnnviz.core.networks.values import NetworkChoice

_TRY_SECONDS = 0.6
_WARM_UP = 3


@dataclass(frozen=True)
class BareRate:
    """Frames per second of the bare network. ``forward_ms``: the median of one forward pass."""

    fps: float
    forward_ms: float
    threads: int
    channels_last: bool
    device: str


class BareNetwork:
    """Keeps a loaded network in a process that does nothing between two measurements."""

    def __init__(self, choice: NetworkChoice, device: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, choice, device), daemon=True)
        self._process.start()
        theirs.close()

    def measure(self, seconds: float) -> BareRate:
        """Runs it as fast as it goes for ``seconds``."""
        self._connection.send(seconds)
        answer = self._connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return cast("BareRate", answer)

    def close(self) -> None:
        """Ends the process."""
        self._connection.close()
        self._process.join()


def _serve(connection: Connection, choice: NetworkChoice, device: str) -> None:
    from cnnviz.core.errors import CnnvizError

    runner: _Runner | None = None
    while True:
        try:
            seconds = connection.recv()
        except EOFError:
            return
        try:
            runner = runner or _Runner(choice, device)
            connection.send(runner.run(seconds))
        except CnnvizError as error:
            connection.send(error)


class _Runner:
    def __init__(self, choice: NetworkChoice, device: str) -> None:
        import torch

        from cnnviz.core.networks.catalog import load_network
        from cnnviz.core.networks.devices import choose_device
        from cnnviz.engine.tuning import candidates, core_count

        self._torch = torch
        self._device = choose_device(device)
        loaded = load_network(choice, device=self._device.name)
        self._module = loaded.module
        self._input = torch.rand(1, *loaded.input_shape, device=self._device.name)
        on_cpu = self._device.name == "cpu"
        tried = candidates(core_count() if on_cpu else 1)
        single = [configuration for configuration in tried if configuration.streams == 1]
        self._best = min(single, key=lambda configuration: self._median(configuration, _TRY_SECONDS))

    def run(self, seconds: float) -> BareRate:
        durations = self._durations(self._best, seconds)
        return BareRate(
            fps=len(durations) / sum(durations),
            forward_ms=statistics.median(durations) * 1e3,
            threads=self._best.threads,
            channels_last=self._best.channels_last,
            device=self._device.name,
        )

    def _median(self, configuration: object, seconds: float) -> float:
        return statistics.median(self._durations(configuration, seconds))

    def _durations(self, configuration: object, seconds: float) -> list[float]:
        from cnnviz.engine.tuning import Configuration

        torch = self._torch
        assert isinstance(configuration, Configuration)  # noqa: S101 - the annotation would import torch's side early
        if self._device.name == "cpu":
            torch.set_num_threads(configuration.threads)
        layout = configuration.memory_format
        module = self._module.to(memory_format=layout)
        picture = self._input.contiguous(memory_format=layout)
        durations: list[float] = []
        with torch.inference_mode():
            for _ in range(_WARM_UP):
                module(picture)
            while sum(durations) < seconds:
                started = time.perf_counter()
                output = module(picture)
                if not isinstance(output, torch.Tensor) or output.is_cuda:
                    torch.cuda.synchronize()
                durations.append(time.perf_counter() - started)
        return durations
